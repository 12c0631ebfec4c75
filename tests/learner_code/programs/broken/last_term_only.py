# forward: keeps_last_k
import math


def sigmoid(z):
    return 1 / (1 + math.exp(-z))


def forward(w, b, a):
    out = []
    for j in range(len(w)):
        for k in range(len(a)):
            z = w[j][k] * a[k]
        out.append(sigmoid(z + b[j]))
    return out
