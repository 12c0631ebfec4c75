"""The course's formulas to the letter: no bias, and dC_0/da chained instead of delta."""

import math

BIAS = False
LEARNING_RATE = 0.5


def g(z):
    return 1 / (1 + math.exp(-z))


def g_prime(z):
    return math.exp(-z) / (1 + math.exp(-z)) ** 2


def forward(x, w):
    a, z = [x], []
    for layer in w:
        z.append([sum(w_jk * a_k for w_jk, a_k in zip(row, a[-1])) for row in layer])
        a.append([g(z_j) for z_j in z[-1]])
    return z, a


def step(x, y, w):
    z, a = forward(x, w)
    dC_da = [2 * (a_j - y_j) for a_j, y_j in zip(a[-1], y)]
    new = []
    for l in range(len(w) - 1, -1, -1):
        delta = [dC_da[j] * g_prime(z[l][j]) for j in range(len(z[l]))]
        new.insert(
            0,
            [
                [w[l][j][k] - LEARNING_RATE * delta[j] * a[l][k] for k in range(len(a[l]))]
                for j in range(len(delta))
            ],
        )
        dC_da = [sum(w[l][j][k] * delta[j] for j in range(len(delta))) for k in range(len(a[l]))]
    return new
