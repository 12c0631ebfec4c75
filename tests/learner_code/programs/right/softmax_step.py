import numpy as np

ACTIVATION = "relu"
OUTPUT_ACTIVATION = "softmax"
LOSS = "cross_entropy"


def relu(z):
    return z * (z > 0)


def relu_derivative(z):
    return (z > 0).astype(float)


def softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def train_on_batch(X, Y, weights, biases, lr):
    a = [X]
    zs = []
    for i, (W, b) in enumerate(zip(weights, biases)):
        zs.append(a[-1] @ W.T + b)
        a.append(softmax(zs[-1]) if i == len(weights) - 1 else relu(zs[-1]))
    delta = (a[-1] - Y) / len(X)
    for i in reversed(range(len(weights))):
        dW = delta.T @ a[i]
        db = delta.sum(axis=0)
        if i > 0:
            delta = delta @ weights[i] * relu_derivative(zs[i - 1])
        weights[i] -= lr * dW
        biases[i] -= lr * db
