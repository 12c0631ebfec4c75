# wrong
def wrong(double[::1] v, double start, int steps):
    v[:] = start
    for _ in range(steps):
        for i in range(v.shape[0]):
            v[i] *= 0.9


# right
def right(double[::1] v, double start, int steps):
    cdef double decayed
    v[:] = start
    for _ in range(steps):
        for i in range(v.shape[0]):
            decayed = 0.9 * v[i]
            v[i] = 0.0 if -1e-300 < decayed < 1e-300 else decayed
