# wrong
def wrong(double[:, ::1] w):
    for j in range(w.shape[0]):
        for k in range(w.shape[1]):
            w[j, k] = 0.0


# right
def right(double[:, ::1] w):
    w[:, :] = 0.0
