cdef double dot(const double[::1] w, const double[::1] a) noexcept:
    cdef double total = 0.0
    for k in range(w.shape[0]):
        total += w[k] * a[k]
    return total


# wrong
def wrong(const double[:, ::1] w, const double[::1] a, double[::1] z):
    for j in range(w.shape[0]):
        z[j] = dot(w[j], a)


# right
def right(const double[:, ::1] w, const double[::1] a, double[::1] z):
    cdef double total
    for j in range(w.shape[0]):
        total = 0.0
        for k in range(w.shape[1]):
            total += w[j, k] * a[k]
        z[j] = total
