cdef class Image:
    cdef unsigned char[::1] x, out

    def __init__(self, x, out):
        self.x, self.out = x, out


# wrong
def wrong(x, out):
    cdef Image image = Image(x, out)
    for i in range(image.x.shape[0]):
        image.out[i] = 255 - image.x[i]


# right
def right(x, out):
    cdef Image image = Image(x, out)
    cdef unsigned char[::1] from_, to
    from_, to = image.x, image.out
    for i in range(from_.shape[0]):
        to[i] = 255 - from_[i]
