# wrong
def wrong(const double[::1] x, double[::1] out):
    for i, value in enumerate(x):
        out[i] = 0.5 * value


# right
def right(const double[::1] x, double[::1] out):
    for i in range(x.shape[0]):
        out[i] = 0.5 * x[i]
