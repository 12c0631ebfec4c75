cimport cython


# wrong
@cython.cdivision(False)
cdef double mean_wrong(double total, Py_ssize_t n) noexcept:
    return total / n


def wrong(double total, Py_ssize_t n):
    return mean_wrong(total, n)


# right
@cython.cdivision(False)
cdef double mean_right(double total, Py_ssize_t n) except? -1.0:
    return total / n


def right(double total, Py_ssize_t n):
    return mean_right(total, n)
