# forward: softmax_overflows
import numpy as np

ACTIVATION = "relu"
LOSS = "cross_entropy"


def forward(X, w, b):
    a = X
    for l in range(len(w)):
        z = np.dot(a, w[l].T) + b[l]
        if l < len(w) - 1:
            a = np.maximum(0, z)
        else:
            a = np.exp(z) / np.sum(np.exp(z), axis=1, keepdims=True)
    return a
