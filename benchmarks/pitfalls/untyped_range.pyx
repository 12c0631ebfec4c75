# wrong
def wrong(const double[::1] x, n):
    cdef double total = 0.0
    for i in range(n):
        total += x[i]
    return total


# right
def right(const double[::1] x, Py_ssize_t n):
    cdef double total = 0.0
    for i in range(n):
        total += x[i]
    return total
