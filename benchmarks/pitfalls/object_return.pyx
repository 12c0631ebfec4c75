# wrong
cdef relu_wrong(double z):
    return z if z > 0.0 else 0.0


def wrong(const double[::1] x, double[::1] out):
    for i in range(x.shape[0]):
        out[i] = relu_wrong(x[i])


# right
cdef double relu_right(double z) noexcept:
    return z if z > 0.0 else 0.0


def right(const double[::1] x, double[::1] out):
    for i in range(x.shape[0]):
        out[i] = relu_right(x[i])
