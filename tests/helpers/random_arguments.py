"""What several random calls draw: options of fit, optimizers, and numbers."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
from random_calls import Pair, _choice
from random_optimizers import minibatch_kinds, optimizer_options

from fastbp import SGD, Adam
from fastbp.optimizers import OPTIMIZERS
from fastbp.training.threads import Exactly

Rng = np.random.Generator

RATES = (0.0, 0.001, 0.01, 0.1)
# Two and three leave some nodes over; None measures, and seldom tries threads on such networks.
N_THREADS = (1, 1, None, Exactly(2), Exactly(2), Exactly(3))
# Of an epoch with threads. They meet in every step, and on a busy machine wait for each other.
MOST_STEPS_WITH_THREADS = 4
# Enough samples for several slices of training in other threads and between alarms.
LONG = 400


def optimizer(pair: Pair, rng: Rng) -> Any:
    """None, the present one's equal, or any other."""
    rate = _choice(rng, RATES)
    options = [
        None,
        None,
        "sgd",
        "adam",
        copy.deepcopy(pair.net.optimizer),
        SGD(rate),
        SGD(rate, momentum=0.9),
        SGD(rate, momentum=0.5, nesterov=True),
        Adam(rate),
        Adam(0.01, 0.5, beta2=0.9, eps=1e-4),
        *(kind(rate) for kind in minibatch_kinds()),
    ]
    if rng.random() < 0.5:
        return _choice(rng, options)
    kind = _choice(rng, minibatch_kinds())
    return kind(rate, **optimizer_options(rng, pair.net.L))


def respelled(value: Any) -> Any:
    """The same optimizer in other words."""
    if value is None:
        return None
    return OPTIMIZERS[value]() if isinstance(value, str) else value.config()


def fit_options(pair: Pair, rng: Rng, m: int) -> dict[str, Any]:
    options = {
        "epochs": int(rng.integers(1, 4)),
        "batch_size": int(rng.integers(1, m + 3)) if rng.random() < 0.8 else m,
        "optimizer": optimizer(pair, rng),
        "l1": _choice(rng, [0.0, 0.0, 0.0, 0.003]),
        "l2": _choice(rng, [0.0, 0.0, 0.01]),
        "shuffle": bool(rng.random() < 0.7),
        "n_threads": _choice(rng, N_THREADS),
        "check_input": bool(rng.random() < 0.9),
    }
    if pair.smooths and rng.random() < 0.3:
        options["label_smoothing"] = float(rng.uniform(0, 0.5))
    if pair.has_classes and rng.random() < 0.3:
        options["class_weight"] = class_weight(pair, rng)
    if m > 2 * options["batch_size"] and m > 100:
        options["epochs"] = 1
    if isinstance(options["n_threads"], Exactly):
        least = -(-m // MOST_STEPS_WITH_THREADS)
        options["batch_size"] = max(options["batch_size"], least)
    pair.note(f"  {m} rows, {options}")
    return options


def class_weight(pair: Pair, rng: Rng) -> Any:
    """Balanced weights, or numbers of some of the classes, none of them 0."""
    n_classes = len(pair.class_names)
    some = rng.choice(n_classes, int(rng.integers(n_classes + 1)), replace=False)
    weights = {int(c): float(rng.uniform(0.25, 4)) for c in some}
    return _choice(rng, ["balanced", weights])


def another_way(rng: Rng, options: dict[str, Any]) -> dict[str, Any]:
    """Options for the twin that must change no bit."""
    few = isinstance(options["n_threads"], Exactly)  # steps, see fit_options
    return options | {
        "n_threads": _choice(rng, N_THREADS) if few else _choice(rng, (1, None)),
        "optimizer": respelled(options["optimizer"]),
        "check_input": bool(rng.random() < 0.9),
    }


def scaled(rng: Rng, shape: Any, dtype: str) -> Any:
    return rng.uniform(-0.7, 0.7, shape).astype("float32").astype(dtype)


def with_nan(rng: Rng, array: Any) -> Any:
    array = np.array(array, np.float64)
    array.flat[int(rng.integers(array.size))] = _choice(rng, [np.nan, np.inf, -np.inf])
    return array
