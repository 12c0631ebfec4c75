"""Backpropagation with a switch for each classical mistake, to compute what that would give.

``wrong`` is a set of keys of ``mistakes.MISTAKES``; an empty one gives the right numbers. Arrays
have a row for each sample: x is (m, n_0), a^(l), z^(l) and delta^(l) are (m, n_l).
"""

import numpy as np

from fastbp.inputs import Array
from fastbp.operations import ACTIVATIONS, LOSSES

Wrong = frozenset[str]
RIGHT: Wrong = frozenset()
KNOWN_ACTIVATIONS = ("identity", "relu", "sigmoid", "tanh", "softmax")  # of those there are
# Mistakes in the output's g', where a loss that cancels it is written out.
SLOPES = frozenset(
    {
        "no_output_slope",
        "slope_of_a",
        "z_taken_for_a",
        "slope_half",
        "slope_other_half",
        "slope_is_g",
        "slope_is_z",
    }
)
NO_SLOPES = frozenset({"no_output_slope", "no_hidden_slope"})
OUTPUT, BELOW = "@output", "@below"  # endings of a key: a mistake in layer L, or in the others


class InapplicableError(ValueError):
    """Raised where a mistake has no result, for the shapes do not fit.

    ``fails`` says that the learner's loops must then raise as well; else they may go wrong in any
    way.
    """

    def __init__(self, why: str, fails: bool = False) -> None:
        super().__init__(why)
        self.fails = fails


def at(wrong: Wrong, output: bool) -> Wrong:
    """The mistakes in one layer: those of every layer, and those of its place.

    >>> sorted(at(frozenset({"own_a@output"}), output=True))
    ['own_a', 'own_a@output']
    """
    place = OUTPUT if output else BELOW
    return wrong | {key.removesuffix(place) for key in wrong if key.endswith(place)}


def turned(w: Array) -> Array:
    """w_kj for w_jk, which only a square matrix has everywhere."""
    if w.shape[0] != w.shape[1]:
        raise InapplicableError("w_kj of a matrix that is not square", fails=True)
    return w.T


def of_node(values: Array, w: Array, axis: int) -> Array:
    """values[j] or values[k] at every w_jk, for the other index of the two: (m, n_out, n_in)."""
    n = w.shape[axis]
    if values.shape[1] < n:
        raise InapplicableError("an index beyond the layer", fails=True)
    chosen = values[:, :n]
    return np.asarray(chosen[:, :, None] if axis == 0 else chosen[:, None, :])


def weighted_input(w: Array, b: Array, a: Array, wrong: Wrong = RIGHT) -> Array:
    """z_j = b_j + sum_k w_jk a_k."""
    if "swapped_forward" in wrong:
        w = turned(w)
    if "misses_last_k" in wrong:
        w, a = w[:, :-1], a[:, :-1]
    if "misses_first_k" in wrong:
        w, a = w[:, 1:], a[:, 1:]
    products = (of_node(a, w, 0) if "a_of_j" in wrong else a[:, None, :]) * w
    total = products.sum(axis=2)
    if "keeps_last_k" in wrong or "keeps_last_k_alone" in wrong:
        total = products[:, :, -1]
    if "sum_not_reset" in wrong:
        return np.asarray(np.cumsum(total, axis=1) + b)
    if "sum_not_reset_with_bias" in wrong:
        return np.asarray(np.cumsum(total + b, axis=1))
    if "one_bias" in wrong:
        b = np.full_like(b, b[0])
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
    if {"softmax_of_batch", "softmax_of_batch_by_row"} & wrong and name == "softmax":
        e = np.exp(z - z.max(axis=1 if "softmax_of_batch_by_row" in wrong else None, keepdims=True))
        return np.asarray(e / e.sum())
    if "sigmoid_precedence" in wrong and name == "sigmoid":
        return np.asarray(1 / 1 + np.exp(-z))
    a = np.asarray(ACTIVATIONS[name].g(np, z))
    return np.floor(a) if "integer_activation" in wrong else a


def slope(name: str, z: Array, a: Array, wrong: Wrong = RIGHT) -> Array:
    """g'(z_j), from z and a = g(z)."""
    if "slope_is_z" in wrong:
        return z
    if "slope_is_g" in wrong:
        if name == "sigmoid":
            raise InapplicableError("half of sigmoid's a (1 - a) has a name of its own")
        return a
    if "slope_of_a" in wrong:  # a is put where the formula has z
        z, a = a, activation(name, a)
    if "z_taken_for_a" in wrong:  # a (1 - a) is given z
        a = z
    if "slope_reversed" in wrong:
        if name != "relu":
            raise InapplicableError("only relu' is 0 or 1")
        return 1 - slope(name, z, a)
    if name == "sigmoid":
        if "slope_other_half" in wrong:
            return np.asarray(1 - a)
        return np.asarray(a if "slope_half" in wrong else a * (1 - a))
    if name == "tanh":
        return np.asarray(1 - a if "slope_half" in wrong else 1 - a**2)
    derivative = ACTIVATIONS[name].derivative
    values = np.ones_like(z) if derivative is None else derivative(np, z)
    return np.asarray(values + 0 * z)  # NaN has no slope


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
    if "error_plus" in wrong:
        y = -y
    delta = row.c(n) * row.slope(np, z if "error_of_z" in wrong else a, y)
    if "delta_of_loss" in wrong and row.squares:
        delta = row.c(n) * row.term(np, a, y)
    if "error_squared" in wrong and row.squares:
        delta = delta * (a - y)
    if "error_absolute" in wrong and row.squares:
        delta = np.abs(delta)
    if (not row.chain_rule or name == "identity") and "output_slope" in wrong:
        delta = delta * a * (1 - a)
    written_out = not row.chain_rule and name == "sigmoid" and bool(SLOPES & wrong)
    if written_out:  # as dC_0/da_j times g', which cancel
        with np.errstate(all="ignore"):
            delta = delta / (a * (1 - a))
    if (row.chain_rule or written_out) and "no_output_slope" not in wrong:
        delta = delta * slope(name, z, a, wrong)
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
    if "slope_of_last_j" in wrong:
        if len(w) > z.shape[1]:
            raise InapplicableError("an index beyond the layer", fails=True)
        z, a = z[:, [len(w) - 1]], a[:, [len(w) - 1]]
    if "slope_in_sum" in wrong:
        if z.shape != delta.shape:
            raise InapplicableError("g' and delta of layers of two widths", fails=True)
        return np.asarray((delta * slope(name, z, a, wrong)) @ w)
    if "misses_last_j" in wrong:
        w, delta = w[:-1], delta[:, :-1]
    products = (of_node(delta, w, 1) if "delta_of_k" in wrong else delta[:, :, None]) * w
    if "deltas_left_out" in wrong:
        products = np.broadcast_to(w, products.shape)
    total = products.sum(axis=1)
    if "keeps_last_j" in wrong:
        total = products[:, -1]
    if "sum_not_reset_below" in wrong:
        total = np.cumsum(total, axis=1)
    if "weights_left_out" in wrong:
        total = np.repeat(delta.sum(axis=1, keepdims=True), w.shape[1], axis=1)
    if "sum_left_out" in wrong:
        total = np.ones_like(total)
    if "no_hidden_slope" in wrong:
        return np.asarray(total)
    below = np.asarray(total * slope(name, z, a, wrong))
    if "bias_delta_kept" in wrong:  # g' of a node whose a is 1
        return np.column_stack([np.zeros(len(below)), below[:, :-1]])
    return below


def gradient(
    delta: Array,
    a: Array,
    wrong: Wrong = RIGHT,
    z: Array | None = None,
    own: Array | None = None,
    network: tuple[Array, Array] | None = None,
    start: tuple[Array, Array] | None = None,
) -> tuple[Array, Array]:
    """The sums over rows of delta_j a_k and of delta_j; a and z are of the layer below.

    ``own`` is a of the layer itself; ``network`` x, and a two layers below, which of the first
    layer is a[-1]; ``start`` what dw and db hold before.
    """
    if "z_for_a_below" in wrong:
        a = _or_inapplicable(z)
    if "own_a" in wrong:
        a = _or_inapplicable(own)
        if own is not None and z is not None and own.shape != z.shape:
            raise InapplicableError("a of a layer of another width")
    if "x_for_a_below" in wrong and network is not None:
        if network[0].shape != a.shape:
            raise InapplicableError("x below a layer of another width")
        a = network[0]
    if "a_too_far_below" in wrong and network is not None:
        a = network[1]
    dw, db = delta.T @ a, delta.sum(axis=0)
    if {"bias_gradient_of_samples", "bias_mean_of_samples"} & wrong:
        db = delta.sum(axis=1)
    if "bias_mean_of_samples" in wrong:
        db = db * len(delta) / delta.shape[1]
    if "last_sample_alone" in wrong:
        dw, db = np.outer(delta[-1], a[-1]), delta[-1]
    if "transposed_gradient" in wrong:
        dw = dw.T
    if "swapped_gradient" in wrong:
        dw = turned(dw)
    if "gradient_a_of_j" in wrong:
        dw = (delta[:, :, None] * (of_node(a, dw, 0) + 0 * a[:, None, :])).sum(axis=0)
    if "gradient_delta_of_k" in wrong:
        dw = ((of_node(delta, dw, 1) + 0 * delta[:, :, None]) * a[:, None, :]).sum(axis=0)
    if "bias_gradient_one_sum" in wrong:
        db = np.full_like(db, db.sum())
    if "bias_gradient_each_k" in wrong:
        db = a.shape[1] * db
    if "rows_are_one_list" in wrong:
        dw = np.repeat(dw.sum(axis=0, keepdims=True), len(dw), axis=0)
    if "gradient_without_a" in wrong:
        dw = np.repeat(db[:, None], a.shape[1], axis=1)
    if "gradient_sign" in wrong:
        dw, db = -dw, -db
    if "no_bias_gradient" in wrong:
        db = 0 * db
    if start is not None and "overwrites" not in wrong:
        if dw.shape != start[0].shape or db.shape != start[1].shape:
            raise InapplicableError("a gradient of another shape")
        dw, db = start[0] + dw, start[1] + db
    return dw, db


def _or_inapplicable(array: Array | None) -> Array:
    if array is None:
        raise InapplicableError("the first layer has no such numbers below")
    return array


def mean(total: Array, m: int, n_0: int, n_below: int, wrong: Wrong = RIGHT, of: str = "") -> Array:
    """The mean of a sum over m samples, of n_0 inputs; ``of`` is "w" or "b"."""
    if {"sum_for_mean", f"sum_for_mean_{of}"} & wrong:
        return total
    if "mean_over_inputs" in wrong:
        return np.asarray(total / n_0)
    if "mean_over_nodes" in wrong:
        return np.asarray(total / n_below)
    if "integer_mean" in wrong:
        return np.asarray(total // m)
    if {"mean_twice", f"mean_twice_{of}"} & wrong:
        return np.asarray(total / m**2)
    return np.asarray(total / m)


def moved(
    w: Array, b: Array, dw: Array, db: Array, rate: float, wrong: Wrong = RIGHT
) -> tuple[Array, Array]:
    """w_jk - learning_rate dC/dw_jk, and the same with b; NaN where the shapes do not fit."""
    if dw.shape != w.shape or db.shape != b.shape:
        return np.array(np.nan), np.array(np.nan)
    if "nothing_moves" in wrong:
        return w, b
    if "swapped_update" in wrong:
        dw = turned(dw)
    if "bias_moves_each_k" in wrong:
        db = w.shape[1] * db
    new_w = w if "weights_fixed" in wrong else _moved(w, dw, rate, wrong, "w")
    return new_w, b if "bias_fixed" in wrong else _moved(b, db, rate, wrong, "b")


def _moved(old: Array, gradient: Array, rate: float, wrong: Wrong, of: str) -> Array:
    if {"no_rate", f"no_rate_{of}"} & wrong:
        rate = 1.0
    if {"update_sign", f"update_sign_{of}"} & wrong:
        rate = -rate
    start = 0 * old if {"step_replaces", f"step_replaces_{of}"} & wrong else old
    return np.asarray(start - rate * gradient)
