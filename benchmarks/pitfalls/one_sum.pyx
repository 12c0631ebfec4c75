# wrong
def wrong(const double[::1] x):
    cdef double total = 0.0
    for i in range(x.shape[0]):
        total += x[i]
    return total


# right
def right(const double[::1] x):
    cdef double s0 = 0.0, s1 = 0.0, s2 = 0.0, s3 = 0.0
    cdef Py_ssize_t i, whole = x.shape[0] // 4 * 4
    for i in range(0, whole, 4):
        s0 += x[i]
        s1 += x[i + 1]
        s2 += x[i + 2]
        s3 += x[i + 3]
    for i in range(whole, x.shape[0]):
        s0 += x[i]
    return (s0 + s1) + (s2 + s3)
