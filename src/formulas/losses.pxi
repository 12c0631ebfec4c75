# The losses: each formula once, for a `vec` (see activations.pxi).
#
#     squared errors       C_0 = c sum_j (a_j - y_j)^2          delta_j = 2 c (a_j - y_j) g'(z_j)
#     cross_entropy        C_0 = -sum_j y_j ln a_j              delta_j = a_j - y_j
#     binary_cross_entropy C_0 = -sum_j (y_j ln a_j + (1 - y_j) ln(1 - a_j))    delta_j = a_j - y_j
#     absolute_error       C_0 = sum_j |r_j|, r_j = a_j - y_j   delta_j = sign(r_j) g'(z_j)
#     huber                C_0 = sum_j u_j (|r_j| - u_j / 2), u_j = min(|r_j|, d)
#                                                               delta_j = sign(r_j) u_j g'(z_j)
#     log_cosh             C_0 = sum_j ln cosh r_j              delta_j = tanh(r_j) g'(z_j)
#     poisson              C_0 = sum_j (a_j - y_j + y_j ln(y_j / a_j))          delta_j = a_j - y_j
#     quantile             C_0 = sum_j max(-t r_j, (1 - t) r_j)
#                                                  delta_j = (-t or 1 - t, or 0 at r_j = 0) g'(z_j)
#
# with c = 1, 1/2 or 1/n_L, which the rows of LOSSES in fastbp/operations.py have. For each family
# of them there is <family>_term, of what the row reads, and <family>_delta(a, y, c), which g'(z)
# multiplies if the row takes the chain rule. A row's parameters come last. The entropies and
# poisson are computed from z, in forms that are finite where a_j underflows.
#
# A term is rounded before it is added: some passes could fuse its last product with the sum, others
# have it in a register by then.
#
# The formulas keep NaN: the passes know by C_0 that a network diverges.
#
# Needs: real, activations.pxi, kernels.pxd; one_lane.pxi, or vector_maths.pxi and vectors.pxi.
# Gives: loss_delta, loss_factor, loss_term, reads_top, reads_z, sums_squares, takes_slope.

cdef inline vec squared_error_term(vec a, vec y) noexcept nogil:
    return a - y

cdef inline vec squared_error_delta(vec a, vec y, vec factor) noexcept nogil:
    return (factor + factor) * (a - y)


cdef inline vec cross_entropy_term(vec z, vec y, vec top, vec log_top) noexcept nogil:
    """-y ln a, by ln a = z - top + log_top, in which no a_j underflows; 0 ln 0 = 0.

    The largest a_j of a row is at least 1/n: its logarithm is exact.
    """
    return where_equal(y, splat(0), splat(0), y * (top - z - log_top))

cdef inline vec cross_entropy_delta(vec a, vec y, vec factor) noexcept nogil:
    return a - y


cdef inline vec binary_cross_entropy_term(vec z, vec y) noexcept nogil:
    """ln(1 + e^z) - y z."""
    return g_softplus(z) - no_fma(y * z)

cdef inline vec binary_cross_entropy_delta(vec a, vec y, vec factor) noexcept nogil:
    return a - y


cdef inline vec absolute_error_term(vec a, vec y) noexcept nogil:
    return absolute(a - y)

cdef inline vec absolute_error_delta(vec a, vec y, vec factor) noexcept nogil:
    cdef vec r = a - y
    return where_less(r, splat(0), splat(0) - factor, where_less(splat(0), r, factor, r))


cdef inline vec huber_term(vec a, vec y, vec d) noexcept nogil:
    cdef vec r = absolute(a - y), u = at_most(d, r)
    return no_fma(u * (r - u * splat(<real> 0.5)))

cdef inline vec huber_delta(vec a, vec y, vec factor, vec d) noexcept nogil:
    return factor * with_sign_of(at_most(d, absolute(a - y)), a - y)


cdef inline vec log_cosh_term(vec a, vec y) noexcept nogil:
    """ln(1 + (1 - e^-r)^2 / (2 e^-r)) for r = |a - y| up to where that is ln(1 + 1) or so, which
    keeps r^2/2; beyond it r - ln 2 + ln(1 + e^(-2 r))."""
    cdef vec r = absolute(a - y), e = vexpm1(splat(0) - r), e_r = e + splat(1)
    cdef vec near = splat(<real> 1.25)
    cdef vec of_log = vlog1p(where_less(r, near, e * e / (e_r + e_r), e_r * e_r))
    return where_less(r, near, of_log, r - splat(<real> 0.6931471805599453) + of_log)

cdef inline vec log_cosh_delta(vec a, vec y, vec factor) noexcept nogil:
    return factor * g_tanh(a - y)


cdef inline vec poisson_term(vec z, vec a, vec y) noexcept nogil:
    """y (e^d - 1 - d) with d = z - ln y, which is not negative; a where y is 0.

    y (e^d - 1) is a (1 - e^-d) where d > 0, so that no power of e overflows but a itself.
    """
    cdef vec d = z - vlog(at_least(constant(1.17549435e-38, 2.2250738585072014e-308), y))
    cdef vec e = vexpm1(splat(0) - absolute(d))
    cdef vec rise = where_less(splat(0), d, no_fma(a * (splat(0) - e)), no_fma(y * e))
    return where_equal(y, splat(0), a, at_least(splat(0), rise - no_fma(y * d)))

cdef inline vec poisson_delta(vec a, vec y, vec factor) noexcept nogil:
    return a - y


cdef inline vec quantile_term(vec a, vec y, vec tau) noexcept nogil:
    cdef vec r = a - y
    return where_less(r, splat(0), splat(0) - tau * r, (splat(1) - tau) * r)

cdef inline vec quantile_delta(vec a, vec y, vec factor, vec tau) noexcept nogil:
    cdef vec r = a - y
    cdef vec above = where_less(splat(0), r, factor * (splat(1) - tau), r)
    return where_less(r, splat(0), splat(0) - factor * tau, above)


include "loss_choice.pxi"
