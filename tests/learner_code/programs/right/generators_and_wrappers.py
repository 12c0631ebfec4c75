import math
from functools import partial

import numpy as np

sigmoid = np.vectorize(lambda z: 1 / (1 + math.exp(-z)))


def _weighted(w, b, a, start):
    for w_j, b_j in zip(w, b):
        yield start + b_j + sum(map(float.__mul__, w_j, a))


weighted_input = partial(_weighted, start=0.0)


def forward(w, b, a):
    z = list(weighted_input(w, b, a))
    return z, map(float, sigmoid(z))


class Slopes:
    def of(self, a):
        return (a_j * (1 - a_j) for a_j in a)


d_sigmoid = Slopes().of
