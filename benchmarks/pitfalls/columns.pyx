# wrong
def wrong(const double[:, ::1] w, const double[::1] delta, double[::1] out):
    cdef double total
    for k in range(w.shape[1]):
        total = 0.0
        for j in range(w.shape[0]):
            total += w[j, k] * delta[j]
        out[k] = total


# right
def right(const double[:, ::1] w, const double[::1] delta, double[::1] out):
    out[:] = 0.0
    for j in range(w.shape[0]):
        for k in range(w.shape[1]):
            out[k] += w[j, k] * delta[j]
