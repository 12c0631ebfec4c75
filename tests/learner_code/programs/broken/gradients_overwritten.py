# accumulate: overwrites
def accumulate(delta, a, dw, db):
    for j in range(len(delta)):
        for k in range(len(a)):
            dw[j][k] = delta[j] * a[k]
        db[j] = delta[j]
