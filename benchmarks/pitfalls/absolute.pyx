from libc.math cimport fabs


# wrong
def wrong(const double[::1] x, double[::1] out):
    for i in range(x.shape[0]):
        out[i] = abs(x[i])


# right
def right(const double[::1] x, double[::1] out):
    for i in range(x.shape[0]):
        out[i] = fabs(x[i])
