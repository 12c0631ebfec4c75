# wrong
def wrong(Py_ssize_t hits, Py_ssize_t samples):
    return hits / samples


# right
def right(Py_ssize_t hits, Py_ssize_t samples):
    return <double>hits / samples
