import numpy as np

ACTIVATION = "relu"
OUTPUT_ACTIVATION = "sigmoid"
LOSS = "binary_cross_entropy"


def sigmoid(Z):
    return 1 / (1 + np.exp(-Z))


def relu(Z):
    return np.maximum(0, Z)


def forward(X, parameters):
    """caches holds (A_prev, W, b, Z) of each layer; the samples are columns"""
    caches = []
    A = X
    L = len(parameters) // 2
    for l in range(1, L + 1):
        A_prev = A
        W, b = parameters["W" + str(l)], parameters["b" + str(l)]
        Z = np.dot(W, A_prev) + b
        A = sigmoid(Z) if l == L else relu(Z)
        caches.append((A_prev, W, b, Z))
    return A, caches


def linear_backward(dZ, cache):
    A_prev, W, b, Z = cache
    m = A_prev.shape[1]
    dW = 1 / m * np.dot(dZ, A_prev.T)
    db = 1 / m * np.sum(dZ, axis=1, keepdims=True)
    dA_prev = np.dot(W.T, dZ)
    return dA_prev, dW, db


def backprop(X, Y, parameters):
    grads = {}
    AL, caches = forward(X, parameters)
    L = len(caches)
    dAL = -(np.divide(Y, AL) - np.divide(1 - Y, 1 - AL))
    s = sigmoid(caches[L - 1][3])
    dZ = dAL * s * (1 - s)
    dA, grads["dW" + str(L)], grads["db" + str(L)] = linear_backward(dZ, caches[L - 1])
    for l in reversed(range(L - 1)):
        Z = caches[l][3]
        dZ = np.array(dA, copy=True)
        dZ[Z <= 0] = 0
        dA, grads["dW" + str(l + 1)], grads["db" + str(l + 1)] = linear_backward(dZ, caches[l])
    return grads


def update_parameters(parameters, grads, learning_rate):
    L = len(parameters) // 2
    for l in range(L):
        parameters["W" + str(l + 1)] = (
            parameters["W" + str(l + 1)] - learning_rate * grads["dW" + str(l + 1)]
        )
        parameters["b" + str(l + 1)] = (
            parameters["b" + str(l + 1)] - learning_rate * grads["db" + str(l + 1)]
        )
    return parameters
