# wrong
def wrong(const float[::1] x, float[::1] out):
    for i in range(x.shape[0]):
        out[i] = 0.5 * x[i]


# right
def right(const float[::1] x, float[::1] out):
    cdef float half = 0.5
    for i in range(x.shape[0]):
        out[i] = half * x[i]
