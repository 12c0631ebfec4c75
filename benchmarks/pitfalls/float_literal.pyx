# wrong
def wrong(const float[::1] x, float[::1] out):
    for i in range(x.shape[0]):
        out[i] = 0.1 * x[i]


# right
def right(const float[::1] x, float[::1] out):
    cdef float rate = 0.1
    for i in range(x.shape[0]):
        out[i] = rate * x[i]
