# forward: z_is_a
import math


def sigmoid(z):
    return 1 / (1 + math.exp(-z))


def forward(w, b, a):
    z = [b[j] + sum(w[j][k] * a[k] for k in range(len(a))) for j in range(len(w))]
    a = z
    for j in range(len(a)):
        a[j] = sigmoid(z[j])
    return z, a
