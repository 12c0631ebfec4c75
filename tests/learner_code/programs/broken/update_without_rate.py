# update: no_rate
import numpy as np


def update(w, b, dw, db, learning_rate):
    return np.subtract(w, dw), np.subtract(b, db)
