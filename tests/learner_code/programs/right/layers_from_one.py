"""Lists as in the notation: w[1] is w^(1), and w[0] is None."""


def forward(x, w, b, g):
    z, a = [None], [x]
    for l in range(1, len(w)):
        z.append(
            [
                b[l][j] + sum(w[l][j][k] * a[l - 1][k] for k in range(len(a[l - 1])))
                for j in range(len(w[l]))
            ]
        )
        a.append([g[l](z_j) for z_j in z[l]])
    return z, a


def backward(z, a, y, w, g_prime):
    L = len(w) - 1
    delta = [None] * (L + 1)
    delta[L] = [2 * (a[L][j] - y[j]) * g_prime[L](z[L][j]) for j in range(len(y))]
    for l in range(L - 1, 0, -1):
        delta[l] = [
            g_prime[l](z[l][k])
            * sum(w[l + 1][j][k] * delta[l + 1][j] for j in range(len(delta[l + 1])))
            for k in range(len(z[l]))
        ]
    return delta


def accumulate(delta, a, dw, db):
    for l in range(1, len(delta)):
        for j, delta_j in enumerate(delta[l]):
            db[l][j] += delta_j
            for k, a_k in enumerate(a[l - 1]):
                dw[l][j][k] += delta_j * a_k


def update(w, b, dw, db, eta):
    for l in range(1, len(w)):
        for j in range(len(w[l])):
            w[l][j] = [w_jk - eta * dw_jk for w_jk, dw_jk in zip(w[l][j], dw[l][j])]
            b[l][j] -= eta * db[l][j]
