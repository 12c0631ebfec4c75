# accumulate: swapped_gradient|transposed_gradient


def accumulate(delta, a, dw, db):
    for j in range(len(delta)):
        for k in range(len(a)):
            dw[k][j] += delta[j] * a[k]
        db[j] += delta[j]
