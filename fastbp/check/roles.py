"""The roles a learner's function can have: its names, what it is given, what it must give back.

One table. A role of one layer is given w^(l) and the like; a role of the network lists of them.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fastbp.bench.error_model import FORMULAS
from fastbp.check import formulas
from fastbp.check.examples import Example
from fastbp.check.formulas import RIGHT, Wrong
from fastbp.inputs import Array
from fastbp.operations import LOSSES

Values = dict[str, Any]
Arrays = dict[str, list[Array]]
Place = tuple[Example, int]  # an example and a layer, counted from 0; -1 is the network

# What a parameter's name stands for; capital letters of ROWS mean a mini-batch, a row a sample.
PARAMETERS: dict[str, str] = {
    **dict.fromkeys(("x", "sample", "X"), "x"),
    **dict.fromkeys(("y", "target", "targets", "t", "Y", "T"), "y"),
    **dict.fromkeys(("w", "W", "weights", "weight"), "w"),
    **dict.fromkeys(("b", "B", "biases", "bias"), "b"),
    **dict.fromkeys(("z", "Z", "zs", "z_below", "z_prev"), "z"),
    **dict.fromkeys(("a", "A", "a_below", "a_prev", "A_prev", "activations", "below"), "a"),
    **dict.fromkeys(("delta", "deltas", "d", "Delta", "δ"), "delta"),
    **dict.fromkeys(("dw", "dW", "dC_dw", "grad_w", "nabla_w"), "dw"),
    **dict.fromkeys(("db", "dB", "dC_db", "grad_b", "nabla_b"), "db"),
    **dict.fromkeys(("learning_rate", "lr", "eta", "alpha", "rate", "η"), "learning_rate"),
    **dict.fromkeys(("parameters", "params"), "parameters"),
    **dict.fromkeys(("gradients", "grads"), "gradients"),
    **dict.fromkeys(("g", "activation"), "g"),
    **dict.fromkeys(("g_prime", "activation_prime"), "g_prime"),
}
BATCHES = {"X", "Y", "T", "Z", "A", "A_prev", "Delta"}


@dataclass(frozen=True)
class Role:
    """What a function is for.

    Parameters
    ----------
    key : str
        Its name in messages.
    names : tuple of str
        Names of functions that have this role.
    has, has_not : tuple of str
        What must be among its parameters, and what must not: that tells roles of a layer from
        those of the network.
    gives : dict
        What it gives, in order -> the line of the specification.
    parts : tuple of str
        The parts of the pass whose mistakes it can make.
    given, right, mistaken : function
        Of an :class:`Example` and a layer: the arguments; the expected numbers and bounds; and,
        of a set of mistakes too, what those would give.
    layers : function
        L to the layers that it is called for, counted from 0; -1 for the network.
    in_place : tuple of str
        Parameters that it may change, and then need not return.
    """

    key: str
    names: tuple[str, ...]
    gives: dict[str, str]
    parts: tuple[str, ...]
    given: Callable[[Example, int], Values]
    right: Callable[[Example, int], tuple[Arrays, Arrays]]
    mistaken: Callable[[Example, int, Wrong], Arrays]
    layers: Callable[[int], Sequence[int]] = lambda L: range(L)
    has: tuple[str, ...] = ()
    has_not: tuple[str, ...] = ()
    in_place: tuple[str, ...] = ()
    of_network: bool = False
    averages: bool = False


Z = "z_j = b_j + Σ_k w_jk a_k"
A = "a_j = g(z_j)"
DELTA_L = "δ_j^(L) = dC_0/da_j g'(z_j)"
DELTA = "δ_k^(l-1) = g'(z_k) Σ_j w_jk δ_j"
DW, DB = "dC/dw_jk += δ_j a_k", "dC/db_j += δ_j"
W, B = "w_jk -= learning_rate dC/dw_jk", "b_j -= learning_rate dC/db_j"
DW_MEAN, DB_MEAN = "dC/dw_jk = mean of δ_j a_k", "dC/db_j = mean of δ_j"


def _below(ex: Example, name: str, l: int) -> Array:
    return ex.x if l == 0 else ex.numbers[name][l - 1]


def _right(*pairs: tuple[str, str]) -> Callable[[Example, int], tuple[Arrays, Arrays]]:
    """Look up numbers and bounds: (what it is called, its name in the example), of l or of all."""

    def look_up(ex: Example, l: int) -> tuple[Arrays, Arrays]:
        def of(numbers: Arrays) -> Arrays:
            return {name: numbers[key][slice(*_slice(l))] for name, key in pairs}

        return of(ex.numbers), of(ex.bounds)

    return look_up


def _slice(l: int) -> tuple[int | None, int | None]:
    return (None, None) if l < 0 else (l, l + 1)


def start_values(ex: Example, l: int) -> tuple[list[Array], list[Array]]:
    """What dw and db hold before `accumulate` adds to them."""
    layers = range(ex.L) if l < 0 else [l]
    shapes = [ex.numbers["w"][i].shape for i in layers]
    dw = [np.arange(1.0, np.prod(s) + 1).reshape(s) / 8 for s in shapes]
    return dw, [np.arange(1.0, s[0] + 1) / 4 for s in shapes]


# ---------------------------------------------------------------- one layer


def _given_forward(ex: Example, l: int) -> Values:
    of = ex.numbers
    return {"w": of["w"][l], "b": of["b"][l], "a": _below(ex, "a", l), "layer": l}


def _wrong_forward(ex: Example, l: int, wrong: Wrong) -> Arrays:
    of = ex.numbers
    z = formulas.weighted_input(of["w"][l], of["b"][l], _below(ex, "a", l), wrong)
    a = formulas.activation(ex.names[l], z, wrong)
    return {"z": [a if "z_is_a" in wrong else z], "a": [a]}


def _given_output(ex: Example, l: int) -> Values:
    return {"z": ex.numbers["z"][-1], "a": ex.numbers["a"][-1], "y": ex.y, "layer": l}


def _wrong_output(ex: Example, l: int, wrong: Wrong) -> Arrays:
    z, a = ex.numbers["z"][-1], ex.numbers["a"][-1]
    delta = formulas.output_delta(ex.names[-1], ex.setting.loss, z, a, ex.y, wrong)
    return {"delta": [delta]}


def _given_backward(ex: Example, l: int) -> Values:
    of = ex.numbers
    return {
        "w": of["w"][l],
        "delta": of["delta"][l],
        "z": of["z"][l - 1],
        "a": of["a"][l - 1],
        "layer": l - 1,
    }


def _wrong_backward(ex: Example, l: int, wrong: Wrong) -> Arrays:
    return {"delta": [_delta_below(ex, l, ex.numbers["delta"][l], wrong)]}


def _delta_below(ex: Example, l: int, delta: Array, wrong: Wrong) -> Array:
    of = ex.numbers
    z, a, above = of["z"][l - 1], of["a"][l - 1], (of["z"][l], of["a"][l])
    return formulas.delta_below(of["w"][l], delta, z, a, ex.names[l - 1], wrong, above)


def _right_backward(ex: Example, l: int) -> tuple[Arrays, Arrays]:
    return {"delta": [ex.numbers["delta"][l - 1]]}, {"delta": [ex.bounds["delta"][l - 1]]}


def _given_accumulate(ex: Example, l: int) -> Values:
    dw, db = start_values(ex, l)
    return {
        "delta": ex.numbers["delta"][l],
        "a": _below(ex, "a", l),
        "dw": dw[0],
        "db": db[0],
        "layer": l,
    }


def _wrong_accumulate(ex: Example, l: int, wrong: Wrong) -> Arrays:
    of, pairs = ex.numbers, []
    starts = list(zip(*start_values(ex, l), strict=True))
    for i, start in zip(range(ex.L) if l < 0 else [l], starts, strict=True):
        below_z = of["z"][i - 1] if i else None
        chosen = None if "no_start" in wrong else start
        pairs.append(
            formulas.gradient(
                of["delta"][i], _below(ex, "a", i), wrong, below_z, of["a"][i], chosen
            )
        )
    return {"dw": [dw for dw, _ in pairs], "db": [db for _, db in pairs]}


def _wrong_product(ex: Example, l: int, wrong: Wrong) -> Arrays:
    return _wrong_accumulate(ex, l, wrong | {"no_start"})


def _right_accumulate(ex: Example, l: int) -> tuple[Arrays, Arrays]:
    (dw, db), s = start_values(ex, l), slice(*_slice(l))
    numbers = {
        name: [start + sum_ for start, sum_ in zip(starts, ex.numbers[name][s], strict=True)]
        for name, starts in (("dw", dw), ("db", db))
    }
    unit = 2.0**-22  # of the addition in float32
    bounds = {
        name: [
            bound + unit * np.abs(value)
            for bound, value in zip(ex.bounds[name][s], numbers[name], strict=True)
        ]
        for name in numbers
    }
    return numbers, bounds


def _given_update(ex: Example, l: int) -> Values:
    of = ex.numbers
    names = {"w": "w", "b": "b", "dw": "dw_mean", "db": "db_mean"}
    values = {name: of[key] if l < 0 else of[key][l] for name, key in names.items()}
    return values | {"layer": l}


def _wrong_update(ex: Example, l: int, wrong: Wrong) -> Arrays:
    of, rate = ex.numbers, ex.setting.learning_rate
    pairs = [
        formulas.moved(of["w"][i], of["b"][i], of["dw_mean"][i], of["db_mean"][i], rate, wrong)
        for i in (range(ex.L) if l < 0 else [l])
    ]
    return {"w": [w for w, _ in pairs], "b": [b for _, b in pairs]}


# ---------------------------------------------------------------- the network


def _given_network(ex: Example, l: int) -> Values:
    of = ex.numbers
    return {
        **{name: of[name] for name in ("w", "b", "z", "delta")},
        "x": ex.x,
        "y": ex.y,
        "a": [ex.x, *of["a"]],
        "layer": -1,
    }


def _given_sums(ex: Example, l: int) -> Values:
    dw, db = start_values(ex, l)
    return _given_network(ex, l) | {"dw": dw, "db": db}


def _wrong_step(ex: Example, l: int, wrong: Wrong) -> Arrays:
    of, setting = ex.numbers, ex.setting
    step = formulas.whole_step(
        ex.names, setting.loss, ex.x, ex.y, of["w"], of["b"], setting.learning_rate, wrong
    )
    arrays = dict(vars(step))
    return arrays | {"z": step.a} if "z_is_a" in wrong else arrays


def _wrong_deltas(ex: Example, l: int, wrong: Wrong) -> Arrays:
    deltas = _wrong_output(ex, l, wrong)["delta"]
    for i in range(ex.L - 1, 0, -1):
        deltas.insert(0, _delta_below(ex, i, deltas[0], wrong))
    return {"delta": deltas}


# ---------------------------------------------------------------- a number, or node by node


def _given_loss(ex: Example, l: int) -> Values:
    return {"a": ex.numbers["a"][-1], "y": ex.y, "layer": l}


def _wrong_loss(ex: Example, l: int, wrong: Wrong) -> Arrays:
    C_0 = formulas.loss_value(ex.setting.loss, ex.numbers["a"][-1], ex.y, wrong)
    return {"C_0": [C_0.mean(keepdims=True)]}


def _right_loss(ex: Example, l: int) -> tuple[Arrays, Arrays]:
    arrays = _wrong_loss(ex, l, RIGHT)
    return arrays, {"C_0": [1e-6 * np.maximum(1, np.abs(arrays["C_0"][0]))]}


def function_role(name: str, activation: str, derivative: bool, takes_a: bool) -> Role:
    """The role of g or g' by itself: of z, or of a for a derivative written in terms of a."""

    def given(ex: Example, l: int) -> Values:
        z = ex.numbers["z"][l]
        return {"z": FORMULAS[activation][0](z) if takes_a else z, "layer": l}

    def mistaken(ex: Example, l: int, wrong: Wrong) -> Arrays:
        z = ex.numbers["z"][l]
        if not derivative:
            return {"value": [formulas.activation(activation, z, wrong)]}
        return {"value": [formulas.slope(activation, z, FORMULAS[activation][0](z), wrong)]}

    def right(ex: Example, l: int) -> tuple[Arrays, Arrays]:
        value = mistaken(ex, l, RIGHT)["value"]
        return {"value": value}, {"value": [1e-6 * np.maximum(1, np.abs(value[0]))]}

    line = f"{activation}'({'a' if takes_a else 'z'}_j)" if derivative else f"{activation}(z_j)"
    parts = ("slope",) if derivative else ("a",)
    return Role(name, (name,), {"value": line}, parts, given, right, mistaken)


_FORWARD = ("forward", "feedforward", "feed_forward", "forward_pass")
_BACKWARD = ("backward", "backward_pass", "backpropagate", "deltas")
_ACCUMULATE = ("accumulate", "accumulate_gradients", "add_gradients")
_UPDATE = ("update", "sgd_step", "update_parameters", "update_weights")
_NETWORK: Any = {"of_network": True, "layers": lambda L: (-1,)}
_LAST: Any = {"layers": lambda L: (L - 1,)}
_PASS = ("z", "a", "network a")
_ALL = (*_PASS, "slope", "where", "output", "backward", "gradient", "mean")

ROLES: tuple[Role, ...] = (
    Role("weighted_input", ("weighted_input", "net_input", "preactivation"), {"z": Z}, ("z",),
         _given_forward, _right(("z", "z")), _wrong_forward, has=("a",)),
    Role("forward", _FORWARD, {"z": Z, "a": A}, ("z", "a", "alias"),
         _given_forward, _right(("z", "z"), ("a", "a")), _wrong_forward, has=("a",),
         has_not=("x",)),
    Role("forward", _FORWARD, {"z": Z, "a": A}, (*_PASS, "alias"),
         _given_network, _right(("z", "z"), ("a", "a")), _wrong_step, has=("x",), **_NETWORK),
    Role("output_delta", ("output_delta", "delta_output", "output_error"), {"delta": DELTA_L},
         ("output", "slope"), _given_output, _right(("delta", "delta")), _wrong_output,
         has=("y",), **_LAST),
    Role("backward", _BACKWARD, {"delta": DELTA}, ("backward", "slope"),
         _given_backward, _right_backward, _wrong_backward, has=("delta",), has_not=("y",),
         layers=lambda L: range(L - 1, 0, -1)),
    Role("backward", _BACKWARD, {"delta": DELTA},
         ("output", "backward", "slope", "where"),
         _given_network, _right(("delta", "delta")), _wrong_deltas, has=("y",), **_NETWORK),
    Role("accumulate", _ACCUMULATE, {"dw": DW, "db": DB}, ("gradient", "start"),
         _given_accumulate, _right_accumulate, _wrong_accumulate, has=("delta", "a", "dw"),
         in_place=("dw", "db")),
    Role("accumulate", _ACCUMULATE, {"dw": DW, "db": DB}, ("gradient", "start"),
         _given_sums, _right_accumulate, _wrong_accumulate, has=("delta", "a", "dw"),
         in_place=("dw", "db"), **_NETWORK),
    Role("accumulate", _ACCUMULATE, {"dw": DW, "db": DB}, ("gradient",),
         _given_accumulate, _right(("dw", "dw"), ("db", "db")), _wrong_product,
         has=("delta", "a"), has_not=("dw",)),
    Role("accumulate", _ACCUMULATE, {"dw": DW, "db": DB}, ("gradient",),
         _given_network, _right(("dw", "dw"), ("db", "db")), _wrong_product,
         has=("delta", "a"), has_not=("dw",), **_NETWORK),
    Role("gradient", ("gradient", "gradients", "backprop", "compute_gradients"),
         {"dw": DW_MEAN, "db": DB_MEAN}, _ALL,
         _given_network, _right(("dw", "dw_mean"), ("db", "db_mean")), _wrong_step,
         has=("x", "y"), averages=True, **_NETWORK),
    Role("update", _UPDATE, {"w": W, "b": B}, ("update",),
         _given_update, _right(("w", "new_w"), ("b", "new_b")), _wrong_update,
         has=("dw",), in_place=("w", "b")),
    Role("update", _UPDATE, {"w": W, "b": B}, ("update",),
         _given_update, _right(("w", "new_w"), ("b", "new_b")), _wrong_update,
         has=("dw",), in_place=("w", "b"), **_NETWORK),
    Role("step", ("step", "train_step", "train_on_batch", "training_step"), {"w": W, "b": B},
         (*_ALL, "order", "update"), _given_network, _right(("w", "new_w"), ("b", "new_b")),
         _wrong_step, has=("x", "y"), in_place=("w", "b"), averages=True, **_NETWORK),
    Role("loss", ("loss", "cost", "loss_value", "C_0"), {"C_0": "C_0"}, ("loss",),
         _given_loss, _right_loss, _wrong_loss, has=("a", "y"), **_LAST),
)  # fmt: skip

# Names of g and g' by themselves; {} is an activation's name.
G = ("g", "activation")
G_OF = ("{}",)
G_PRIME = ("g_prime", "activation_prime", "activation_derivative")
G_PRIME_OF = ("{}_prime", "{}_derivative", "d_{}", "{}_slope")


def function_names(hidden: str) -> Iterator[tuple[str, str, bool]]:
    """(a function's name, the activation, whether it is a derivative)."""
    for name in G:
        yield name, hidden, False
    for name in G_PRIME:
        yield name, hidden, True
    for activation in FORMULAS:
        for pattern in G_OF:
            yield pattern.format(activation), activation, False
        for pattern in G_PRIME_OF:
            if activation != "softmax":
                yield pattern.format(activation), activation, True


def loss_words(loss: str) -> dict[str, str]:
    """What the remedies in the table of mistakes name."""
    row = LOSSES[loss]
    slope = f"dC_0/d{'a' if row.chain_rule else 'z'}_j of {loss} is {row.slope_formula}"
    return {"loss": loss, "loss_formula": row.formula, "slope_words": slope}
