"""The specification, run on the numbers that a question shows: so every answer is its own.

A question shows a part of a network, such as the weights into one node. That part is a network of
its own for :mod:`fastbp.reference`, whose functions take it as it is.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fastbp import reference
from fastbp.lessons.quizzes.draft import LEAST_APART
from fastbp.operations import ActivationRow, LossRow
from fastbp.reference_tables import ACTIVATIONS, LOSSES

Numbers = Sequence[float]
LEAST_SLOPE = 1e-9  # of which 1 - a keeps a digit or two on a calculator with ten of them


def g(row: ActivationRow, z: Numbers) -> list[float]:
    """From a layer's z its a."""
    return list(ACTIVATIONS[row.name][0](list(z), *row.values))


def g_prime(row: ActivationRow, z: Numbers) -> list[float]:
    """g'(z) of a layer; not of softmax, which has none of a single node."""
    return list(ACTIVATIONS[row.name][1](list(z), *row.values))


def slopes_agree(row: ActivationRow, z: float, a: float) -> bool:
    """Whether a reader who takes g' from the a that is shown finds what g' is at the z shown.

    1 - a of a saturated node has lost its digits where a is rounded: z = 4.2 and a = 0.9996 give
    tanh'(z) = 0.0009, and 1 - a^2 = 0.0008.

    >>> from fastbp.operations import ACTIVATIONS
    >>> tanh = ACTIVATIONS["tanh"]
    >>> slopes_agree(tanh, 0.5, 0.4621), slopes_agree(tanh, 4.2, 0.9996)
    (True, False)
    """
    if row.derivative_from_a is None:
        return True
    slope = g_prime(row, [z])[0]
    if 0 < abs(slope) < LEAST_SLOPE:
        return False
    return abs(float(row.derivative_from_a(np, np.array(a))) - slope) <= LEAST_APART / 2 * slope


def node_input(w_j: Numbers, b_j: float, a: Numbers) -> float:
    """Give z_j of a node from the a of the layer below."""
    z, _ = reference.forward(list(a), [None, [list(w_j)]], [None, [b_j]], [None, lambda z: z])
    return float(z[1][0])


def output_delta(
    loss: LossRow, slope: float, n_L: int, z_j: float, a_j: float, y_j: float
) -> float:
    """Give delta_j^(L) of an output with g'(z_j) = slope.

    The other outputs only count, where a loss is a mean over them.
    """
    rows = [[number] * n_L for number in (z_j, a_j, y_j)]
    delta = LOSSES[loss.name][1](*rows, lambda z: [slope] * n_L, *loss.values)
    return float(delta[0])


def hidden_delta(slope: float, w_k: Numbers, delta: Numbers) -> float:
    """Give delta_k^(l-1) of a node with g'(z_k) = slope.

    From the weights w_jk that leave it and the deltas above.
    """
    deltas = reference.backward(
        [None, [0.0], None],
        [None, [0.0], None],
        None,
        [None, None, [[w_jk] for w_jk in w_k]],
        [None, lambda z: [slope], None],
        lambda *_: list(delta),
    )
    return float(deltas[1][0])


def mean_gradient(delta_j: Numbers, a_k: Numbers) -> tuple[float, float]:
    """dC/dw_jk and dC/db_j, the means over samples with these delta_j and a_k."""
    dC_dw, dC_db = [None, [[0.0]]], [None, [0.0]]
    for delta, a in zip(delta_j, a_k, strict=True):
        reference.accumulate([None, [delta]], [[a]], dC_dw, dC_db)
    m = len(delta_j)
    return float(dC_dw[1][0][0]) / m, float(dC_db[1][0]) / m  # type: ignore[index]


def updated(w_jk: float, dC_dw: float, learning_rate: float) -> float:
    """Give w_jk after a step of gradient descent."""
    w = [None, [[w_jk]]]
    reference.sgd_step(w, [None, [0.0]], [None, [[dC_dw]]], [None, [0.0]], learning_rate)
    return float(w[1][0][0])  # type: ignore[index]
