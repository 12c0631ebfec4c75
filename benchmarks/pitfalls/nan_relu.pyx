# wrong
def wrong(const double[::1] x, double[::1] out):
    for i in range(x.shape[0]):
        out[i] = max(0.0, x[i])


# right
def right(const double[::1] x, double[::1] out):
    for i in range(x.shape[0]):
        out[i] = max(x[i], 0.0)
