cdef class Layer:
    cdef double[::1] x, out

    def __init__(self, x, out):
        self.x, self.out = x, out


# wrong
def wrong(x, out):
    cdef Layer layer = Layer(x, out)
    for i in range(layer.x.shape[0]):
        layer.out[i] = 0.5 * layer.x[i]


# right
def right(x, out):
    cdef Layer layer = Layer(x, out)
    cdef double[::1] from_, to
    from_, to = layer.x, layer.out
    for i in range(from_.shape[0]):
        to[i] = 0.5 * from_[i]
