# forward: endless
import math


def sigmoid(z):
    return 1 / (1 + math.exp(-z))


def forward(w, b, a):
    out = []
    j = 0
    while j < len(w):
        z = b[j]
        for k in range(len(a)):
            z += w[j][k] * a[k]
        out.append(sigmoid(z))
    return out
