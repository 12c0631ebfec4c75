# accumulate: no_bias_gradient


def accumulate(delta, a, dw, db):
    for l in range(len(delta)):
        for j in range(len(delta[l])):
            for k in range(len(a[l])):
                dw[l][j][k] += delta[l][j] * a[l][k]
