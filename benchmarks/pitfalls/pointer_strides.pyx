# wrong
def wrong(const double[:] x):
    cdef const double *first = &x[0]
    return first[1]


# right
def right(const double[:] x):
    return x[1]
