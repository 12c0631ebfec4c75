# wrong
def wrong(const double[::1] x, double[::1] out, double rate):
    def scaled(double value):
        return rate * value

    for i in range(x.shape[0]):
        out[i] = scaled(x[i])


# right
cdef double scaled(double rate, double value) noexcept:
    return rate * value


def right(const double[::1] x, double[::1] out, double rate):
    for i in range(x.shape[0]):
        out[i] = scaled(rate, x[i])
