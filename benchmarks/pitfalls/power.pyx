# wrong
def wrong(const double[::1] x, double[::1] out):
    for i in range(x.shape[0]):
        out[i] = x[i] ** 3


# right
def right(const double[::1] x, double[::1] out):
    for i in range(x.shape[0]):
        out[i] = x[i] * x[i] * x[i]
