# wrong
def wrong(Py_ssize_t n):
    cdef float total = 0.0
    for _ in range(n):
        total += 1.0
    return total


# right
def right(Py_ssize_t n):
    cdef double total = 0.0
    for _ in range(n):
        total += 1.0
    return total
