# wrong
def wrong(size_t n):
    return n - 1


# right
def right(Py_ssize_t n):
    return n - 1
