# The activations on whole vectors, free of branches; their derivatives in terms of a = g(z).
#
# exp: z = n ln 2 + r with |r| <= ln 2 / 2, e^z = 2^n e^r, and e^r by its Taylor series, whose first
# term left out is below half an ulp (degree 7 for float32, 13 for float64). 2^n is applied in two
# halves, so that results reach into the subnormals and over to inf. ln 2 is taken in two parts
# (Cody and Waite, 1980). NaN passes through every comparison.

cdef inline vec exp_of_r(vec r) noexcept nogil:
    """(e^r - 1 - r) / r^2, the tail of the series by Horner's rule."""
    cdef vec p
    if sizeof(real) == 4:
        p = splat(<real> (1.0 / 5040))
    else:
        p = splat(<real> (1.0 / 6227020800.0))
        p = p * r + splat(<real> (1.0 / 479001600.0))
        p = p * r + splat(<real> (1.0 / 39916800.0))
        p = p * r + splat(<real> (1.0 / 3628800.0))
        p = p * r + splat(<real> (1.0 / 362880.0))
        p = p * r + splat(<real> (1.0 / 40320.0))
        p = p * r + splat(<real> (1.0 / 5040.0))
    p = p * r + splat(<real> (1.0 / 720))
    p = p * r + splat(<real> (1.0 / 120))
    p = p * r + splat(<real> (1.0 / 24))
    p = p * r + splat(<real> (1.0 / 6))
    return p * r + splat(<real> 0.5)


cdef inline vec reduced(vec z, vec n) noexcept nogil:
    """z - n ln 2, with ln 2 in two parts of which n times the first is exact."""
    if sizeof(real) == 4:
        return (z - n * splat(<real> 0.693359375)) - n * splat(<real> -2.12194440e-4)
    return (z - n * splat(<real> 6.93145751953125e-1)) - n * splat(<real> 1.42860682030941723212e-6)


cdef inline vec clamped(vec z, real low, real high) noexcept nogil:
    z = where_less(z, splat(low), splat(low), z)
    return where_less(splat(high), z, splat(high), z)


cdef inline vec vexp(vec z) noexcept nogil:
    cdef vec n, r, half, e
    z = clamped(z, -105 if sizeof(real) == 4 else -747, 89 if sizeof(real) == 4 else 710)
    n = nearest(z * splat(<real> 1.4426950408889634))
    r = reduced(z, n)
    e = r * r * exp_of_r(r) + r + splat(1)
    half = nearest(n * splat(<real> 0.5))
    return e * power_of_two(half) * power_of_two(n - half)


cdef inline vec vexpm1(vec z) noexcept nogil:
    """e^z - 1 for z <= 0, right near 0, where e^z loses what counts."""
    cdef vec n, r, scale
    z = clamped(z, -80, 0)
    n = nearest(z * splat(<real> 1.4426950408889634))
    r = reduced(z, n)
    scale = power_of_two(n)
    return scale * (r * r * exp_of_r(r) + r) + (scale - splat(1))


cdef vec v_identity(vec z) noexcept nogil:
    return z

cdef vec v_one(vec a) noexcept nogil:
    return splat(1)

cdef vec v_sigmoid(vec z) noexcept nogil:
    cdef vec e = vexp(splat(0) - absolute(z))
    cdef vec s = splat(1) / (splat(1) + e)
    return where_less(z, splat(0), e * s, s)

cdef vec v_sigmoid_slope(vec a) noexcept nogil:
    return a * (splat(1) - a)

cdef vec v_tanh(vec z) noexcept nogil:
    cdef vec e = vexpm1(splat(-2) * absolute(z))
    return with_sign_of((splat(0) - e) / (splat(2) + e), z)

cdef vec v_tanh_slope(vec a) noexcept nogil:
    return splat(1) - a * a

cdef vec v_relu(vec z) noexcept nogil:
    return where_less(z, splat(0), splat(0), z)

cdef vec v_relu_slope(vec a) noexcept nogil:
    return where_less(splat(0), a, splat(1), a * splat(0))  # g'(0) = 0; NaN stays NaN

cdef vec v_leaky_relu(vec z) noexcept nogil:
    return where_less(z, splat(0), z * splat(<real> 0.01), z)

cdef vec v_leaky_relu_slope(vec a) noexcept nogil:
    return where_less(splat(0), a, splat(1), where_less(a, splat(1), splat(<real> 0.01), a))

cdef vec v_elu(vec z) noexcept nogil:
    return where_less(z, splat(0), vexpm1(z), z)

cdef vec v_elu_slope(vec a) noexcept nogil:
    return where_less(splat(0), a, splat(1), a + splat(1))

cdef vector_t V_G[N_ACTIVATIONS]
cdef vector_t V_SLOPE[N_ACTIVATIONS]

cdef void vector_row(int name, vector_t g, vector_t slope) noexcept:
    V_G[name] = g
    V_SLOPE[name] = slope

vector_row(IDENTITY, v_identity, v_one)
vector_row(SIGMOID, v_sigmoid, v_sigmoid_slope)
vector_row(TANH, v_tanh, v_tanh_slope)
vector_row(RELU, v_relu, v_relu_slope)
vector_row(LEAKY_RELU, v_leaky_relu, v_leaky_relu_slope)
vector_row(ELU, v_elu, v_elu_slope)
vector_row(SOFTPLUS, NULL, NULL)  # by the scalar functions: rare, and not worth a logarithm yet
vector_row(SOFTMAX, NULL, NULL)
