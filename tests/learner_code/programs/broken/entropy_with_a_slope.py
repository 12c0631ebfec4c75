# output_delta: output_slope
import numpy as np

LOSS = "binary_cross_entropy"


def output_delta(z, a, y):
    return (a - y) * np.exp(-z) / (1 + np.exp(-z)) ** 2
