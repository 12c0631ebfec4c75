# backward: slope_of_a
import math


def sigmoid(z):
    return 1 / (1 + math.exp(-z))


def backward(w, delta, a):
    below = []
    for k in range(len(a)):
        total = sum(w[j][k] * delta[j] for j in range(len(delta)))
        slope = sigmoid(a[k]) * (1 - sigmoid(a[k]))
        below.append(slope * total)
    return below
