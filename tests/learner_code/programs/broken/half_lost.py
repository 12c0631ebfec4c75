# output_delta: delta_double
LOSS = "half_squared_error"


def output_delta(z, a, y):
    return [2 * (a[j] - y[j]) * a[j] * (1 - a[j]) for j in range(len(y))]
