# The plain kernels: the loops of backpropagation over j and k, as the notation writes them.
#
#     forward      z_j = b_j + sum_k w_jk a_k ,  a_j = g(z_j)
#     delta        delta_k (layer l-1) = g'(z_k) sum_j w_jk delta_j
#     accumulate   dC/dw_jk += delta_j a_k ,  dC/db_j += delta_j
#     update       w_jk -= eta dC/dw_jk
#
# `below` is a^(l-1). Activations, losses and update rules are the formulas of src/formulas/, for
# one number at a time. The innermost loop runs over j wherever the order of a sum allows it: w_jk
# is contiguous in j, and independent sums are what a compiler may vectorise (a single sum over k
# it must not reorder). No kernel allocates, fails or knows a policy; what each must do is written
# in kernels.pxd.
#
# Needs: copysign, exp, expm1, fabs, log, log1p, real, sqrt, kernels.pxd.
# Gives: accumulate, accumulate_bias, delta_below, forward, softmax_rows.

include "one_lane.pxi"
include "activations.pxi"
include "losses.pxi"
include "update_rules.pxi"


cdef void softmax_rows(const real *z, Py_ssize_t ld_z, real *a, Py_ssize_t ld_a,
                       Py_ssize_t m, Py_ssize_t n) noexcept nogil:
    """A single row."""
    cdef Py_ssize_t j
    cdef real top = z[0], total = 0
    for j in range(n):
        top = z[j] if z[j] > top else top
    for j in range(n):
        a[j] = exp(z[j] - top)
        total += a[j]
    for j in range(n):
        a[j] /= total


include "row_operations.pxi"


cdef void forward(const real *w, Py_ssize_t ld_w, const real *b,
                  const real *below, Py_ssize_t ld_below,
                  real *z, Py_ssize_t ld_z, real *a, Py_ssize_t ld_a,
                  real *slope, real *sums,
                  Py_ssize_t m, Py_ssize_t n_in, Py_ssize_t n_out,
                  const Activation *g) noexcept nogil:
    cdef Py_ssize_t i, j, k, block
    cdef real a_k
    for i in range(m):
        block = 0
        while block < n_in:
            for j in range(n_out):
                sums[j] = b[j] if block == 0 else 0
            for k in range(block, min(n_in, block + SUM_BLOCK)):
                a_k = below[i * ld_below + k]
                for j in range(n_out):
                    sums[j] += w[k * ld_w + j] * a_k
            for j in range(n_out):
                z[i * ld_z + j] = sums[j] if block == 0 else z[i * ld_z + j] + sums[j]
            block += SUM_BLOCK
        activate(g, z + i * ld_z, ld_z, a + i * ld_a, ld_a,
                 slope + i * ld_a if slope != NULL else NULL, 1, n_out)


cdef void delta_below(const real *w, Py_ssize_t ld_w,
                      const real *transposed, Py_ssize_t ld_transposed,  # which are not used
                      const real *delta, Py_ssize_t ld_delta,
                      const real *saved, real *delta_k, Py_ssize_t ld_below,
                      Py_ssize_t m, Py_ssize_t n_in, Py_ssize_t n_out,
                      const Activation *g_below) noexcept nogil:
    cdef Py_ssize_t i, j, k, block
    cdef real dC_da_k, part
    for i in range(m):
        for k in range(n_in):
            dC_da_k = 0
            block = 0
            while block < n_out:
                part = 0
                for j in range(block, min(n_out, block + SUM_BLOCK)):
                    part += w[k * ld_w + j] * delta[i * ld_delta + j]
                dC_da_k += part
                block += SUM_BLOCK
            delta_k[i * ld_below + k] = dC_da_k
    times_slope(g_below, saved, delta_k, delta_k, ld_below, m, n_in)


cdef void accumulate(const real *delta, Py_ssize_t ld_delta,
                     const real *below, Py_ssize_t ld_below, real *dw, Py_ssize_t ld_w,
                     Py_ssize_t m, Py_ssize_t k_first, Py_ssize_t k_last,
                     Py_ssize_t n_out) noexcept nogil:
    cdef Py_ssize_t i, j, k
    cdef real a_k
    for k in range(k_first, k_last):  # outside i, so that the row dw_.k stays in the cache
        for i in range(m):
            a_k = below[i * ld_below + k]
            for j in range(n_out):
                dw[k * ld_w + j] += delta[i * ld_delta + j] * a_k


cdef void accumulate_bias(const real *delta, Py_ssize_t ld_delta, real *db,
                          Py_ssize_t m, Py_ssize_t n_out) noexcept nogil:
    cdef Py_ssize_t i, j
    for i in range(m):
        for j in range(n_out):
            db[j] += delta[i * ld_delta + j]
