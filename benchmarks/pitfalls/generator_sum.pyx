# wrong
def wrong(const double[::1] w, const double[::1] a):
    return sum(w[k] * a[k] for k in range(w.shape[0]))


# right
def right(const double[::1] w, const double[::1] a):
    cdef double total = 0.0
    for k in range(w.shape[0]):
        total += w[k] * a[k]
    return total
