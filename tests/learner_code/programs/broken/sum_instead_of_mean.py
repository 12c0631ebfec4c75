# step: sum_for_mean
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def step(X, Y, w, b, lr):
    a = [X]
    for w_l, b_l in zip(w, b):
        a.append(sigmoid(a[-1] @ w_l.T + b_l))
    delta = 2 * (a[-1] - Y) * a[-1] * (1 - a[-1])
    for l in range(len(w) - 1, -1, -1):
        dw = delta.T @ a[l]
        db = delta.sum(axis=0)
        below = (delta @ w[l]) * a[l] * (1 - a[l])
        w[l] = w[l] - lr * dw
        b[l] = b[l] - lr * db
        delta = below
    return w, b
