# forward: bias_each_k
import math


def sigmoid(z):
    return 1 / (1 + math.exp(-z))


def forward(w, b, a):
    return [sigmoid(sum(w[j][k] * a[k] + b[j] for k in range(len(a)))) for j in range(len(w))]
