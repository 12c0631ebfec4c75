# Exponentials and logarithms of whole vectors, free of branches: what the formulas need.
#
# exp: z = n ln 2 + r with |r| <= ln 2 / 2, e^z = 2^n e^r, and e^r = 1 + r + r^2 q(r), where the
# polynomial q goes through the Chebyshev points of that interval: e^r is wrong by a tenth of an ulp
# at most. ln 2 is taken in two parts (Cody and Waite, 1980). NaN passes through every comparison.
#
# Needs: real, vectors.pxi.
# Gives: constant, vexp, vexpm1, vlog, vlog1p.


cdef inline vec constant(double of_float, double of_double) noexcept nogil:
    return splat(<real> (of_float if sizeof(real) == 4 else of_double))


cdef inline vec q_of_r(vec r, vec r2) noexcept nogil:
    """(e^r - 1 - r) / r^2.

    By Horner's rule down to terms that float32 needs too, and those in pairs (Estrin): their chain
    of dependent operations is what a small network waits for.
    """
    cdef vec p = constant(1.3926176119935579e-3, 1.3888888917196721e-3)
    if sizeof(real) == 8:
        p = splat(2.5100375832561234e-8)
        p = p * r + splat(2.7620075879983366e-7)
        p = p * r + splat(2.7557268480310025e-6)
        p = p * r + splat(2.4801521322368693e-5)
        p = p * r + splat(1.9841269863040545e-4)
        p = p * r + splat(1.3888888917196721e-3)
    p = p * r2 + (constant(8.3631730745137109e-3, 8.3333333333300644e-3) * r
                  + constant(4.1666554662050534e-2, 4.1666666666624162e-2))
    return p * r2 + (constant(0.16666577025598198, 0.16666666666666667) * r
                     + constant(0.5, 0.50000000000000010))


cdef inline vec reduced(vec z, vec n) noexcept nogil:
    """z - n ln 2, with ln 2 in two parts of which n times the first is exact."""
    return (z - n * constant(0.693359375, 6.93145751953125e-1)) \
        - n * constant(-2.12194440e-4, 1.42860682030941723212e-6)


cdef inline vec vexp(vec z) noexcept nogil:
    """e^z for z <= 0: all that the activations need.

    2^(n + 32) is a normal number for every n of float32, and 2^(n + 64) of float64.
    """
    cdef vec n, r, e, n_in_bits
    z = at_least(constant(-105, -747), z)
    n_in_bits = z * splat(<real> 1.4426950408889634) + round_magic(8 * sizeof(real))
    n = n_in_bits - round_magic(8 * sizeof(real))
    r = reduced(z, n)
    e = r * r * q_of_r(r, r * r) + (r + splat(1))
    return e * power_of_two(n_in_bits) * constant(2.3283064365386963e-10, 5.421010862427522e-20)


cdef inline vec vexpm1(vec z) noexcept nogil:
    """e^z - 1 for z <= 0, right near 0, where e^z loses what counts.

    Where n is large the result is nearly -1 whatever r: float32's one ln 2 will do.
    """
    cdef vec n, r, scale, n_in_bits
    z = at_least(splat(-80), z)
    n_in_bits = z * splat(<real> 1.4426950408889634) + round_magic(0)
    n = n_in_bits - round_magic(0)
    r = z - n * splat(<real> 0.6931471805599453) if sizeof(real) == 4 else reduced(z, n)
    scale = power_of_two(n_in_bits)
    return scale * (r * r * q_of_r(r, r * r) + r) + (scale - splat(1))


cdef inline vec atanh_series(vec s) noexcept nogil:
    """2 artanh(s) = 2 (s + s^3/3 + s^5/5 + ...) for |s| <= 1/3."""
    cdef vec s2 = s * s, p = splat(0)
    cdef int i
    for i in range(7 if sizeof(real) == 4 else 17, 0, -1):
        p = (p + splat(<real> (1.0 / (2 * i + 1)))) * s2
    return (s + s) * p + (s + s)


cdef inline vec vlog(vec x) noexcept nogil:
    """ln x of a positive normal number; of anything that is not finite, NaN."""
    cdef vec n = exponent(x), f = scaled_down(x, n)
    cdef vec of_f = atanh_series((f - splat(1)) / (f + splat(1)))
    if sizeof(real) == 4:
        of_f = of_f + n * splat(<real> -2.12194440e-4) + n * splat(<real> 0.693359375)
    else:
        of_f = of_f + n * splat(<real> 1.42860682030941723212e-6) \
            + n * splat(<real> 6.93145751953125e-1)
    return of_f + (x - x)


cdef inline vec vlog1p(vec x) noexcept nogil:
    """ln(1 + x) for 0 <= x <= 1: artanh's series takes x as it is, however small."""
    return atanh_series(x / (x + splat(2)))
