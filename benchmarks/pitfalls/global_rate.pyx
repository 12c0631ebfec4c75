rate = 0.5


# wrong
def wrong(const double[::1] x, double[::1] out):
    for i in range(x.shape[0]):
        out[i] = rate * x[i]


# right
def right(const double[::1] x, double[::1] out):
    cdef double factor = rate
    for i in range(x.shape[0]):
        out[i] = factor * x[i]
