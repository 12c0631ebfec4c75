cimport cython


# wrong
def wrong(Py_ssize_t i, Py_ssize_t n):
    return i // n, i % n


# right
@cython.cdivision(False)
def right(Py_ssize_t i, Py_ssize_t n):
    return i // n, i % n
