# gradient: integer_mean
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


def gradient(X, Y, w, b):
    dw = [[[0.0] * len(row) for row in w_l] for w_l in w]
    db = [[0.0] * len(b_l) for b_l in b]
    for x, y in zip(X, Y):
        z, a = forward(x, w, b)
        delta = [2 * (a_j - y_j) * a_j * (1 - a_j) for a_j, y_j in zip(a[-1], y)]
        for l in range(len(w) - 1, -1, -1):
            for j in range(len(delta)):
                for k in range(len(a[l])):
                    dw[l][j][k] += delta[j] * a[l][k]
                db[l][j] += delta[j]
            delta = [
                a[l][k] * (1 - a[l][k]) * sum(w[l][j][k] * delta[j] for j in range(len(delta)))
                for k in range(len(a[l]))
            ]
    m = len(X)
    for l in range(len(w)):
        for j in range(len(w[l])):
            for k in range(len(w[l][j])):
                dw[l][j][k] = dw[l][j][k] // m
            db[l][j] = db[l][j] // m
    return dw, db
