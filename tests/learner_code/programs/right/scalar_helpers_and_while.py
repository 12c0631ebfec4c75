from math import exp


def sigmoid(x):
    if x < 0:
        return exp(x) / (1 + exp(x))
    return 1 / (1 + exp(-x))


def d_sigmoid(a):
    return a * (1 - a)


def forward(w, b, a_below):
    a, j = [], 0
    while j < len(w):
        z, k = 0.0, 0
        while k < len(a_below):
            z = z + w[j][k] * a_below[k]
            k += 1
        a.append(sigmoid(z + b[j]))
        j += 1
    return a


def backward(w, delta, a):
    result = [0.0] * len(a)
    for j, delta_j in enumerate(delta):
        for k, w_jk in enumerate(w[j]):
            result[k] += w_jk * delta_j
    return [d_sigmoid(a_k) * s for a_k, s in zip(a, result)]
