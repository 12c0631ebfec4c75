# wrong
cdef void halve_wrong(const double *x, double *out) nogil:
    out[0] = 0.5 * x[0]


def wrong(const double[::1] x, double[::1] out):
    cdef Py_ssize_t i
    with nogil:
        for i in range(x.shape[0]):
            halve_wrong(&x[i], &out[i])


# right
cdef void halve_right(const double *x, double *out) noexcept nogil:
    out[0] = 0.5 * x[0]


def right(const double[::1] x, double[::1] out):
    cdef Py_ssize_t i
    with nogil:
        for i in range(x.shape[0]):
            halve_right(&x[i], &out[i])
