# output_delta: delta_half
import numpy as np


def output_delta(z, a, y):
    return (a - y) * a * (1 - a)
