# Shared by rungs for one instruction set and one number type: vectors, and rows of n numbers with
# a stride of row_length(n).
#
# Needs: real.
# Gives: PyCapsule_New, sum_rows.

from cpython.pycapsule cimport PyCapsule_New

from kernels cimport *
from loops cimport (Loops, accumulate_t, backward_t, forward_t, fused_backward_t, fused_forward_t,
                    fused_update_t, transpose_t)

include "tuned.pxi"


cdef inline void sum_rows(const real *delta, real *db,
                          Py_ssize_t m, Py_ssize_t n_out) noexcept nogil:
    """dC/db_j = sum over the rows of delta_j."""
    cdef Py_ssize_t i, v, ld = row_length(n_out, sizeof(real))
    cdef vec sums
    for v in range(vectors_in(n_out)):
        sums = splat(0)
        for i in range(m):
            sums = sums + load(delta + i * ld + v * LANES)
        store(db + v * LANES, sums)
