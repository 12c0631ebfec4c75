"""The options of training, as :mod:`fastbp.reference` has backpropagation: lists and loops."""

from fastbp.reference import gradient, squared_error, squared_error_delta


def weighted_gradient(X, Y, weights, w, b, g, g_prime,
                      loss=squared_error, output_delta=squared_error_delta):
    """C = sum_i w_i C_0(i) / sum_i w_i, dC/dw and dC/db: means weighted by w_i, that of sample i.

    They are those of :func:`fastbp.reference.gradient` where all weights are equal. A sample of
    weight 0 is left out, whatever it holds.
    """
    L, total = len(w) - 1, sum(weights)
    C = 0.0
    dC_dw = [None] + [[[0.0] * len(row) for row in w[l]] for l in range(1, L + 1)]
    dC_db = [None] + [[0.0] * len(b[l]) for l in range(1, L + 1)]
    for x, y, w_i in zip(X, Y, weights):
        if w_i == 0:
            continue
        C_0, dC_0_dw, dC_0_db = gradient([x], [y], w, b, g, g_prime, loss, output_delta)
        C += w_i * C_0 / total
        for l in range(1, L + 1):
            for j in range(len(w[l])):
                for k in range(len(w[l][j])):
                    dC_dw[l][j][k] += w_i * dC_0_dw[l][j][k] / total
                dC_db[l][j] += w_i * dC_0_db[l][j] / total
    return C, dC_dw, dC_db
