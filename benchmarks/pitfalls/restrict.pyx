cdef extern from *:
    """
    static void add_wrong(double s, const double *x, double *z, Py_ssize_t n) {
        for (Py_ssize_t i = 0; i < n; i++) z[i] += s * x[i];
    }
    static void add_right(double s, const double *restrict x, double *restrict z, Py_ssize_t n) {
        for (Py_ssize_t i = 0; i < n; i++) z[i] += s * x[i];
    }
    """
    void add_wrong(double s, const double *x, double *z, Py_ssize_t n) noexcept nogil
    void add_right(double s, const double *x, double *z, Py_ssize_t n) noexcept nogil


# wrong
def wrong(const double[::1] x, double[::1] out):
    add_wrong(0.5, &x[0], &out[0], x.shape[0])


# right
def right(const double[::1] x, double[::1] out):
    add_right(0.5, &x[0], &out[0], x.shape[0])
