# The table that a rung passes to the driver: its loops over one layer and a mini-batch of m rows.
#
# Only declarations stand here, so cimporting this file imports nothing at run time. A matrix is
# rows one after the other; those of a batch are the samples. Where the table says `k_major`, w
# and dw are (n_in, n_out), else (n_out, n_in). Where it says `padded`, rows of n numbers are
# row_length(n) apart (kernels.pxd), else n; pads of w, b, delta and a^(0) start as zeros. `below`
# is a^(l-1). A rung of memoryviews gets, instead of an address, the object that its module's
# `VIEWS` made of the array.

from kernels cimport Activation

ctypedef fused real:
    float
    double

# z_j = b_j + sum_k w_jk a_k
ctypedef void (*forward_t)(const void *w, const void *b, const void *below, void *z,
                           Py_ssize_t m, Py_ssize_t n_in, Py_ssize_t n_out) noexcept nogil

# dC/da_k = sum_j w_jk delta_j, stored as delta_k; w transposed, if there is a `transpose`.
ctypedef void (*backward_t)(const void *w, const void *delta, void *delta_below,
                            Py_ssize_t m, Py_ssize_t n_in, Py_ssize_t n_out) noexcept nogil

# dC/dw_jk = sum over the rows of delta_j a_k; dC/db_j = sum over the rows of delta_j
ctypedef void (*accumulate_t)(const void *delta, const void *below, void *dw, void *db,
                              Py_ssize_t m, Py_ssize_t n_in, Py_ssize_t n_out) noexcept nogil

# Transposes w to rows j; LARGEST_VECTOR more rows, and the padding, may be written.
ctypedef void (*transpose_t)(const void *w, void *w_transposed,
                             Py_ssize_t n_in, Py_ssize_t n_out) noexcept nogil

# The same with what comes after: a_j = g(z_j), where a may be z; delta_k = g'(z_k) dC/da_k, with g'
# in terms of a_k; w_jk -= rate dC/dw_jk and b_j -= rate dC/db_j.
ctypedef void (*fused_forward_t)(const void *w, const void *b, const void *below, void *z, void *a,
                                 Py_ssize_t m, Py_ssize_t n_in, Py_ssize_t n_out,
                                 const Activation *g) noexcept nogil
ctypedef void (*fused_backward_t)(const void *w, const void *delta, const void *below,
                                  void *delta_below, Py_ssize_t m, Py_ssize_t n_in,
                                  Py_ssize_t n_out, const Activation *g_below) noexcept nogil
ctypedef void (*fused_update_t)(const void *delta, const void *below, void *w, void *b,
                                double rate, Py_ssize_t m, Py_ssize_t n_in,
                                Py_ssize_t n_out) noexcept nogil

ctypedef struct Loops:
    bint k_major
    bint padded
    forward_t forward
    backward_t backward
    accumulate_t accumulate
    transpose_t transpose  # this and the next three, or NULL
    fused_forward_t fused_forward
    fused_backward_t fused_backward
    fused_update_t fused_update
