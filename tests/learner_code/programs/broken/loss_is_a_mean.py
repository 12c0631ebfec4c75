# loss: loss_mean
import numpy as np


def loss(a, y):
    return np.mean((a - y) ** 2)
