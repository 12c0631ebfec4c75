# step: slope_of_a
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def sigmoid_prime(z):
    return sigmoid(z) * (1 - sigmoid(z))


def step(X, Y, w, b, lr):
    a = [X]
    for w_l, b_l in zip(w, b):
        a.append(sigmoid(a[-1] @ w_l.T + b_l))
    delta = 2 * (a[-1] - Y) * sigmoid_prime(a[-1])
    m = len(X)
    for l in range(len(w) - 1, -1, -1):
        dw = delta.T @ a[l] / m
        db = delta.sum(axis=0) / m
        below = (delta @ w[l]) * sigmoid_prime(a[l])
        w[l] = w[l] - lr * dw
        b[l] = b[l] - lr * db
        delta = below
    return w, b
