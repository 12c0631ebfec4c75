# wrong
def wrong(const double[::1] x, Py_ssize_t step):
    cdef double total = 0.0
    cdef Py_ssize_t i
    for i in range(0, x.shape[0], step):
        total += x[i]
    return total


# right
def right(const double[::1] x, Py_ssize_t step):
    cdef double total = 0.0
    cdef Py_ssize_t i = 0
    while i < x.shape[0]:
        total += x[i]
        i += step
    return total
