# wrong
def wrong(double[::1] x):
    return x[0]


# right
def right(const double[::1] x):
    return x[0]
