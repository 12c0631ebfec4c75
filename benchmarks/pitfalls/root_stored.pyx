from libc.math cimport sqrt


# wrong
def wrong(const double[::1] x, double[::1] out):
    for i in range(x.shape[0]):
        out[i] = x[i] ** 0.5


# right
def right(const double[::1] x, double[::1] out):
    for i in range(x.shape[0]):
        out[i] = sqrt(x[i])
