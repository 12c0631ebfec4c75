import numpy as np

ACTIVATION = "relu"
OUTPUT_ACTIVATION = "softmax"
LOSS = "cross_entropy"
SIZES = (4, 5, 3)


def loss_and_gradients(X, y, W1, b1, W2, b2):
    N = X.shape[0]
    h1 = np.maximum(0, X.dot(W1) + b1)
    scores = h1.dot(W2) + b2
    scores -= np.max(scores, axis=1, keepdims=True)
    p = np.exp(scores)
    p /= p.sum(axis=1, keepdims=True)
    loss = -np.sum(np.log(p[range(N), y])) / N

    dscores = p.copy()
    dscores[range(N), y] -= 1
    dscores /= N
    grads = {}
    grads["W2"] = h1.T.dot(dscores)
    grads["b2"] = np.sum(dscores, axis=0)
    dh1 = dscores.dot(W2.T)
    dh1[h1 <= 0] = 0
    grads["W1"] = X.T.dot(dh1)
    grads["b1"] = np.sum(dh1, axis=0)
    return loss, grads


def gradient(X, Y, w, b):
    loss, grads = loss_and_gradients(X, Y.argmax(axis=1), w[0].T, b[0], w[1].T, b[1])
    return [grads["W1"].T, grads["W2"].T], [grads["b1"], grads["b2"]]
