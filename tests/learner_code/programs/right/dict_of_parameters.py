import numpy as np

LOSS = "binary_cross_entropy"
ACTIVATION = "tanh"


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def forward(x, parameters):
    L = len(parameters) // 2
    cache = {"a0": x}
    for l in range(1, L + 1):
        z = parameters[f"W{l}"] @ cache[f"a{l - 1}"] + parameters[f"b{l}"]
        cache[f"z{l}"] = z
        cache[f"a{l}"] = sigmoid(z) if l == L else np.tanh(z)
    return cache


def gradient(x, y, parameters):
    L = len(parameters) // 2
    cache = forward(x, parameters)
    grads = {}
    delta = cache[f"a{L}"] - y
    for l in range(L, 0, -1):
        grads[f"dW{l}"] = np.outer(delta, cache[f"a{l - 1}"])
        grads[f"db{l}"] = delta
        if l > 1:
            delta = (parameters[f"W{l}"].T @ delta) * (1 - cache[f"a{l - 1}"] ** 2)
    return grads


def update(parameters, grads, learning_rate):
    for l in range(1, len(parameters) // 2 + 1):
        parameters[f"W{l}"] -= learning_rate * grads[f"dW{l}"]
        parameters[f"b{l}"] -= learning_rate * grads[f"db{l}"]
    return parameters


def step(x, y, parameters, learning_rate):
    return update(parameters, gradient(x, y, parameters), learning_rate)
