# The losses: each formula once, for a `vec` (see activations.pxi).
#
#     squared errors       C_0 = c sum_j (a_j - y_j)^2          delta_j = 2 c (a_j - y_j) g'(z_j)
#     cross_entropy        C_0 = -sum_j y_j ln a_j              delta_j = a_j - y_j
#     binary_cross_entropy C_0 = -sum_j (y_j ln a_j + (1 - y_j) ln(1 - a_j))    delta_j = a_j - y_j
#
# with c = 1, 1/2 or 1/n_L. For each row of LOSSES in fastbp/operations.py there is
# <name>_factor(n), that c; for each family <family>_term, of what the row reads, and
# <family>_delta(a, y, 2 c), which g'(z) multiplies if the row takes the chain rule. The entropies
# are computed from z, in forms that are finite where a_j underflows.
#
# Needs: activations.pxi, kernels.pxd; one_lane.pxi, or vectors.pxi.
# Gives: loss_delta, loss_factor, loss_term, reads_top, reads_z, sums_squares, takes_slope.

cdef inline double squared_error_factor(Py_ssize_t n) noexcept nogil:
    return 1

cdef inline double half_squared_error_factor(Py_ssize_t n) noexcept nogil:
    return 0.5

cdef inline double mean_squared_error_factor(Py_ssize_t n) noexcept nogil:
    return 1.0 / n

cdef inline vec squared_error_term(vec a, vec y) noexcept nogil:
    return a - y

cdef inline vec squared_error_delta(vec a, vec y, vec factor) noexcept nogil:
    return factor * (a - y)


cdef inline double cross_entropy_factor(Py_ssize_t n) noexcept nogil:
    return 1

cdef inline vec cross_entropy_term(vec z, vec y, vec top, vec log_top) noexcept nogil:
    """-y ln a, by ln a = z - top + log_top, in which no a_j underflows; 0 ln 0 = 0.

    The largest a_j of a row is at least 1/n: its logarithm is exact.
    """
    return where_equal(y, splat(0), splat(0), y * (top - z - log_top))

cdef inline vec cross_entropy_delta(vec a, vec y, vec factor) noexcept nogil:
    return a - y


cdef inline double binary_cross_entropy_factor(Py_ssize_t n) noexcept nogil:
    return 1

cdef inline vec binary_cross_entropy_term(vec z, vec y) noexcept nogil:
    """ln(1 + e^z) - y z."""
    return g_softplus(z) - no_fma(y * z)

cdef inline vec binary_cross_entropy_delta(vec a, vec y, vec factor) noexcept nogil:
    return a - y


include "loss_choice.pxi"
