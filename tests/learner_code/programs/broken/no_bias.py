# forward: no_bias
import numpy as np


def forward(w, b, a):
    z = np.dot(w, a)
    return z, 1 / (1 + np.exp(-z))
