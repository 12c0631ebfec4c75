"""Cython's pure-Python mode: the same loops over lists, with the types of the variables annotated.

Idea: say which variables are C numbers, in a file that Python can still run as it is.
Expected: five times faster than without types; still far from what the machine can do.
Why: sums, products and the loops' counters are C's now and make no objects. What is left is getting
at the numbers, for a list holds pointers to Python floats, which lie anywhere.
"""

import cython


def forward(x: list, w: list, b: list, g: list):
    """z_j = b_j + sum_k w_jk a_k and a_j = g(z_j), layer after layer; returns z, a."""
    L: cython.Py_ssize_t = len(w) - 1
    l: cython.Py_ssize_t
    j: cython.Py_ssize_t
    k: cython.Py_ssize_t
    z_j: cython.double
    w_jk: cython.double
    a_k: cython.double
    z: list = [None] * (L + 1)
    a: list = [x] + [None] * L
    for l in range(1, L + 1):
        w_l: list = w[l]
        b_l: list = b[l]
        below: list = a[l - 1]
        z_l: list = []
        for j in range(len(w_l)):
            w_j: list = w_l[j]
            z_j = b_l[j]
            for k in range(len(below)):
                w_jk = w_j[k]
                a_k = below[k]
                z_j += w_jk * a_k
            z_l.append(z_j)
        z[l] = z_l
        a[l] = g[l](z_l)
    return z, a


def backward(z: list, a: list, y: list, w: list, g_prime: list, output_delta):
    """delta_k^(l-1) = g'(z_k^(l-1)) sum_j w_jk^(l) delta_j^(l), from L down; returns delta."""
    L: cython.Py_ssize_t = len(w) - 1
    l: cython.Py_ssize_t
    j: cython.Py_ssize_t
    k: cython.Py_ssize_t
    dC_da_k: cython.double
    w_jk: cython.double
    delta_j: cython.double
    slope_k: cython.double
    delta: list = [None] * (L + 1)
    delta[L] = output_delta(z[L], a[L], y, g_prime[L])
    for l in range(L, 1, -1):
        w_l: list = w[l]
        delta_l: list = delta[l]
        slope: list = g_prime[l - 1](z[l - 1])
        below: list = []
        for k in range(len(slope)):
            dC_da_k = 0.0
            for j in range(len(delta_l)):
                w_jk = cython.cast(list, w_l[j])[k]
                delta_j = delta_l[j]
                dC_da_k += w_jk * delta_j
            slope_k = slope[k]
            below.append(slope_k * dC_da_k)
        delta[l - 1] = below
    return delta


def accumulate(delta: list, a: list, dC_dw: list, dC_db: list):
    """dC/dw_jk += delta_j a_k and dC/db_j += delta_j, in every layer."""
    l: cython.Py_ssize_t
    j: cython.Py_ssize_t
    k: cython.Py_ssize_t
    delta_j: cython.double
    a_k: cython.double
    dC_dw_jk: cython.double
    dC_db_j: cython.double
    for l in range(1, len(delta)):
        delta_l: list = delta[l]
        below: list = a[l - 1]
        dw_l: list = dC_dw[l]
        db_l: list = dC_db[l]
        for j in range(len(delta_l)):
            dw_j: list = dw_l[j]
            delta_j = delta_l[j]
            for k in range(len(below)):
                a_k = below[k]
                dC_dw_jk = dw_j[k]
                dw_j[k] = dC_dw_jk + delta_j * a_k
            dC_db_j = db_l[j]
            db_l[j] = dC_db_j + delta_j


def sgd_step(w: list, b: list, dC_dw: list, dC_db: list, learning_rate: cython.double):
    """w_jk -= eta dC/dw_jk and b_j -= eta dC/db_j: every delta is known before a weight moves."""
    l: cython.Py_ssize_t
    j: cython.Py_ssize_t
    for l in range(1, len(w)):
        w_l: list = w[l]
        dw_l: list = dC_dw[l]
        for j in range(len(w_l)):
            update(w_l[j], dw_l[j], learning_rate)
        update(b[l], dC_db[l], learning_rate)


@cython.cfunc
def update(w: list, dw: list, rate: cython.double):
    """w_k -= rate dw_k."""
    k: cython.Py_ssize_t
    w_k: cython.double
    dw_k: cython.double
    for k in range(len(w)):
        w_k = w[k]
        dw_k = dw[k]
        w[k] = w_k - rate * dw_k
