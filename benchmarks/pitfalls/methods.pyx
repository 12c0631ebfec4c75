cimport cython


# wrong
cdef class SigmoidWrong:
    cpdef double slope(self, double a) noexcept:
        return a * (1.0 - a)


def wrong(const double[::1] x, double[::1] out):
    cdef SigmoidWrong g = SigmoidWrong()
    for i in range(x.shape[0]):
        out[i] = g.slope(x[i])


# right
@cython.final
cdef class SigmoidRight:
    cdef double slope(self, double a) noexcept:
        return a * (1.0 - a)


def right(const double[::1] x, double[::1] out):
    cdef SigmoidRight g = SigmoidRight()
    for i in range(x.shape[0]):
        out[i] = g.slope(x[i])
