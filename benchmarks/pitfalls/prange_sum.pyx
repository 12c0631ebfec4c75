from cython.parallel import prange


# wrong
def wrong(const double[::1] x):
    cdef double total = 0.0
    cdef Py_ssize_t i
    for i in prange(x.shape[0], nogil=True, num_threads=2):
        total = total + x[i]
    return total


# right
def right(const double[::1] x):
    cdef double total = 0.0
    cdef Py_ssize_t i
    for i in prange(x.shape[0], nogil=True, num_threads=2):
        total += x[i]
    return total
