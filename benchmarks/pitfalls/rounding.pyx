from libc.math cimport lrint


# wrong
def wrong(const double[::1] x, Py_ssize_t[::1] out):
    for i in range(x.shape[0]):
        out[i] = round(x[i])


# right
def right(const double[::1] x, Py_ssize_t[::1] out):
    for i in range(x.shape[0]):
        out[i] = lrint(x[i])
