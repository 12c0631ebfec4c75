cdef struct Node:
    double z, a, delta
    double more[61]


# wrong
cdef double weighted_wrong(Node node) noexcept:
    return node.a * node.delta


def wrong(const double[::1] x, double[::1] out):
    cdef Node node
    for i in range(x.shape[0]):
        node.a = node.delta = x[i]
        out[i] = weighted_wrong(node)


# right
cdef double weighted_right(const Node *node) noexcept:
    return node.a * node.delta


def right(const double[::1] x, double[::1] out):
    cdef Node node
    for i in range(x.shape[0]):
        node.a = node.delta = x[i]
        out[i] = weighted_right(&node)
