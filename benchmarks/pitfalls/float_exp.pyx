from libc.math cimport exp, expf


# wrong
def wrong(const float[::1] x, float[::1] out):
    for i in range(x.shape[0]):
        out[i] = exp(x[i])


# right
def right(const float[::1] x, float[::1] out):
    for i in range(x.shape[0]):
        out[i] = expf(x[i])
