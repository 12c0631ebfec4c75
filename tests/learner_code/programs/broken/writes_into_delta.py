# backward: writes_arguments
import numpy as np


def backward(w, delta, a):
    result = w.T @ delta
    delta *= 0
    return np.multiply(result, a * (1 - a))
