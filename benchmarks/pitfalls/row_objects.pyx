cdef double dot(const double[::1] w, const double[::1] a) noexcept:
    cdef double total = 0.0
    for k in range(w.shape[0]):
        total += w[k] * a[k]
    return total


# wrong
def wrong(w, a, double[::1] z):
    for j in range(z.shape[0]):
        z[j] = dot(w[j], a)


# right
def right(const double[:, ::1] w, const double[::1] a, double[::1] z):
    for j in range(z.shape[0]):
        z[j] = dot(w[j], a)
