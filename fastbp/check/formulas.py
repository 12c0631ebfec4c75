"""Backpropagation with a switch for each classical mistake, to compute what that would give.

``wrong`` is a set of keys of :data:`fastbp.check.mistakes.MISTAKES`; an empty one gives the right
numbers. Arrays have a row for each sample: x is (m, n_0), a^(l), z^(l) and delta^(l) are (m, n_l).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fastbp.bench.error_model import FORMULAS
from fastbp.inputs import Array
from fastbp.operations import LOSSES

Wrong = frozenset[str]
RIGHT: Wrong = frozenset()


class InapplicableError(ValueError):
    """Raised where a mistake has no result, for the shapes do not fit.

    ``fails`` says that the learner's loops must then raise as well; else they may go wrong in any
    way.
    """

    def __init__(self, why: str, fails: bool = False) -> None:
        super().__init__(why)
        self.fails = fails


@dataclass
class Pass:
    """All numbers of a training step; ``z[l - 1]`` is z^(l), and so on. dw and db are means."""

    z: list[Array]
    a: list[Array]
    delta: list[Array]
    dw: list[Array]
    db: list[Array]
    w: list[Array]
    b: list[Array]


def turned(w: Array) -> Array:
    """w_kj for w_jk, which only a square matrix has everywhere."""
    if w.shape[0] != w.shape[1]:
        raise InapplicableError("w_kj of a matrix that is not square", fails=True)
    return w.T


def weighted_input(w: Array, b: Array, a: Array, wrong: Wrong = RIGHT) -> Array:
    """z_j = b_j + sum_k w_jk a_k."""
    if "swapped_forward" in wrong:
        w = turned(w)
    if "misses_last_k" in wrong:
        w, a = w[:, :-1], a[:, :-1]
    if "misses_first_k" in wrong:
        w, a = w[:, 1:], a[:, 1:]
    products = a[:, None, :] * w
    total = products.sum(axis=2)
    if "keeps_last_k" in wrong or "keeps_last_k_alone" in wrong:
        total = products[:, :, -1]
    if "sum_not_reset" in wrong:
        return np.asarray(np.cumsum(total, axis=1) + b)
    if "sum_not_reset_with_bias" in wrong:
        return np.asarray(np.cumsum(total + b, axis=1))
    if "no_bias" in wrong or "keeps_last_k_alone" in wrong:
        return np.asarray(total)
    if "bias_subtracted" in wrong:
        return np.asarray(total - b)
    return np.asarray(total + b * (a.shape[1] if "bias_each_k" in wrong else 1))


def activation(name: str, z: Array, wrong: Wrong = RIGHT) -> Array:
    """a_j = g(z_j)."""
    if "no_activation" in wrong:
        return z
    if "exponent_sign" in wrong and name in ("sigmoid", "softmax"):
        z = -z
    a = FORMULAS[name][0](z)
    return np.floor(a) if "integer_activation" in wrong else a


def slope(name: str, z: Array, a: Array, wrong: Wrong = RIGHT, where: str = "") -> Array:
    """g'(z_j), from z and a = g(z); ``where``, "output" or "below", is who asks."""
    if {"slope_of_a", f"slope_of_a_{where}"} & wrong:  # a is put where the formula has z
        z, a = a, FORMULAS[name][0](a)
    if {"z_taken_for_a", f"z_taken_for_a_{where}"} & wrong:  # a (1 - a) is given z
        a = z
    if name == "sigmoid":
        return np.asarray(a if "slope_half" in wrong else a * (1 - a))
    if name == "tanh":
        return np.asarray(1 - a if "slope_half" in wrong else 1 - a**2)
    return FORMULAS[name][1](z, a)[0]


def loss_value(loss: str, a: Array, y: Array, wrong: Wrong = RIGHT) -> Array:
    """C_0 of each row."""
    row = LOSSES[loss]
    term, c, n = row.term(np, a, y), row.c(a.shape[1]), a.shape[1]
    if "loss_not_squared" in wrong:
        term = a - y if row.squares else term
    if "loss_absolute" in wrong:
        term = np.abs(a - y) if row.squares else term
    total = np.asarray(c * term.sum(axis=1))
    factors = {
        "loss_half": 0.5,
        "loss_double": 2.0,
        "loss_mean": 1 / n,
        "loss_sum": n,
        "loss_sign": -1.0,
        "loss_zero": 0.0,
    }
    for key in factors.keys() & wrong:
        total = total * factors[key]
    return np.sqrt(total) if "loss_root" in wrong else total


def output_delta(name: str, loss: str, z: Array, a: Array, y: Array, wrong: Wrong = RIGHT) -> Array:
    """delta_j^(L) = dC_0/dz_j, from the loss."""
    row = LOSSES[loss]
    n = a.shape[1]
    delta = row.c(n) * row.slope(np, a, y)
    if row.chain_rule and "no_output_slope" not in wrong:
        delta = delta * slope(name, z, a, wrong, "output")
    if not row.chain_rule and "output_slope" in wrong:
        delta = delta * a * (1 - a)
    factors = {
        "delta_half": 0.5,
        "delta_double": 2.0,
        "delta_mean": 1 / n,
        "delta_sum": n,
        "delta_sign": -1.0,
    }
    for key in factors.keys() & wrong:
        delta = delta * factors[key]
    return np.asarray(delta)


def delta_below(
    w: Array,
    delta: Array,
    z: Array,
    a: Array,
    name: str,
    wrong: Wrong = RIGHT,
    above: tuple[Array, Array] | None = None,
) -> Array:
    """delta_k^(l-1) = g'(z_k) sum_j w_jk delta_j; z, a and g are of layer l-1, ``above`` of l."""
    if "swapped_backward" in wrong:
        w = turned(w)
    if "slope_of_layer_above" in wrong:
        if above is None or above[0].shape != z.shape:
            raise InapplicableError("g' of a layer of another width")
        z, a = above
    if "misses_last_j" in wrong:
        w, delta = w[:-1], delta[:, :-1]
    products = delta[:, :, None] * w
    total = products.sum(axis=1)
    if "keeps_last_j" in wrong:
        total = products[:, -1]
    if "sum_not_reset_below" in wrong:
        total = np.cumsum(total, axis=1)
    if "weights_left_out" in wrong:
        total = np.repeat(delta.sum(axis=1, keepdims=True), w.shape[1], axis=1)
    if "no_hidden_slope" in wrong:
        return np.asarray(total)
    return np.asarray(total * slope(name, z, a, wrong, "below"))


def gradient(
    delta: Array,
    a: Array,
    wrong: Wrong = RIGHT,
    z: Array | None = None,
    own: Array | None = None,
    start: tuple[Array, Array] | None = None,
) -> tuple[Array, Array]:
    """The sums over rows of delta_j a_k and of delta_j; a and z are of the layer below.

    ``own`` is a of the layer itself; ``start`` what dw and db hold before.
    """
    if "z_for_a_below" in wrong:
        a = _or_inapplicable(z)
    if "own_a" in wrong:
        a = _or_inapplicable(own)
        if own is not None and z is not None and own.shape != z.shape:
            raise InapplicableError("a of a layer of another width")
    dw, db = delta.T @ a, delta.sum(axis=0)
    if "last_sample_alone" in wrong:
        dw, db = np.outer(delta[-1], a[-1]), delta[-1]
    if "transposed_gradient" in wrong:
        dw = dw.T
    if "swapped_gradient" in wrong:
        dw = turned(dw)
    if "rows_are_one_list" in wrong:
        dw = np.repeat(dw.sum(axis=0, keepdims=True), len(dw), axis=0)
    if "gradient_without_a" in wrong:
        dw = np.repeat(db[:, None], a.shape[1], axis=1)
    if "gradient_sign" in wrong:
        dw, db = -dw, -db
    if "no_bias_gradient" in wrong:
        db = 0 * db
    if start is not None and "overwrites" not in wrong:
        if dw.shape != start[0].shape:
            raise InapplicableError("the transposed gradient of a matrix that is not square")
        dw, db = start[0] + dw, start[1] + db
    return dw, db


def _or_inapplicable(array: Array | None) -> Array:
    if array is None:
        raise InapplicableError("the first layer has no such numbers below")
    return array


def mean(total: Array, m: int, wrong: Wrong = RIGHT) -> Array:
    """The mean of a sum over m samples."""
    if "sum_for_mean" in wrong:
        return total
    if "integer_mean" in wrong:
        return np.asarray(total // m)
    if "mean_twice" in wrong:
        return np.asarray(total / m**2)
    return np.asarray(total / m)


def moved(
    w: Array, b: Array, dw: Array, db: Array, rate: float, wrong: Wrong = RIGHT
) -> tuple[Array, Array]:
    """w_jk - learning_rate dC/dw_jk, and the same with b."""
    if "nothing_moves" in wrong:
        return w, b
    if "no_rate" in wrong:
        rate = 1.0
    if "update_sign" in wrong:
        rate = -rate
    if "swapped_update" in wrong:
        dw = turned(dw)
    if "step_replaces" in wrong:
        return -rate * dw, -rate * db
    new_w = w if "weights_fixed" in wrong else w - rate * dw
    return new_w, b if "bias_fixed" in wrong else b - rate * db


def whole_step(
    names: Sequence[str],
    loss: str,
    x: Array,
    y: Array,
    w: Sequence[Array],
    b: Sequence[Array],
    rate: float,
    wrong: Wrong = RIGHT,
) -> Pass:
    """Forward, backward, gradients and the update, for the rows of x together."""
    if "update_each_sample" in wrong and len(x) > 1:
        return _sample_by_sample(names, loss, x, y, w, b, rate, wrong)
    w, b, m, L = list(w), list(b), len(x), len(w)
    z: list[Array] = []
    a: list[Array] = [x]
    for l, name in enumerate(names):
        if "output_like_hidden" in wrong:
            name = names[0]
        linear = "no_output_activation" in wrong and l == L - 1
        if "x_everywhere" in wrong and x.shape[1] != w[l].shape[1]:
            raise InapplicableError("x in a layer of another width")
        below = x if "x_everywhere" in wrong else a[-1]
        z.append(weighted_input(w[l], b[l], below, wrong))
        a.append(activation("identity" if linear else name, z[-1], wrong))
    delta: list[Any] = [None] * L
    dw: list[Any] = [None] * L
    db: list[Any] = [None] * L
    new_w, new_b = list(w), list(b)
    for l in range(L - 1, -1, -1):
        if l == L - 1:
            delta[l] = output_delta(names[l], loss, z[l], a[l + 1], y, wrong)
        else:
            used = (new_w if "new_weights_below" in wrong else w)[l + 1]
            above = z[l + 1], a[l + 2]
            delta[l] = delta_below(used, delta[l + 1], z[l], a[l + 1], names[l], wrong, above)
        below_z = z[l - 1] if l else x
        sums = gradient(delta[l], a[l], wrong, below_z, a[l + 1])
        dw[l], db[l] = (mean(total, m, wrong) for total in sums)
        if dw[l].shape != w[l].shape:
            raise InapplicableError("the transposed gradient of a matrix that is not square")
        new_w[l], new_b[l] = moved(w[l], b[l], dw[l], db[l], rate, wrong)
    if "last_layer_alone" in wrong:
        new_w[:-1], new_b[:-1] = w[:-1], b[:-1]
    return Pass(z, a[1:], delta, dw, db, new_w, new_b)


def _sample_by_sample(
    names: Sequence[str],
    loss: str,
    x: Array,
    y: Array,
    w: Sequence[Array],
    b: Sequence[Array],
    rate: float,
    wrong: Wrong,
) -> Pass:
    """An update after each sample."""
    for i in range(len(x)):
        step = whole_step(names, loss, x[i : i + 1], y[i : i + 1], w, b, rate, wrong)
        w, b = step.w, step.b
    return step
