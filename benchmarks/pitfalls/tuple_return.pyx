# wrong
cdef square_wrong(double z):
    return z * z, 2.0 * z


def wrong(const double[::1] x, double[::1] out):
    cdef double value, slope
    for i in range(x.shape[0]):
        value, slope = square_wrong(x[i])
        out[i] = value + slope


# right
cdef (double, double) square_right(double z) noexcept:
    return z * z, 2.0 * z


def right(const double[::1] x, double[::1] out):
    cdef double value, slope
    for i in range(x.shape[0]):
        value, slope = square_right(x[i])
        out[i] = value + slope
