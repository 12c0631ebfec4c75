import numpy as np

ACTIVATION = "relu"
OUTPUT_ACTIVATION = "identity"
LOSS = "mean_squared_error"


def step(X, Y, w, b, lr):
    w = [np.asarray(w_l, np.float32) for w_l in w]
    b = [np.asarray(b_l, np.float32) for b_l in b]
    a = [np.asarray(X, np.float32)]
    for l, (w_l, b_l) in enumerate(zip(w, b)):
        z = np.einsum("ik,jk->ij", a[-1], w_l) + b_l
        a.append(z if l == len(w) - 1 else np.where(z > 0, z, 0))
    delta = 2 * (a[-1] - Y) / Y.size
    for l in range(len(w) - 1, -1, -1):
        below = np.einsum("ij,jk->ik", delta, w[l]) * (a[l] > 0)
        w[l] = w[l] - lr * np.einsum("ij,ik->jk", delta, a[l])
        b[l] = b[l] - lr * np.einsum("ij->j", delta)
        delta = below
    return w, b
