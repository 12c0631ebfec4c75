# wrong
def wrong(double[:, ::1] w):
    w[0], w[1] = w[1], w[0]


# right
def right(double[:, ::1] w):
    for k in range(w.shape[1]):
        w[0, k], w[1, k] = w[1, k], w[0, k]
