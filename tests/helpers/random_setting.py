"""Random calls that set a network's properties and parameters."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from random_arguments import RATES, Rng, optimizer, respelled, scaled, with_nan
from random_call_row import new_table
from random_calls import Pair, _choice

CALLS, call = new_table()


@call(2)
def set_optimizer(pair: Pair, rng: Rng) -> None:
    chosen = optimizer(pair, rng) or "adam"
    pair.note(f"  {chosen}")
    pair.net.optimizer = chosen
    pair.twin.optimizer = respelled(chosen)
    if rng.random() < 0.5:
        pair.twin.optimizer = pair.twin.optimizer  # an equal one changes nothing


@call(1)
def set_learning_rate(pair: Pair, rng: Rng) -> None:
    rate = _choice(rng, RATES)
    pair.note(f"  {rate}")
    pair.net.learning_rate = rate
    if pair.twin._model.state.current.memory:
        pair.twin.optimizer = replace(pair.twin.optimizer, learning_rate=rate)
    else:  # which this would make
        pair.twin.learning_rate = rate


@call(1)
def set_parameters(pair: Pair, rng: Rng) -> None:
    flat = scaled(rng, pair.net.parameters.size, pair.dtype)
    pair.net.parameters = flat
    if rng.random() < 0.5:
        pair.twin.parameters = pair.layout(rng, flat)
        return
    pair.note("  the twin's, layer by layer")
    at = 0
    for w, b in zip(pair.twin.weights, pair.twin.biases, strict=True):
        w[...], at = flat[at : at + w.size].reshape(w.shape), at + w.size
        b[...], at = flat[at : at + b.size], at + b.size


@call(1)
def set_a_layer(pair: Pair, rng: Rng) -> None:
    l = int(rng.integers(pair.net.L))
    name = _choice(rng, ["weights", "biases"])
    values = scaled(rng, getattr(pair.net, name)[l].shape, pair.dtype)
    pair.note(f"  {name}[{l}]")
    getattr(pair.net, name)[l] = values
    layer = pair.twin.layer(l + 1)
    view = layer.w if name == "weights" else layer.b
    if rng.random() < 0.5:
        view[...] = values
    else:
        for index in np.ndindex(view.shape):
            view[index] = values[index]


@call(1)
def set_what_is_refused(pair: Pair, rng: Rng) -> None:
    net, twin = pair.net, pair.twin
    w = np.array(net.weights[0])
    bad: dict[str, Callable[[Any], Any]] = {
        "parameters": lambda net: setattr(net, "parameters", net.parameters[1:]),
        "parameters not finite": lambda net: setattr(net, "parameters", net.parameters * np.nan),
        "weights": lambda net: net.weights.__setitem__(0, np.c_[w, w]),
        "weights not finite": lambda net: net.weights.__setitem__(0, with_nan(rng, w)),
        "optimizer": lambda net: setattr(net, "optimizer", 0.1),
        "classes": lambda net: setattr(net, "classes", ["a", "a"]),
        "preprocessing": lambda net: setattr(net, "preprocessing", 3),
        "path": lambda net: net.save(pair.file("no folder") / "model"),
    }
    case = _choice(rng, [name for name in bad if name != "path" or pair.saveable])
    pair.note(f"  {case}")
    first = pair.call_both(
        lambda: bad[case](net), lambda: bad[case](twin), allowed=(ValueError, TypeError, OSError)
    )
    pair.demand(first.error is not None, f"{case} was taken")


@call(1)
def set_words(pair: Pair, rng: Rng) -> None:
    if rng.random() < 0.5:
        names = _choice(rng, [None, pair.class_names])
        pair.net.classes = names
        pair.twin.classes = names and tuple(names)
    else:
        value = _choice(rng, [None, {"columns": ["a", "b"], "mean": [0.5, float(rng.random())]}])
        pair.net.preprocessing = value
        pair.twin.preprocessing = copy.deepcopy(value)
