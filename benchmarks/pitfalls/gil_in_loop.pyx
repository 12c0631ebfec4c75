# wrong
def wrong(const double[::1] x, double[::1] out):
    cdef Py_ssize_t i
    for i in range(x.shape[0]):
        with nogil:
            out[i] = 0.5 * x[i]


# right
def right(const double[::1] x, double[::1] out):
    cdef Py_ssize_t i
    with nogil:
        for i in range(x.shape[0]):
            out[i] = 0.5 * x[i]
