# output_delta: delta_sign
def output_delta(z, a, y):
    return [2 * (y[j] - a[j]) * a[j] * (1 - a[j]) for j in range(len(y))]
