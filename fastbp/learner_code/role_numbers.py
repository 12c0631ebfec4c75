"""What the roles are given, what is right, and what mistakes would give, of an example.

``given_*`` are the arguments, by what they stand for; ``right_*`` the expected numbers and their
bounds; ``wrong_*`` what a set of mistakes gives, or with none what is right. ``l`` is a layer from
0; -1 means the network.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from fastbp.inputs import Array
from fastbp.learner_code import formulas
from fastbp.learner_code.examples import Example
from fastbp.learner_code.formulas import NO_SLOPES, RIGHT, Wrong, at
from fastbp.learner_code.whole_step import fixed_layers, weights_above, whole_step

Values = dict[str, Any]
Arrays = dict[str, list[Array]]


def _below(ex: Example, name: str, l: int) -> Array:
    return ex.x if l == 0 else ex.numbers[name][l - 1]


def look_up_right(*pairs: tuple[str, str]) -> Callable[[Example, int], tuple[Arrays, Arrays]]:
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


def given_forward(ex: Example, l: int) -> Values:
    """w, b and a of the layer below."""
    of = ex.numbers
    return {"w": of["w"][l], "b": of["b"][l], "a": _below(ex, "a", l), "layer": l}


def wrong_forward(ex: Example, l: int, wrong: Wrong) -> Arrays:
    """Z and a of a layer."""
    of = ex.numbers
    z = formulas.weighted_input(of["w"][l], of["b"][l], _below(ex, "a", l), wrong)
    a = formulas.activation(ex.names[l], z, wrong)
    return {"z": [a if "z_is_a" in wrong else z], "a": [a]}


def given_output(ex: Example, l: int) -> Values:
    """z, a and the targets of layer L."""
    return {"z": ex.numbers["z"][-1], "a": ex.numbers["a"][-1], "y": ex.y, "layer": l}


def wrong_output(ex: Example, l: int, wrong: Wrong) -> Arrays:
    """delta^(L)."""
    z, a = ex.numbers["z"][-1], ex.numbers["a"][-1]
    delta = formulas.output_delta(ex.names[-1], ex.setting.loss, z, a, ex.y, wrong)
    return {"delta": [delta]}


def given_backward(ex: Example, l: int) -> Values:
    """W and delta of layer l; z and a of the layer below."""
    of = ex.numbers
    return {
        "w": of["w"][l],
        "delta": of["delta"][l],
        "z": of["z"][l - 1],
        "a": of["a"][l - 1],
        "layer": l - 1,
    }


def wrong_backward(ex: Example, l: int, wrong: Wrong) -> Arrays:
    """Delta of the layer below."""
    return {"delta": [_delta_below(ex, l, ex.numbers["delta"][l], wrong)]}


def _delta_below(ex: Example, l: int, delta: Array, wrong: Wrong) -> Array:
    of = ex.numbers
    z, a, above = of["z"][l - 1], of["a"][l - 1], (of["z"][l], of["a"][l])
    w, here = weights_above(of["w"], l - 1, wrong), at(wrong, False)
    return formulas.delta_below(w, delta, z, a, ex.names[l - 1], here, above)


def right_backward(ex: Example, l: int) -> tuple[Arrays, Arrays]:
    """Delta of the layer below, and its bounds."""
    return {"delta": [ex.numbers["delta"][l - 1]]}, {"delta": [ex.bounds["delta"][l - 1]]}


def given_accumulate(ex: Example, l: int) -> Values:
    """Delta of a layer, a below it, and what dw and db hold."""
    dw, db = start_values(ex, l)
    return {
        "delta": ex.numbers["delta"][l],
        "a": _below(ex, "a", l),
        "dw": dw[0],
        "db": db[0],
        "layer": l,
    }


def wrong_accumulate(ex: Example, l: int, wrong: Wrong) -> Arrays:
    """Dw and db of a layer or of all, added to what they hold."""
    of, pairs = ex.numbers, []
    starts = list(zip(*start_values(ex, l), strict=True))
    for i, start in zip(range(ex.L) if l < 0 else [l], starts, strict=True):
        here = at(wrong, l < 0 and i == ex.L - 1)
        below_z = of["z"][i - 1] if i else None
        chosen = None if "no_start" in wrong else start
        network = (ex.x, [ex.x, *of["a"]][i - 1]) if l < 0 else None
        pairs.append(
            formulas.gradient(
                of["delta"][i], _below(ex, "a", i), here, below_z, of["a"][i], network, chosen
            )
        )
    if "layers_reversed" in wrong:
        pairs.reverse()
    return {"dw": [dw for dw, _ in pairs], "db": [db for _, db in pairs]}


def wrong_product(ex: Example, l: int, wrong: Wrong) -> Arrays:
    """Dw and db alone, of a layer or of all."""
    return wrong_accumulate(ex, l, wrong | {"no_start"})


def right_accumulate(ex: Example, l: int) -> tuple[Arrays, Arrays]:
    """Dw and db with what they held before, and the bounds."""
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


def given_update(ex: Example, l: int) -> Values:
    """w, b and the mean gradients, of a layer or of all."""
    of = ex.numbers
    names = {"w": "w", "b": "b", "dw": "dw_mean", "db": "db_mean"}
    values = {name: of[key] if l < 0 else of[key][l] for name, key in names.items()}
    return values | {"layer": l}


def wrong_update(ex: Example, l: int, wrong: Wrong) -> Arrays:
    """W and b after the update."""
    of, rate = ex.numbers, ex.setting.learning_rate
    fixed = fixed_layers(ex.L, wrong)
    pairs = [
        (of["w"][i], of["b"][i])
        if i in fixed
        else formulas.moved(
            of["w"][i],
            of["b"][i],
            of["dw_mean"][i],
            of["db_mean"][i],
            rate,
            at(wrong, i == ex.L - 1),
        )
        for i in (range(ex.L) if l < 0 else [l])
    ]
    return {"w": [w for w, _ in pairs], "b": [b for _, b in pairs]}


# ---------------------------------------------------------------- the network


def given_network(ex: Example, l: int) -> Values:
    """Everything of the network; a begins with x."""
    of = ex.numbers
    return {
        **{name: of[name] for name in ("w", "b", "z", "delta")},
        "x": ex.x,
        "y": ex.y,
        "a": [ex.x, *of["a"]],
        "layer": -1,
    }


def given_sums(ex: Example, l: int) -> Values:
    """Everything of the network, and what dw and db hold."""
    dw, db = start_values(ex, l)
    return given_network(ex, l) | {"dw": dw, "db": db}


def wrong_step(ex: Example, l: int, wrong: Wrong) -> Arrays:
    """Every number of a whole step."""
    of, setting = ex.numbers, ex.setting
    step = whole_step(
        ex.names, setting.loss, ex.x, ex.y, of["w"], of["b"], setting.learning_rate, wrong
    )
    arrays = dict(vars(step))
    return arrays | {"z": step.a} if "z_is_a" in wrong else arrays


def wrong_deltas(ex: Example, l: int, wrong: Wrong) -> Arrays:
    """Delta of every layer, from the right z and a."""
    here = at(wrong, True)
    deltas = wrong_output(ex, l, here)["delta"]
    passed = deltas[0]
    if "errors_passed_back" in wrong:
        (passed,) = wrong_output(ex, l, here | NO_SLOPES)["delta"]
    for i in range(ex.L - 1, 0, -1):
        deltas.insert(0, _delta_below(ex, i, passed, wrong))
        below = wrong | NO_SLOPES if "errors_passed_back" in wrong else wrong
        passed = _delta_below(ex, i, passed, below)
    return {"delta": deltas[::-1] if "deltas_reversed" in wrong else deltas}


# ---------------------------------------------------------------- a number, or node by node


def given_loss(ex: Example, l: int) -> Values:
    """A of the output, and the targets."""
    return {"a": ex.numbers["a"][-1], "y": ex.y, "layer": l}


def wrong_loss(ex: Example, l: int, wrong: Wrong) -> Arrays:
    """C_0, or its mean over the samples."""
    C_0 = formulas.loss_value(ex.setting.loss, ex.numbers["a"][-1], ex.y, wrong)
    return {"C_0": [C_0.mean(keepdims=True)]}


def right_loss(ex: Example, l: int) -> tuple[Arrays, Arrays]:
    """C_0 and its bound."""
    arrays = wrong_loss(ex, l, RIGHT)
    return arrays, {"C_0": [1e-6 * np.maximum(1, np.abs(arrays["C_0"][0]))]}
