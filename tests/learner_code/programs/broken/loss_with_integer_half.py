# loss: loss_zero
LOSS = "half_squared_error"


def loss(a, y):
    return 1 // 2 * sum((a_j - y_j) ** 2 for a_j, y_j in zip(a, y))
