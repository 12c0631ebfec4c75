# wrong
cdef double clip_wrong(double x) nogil:
    return -1.0 if x < -1.0 else x


def wrong(const double[::1] x, double[::1] out):
    cdef Py_ssize_t i
    with nogil:
        for i in range(x.shape[0]):
            out[i] = clip_wrong(x[i])


# right
cdef double clip_right(double x) noexcept nogil:
    return -1.0 if x < -1.0 else x


def right(const double[::1] x, double[::1] out):
    cdef Py_ssize_t i
    with nogil:
        for i in range(x.shape[0]):
            out[i] = clip_right(x[i])
