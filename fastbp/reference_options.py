"""Options of training for the specification, formula by formula.

Dropout, weights, smoothing; then what optimizers do beside their rules.


Like :mod:`fastbp.reference`, pure Python that is only ever read and compared with.

Dropout (Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov, 2014) leaves out hidden
nodes while a network trains, other ones for every sample of every step, so that no node relies on
another one's being there. Layer l has a rate p, the share that is dropped, and node j a factor

    m_j = 0 if it is dropped, else 1 / (1 - p),        a_j = m_j g(z_j).

The mean of m_j is 1: a prediction, which drops nothing, sees sums of the size that training saw.
To the layers above, m_j g is the activation, with the derivative m_j g'. So nothing else changes:

    delta_k^(l-1) = m_k g'(z_k^(l-1)) sum_j w_jk^(l) delta_j^(l),        dC_0/dw_jk = delta_j a_k.

Which nodes are dropped is a hash of (key, step, layer, row of the batch, node), so that it depends
on no order in which nodes are computed. The key is a number of 64 bits that a network draws once;
steps count from 1, and rows and nodes from 0.

Label smoothing (Szegedy, Vanhoucke, Ioffe, Shlens and Wojna, 2016) moves the target y of a sample
by the share s towards that of K equal classes, and weights of classes w_c multiply the terms of its
loss. With torch.nn.CrossEntropyLoss (weight, label_smoothing),

    y'_c = (1 - s) y_c + s / K,        C_0 = -sum_c w_c y'_c ln a_c,

and, softmax having da_c/dz_j = a_c ((1 if c = j, else 0) - a_j),

    delta_j = dC_0/dz_j = a_j sum_c w_c y'_c - w_j y'_j.

C of a batch is the sum of its C_0 divided by that of n = sum_c w_c y_c, of the targets before. With
binary_cross_entropy, where each y_j is for itself, y'_j = (1 - s) y_j + s / 2.
"""

import math
from math import exp, log

from fastbp import reference, reference_tables

BITS_32, BITS_64 = 2**32 - 1, 2**64 - 1  # x & BITS_32 is x modulo 2^32


def seed_of(seed, n):
    """A number of 64 bits for n and a seed: what SplitMix64 (Steele, Lea and Flood, 2014) gives."""
    x = seed + (n + 1) * 0x9E3779B97F4A7C15 & BITS_64
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9 & BITS_64
    x = (x ^ x >> 27) * 0x94D049BB133111EB & BITS_64
    return x ^ x >> 31


def row_seed(key, t, l, row):
    """The seed of one row of a batch, in layer l of step t."""
    return seed_of(seed_of(seed_of(key, t), l), row)


def node_bits(seed, j):
    """The 32 bits of node j in a row, of which the upper ones are the best.

    Two rounds of (x ^ x >> s) times an odd number: the lower half of the row's seed goes in before
    the first, the upper half after it.
    """
    x = j * 0x3779B97F & BITS_32 ^ seed & BITS_32
    x = (x ^ x >> 16) * 0x7FEB352D + (seed >> 32) & BITS_32
    return (x ^ x >> 15) * 0x846CA68B & BITS_32


def threshold_of(rate):
    """The rate in units of 2^-32, to the nearest: a node is dropped where its bits are below."""
    return min(int(rate * 2**32 + 0.5), BITS_32)


def factors(key, t, l, row, n, rate):
    """m_j of the n nodes of layer l, for one row of the batch in step t."""
    threshold, seed = threshold_of(rate), row_seed(key, t, l, row)
    if threshold == 0:
        return [1.0] * n
    return [0.0 if node_bits(seed, j) < threshold else 1 / (1 - rate) for j in range(n)]


def times(m, f):
    """m_j f(z_j): the activation, or its derivative, of a layer with these factors."""
    return lambda z: [m_j * f_j for m_j, f_j in zip(m, f(z))]


def smoothed(y, s, even):
    """y'_c of a target, where ``even`` is 1/K, or 1/2 of labels that are each for itself."""
    return [(1 - s) * y_c + s * even for y_c in y]


def divisor(y, class_weights):
    """n, the weight of a sample by its class or, of a soft label, the mean of those of several."""
    return sum(w_c * y_c for w_c, y_c in zip(class_weights, y))


def smoothed_cross_entropy(s, class_weights):
    """(C_0, delta^(L)) of softmax with both options."""
    K = len(class_weights)

    def terms(y):
        return [w_c * y_c for w_c, y_c in zip(class_weights, smoothed(y, s, 1 / K))]

    def loss(z, a, y):
        top = max(z)
        log_sum = top + log(sum(exp(z_c - top) for z_c in z))
        return sum(t_c * (log_sum - z_c) for t_c, z_c in zip(terms(y), z))

    def output_delta(z, a, y, g_prime):
        total = sum(terms(y))
        return [a_j * total - t_j for a_j, t_j in zip(a, terms(y))]

    return loss, output_delta


def gradient(X, Y, w, b, g, g_prime, loss=reference.squared_error,
             output_delta=reference.squared_error_delta, weights=None, rates=None, key=0, t=1,
             divisors=None):
    """C, dC/dw and dC/db of a batch: :func:`fastbp.reference.gradient` with weights and dropout.

    C is the mean of C_0 weighted by w_i, that of sample i; a sample of weight 0 is left out,
    whatever it holds. ``rates[l]`` is the rate of layer l in step t, for l = 1, ..., L - 1. With
    ``divisors`` their sum stands in place of that of the weights.
    """
    L, n = len(w) - 1, len(X)
    weights, rates = weights or [1.0] * n, rates or [0.0] * L
    total = sum(divisors or weights)
    C = 0.0
    dC_dw = [None] + [[[0.0] * len(row) for row in w[l]] for l in range(1, L + 1)]
    dC_db = [None] + [[0.0] * len(b[l]) for l in range(1, L + 1)]
    for i in range(n):
        if weights[i] == 0:
            continue
        m = [None] + [factors(key, t, l, i, len(w[l]), rates[l]) for l in range(1, L)]
        g_i = [None] + [times(m[l], g[l]) for l in range(1, L)] + [g[L]]
        g_prime_i = [None] + [times(m[l], g_prime[l]) for l in range(1, L)] + [g_prime[L]]
        z, a = reference.forward(X[i], w, b, g_i)
        share = weights[i] / total
        C += share * loss(z[L], a[L], Y[i])
        delta = reference.backward(z, a, Y[i], w, g_prime_i, output_delta)
        reference.accumulate([d_l and [share * d for d in d_l] for d_l in delta], a, dC_dw, dC_db)
    return C, dC_dw, dC_db


def clipped(slopes, clip_norm=math.inf, clip_value=math.inf):
    """dC/dw and dC/db of all parameters that are learnt, their norm bounded, then each number."""
    norm = math.sqrt(math.fsum(slope ** 2 for slope in slopes))
    if norm > clip_norm:
        slopes = [slope * (clip_norm / norm) for slope in slopes]
    return [min(max(slope, -clip_value), clip_value) for slope in slopes]


def updated(w, memory, t, slope, rule, numbers, factor=1.0, l1=0.0, l2=0.0, weight_decay=0.0):
    """A weight and its memory after step t of a rule; of a bias the last three are 0.

    ``factor`` is the schedule's, times the layer's rate and, of a bias, the biases'.
    """
    rate = factor * numbers["learning_rate"]
    slope += l1 * (w > 0) - l1 * (w < 0) + l2 * w
    w -= rate * weight_decay * w
    if rule is reference_tables.rprop_rule:  # moves by a step of its own instead of a rate
        after, memory = rule(w, memory, t, slope, **numbers)
        return w + factor * (after - w), memory
    return rule(w, memory, t, slope, **{**numbers, "learning_rate": rate})


def averaged(average, w, n, ema):
    """The moving average of a parameter after its n-th step.

    It is m / (1 - ema^n) of m = ema m + (1 - ema) w, where m starts at 0.
    """
    return average + (1 - ema) / (1 - ema ** n) * (w - average)
