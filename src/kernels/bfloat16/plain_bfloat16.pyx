# The plain kernels for compute="bfloat16", emulated: numbers are rounded as they are multiplied.
#
#     sum_p A(r, p) B(p, v)  becomes  sum_p bf16(A(r, p)) bf16(B(p, v))
#
# Forward, delta and gradient are that one product with other strides; see bfloat16.pxi. All else is
# as in float32.

from libc.math cimport copysignf as copysign, expf as exp, expm1f as expm1  # no-cython-lint
from libc.math cimport fabsf as fabs, logf as log, log1pf as log1p, sqrtf as sqrt  # no-cython-lint
from libc.stdint cimport uint32_t

ctypedef float real

include "kernel_module.pxi"
include "plain.pxi"
include "output.pxi"


cdef enum:
    WIDTH = 64  # sums side by side


cdef inline real bf16(real x) noexcept nogil:
    """The nearest number of 8 bits of mantissa, the even one of two; a NaN stays one."""
    cdef uint32_t bits
    memcpy(&bits, &x, sizeof(bits))
    if x == x:
        bits = (bits + 0x7fff + (bits >> 16 & 1)) & <uint32_t> 0xffff0000
    memcpy(&x, &bits, sizeof(bits))
    return x


cdef void product(const real *A, Py_ssize_t rs, Py_ssize_t ps,
                  const real *B, Py_ssize_t ldb, Py_ssize_t vs,
                  const real *start, Py_ssize_t ld_start, real *to, Py_ssize_t ld_to,
                  Py_ssize_t m, Py_ssize_t n_out, Py_ssize_t n) noexcept nogil:
    """m rows of n_out sums over n terms, with fresh ones every SUM_BLOCK; `start` NULL is zero."""
    cdef real sums[WIDTH]
    cdef Py_ssize_t r, v, j, p, width, block = 0
    cdef real x
    while block < n:
        for r in range(m):
            v = 0
            while v < n_out:
                width = min(WIDTH, n_out - v)
                for j in range(width):
                    sums[j] = start[r * ld_start + v + j] if block == 0 and start != NULL else 0
                for p in range(block, min(n, block + SUM_BLOCK)):
                    x = bf16(A[r * rs + p * ps])
                    for j in range(width):
                        sums[j] += x * bf16(B[p * ldb + (v + j) * vs])
                for j in range(width):
                    x = sums[j]
                    to[r * ld_to + v + j] = x if block == 0 else to[r * ld_to + v + j] + x
                v += WIDTH
        block += SUM_BLOCK


cdef void forward_rounded(const real *w, Py_ssize_t ld_w, const real *b,
                          const real *below, Py_ssize_t ld_below,
                          real *z, Py_ssize_t ld_z, real *a, Py_ssize_t ld_a,
                          real *slope, real *sums,
                          Py_ssize_t m, Py_ssize_t n_in, Py_ssize_t n_out,
                          const Activation *g) noexcept nogil:
    product(below, ld_below, 1, w, ld_w, 1, b, 0, z, ld_z, m, n_out, n_in)
    activate(g, z, ld_z, a, ld_a, slope, m, n_out)


cdef void delta_rounded(const real *w, Py_ssize_t ld_w,
                        const real *transposed, Py_ssize_t ld_transposed,  # not used
                        const real *delta, Py_ssize_t ld_delta,
                        const real *saved, real *delta_k, Py_ssize_t ld_below,
                        Py_ssize_t m, Py_ssize_t n_in, Py_ssize_t n_out,
                        const Activation *g_below) noexcept nogil:
    product(delta, ld_delta, 1, w, 1, ld_w, NULL, 0, delta_k, ld_below, m, n_in, n_out)
    times_slope(g_below, saved, delta_k, delta_k, ld_below, m, n_in)


cdef void accumulate_rounded(const real *delta, Py_ssize_t ld_delta,
                             const real *below, Py_ssize_t ld_below, real *dw, Py_ssize_t ld_w,
                             Py_ssize_t m, Py_ssize_t k_first, Py_ssize_t k_last,
                             Py_ssize_t n_out) noexcept nogil:
    product(below + k_first, 1, ld_below, delta, ld_delta, 1, dw + k_first * ld_w, ld_w,
            dw + k_first * ld_w, ld_w, k_last - k_first, n_out, m)


include "table_of_plain_bfloat16.pxi"
