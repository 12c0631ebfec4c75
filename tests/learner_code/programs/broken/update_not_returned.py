# update: nothing_moves
import numpy as np


def update(w, b, dw, db, learning_rate):
    w = w - np.multiply(learning_rate, dw)
    b = b - np.multiply(learning_rate, db)
