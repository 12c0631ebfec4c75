# The activations and their derivatives for one node; loops around them stand elsewhere.
#
# A new activation is a formula g, its derivative, a name in kernels.pxd and a row in the tables
# below (and one row in fastbp/activations.py). The derivative takes a = g(z), not z: then a
# training step need not keep z. Each form keeps NaN and overflows for no finite z.

ctypedef real (*scalar_t)(real) noexcept nogil

cdef inline real identity(real z) noexcept nogil:
    return z

cdef inline real identity_slope(real a) noexcept nogil:
    return 1

cdef inline real sigmoid(real z) noexcept nogil:
    cdef real e
    if z >= 0:
        return 1 / (1 + exp(-z))
    e = exp(z)
    return e / (1 + e)

cdef inline real sigmoid_slope(real a) noexcept nogil:
    return a * (1 - a)

cdef inline real hyperbolic_tangent(real z) noexcept nogil:
    return tanh(z)

cdef inline real tanh_slope(real a) noexcept nogil:
    return 1 - a * a

cdef inline real relu(real z) noexcept nogil:
    return 0 if z <= 0 else z  # a NaN fails the comparison and passes through

cdef inline real relu_slope(real a) noexcept nogil:
    return 0 if a <= 0 else a if a != a else 1  # g'(0) = 0; NaN stays NaN

cdef inline real leaky_relu(real z) noexcept nogil:
    return <real> 0.01 * z if z <= 0 else z

cdef inline real leaky_relu_slope(real a) noexcept nogil:
    return <real> 0.01 if a <= 0 else a if a != a else 1

cdef inline real elu(real z) noexcept nogil:
    return expm1(z) if z <= 0 else z

cdef inline real elu_slope(real a) noexcept nogil:
    return a + 1 if a <= 0 else a if a != a else 1

cdef inline real softplus(real z) noexcept nogil:
    return log1p(exp(z)) if z <= 0 else z + log1p(exp(-z))

cdef inline real softplus_slope(real a) noexcept nogil:
    return -expm1(-a)

cdef scalar_t G[N_ACTIVATIONS]
cdef scalar_t SLOPE[N_ACTIVATIONS]

cdef void row(int name, scalar_t g, scalar_t slope) noexcept:
    G[name] = g
    SLOPE[name] = slope

row(IDENTITY, identity, identity_slope)
row(SIGMOID, sigmoid, sigmoid_slope)
row(TANH, hyperbolic_tangent, tanh_slope)
row(RELU, relu, relu_slope)
row(LEAKY_RELU, leaky_relu, leaky_relu_slope)
row(ELU, elu, elu_slope)
row(SOFTPLUS, softplus, softplus_slope)
# Softmax needs a whole layer and has no slope of one node: its loops stand with the kernels.
row(SOFTMAX, identity, identity_slope)
