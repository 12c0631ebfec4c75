import numpy as np

ACTIVATION = "tanh"
OUTPUT_ACTIVATION = "identity"
LOSS = "mean_squared_error"


def forward(X, W, b):
    Z, A = [], [X]
    for i in range(len(W)):
        Z.append(A[-1] @ W[i].T + b[i])
        A.append(np.tanh(Z[-1]) if i < len(W) - 1 else Z[-1])
    return Z, A


def backward(Z, A, Y, W):
    L = len(W)
    deltas = [None] * L
    deltas[-1] = 2 * (A[-1] - Y) / Y.shape[1]
    for i in range(L - 2, -1, -1):
        deltas[i] = (deltas[i + 1] @ W[i + 1]) * (1 - np.tanh(Z[i]) ** 2)
    return deltas


def gradients(X, Y, W, b):
    Z, A = forward(X, W, b)
    deltas = backward(Z, A, Y, W)
    n = X.shape[0]
    dW = [deltas[i].T @ A[i] / n for i in range(len(W))]
    db = [deltas[i].mean(axis=0) for i in range(len(W))]
    return dW, db


def update(W, b, dW, db, lr=0.1):
    for i in range(len(W)):
        W[i] -= lr * dW[i]
        b[i] -= lr * db[i]


def cost(A, Y):
    return np.mean(np.sum((A - Y) ** 2, axis=1) / Y.shape[1])
