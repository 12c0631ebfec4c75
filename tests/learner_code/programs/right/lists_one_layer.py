import math


def sigmoid(z):
    return 1 / (1 + math.exp(-z))


def sigmoid_prime(z):
    return sigmoid(z) * (1 - sigmoid(z))


def loss(a, y):
    total = 0
    for j in range(len(y)):
        total += (a[j] - y[j]) ** 2
    return total


def forward(w, b, a):
    z = []
    for j in range(len(w)):
        z_j = b[j]
        for k in range(len(a)):
            z_j += w[j][k] * a[k]
        z.append(z_j)
    return z, [sigmoid(z_j) for z_j in z]


def output_delta(z, a, y):
    return [2 * (a[j] - y[j]) * sigmoid_prime(z[j]) for j in range(len(y))]


def backward(w, delta, z):
    delta_below = []
    for k in range(len(z)):
        total = 0
        for j in range(len(delta)):
            total += w[j][k] * delta[j]
        delta_below.append(sigmoid_prime(z[k]) * total)
    return delta_below


def accumulate(delta, a, dw, db):
    for j in range(len(delta)):
        for k in range(len(a)):
            dw[j][k] += delta[j] * a[k]
        db[j] += delta[j]


def update(w, b, dw, db, learning_rate):
    for j in range(len(w)):
        for k in range(len(w[j])):
            w[j][k] -= learning_rate * dw[j][k]
        b[j] -= learning_rate * db[j]
