# step: bias_fixed|no_bias_gradient
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def step(X, Y, w, b, lr):
    a = [X]
    for w_l, b_l in zip(w, b):
        a.append(sigmoid(a[-1] @ w_l.T + b_l))
    delta = 2 * (a[-1] - Y) * a[-1] * (1 - a[-1])
    m = len(X)
    for l in range(len(w) - 1, -1, -1):
        dw = delta.T @ a[l] / m
        below = (delta @ w[l]) * a[l] * (1 - a[l])
        w[l] = w[l] - lr * dw
        delta = below
    return w, b
