# The activations and their derivatives: each formula once, for a `vec`.
#
# A `vec` is a vector of `real` (vectors.pxi, vector_maths.pxi), or one number (one_lane.pxi). For
# each row of ACTIVATIONS in fastbp/operations.py that goes node by node there are g_<name>(z) and
# slope_<name>(a), the derivative in terms of a = g(z): then a training step need not keep z. They
# are free of branches, keep NaN, and overflow for no finite z. vexp and vexpm1 take z <= 0, vlog1p
# takes 0 to 1.
#
# Softmax needs a whole row and has no slope of one node: its loops stand with the kernels.
#
# Needs: real, kernels.pxd; one_lane.pxi, or vector_maths.pxi and vectors.pxi.
# Gives: g_of, G_ROWS, g_softplus, slope_of, SLOPE_ROWS.

cdef inline vec g_identity(vec z) noexcept nogil:
    return z

cdef inline vec slope_identity(vec a) noexcept nogil:
    return splat(1)

cdef inline vec g_sigmoid(vec z) noexcept nogil:
    cdef vec e = vexp(splat(0) - absolute(z))
    return where_less(z, splat(0), e, splat(1)) / (splat(1) + e)

cdef inline vec slope_sigmoid(vec a) noexcept nogil:
    return a * (splat(1) - a)

cdef inline vec g_tanh(vec z) noexcept nogil:
    cdef vec e = vexpm1(splat(-2) * absolute(z))
    return with_sign_of(e / (splat(-2) - e), z)

cdef inline vec slope_tanh(vec a) noexcept nogil:
    return splat(1) - a * a

cdef inline vec g_relu(vec z) noexcept nogil:
    return at_least(splat(0), z)

cdef inline vec slope_relu(vec a) noexcept nogil:
    return where_less(splat(0), a, splat(1), a * splat(0))  # g'(0) = 0; NaN stays NaN

cdef inline vec g_leaky_relu(vec z) noexcept nogil:
    return where_less(z, splat(0), z * splat(<real> LEAKY_RELU_SLOPE), z)

cdef inline vec slope_leaky_relu(vec a) noexcept nogil:
    return where_less(splat(0), a, splat(1),
                      where_less(a, splat(1), splat(<real> LEAKY_RELU_SLOPE), a))

cdef inline vec g_elu(vec z) noexcept nogil:
    return where_less(z, splat(0), vexpm1(where_less(z, splat(0), z, splat(0))), z)

cdef inline vec slope_elu(vec a) noexcept nogil:
    return where_less(splat(0), a, splat(1), a + splat(1))

cdef inline vec g_softplus(vec z) noexcept nogil:
    cdef vec e = vexp(splat(0) - absolute(z))
    return at_least(splat(0), z) + vlog1p(e)

cdef inline vec slope_softplus(vec a) noexcept nogil:
    return splat(0) - vexpm1(splat(0) - a)


# The activation, and dC/dz = g'(z) dC/da, of m rows; by ActivationId.
ctypedef void (*rows_t)(const real *z, Py_ssize_t ld_z, real *a, Py_ssize_t ld_a,
                        Py_ssize_t m, Py_ssize_t n_vectors) noexcept nogil
ctypedef void (*slopes_t)(const real *a, const real *dC_da, real *delta, Py_ssize_t ld,
                          Py_ssize_t m, Py_ssize_t n_vectors) noexcept nogil

cdef rows_t G_ROWS[N_ACTIVATIONS]
cdef slopes_t SLOPE_ROWS[N_ACTIVATIONS]

include "activation_loops.pxi"
