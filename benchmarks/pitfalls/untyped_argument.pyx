# wrong
def wrong(const double[::1] x, double[::1] out, rate):
    for i in range(x.shape[0]):
        out[i] = rate * x[i]


# right
def right(const double[::1] x, double[::1] out, double rate):
    for i in range(x.shape[0]):
        out[i] = rate * x[i]
