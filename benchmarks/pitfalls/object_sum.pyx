# wrong
def wrong(const double[:, ::1] w):
    total = 0.0
    for j in range(w.shape[0]):
        for k in range(w.shape[1]):
            total += w[j, k]
    return total


# right
def right(const double[:, ::1] w):
    cdef double total = 0.0
    for j in range(w.shape[0]):
        for k in range(w.shape[1]):
            total += w[j, k]
    return total
