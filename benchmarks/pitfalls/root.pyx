from libc.math cimport sqrt


# wrong
def wrong(const double[::1] x):
    cdef double total = 0.0
    for i in range(x.shape[0]):
        total += x[i] ** 0.5
    return total


# right
def right(const double[::1] x):
    cdef double total = 0.0
    for i in range(x.shape[0]):
        total += sqrt(x[i])
    return total
