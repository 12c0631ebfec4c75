# wrong
def wrong(Py_ssize_t n):
    return 3 ** n


# right
def right(Py_ssize_t n):
    cdef Py_ssize_t power = 1
    for _ in range(n):
        power *= 3
    return power
