# wrong
def wrong(const double[::1] x):
    count = 0
    for i in range(x.shape[0]):
        if x[i] > 0.0:
            count += 1
    return count


# right
def right(const double[::1] x):
    cdef Py_ssize_t count = 0
    for i in range(x.shape[0]):
        if x[i] > 0.0:
            count += 1
    return count
