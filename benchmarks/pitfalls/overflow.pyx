# wrong
def wrong(int rows, int columns):
    return rows * columns


# right
def right(Py_ssize_t rows, Py_ssize_t columns):
    return rows * columns
