# What the tuned kernels are made of: vectors, the formulas on them, the types of tiles, and the
# SGD update that one kind of tile ends with.
#
# Needs: real, kernels.pxd.
# Gives: sgd_tile_t, sgd_update_at, tile_t.

include "vectors.pxi"
include "vector_maths.pxi"
include "activations.pxi"
include "update_rules.pxi"

ctypedef void (*tile_t)(const real *A, Py_ssize_t rs, Py_ssize_t ps,
                        const real *B, Py_ssize_t ldb, const real *start, Py_ssize_t ld_start,
                        real *to, Py_ssize_t ld_to,
                        const real *prefetch, Py_ssize_t prefetch_step, Py_ssize_t n) noexcept nogil
ctypedef void (*sgd_tile_t)(const real *A, Py_ssize_t rs, Py_ssize_t ps,
                            const real *B, Py_ssize_t ldb, real rate, real *w, Py_ssize_t ld_w,
                            const real *prefetch, Py_ssize_t prefetch_step,
                            Py_ssize_t n) noexcept nogil


cdef inline void sgd_update_at(real *w, vec dw, vec rate) noexcept nogil:
    store(w, sgd_update(load(w), dw, rate))
