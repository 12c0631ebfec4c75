# step: new_weights_below
import math


def sigmoid(z):
    return 1 / (1 + math.exp(-z))


def forward(x, w, b):
    z, a = [], [x]
    for l in range(len(w)):
        z.append([])
        for j in range(len(w[l])):
            z_j = b[l][j]
            for k in range(len(a[l])):
                z_j += w[l][j][k] * a[l][k]
            z[l].append(z_j)
        a.append([sigmoid(z_j) for z_j in z[l]])
    return z, a


def step(x, y, w, b, learning_rate):
    z, a = forward(x, w, b)
    delta = [2 * (a_j - y_j) * a_j * (1 - a_j) for a_j, y_j in zip(a[-1], y)]
    for l in range(len(w) - 1, -1, -1):
        for j in range(len(delta)):
            for k in range(len(a[l])):
                w[l][j][k] -= learning_rate * delta[j] * a[l][k]
            b[l][j] -= learning_rate * delta[j]
        delta = [
            a[l][k] * (1 - a[l][k]) * sum(w[l][j][k] * delta[j] for j in range(len(delta)))
            for k in range(len(a[l]))
        ]
