from cython.parallel import prange


# wrong
def wrong(const double[::1] x):
    cdef double best = x[0]
    cdef Py_ssize_t i
    for i in prange(x.shape[0], nogil=True, num_threads=2):
        best = max(best, x[i])
    return best


# right
def right(const double[::1] x):
    cdef double best = x[0]
    cdef Py_ssize_t i
    for i in range(x.shape[0]):
        best = max(best, x[i])
    return best
