# gradient: no_bias_gradient
import numpy as np

LOSS = "cross_entropy"
ACTIVATION = "relu"


def gradient(X, Y, w, b):
    a = [X]
    for l in range(len(w)):
        z = a[l] @ w[l].T + b[l]
        if l < len(w) - 1:
            a.append(np.maximum(0, z))
        else:
            e = np.exp(z - z.max(axis=1, keepdims=True))
            a.append(e / e.sum(axis=1, keepdims=True))
    delta = (a[-1] - Y) / len(X)
    dw = []
    for l in range(len(w) - 1, -1, -1):
        dw.insert(0, delta.T @ a[l])
        delta = delta @ w[l] * (a[l] > 0)
    return dw
