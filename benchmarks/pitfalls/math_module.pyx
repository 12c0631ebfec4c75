import math

from libc.math cimport exp


# wrong
def wrong(const double[::1] x, double[::1] out):
    for i in range(x.shape[0]):
        out[i] = math.exp(x[i])


# right
def right(const double[::1] x, double[::1] out):
    for i in range(x.shape[0]):
        out[i] = exp(x[i])
