# wrong
class LayerWrong:
    def __init__(self, rate, const double[::1] x, double[::1] out):
        self.rate, self.x, self.out = rate, x, out


def wrong(x, out):
    layer = LayerWrong(0.5, x, out)
    for i in range(layer.x.shape[0]):
        layer.out[i] = layer.rate * layer.x[i]


# right
cdef class LayerRight:
    cdef double rate
    cdef const double[::1] x
    cdef double[::1] out

    def __init__(self, rate, x, out):
        self.rate, self.x, self.out = rate, x, out


def right(x, out):
    cdef LayerRight layer = LayerRight(0.5, x, out)
    for i in range(layer.x.shape[0]):
        layer.out[i] = layer.rate * layer.x[i]
