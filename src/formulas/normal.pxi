# The normal distribution: Phi(-x) and e^(-x^2/2) for x >= 0, as near for large x as for small ones.
#
# Phi(-x) = e^(-x^2/2) q(t) with t = (x - 5) / (x + 5): q falls slowly, from 1/2 at x = 0 to .4/x.
# Its polynomials go through Chebyshev points: off by 2e-8 up to x = 15, where float32 ends, and by
# 2e-17 up to x = 40. An error of x^2 would be one of e^(-x^2/2), 12 times as large at x = 5. So x
# is split: the square of its upper half is exact, and the rest is small.
#
# Needs: real; one_lane.pxi, or vector_maths.pxi and vectors.pxi.
# Gives: normal_density, normal_tail_factor.

cdef inline vec normal_density(vec x) noexcept nogil:
    """e^(-x^2/2), without the factor 1 / sqrt(2 pi), for 0 <= x <= 40."""
    cdef vec c = no_fma(x * constant(4097, 134217729)), high = c - (c - x)
    cdef vec rest = splat(<real> -0.5) * (x - high) * (x + high)
    cdef vec e = vexp(splat(<real> -0.5) * high * high)
    return e + e * rest * (splat(1) + rest * (splat(<real> 0.5)
                                              + rest * splat(<real> 0.16666666666666667)))


cdef inline vec normal_tail_factor(vec x) noexcept nogil:
    """q: Phi(-x) by e^(-x^2/2)."""
    cdef vec t = (x - splat(5)) / (x + splat(5)), p = splat(0)
    if sizeof(real) == 8:
        p = splat(-2.331708862627237e-10)
        p = p * t + splat(-5.721535354392609e-10)
        p = p * t + splat(1.8288584887387794e-09)
        p = p * t + splat(5.6967296984476834e-09)
        p = p * t + splat(-1.0996973803321144e-08)
        p = p * t + splat(-3.9177508747531594e-08)
        p = p * t + splat(7.710631490206624e-08)
        p = p * t + splat(2.4335323340753375e-07)
        p = p * t + splat(-6.750765151312232e-07)
        p = p * t + splat(-1.270078412430281e-06)
        p = p * t + splat(6.644419936253439e-06)
        p = p * t + splat(9.61306784180649e-07)
    p = p * t + constant(-2.5053288979544957e-05, -6.042748237301925e-05)
    p = p * t + constant(0.00017202174161297517, 0.00013427684322654088)
    p = p * t + constant(0.00021200824022741312, 0.0002195507375440467)
    p = p * t + constant(-0.00240082582490185, -0.0023788443566677467)
    p = p * t + constant(0.008988843525723492, 0.008991370550598086)
    p = p * t + constant(-0.023409427749946053, -0.023413900487693897)
    p = p * t + constant(0.04785611289511308, 0.0478553522841696)
    p = p * t + constant(-0.08088423967167374, -0.08088387726412737)
    p = p * t + constant(0.1160687643778784, 0.1160688118860033)
    p = p * t + constant(-0.14345754653424217, -0.14345755526401197)
    p = p * t + constant(0.0769193053616895, 0.07691930497500629)
    return p
