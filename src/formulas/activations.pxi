# The activations and their derivatives: each formula once, for a `vec`.
#
# A `vec` is a vector of `real` (vectors.pxi, vector_maths.pxi), or one number (one_lane.pxi). For
# each row of ACTIVATIONS in fastbp/operations.py that goes node by node there is g_<name>(z), and
# the derivative as the row keeps it for the backward pass: with keeps="a" slope_<name>(a), in terms
# of a = g(z), which takes no memory; with keeps="slope" g_<name>(z, &slope) gives g'(z) beside a,
# mostly from the same exponential. The row's parameters come last. The formulas are free of
# branches and keep NaN. vexp and vexpm1 take z <= 0, vlog1p takes 0 to 1.
#
# Softmax needs a whole row and has no slope of one node: its loops stand with the kernels.
#
# Needs: real, kernels.pxd; one_lane.pxi, or vector_maths.pxi and vectors.pxi.
# Gives: g_of, G_ROWS, g_softplus, g_tanh, keeps_slope, slope_of, slope_of_saved, SLOPE_ROWS.

include "normal.pxi"


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

cdef inline vec g_leaky_relu(vec z, vec slope) noexcept nogil:
    # With a slope of 0 it is 0 at minus infinity too.
    return where_less(z, splat(0), where_equal(slope, splat(0), splat(0), z * slope), z)

cdef inline vec slope_leaky_relu(vec a, vec slope) noexcept nogil:
    return where_less(splat(0), a, splat(1), where_less(a, splat(1), slope, a))

cdef inline vec g_elu(vec z, vec alpha) noexcept nogil:
    return where_less(z, splat(0), alpha * vexpm1(where_less(z, splat(0), z, splat(0))), z)

cdef inline vec slope_elu(vec a, vec alpha) noexcept nogil:
    return where_less(splat(0), a, splat(1), a + alpha)

cdef inline vec g_softplus(vec z) noexcept nogil:
    cdef vec e = vexp(splat(0) - absolute(z))
    return at_least(splat(0), z) + vlog1p(e)

cdef inline vec slope_softplus(vec a) noexcept nogil:
    return splat(0) - vexpm1(splat(0) - a)


cdef inline vec g_gelu(vec z, vec *slope) noexcept nogil:
    """z Phi(z); the slope is Phi(z) + z e^(-z^2/2) / sqrt(2 pi).

    For z < 0 that is e^(-z^2/2) (q(-z) + z / sqrt(2 pi)): only the second factor cancels.
    """
    cdef vec end = constant(15, 40), x = at_most(end, absolute(z))
    cdef vec e = normal_density(x), q = normal_tail_factor(x), tail = e * q
    cdef vec phi = where_less(z, splat(0), tail, splat(1) - tail)
    cdef vec difference = q - x * splat(<real> 0.39894228040143268)
    slope[0] = where_less(z, splat(0), e * difference, splat(1) - e * difference)
    return at_least(splat(0) - end, z) * phi


# Where z is a factor beside an exponential that is 0 for much smaller z, z must not be infinite.
cdef inline vec within_exp(vec z) noexcept nogil:
    return at_least(splat(-1024), at_most(splat(1024), z))


cdef inline vec g_silu(vec z, vec *slope) noexcept nogil:
    """z s with s = 1 / (1 + e^-z); the slope is s (1 + z (1 - s))."""
    cdef vec e = vexp(splat(0) - absolute(z)), d = splat(1) / (splat(1) + e)
    cdef vec s = where_less(z, splat(0), e * d, d), rest = where_less(z, splat(0), d, e * d)
    slope[0] = s * (splat(1) + within_exp(z) * rest)
    return at_least(splat(-1024), z) * s


cdef inline vec g_softsign(vec z, vec *slope) noexcept nogil:
    cdef vec x = absolute(z), d = splat(1) / (splat(1) + x)
    slope[0] = d * d
    return with_sign_of(where_less(constant(1e30, 1e300), x, splat(1), x * d), z)  # no inf * 0

cdef inline vec g_hard_sigmoid(vec z, vec *slope) noexcept nogil:
    cdef vec sixth = splat(<real> 0.16666666666666667), x = at_least(splat(0), z + splat(3))
    slope[0] = where_less(splat(0), x, where_less(splat(3), z, splat(0), sixth), x)
    return at_most(splat(6), x) / splat(6)

cdef inline vec g_selu(vec z, vec *slope) noexcept nogil:
    cdef vec scale = splat(<real> 1.0507009873554805)
    cdef vec scale_alpha = splat(<real> 1.7580993408473768)
    cdef vec x = at_most(splat(0), z)
    slope[0] = where_less(splat(0), z, scale, scale_alpha * vexp(x))
    return where_less(z, splat(0), scale_alpha * vexpm1(x), scale * z)

cdef inline vec g_exp(vec z) noexcept nogil:
    """1 / e^-z for z > 0, and where e^-z were no normal number 1 / e^-c / e^(c - z)."""
    cdef vec c = constant(80, 700), x = where_less(c, z, c, absolute(z)), e = vexp(splat(0) - x)
    return where_less(splat(0), z, splat(1) / e / vexp(x - absolute(z)), e)

cdef inline vec slope_exp(vec a) noexcept nogil:
    return a

cdef inline vec g_mish(vec z, vec *slope) noexcept nogil:
    """z n / d: tanh(ln y) = (y^2 - 1) / (y^2 + 1) with y = 1 + e^z, for z > 0 both by e^(2 z).

    The slope is n / d + z q, written as (n / d - q) + (1 + z) q: its zero is near z = -1, where the
    two parts are small.
    """
    cdef vec e = vexp(splat(0) - absolute(z)), k = where_less(splat(0), z, e * e, e)
    cdef vec n = where_less(splat(0), z, splat(1) + splat(2) * e, e * (splat(2) + e))
    cdef vec d = n + splat(2) * where_less(splat(0), z, k, splat(1))
    cdef vec part = where_less(splat(0), z, splat(1) + e * (splat(4) + splat(2) * e),
                               e * e * (splat(2) + e * (splat(4) + e)))
    cdef vec q = splat(4) * k * (splat(1) + e)
    slope[0] = (part + (splat(1) + within_exp(z)) * q) / (d * d)
    return at_least(splat(-1024), z) * (n / d)

cdef inline vec g_gelu_tanh(vec z, vec *slope) noexcept nogil:
    """z s with s = 1 / (1 + e^-u), u = sqrt(8 / pi) (z + 0.044715 z^3).

    An error of u is one of e^-u, and u is 17 at |z| = 5. So x = |z| is k/8 + r: with few bits in
    its constants the cubic of k/8 is exact, and what the rest adds is small.
    """
    cdef vec end = splat(32), x = at_most(end, absolute(z))
    cdef vec to_eighths = constant(1572864, 844424930131968), m = (x + to_eighths) - to_eighths
    cdef vec r = x - m, c1 = constant(1.59576416015625, 1.5957691216057412)
    cdef vec c3 = constant(0.0712890625, 0.07135481627301488), m2 = m * m
    cdef vec most = m * (c1 + c3 * m2)
    cdef vec rest = m * (constant(4.96144948071176e-6, -1.053578951956758e-14)
                         + constant(6.575377260024877e-5, -4.1462728384906436e-13) * m2) \
        + r * (splat(<real> 1.5957691216057308)
               + splat(<real> 0.07135481627260025) * (splat(3) * m2 + r * (splat(3) * m + r)))
    cdef vec u = most + rest, e = vexp(splat(0) - u)
    e = e - e * ((most - u) + rest)
    cdef vec d = splat(1) / (splat(1) + e)
    cdef vec s = where_less(z, splat(0), e * d, d), one_less = where_less(z, splat(0), d, e * d)
    cdef vec du_dz = splat(<real> 1.5957691216057308) + splat(<real> 0.21406444881780074) * x * x
    slope[0] = s * (splat(1) + with_sign_of(x, z) * one_less * du_dz)
    return at_least(splat(0) - end, z) * s


# The activation, and dC/dz = g'(z) dC/da, of m rows; by ActivationId.
ctypedef void (*rows_t)(const Activation *g, const real *z, Py_ssize_t ld_z,
                        real *a, Py_ssize_t ld_a, real *slope,
                        Py_ssize_t m, Py_ssize_t n_vectors) noexcept nogil
ctypedef void (*slopes_t)(const Activation *g, const real *saved, const real *dC_da, real *delta,
                          Py_ssize_t ld, Py_ssize_t m, Py_ssize_t n_vectors) noexcept nogil

cdef rows_t G_ROWS[N_ACTIVATIONS]
cdef slopes_t SLOPE_ROWS[N_ACTIVATIONS]

include "activation_loops.pxi"
