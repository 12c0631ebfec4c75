# wrong
def wrong(const double[:] x, double[:] out):
    for i in range(x.shape[0]):
        out[i] = 0.5 * x[i]


# right
def right(const double[::1] x, double[::1] out):
    for i in range(x.shape[0]):
        out[i] = 0.5 * x[i]
