# forward: swapped_forward
import math


def sigmoid(z):
    return 1 / (1 + math.exp(-z))


def forward(w, b, a):
    out = []
    for j in range(len(b)):
        z = b[j]
        for k in range(len(a)):
            z += w[k][j] * a[k]
        out.append(sigmoid(z))
    return out
