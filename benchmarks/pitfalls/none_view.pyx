# wrong
def wrong(const double[::1] x):
    cdef double total = 0.0
    for i in range(x.shape[0]):
        total += x[i]
    return total


# right
def right(const double[::1] x not None):
    cdef double total = 0.0
    for i in range(x.shape[0]):
        total += x[i]
    return total
