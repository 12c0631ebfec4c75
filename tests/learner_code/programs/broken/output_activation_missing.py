# forward: no_output_activation
import math


def sigmoid(z):
    return 1 / (1 + math.exp(-z))


def forward(x, w, b):
    a = x
    for l in range(len(w)):
        z = [b[l][j] + sum(w[l][j][k] * a[k] for k in range(len(a))) for j in range(len(b[l]))]
        a = [sigmoid(z_j) for z_j in z] if l < len(w) - 1 else z
    return a
