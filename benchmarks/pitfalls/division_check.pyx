cimport cython


# wrong
@cython.cdivision(False)
def wrong(const double[::1] x, double[::1] out, double n):
    for i in range(x.shape[0]):
        out[i] = x[i] / n


# right
@cython.cdivision(True)
def right(const double[::1] x, double[::1] out, double n):
    for i in range(x.shape[0]):
        out[i] = x[i] / n
