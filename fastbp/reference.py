"""The specification: backpropagation in lists and loops, one line for each line of the notation.

Everything else in fastbp is "the same, faster", and is tested against this file. It imports
nothing but ``math`` and is never made faster. Further activations, losses and update rules
stand apart, in :mod:`fastbp.reference_tables`.

The notation is that of the lesson "Backpropagation explained, part 2" (deeplizard):

========================  =====================================================================
``l = 1, ..., L``         a layer; ``l = 0`` is the input (the course can count it as layer 1)
``j``                     a node of layer l, counted from 0
``k``                     a node of layer l-1
``w[l][j][k]``            w_jk^(l), the weight from node k of layer l-1 to node j of layer l
``z[l][j]``               z_j^(l), the input of node j
``g[l]``                  g^(l), the activation function of layer l
``a[l][j]``               a_j^(l) = g^(l)(z_j^(l)), the output of node j; ``a[0]`` is the sample
``y[j]``                  y_j, the target of node j of layer L
``C_0``                   the loss of one sample; C is its mean over the samples
========================  =====================================================================

fastbp adds two names that the course does not have: ``b[l][j]``, the bias of node j, and
``delta[l][j]`` = dC_0/dz_j^(l), so that a product the course writes out is computed once.
Lists that are indexed by l hold ``None`` where a layer has none: ``w[0]``, ``z[0]``, ``g[0]``.
An activation maps a layer's list of z_j to its list of a_j, for softmax needs all of them.
"""

import math


def sigmoid(z):
    """a_j = 1 / (1 + e^(-z_j)), written so that no power of e overflows."""
    return [1 / (1 + math.exp(-z_j)) if z_j >= 0 else math.exp(z_j) / (1 + math.exp(z_j))
            for z_j in z]


def sigmoid_prime(z):
    """g'(z_j) = g(z_j) (1 - g(z_j))."""
    return [a_j * (1 - a_j) for a_j in sigmoid(z)]


def squared_error(z, a, y):
    """C_0 = sum_j (a_j - y_j)^2, the course's own loss, without a factor 1/2."""
    C_0 = 0.0
    for j in range(len(y)):
        C_0 += (a[j] - y[j]) ** 2
    return C_0


def squared_error_delta(z, a, y, g_prime):
    """delta_j^(L) = dC_0/da_j g'(z_j) = 2 (a_j - y_j) g'(z_j)."""
    slope = g_prime(z)
    return [2 * (a[j] - y[j]) * slope[j] for j in range(len(y))]


def forward(x, w, b, g):
    """z_j = b_j + sum_k w_jk a_k and a_j = g(z_j), layer after layer; returns z, a."""
    L = len(w) - 1
    z = [None] * (L + 1)
    a = [x] + [None] * L
    for l in range(1, L + 1):
        z[l] = []
        for j in range(len(w[l])):
            z_j = b[l][j]
            for k in range(len(a[l - 1])):
                z_j += w[l][j][k] * a[l - 1][k]
            z[l].append(z_j)
        a[l] = g[l](z[l])
    return z, a


def backward(z, a, y, w, g_prime, output_delta=squared_error_delta):
    """delta_k^(l-1) = g'(z_k^(l-1)) sum_j w_jk^(l) delta_j^(l), from L down; returns delta."""
    L = len(w) - 1
    delta = [None] * (L + 1)
    delta[L] = output_delta(z[L], a[L], y, g_prime[L])
    for l in range(L, 1, -1):
        slope = g_prime[l - 1](z[l - 1])
        delta[l - 1] = []
        for k in range(len(a[l - 1])):
            dC_da_k = 0.0
            for j in range(len(delta[l])):
                dC_da_k += w[l][j][k] * delta[l][j]
            delta[l - 1].append(slope[k] * dC_da_k)
    return delta


def accumulate(delta, a, dC_dw, dC_db):
    """dC/dw_jk += delta_j a_k and dC/db_j += delta_j, in every layer."""
    for l in range(1, len(delta)):
        for j in range(len(delta[l])):
            for k in range(len(a[l - 1])):
                dC_dw[l][j][k] += delta[l][j] * a[l - 1][k]
            dC_db[l][j] += delta[l][j]


def gradient(X, Y, w, b, g, g_prime, loss=squared_error, output_delta=squared_error_delta):
    """C, dC/dw and dC/db: the means over the samples of C_0, dC_0/dw_jk and dC_0/db_j."""
    L, m = len(w) - 1, len(X)
    C = 0.0
    dC_dw = [None] + [[[0.0] * len(row) for row in w[l]] for l in range(1, L + 1)]
    dC_db = [None] + [[0.0] * len(b[l]) for l in range(1, L + 1)]
    for x, y in zip(X, Y):
        z, a = forward(x, w, b, g)
        C += loss(z[L], a[L], y)
        delta = backward(z, a, y, w, g_prime, output_delta)
        accumulate(delta, a, dC_dw, dC_db)
    for l in range(1, L + 1):
        for j in range(len(w[l])):
            for k in range(len(w[l][j])):
                dC_dw[l][j][k] /= m
            dC_db[l][j] /= m
    return C / m, dC_dw, dC_db


def sgd_step(w, b, dC_dw, dC_db, learning_rate):
    """w_jk -= eta dC/dw_jk and b_j -= eta dC/db_j: every delta is known before a weight moves."""
    for l in range(1, len(w)):
        for j in range(len(w[l])):
            for k in range(len(w[l][j])):
                w[l][j][k] -= learning_rate * dC_dw[l][j][k]
            b[l][j] -= learning_rate * dC_db[l][j]


def train(X, Y, w, b, g, g_prime, epochs, batch_size, learning_rate, order=None,
          loss=squared_error, output_delta=squared_error_delta):
    """Mini-batch gradient descent; w and b change in place.

    ``order(epoch)`` gives the order of the samples, by default the given one. Returns for each
    epoch the mean over the samples of C_0, each as it was before the update of its batch.
    """
    history = []
    for epoch in range(epochs):
        rows = list(range(len(X))) if order is None else list(order(epoch))
        total = 0.0
        for start in range(0, len(rows), batch_size):
            batch = rows[start:start + batch_size]
            C, dC_dw, dC_db = gradient([X[i] for i in batch], [Y[i] for i in batch],
                                       w, b, g, g_prime, loss, output_delta)
            sgd_step(w, b, dC_dw, dC_db, learning_rate)
            total += C * len(batch)
        history.append(total / len(rows))
    return history
