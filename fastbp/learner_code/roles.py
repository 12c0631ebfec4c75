"""The roles a learner's function can have: its names, what it is given, what it must give back.

One table. A role of one layer is given w^(l) and the like; a role of the network lists of them.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fastbp.learner_code import formulas
from fastbp.learner_code.examples import Example, Setting
from fastbp.learner_code.formulas import KNOWN_ACTIVATIONS, RIGHT, Wrong
from fastbp.learner_code.role_numbers import (
    Arrays,
    Values,
    given_accumulate,
    given_backward,
    given_forward,
    given_loss,
    given_network,
    given_output,
    given_sums,
    given_update,
    look_up_right,
    right_accumulate,
    right_backward,
    right_loss,
    wrong_accumulate,
    wrong_backward,
    wrong_deltas,
    wrong_forward,
    wrong_loss,
    wrong_output,
    wrong_product,
    wrong_step,
    wrong_update,
)
from fastbp.operations import ACTIVATIONS, LOSSES

# What a parameter's name stands for; capital letters of BATCHES mean a mini-batch.
PARAMETERS: dict[str, str] = {
    **dict.fromkeys(("x", "sample", "X"), "x"),
    **dict.fromkeys(("y", "target", "targets", "expected", "t", "Y", "T"), "y"),
    **dict.fromkeys(("y_true", "Y_true"), "y"),
    **dict.fromkeys(("w", "W", "weights", "weight"), "w"),
    **dict.fromkeys(("b", "B", "biases", "bias"), "b"),
    **dict.fromkeys(("z", "Z", "zs", "z_below", "z_prev"), "z"),
    **dict.fromkeys(("a", "A", "a_below", "a_prev", "A_prev", "activations", "below"), "a"),
    **dict.fromkeys(("output", "outputs", "prediction", "y_hat", "y_pred"), "a"),
    **dict.fromkeys(("AL", "Y_hat", "Y_pred"), "a"),
    **dict.fromkeys(("delta", "deltas", "d", "Delta", "dz", "dZ", "δ"), "delta"),
    **dict.fromkeys(("dw", "dW", "dC_dw", "grad_w", "nabla_w"), "dw"),
    **dict.fromkeys(("db", "dB", "dC_db", "grad_b", "nabla_b"), "db"),
    **dict.fromkeys(("learning_rate", "lr", "eta", "alpha", "rate", "η"), "learning_rate"),
    **dict.fromkeys(("parameters", "params"), "parameters"),
    **dict.fromkeys(("gradients", "grads"), "gradients"),
    **dict.fromkeys(("g", "activation"), "g"),
    **dict.fromkeys(("g_prime", "activation_prime"), "g_prime"),
}
BATCHES = {"X", "Y", "Y_true", "Y_hat", "Y_pred", "T", "Z", "A", "AL", "A_prev", "Delta", "dZ"}
LAYERED = {"w", "b", "z", "a", "delta", "dw", "db"}
INPUTS = ("input", "inputs")  # of the network x, of a layer the a below
_NUMBERED = re.compile(r"([^\W\d]+?)_?(\d)")  # W1, dW1 or W_1: of one layer


def symbol_of(name: str, of_network: bool) -> tuple[str | None, int | None]:
    """What a parameter stands for, and of which layer it is if its name says so.

    >>> symbol_of("weights", True), symbol_of("W2", True), symbol_of("inputs", False)
    (('w', None), ('w', 2), ('a', None))
    """
    if name in INPUTS:
        return "x" if of_network else "a", None
    if name in PARAMETERS:
        return PARAMETERS[name], None
    numbered = _NUMBERED.fullmatch(name)
    symbol = PARAMETERS.get(numbered[1]) if numbered else None
    if numbered is None or symbol not in LAYERED or not of_network:
        return None, None
    return symbol, int(numbered[2])


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


def function_role(name: str, activation: str, derivative: bool, takes_a: bool) -> Role:
    """The role of g or g' by itself: of z, or of a for a derivative written in terms of a."""

    def given(ex: Example, l: int) -> Values:
        z = ex.numbers["z"][l]
        return {"z": formulas.activation(activation, z) if takes_a else z, "layer": l}

    def mistaken(ex: Example, l: int, wrong: Wrong) -> Arrays:
        z = ex.numbers["z"][l]
        if not derivative:
            return {"value": [formulas.activation(activation, z, wrong)]}
        return {"value": [formulas.slope(activation, z, formulas.activation(activation, z), wrong)]}

    def right(ex: Example, l: int) -> tuple[Arrays, Arrays]:
        value = mistaken(ex, l, RIGHT)["value"]
        return {"value": value}, {"value": [1e-6 * np.maximum(1, np.abs(value[0]))]}

    line = f"{activation}'({'a' if takes_a else 'z'}_j)" if derivative else f"{activation}(z_j)"
    parts = ("slope",) if derivative else ("a",)
    return Role(name, (name,), {"value": line}, parts, given, right, mistaken)


_FORWARD = (
    "forward",
    "feedforward",
    "feed_forward",
    "forward_pass",
    "forward_propagation",
    "forward_prop",
)
_BACKWARD = (
    "backward",
    "backward_pass",
    "backpropagate",
    "deltas",
    "backward_propagation",
    "back_propagate",
    "backward_prop",
)
_ACCUMULATE = ("accumulate", "accumulate_gradients", "add_gradients")
_UPDATE = ("update", "sgd_step", "update_parameters", "update_weights", "update_params")
_NETWORK: Any = {"of_network": True, "layers": lambda L: (-1,)}
_LAST: Any = {"layers": lambda L: (L - 1,)}
_PASS = ("z", "a", "network a")
_DELTAS = ("output", "backward", "network backward", "slope")
_ALL = (*_PASS, *_DELTAS, "gradient", "network gradient", "mean", "layers")

ROLES: tuple[Role, ...] = (
    Role("weighted_input", ("weighted_input", "net_input", "preactivation"), {"z": Z}, ("z",),
         given_forward, look_up_right(("z", "z")), wrong_forward, has=("a",)),
    Role("forward", _FORWARD, {"z": Z, "a": A}, ("z", "a", "alias"),
         given_forward, look_up_right(("z", "z"), ("a", "a")), wrong_forward, has=("a",),
         has_not=("x",)),
    Role("forward", _FORWARD, {"z": Z, "a": A}, (*_PASS, "alias"),
         given_network, look_up_right(("z", "z"), ("a", "a")), wrong_step, has=("x",), **_NETWORK),
    Role("output_delta", ("output_delta", "delta_output", "output_error"), {"delta": DELTA_L},
         ("output", "slope"), given_output, look_up_right(("delta", "delta")), wrong_output,
         has=("y",), **_LAST),
    Role("backward", _BACKWARD, {"delta": DELTA}, ("backward", "slope"),
         given_backward, right_backward, wrong_backward, has=("delta",), has_not=("y",),
         layers=lambda L: range(L - 1, 0, -1)),
    Role("backward", _BACKWARD, {"delta": DELTA},
         (*_DELTAS, "deltas"),
         given_network, look_up_right(("delta", "delta")), wrong_deltas, has=("y",), **_NETWORK),
    Role("accumulate", _ACCUMULATE, {"dw": DW, "db": DB}, ("gradient", "start"),
         given_accumulate, right_accumulate, wrong_accumulate, has=("delta", "a", "dw"),
         in_place=("dw", "db")),
    Role("accumulate", _ACCUMULATE, {"dw": DW, "db": DB}, ("gradient", "start"),
         given_sums, right_accumulate, wrong_accumulate, has=("delta", "a", "dw"),
         in_place=("dw", "db"), **_NETWORK),
    Role("accumulate", _ACCUMULATE, {"dw": DW, "db": DB}, ("gradient",),
         given_accumulate, look_up_right(("dw", "dw"), ("db", "db")), wrong_product,
         has=("delta", "a"), has_not=("dw",)),
    Role("accumulate", _ACCUMULATE, {"dw": DW, "db": DB}, ("gradient",),
         given_network, look_up_right(("dw", "dw"), ("db", "db")), wrong_product,
         has=("delta", "a"), has_not=("dw",), **_NETWORK),
    Role("gradient", ("gradient", "gradients", "backprop", "compute_gradients",
                      "backpropagation", "back_propagation", *_BACKWARD),
         {"dw": DW_MEAN, "db": DB_MEAN}, _ALL,
         given_network, look_up_right(("dw", "dw_mean"), ("db", "db_mean")), wrong_step,
         has=("x", "y"), averages=True, **_NETWORK),
    Role("update", _UPDATE, {"w": W, "b": B}, ("update",),
         given_update, look_up_right(("w", "new_w"), ("b", "new_b")), wrong_update,
         has=("dw",), in_place=("w", "b")),
    Role("update", _UPDATE, {"w": W, "b": B}, ("update", "layers"),
         given_update, look_up_right(("w", "new_w"), ("b", "new_b")), wrong_update,
         has=("dw",), in_place=("w", "b"), **_NETWORK),
    Role("step", ("step", "train_step", "train_on_batch", "training_step"), {"w": W, "b": B},
         (*_ALL, "order", "update"), given_network, look_up_right(("w", "new_w"), ("b", "new_b")),
         wrong_step, has=("x", "y"), in_place=("w", "b"), averages=True, **_NETWORK),
    Role("loss", ("loss", "cost", "loss_value", "compute_loss", "compute_cost", "C_0"),
         {"C_0": "C_0"}, ("loss",), given_loss, right_loss, wrong_loss, has=("a", "y"), **_LAST),
)  # fmt: skip

# Names of g and g' by themselves; {} is an activation's name.
G = ("g", "activation")
G_OF = ("{}",)
G_PRIME = ("g_prime", "activation_prime", "activation_derivative", "activation_deriv")
G_PRIME_OF = (
    "{}_prime",
    "{}_derivative",
    "d_{}",
    "{}_slope",
    "{}_deriv",
    "derivative_{}",
    "{}_grad",
)


def function_names(hidden: str) -> Iterator[tuple[str, str, bool]]:
    """(a function's name, the activation, whether it is a derivative)."""
    for name in G:
        yield name, hidden, False
    for name in G_PRIME:
        yield name, hidden, True
    for activation in KNOWN_ACTIVATIONS:
        for pattern in G_OF:
            yield pattern.format(activation), activation, False
        for pattern in G_PRIME_OF:
            if activation != "softmax":
                yield pattern.format(activation), activation, True


def remedy_words(setting: Setting) -> dict[str, str]:
    """What the remedies in the table of mistakes name."""
    row = LOSSES[setting.loss]
    slope = f"dC_0/d{'a' if row.chain_rule else 'z'}_j of {setting.loss} is {row.slope_formula}"
    names = dict.fromkeys((setting.activation, setting.output_activation))
    return {
        "loss": setting.loss,
        "loss_formula": row.formula,
        "slope_words": slope,
        "output_delta_words": "the output's g' is 1"
        if row.chain_rule
        else f"{setting.loss} cancels the output's g': δ_j = a_j - y_j",
        "slope_formulas": "; ".join(
            f"{name}'(z) is {ACTIVATIONS[name].derivative_formula}"
            for name in names
            if ACTIVATIONS[name].by_node
        ),
    }
