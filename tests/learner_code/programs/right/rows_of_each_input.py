# matrices are (n_in, n_out), as in most frameworks' layers; samples are rows
import numpy as np

ACTIVATION = "sigmoid"
LOSS = "mean_squared_error"
W_SHAPE = "n_in, n_out"


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def forward(X, weights, biases):
    activations = [X]
    for W, b in zip(weights, biases):
        activations.append(sigmoid(activations[-1] @ W + b))
    return activations


def backprop(X, Y, weights, biases):
    acts = forward(X, weights, biases)
    n, outputs = Y.shape
    delta = 2 / outputs * (acts[-1] - Y) * acts[-1] * (1 - acts[-1])
    dW, db = [], []
    for i in range(len(weights) - 1, -1, -1):
        dW.append(acts[i].T @ delta / n)
        db.append(delta.sum(axis=0) / n)
        delta = (delta @ weights[i].T) * acts[i] * (1 - acts[i])
    return dW[::-1], db[::-1]


def train_step(X, Y, weights, biases, lr):
    dW, db = backprop(X, Y, weights, biases)
    for i in range(len(weights)):
        weights[i] -= lr * dW[i]
        biases[i] -= lr * db[i]
