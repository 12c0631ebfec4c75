"""Random calls that are refused, and training on what nobody looked at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from random_arguments import Rng, another_way, fit_options, with_nan
from random_call_row import new_table
from random_calls import Pair, _choice, outcome
from random_training import StepByStep

from fastbp import LBFGS, SGD, Adam, AdamW, EarlyStopping
from fastbp.schedules import ReduceOnPlateau

CALLS, call = new_table()


def _with_row(array: Any, row: Any) -> Any:
    array = np.array(array)
    array[-1] = row
    return array


def _raises(*_: Any) -> float:
    raise ValueError("of ours")


def _no_number(y: Any, a: Any) -> Any:
    return [1.0, 2.0]


def _monitored(name: str, X: Any, y: Any) -> dict[str, Any]:
    return {"validation": (X, y), "early_stopping": EarlyStopping(2, monitor=name)}


class Misspelt:
    """Has a method that no fit calls."""

    def on_batch_ends(self, net: Any, step: int, C: float) -> None: ...


BAD_FITS: dict[str, Callable[[Rng, Any, Any], tuple[Any, Any, dict[str, Any]]]] = {
    "not finite": lambda rng, X, y: (with_nan(rng, X), y, {}),
    "validation not finite": lambda rng, X, y: (X, y, {"validation": (with_nan(rng, X), y)}),
    "a column more": lambda rng, X, y: (np.c_[X, X[:, :1]], y, {}),
    "a target more": lambda rng, X, y: (X[1:], y, {}),
    "no samples": lambda rng, X, y: (X[:0], y[:0], {}),
    "text": lambda rng, X, y: (X.astype(str), y, {}),
    "complex": lambda rng, X, y: (X * 1j, y, {}),
    "validation of another shape": lambda rng, X, y: (X, y, {"validation": (X.T[:, :0], y)}),
    "validation of four": lambda rng, X, y: (X, y, {"validation": (X, y, None, y)}),
    "validation of all": lambda rng, X, y: (X, y, {"validation": 1.0}),
    "weights all 0": lambda rng, X, y: (X, y, {"sample_weight": [0] * len(X)}),
    "nothing to stop by": lambda rng, X, y: (X, y, {"early_stopping": 2}),
    "batch size": lambda rng, X, y: (X, y, {"batch_size": 0}),
    "epochs": lambda rng, X, y: (X, y, {"epochs": -1}),
    "threads": lambda rng, X, y: (X, y, {"n_threads": 1.5}),
    "optimizer": lambda rng, X, y: (X, y, {"optimizer": "adagrad?"}),
    "callbacks": lambda rng, X, y: (X, y, {"callbacks": [None]}),
    "targets of a shape": lambda rng, X, y: (X, np.zeros((len(X), 71, 2)), {}),
    "targets not finite": lambda rng, X, y: (X, np.full(y.shape, np.nan), {}),
    "l1": lambda rng, X, y: (X, y, {"l1": -0.1}),
    "label smoothing": lambda rng, X, y: (X, y, {"label_smoothing": 1.0}),
    "class weights that are a list": lambda rng, X, y: (X, y, {"class_weight": [1.0]}),
    "a class weight below 0": lambda rng, X, y: (X, y, {"class_weight": {0: -1.0}}),
    "no such class": lambda rng, X, y: (X, y, {"class_weight": {"nobody": 1.0}}),
    "class weights all 0": lambda rng, X, y: (X, y, {"class_weight": dict.fromkeys(range(71), 0)}),
    "metric": lambda rng, X, y: (X, y, {"metrics": ["best"]}),
    "a metric that raises": lambda rng, X, y: (X, y, {"metrics": _raises}),
    "a metric that is no number": lambda rng, X, y: (X, y, {"metrics": _no_number}),
    "monitor": lambda rng, X, y: (X, y, _monitored("f2", X, y)),
    "validation without metrics": lambda rng, X, y: (X, y, _monitored("r2", X, y)),
    "a callback's name": lambda rng, X, y: (X, y, {"callbacks": Misspelt()}),
    "layer rates": lambda rng, X, y: (X, y, {"optimizer": SGD(0.1, layer_rates=[1.0] * 9)}),
    "weight decay": lambda rng, X, y: (X, y, {"optimizer": AdamW(weight_decay=[0.1] * 9, ema=0.9)}),
    "a plateau of nothing": lambda rng, X, y: (
        X,
        y,
        {"optimizer": SGD(0.1, schedule=ReduceOnPlateau()), "validation": None},
    ),
    "a schedule that raises": lambda rng, X, y: (
        X,
        y,
        {"optimizer": SGD(0.1, ema=0.5, schedule=_raises), "shuffle": True},
    ),
    "a factor that is NaN": lambda rng, X, y: (
        X,
        y,
        {"optimizer": Adam(schedule=lambda step: np.nan), "callbacks": StepByStep()},
    ),
    "batches and weights": lambda rng, X, y: (
        [(X, y)],
        None,
        {"batch_size": None, "sample_weight": [1.0] * len(X)},
    ),
    "batches and their size": lambda rng, X, y: ([(X, y)], None, {"batch_size": 3}),
    "no batches": lambda rng, X, y: (iter([]), None, {"batch_size": None, "epochs": 1}),
    "a generator for two epochs": lambda rng, X, y: (
        iter([(X, y)]),
        None,
        {"batch_size": None, "epochs": 2},
    ),
    "a first batch not finite": lambda rng, X, y: (
        [(with_nan(rng, X), y)],
        None,
        {"batch_size": None, "optimizer": SGD(0.1, momentum=0.3, ema=0.9)},
    ),
    "LBFGS step by step": lambda rng, X, y: (
        X,
        y,
        {"optimizer": LBFGS(), "batch_size": None, "callbacks": StepByStep()},
    ),
    "a label too large": lambda rng, X, y: (X, _with_row(y, 71) if y.dtype.kind in "iu" else 0, {}),
}


@call(4)
def fit_that_is_refused(pair: Pair, rng: Rng) -> None:
    X, y = pair.samples(rng)
    options = fit_options(pair, rng, len(X)) | {"check_input": True}
    n_threads = options.pop("n_threads")
    case = _choice(rng, list(BAD_FITS))
    X, y, bad_options = BAD_FITS[case](rng, X, y)
    options |= bad_options
    stepping = not bad_options and bool(rng.random() < 0.5)
    pair.note(f"  {case}{', in a step' if stepping else ''}")

    def refused(net: Any, n_threads: Any) -> None:
        if stepping:
            net.train_step(X, y, optimizer=options["optimizer"])
        else:
            net.fit(X, y, **{"n_threads": n_threads} | options)
        raise AssertionError(f"{case} was taken")

    first = pair.call_both(
        lambda: refused(pair.net, n_threads),
        lambda: refused(pair.twin, 1),
        allowed=(ValueError, TypeError),
    )
    pair.demand("the boundary" not in str(first.error), f"internal words: {first.error}")


@call(1)
def fit_without_looking_for_nan(pair: Pair, rng: Rng) -> None:
    X, y = pair.samples(rng)
    options = fit_options(pair, rng, len(X)) | {"check_input": False}
    X = with_nan(rng, X)
    other = another_way(rng, options) | {"check_input": False}
    # Infinity may come out of a squashing activation as a finite number.
    pair.call_both(lambda: pair.net.fit(X, y, **options), lambda: pair.twin.fit(X, y, **other))


@call(1)
def train_within_training(pair: Pair, rng: Rng) -> None:
    X, y = pair.samples(rng)
    options = fit_options(pair, rng, len(X))

    def train(net: Any, epoch: int, history: Any) -> bool:
        outcomes = [
            outcome(lambda: net.fit(X, y), (RuntimeError,)),
            outcome(lambda: net.train_step(X, y), (RuntimeError,)),
        ]
        pair.demand(
            all(outcome_of_call.kind == "RuntimeError" for outcome_of_call in outcomes),
            "trained while training",
        )
        return epoch == options["epochs"] - 1

    pair.call_both(
        lambda: pair.net.fit(X, y, **options | {"epochs": 9, "callbacks": train}),
        lambda: pair.twin.fit(X, y, **options),
    )
