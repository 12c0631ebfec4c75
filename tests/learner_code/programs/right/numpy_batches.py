import numpy as np

ACTIVATION = "relu"
LOSS = "cross_entropy"


def relu(z):
    return np.maximum(z, 0)


def softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def forward(X, w, b):
    zs, activations = [], [X]
    for l in range(len(w)):
        z = activations[-1] @ w[l].T + b[l]
        zs.append(z)
        activations.append(softmax(z) if l == len(w) - 1 else relu(z))
    return zs, activations


def gradient(X, Y, w, b):
    zs, activations = forward(X, w, b)
    delta = (activations[-1] - Y) / len(X)
    dw, db = [None] * len(w), [None] * len(w)
    for l in reversed(range(len(w))):
        dw[l] = delta.T @ activations[l]
        db[l] = delta.sum(axis=0)
        if l:
            delta = (delta @ w[l]) * (zs[l - 1] > 0)
    return dw, db


def step(X, Y, w, b, learning_rate):
    dw, db = gradient(X, Y, w, b)
    for l in range(len(w)):
        w[l] -= learning_rate * dw[l]
        b[l] -= learning_rate * db[l]
