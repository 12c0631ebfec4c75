# backward: swapped_backward
import numpy as np


def sigmoid_prime(z):
    s = 1 / (1 + np.exp(-z))
    return s * (1 - s)


def backward(w, delta, z):
    return np.dot(w, delta) * sigmoid_prime(z)
