"""Random calls that train: at once, in parts, step by step, with validation, until C diverges."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np
from network_state import generator_of, share_target_kind, take_dropout_key
from random_arguments import Rng, another_way, fit_options, optimizer, respelled, scaled
from random_call_row import new_table
from random_calls import Pair, _choice, outcome
from random_optimizers import (
    minibatch_kinds,
    optimizer_options,
    plateau,
)
from recorded_slices import plans_with
from silent_progress import Silent

from fastbp import SGD, Adam, DivergenceError, EarlyStopping
from fastbp.optimizers import as_optimizer

CALLS, call = new_table()

# So many that hundreds end in one slice of training.
MANY_EPOCHS = 5000


class OurError(Exception):
    """What callbacks raise here."""


class StepByStep:
    """Has the compiled loop come back after every step."""

    def on_batch_end(self, net: Any, step: int, C: float) -> None:
        """Do nothing."""


def early_stopping(rng: Rng, monitors: Sequence[str] = ("loss",)) -> Any:
    """None, a patience, or all of its options."""
    restore = _choice(rng, ["best", "last_best", "none"])
    stopping = EarlyStopping(
        int(rng.integers(1, 3)), 0.01, monitor=_choice(rng, monitors), restore=restore
    )
    return _choice(rng, [None, 1, 2, stopping, stopping])


def leave_schedule(pair: Pair) -> None:
    """Go on with the same optimizer and memory, and no schedule, which not every call takes."""
    for net in (pair.net, pair.twin):
        net.optimizer = replace(net.optimizer, schedule=None)


@call(4)
def fit(pair: Pair, rng: Rng) -> None:
    X, y = pair.samples(rng)
    options = fit_options(pair, rng, len(X))
    other = another_way(rng, options)
    if rng.random() < 0.5:
        other |= {"progress": Silent(), "callbacks": [lambda net, *_: net.predict(X)]}
    elif rng.random() < 0.5:
        other |= {"callbacks": StepByStep()}
    other_X, other_y = pair.layout_of_X(rng, X), pair.layout(rng, y)
    fast_paths = _choice(rng, [True, True, False])
    pair.note(f"  the twin's fast paths: {fast_paths}")
    with plans_with(fast_paths=fast_paths):
        twins = outcome(lambda: pair.twin.fit(other_X, other_y, **other), (DivergenceError,))
    pair.call_both(lambda: pair.net.fit(X, y, **options), twins.again)


@call(2)
def weighted_fit(pair: Pair, rng: Rng) -> None:
    """Weights some of which are 0; those of the twin are eight times as large."""
    X, y = pair.samples(rng)
    options = fit_options(pair, rng, len(X))
    weights = rng.random(len(X)) * (rng.random(len(X)) < 0.6)
    weights[0] = 0.5
    other = another_way(rng, options) | {"sample_weight": pair.layout(rng, 8 * weights)}
    pair.call_both(
        lambda: pair.net.fit(X, y, sample_weight=weights, **options),
        lambda: pair.twin.fit(X, y, **other),
    )


@call(2)
def fit_epoch_by_epoch(pair: Pair, rng: Rng) -> None:
    X, y = pair.samples(rng)
    options = fit_options(pair, rng, len(X))
    other = another_way(rng, options) | {"epochs": 1}
    if rng.random() < 0.5 and options["optimizer"] is not None:
        pair.note("  the twin's optimizer is set before")
        pair.twin.optimizer = other.pop("optimizer")
    losses: list[Any] = []

    def epoch_by_epoch() -> None:
        for _ in range(options["epochs"]):
            losses.extend(pair.twin.fit(X, y, **other).loss)

    first = pair.call_both(lambda: pair.net.fit(X, y, **options), epoch_by_epoch, alike=False)
    if first.error is None:
        pair.demand(first.result.loss == losses, f"losses {first.result.loss} and {losses}")


@call(0.2)
def fit_many_epochs(pair: Pair, rng: Rng) -> None:
    if max(pair.sizes) > 17 or not pair.saveable:
        return  # it would take seconds
    X, y = pair.samples(rng, 2)
    options = fit_options(pair, rng, len(X)) | {"n_threads": 1, "epochs": MANY_EPOCHS}
    options["optimizer"] = _choice(rng, [None, SGD(0.001), Adam(0.001)])
    cut = int(rng.integers(1, MANY_EPOCHS))
    losses: list[float] = []

    def in_two_parts() -> None:
        for epochs in (cut, MANY_EPOCHS - cut):
            losses.extend(pair.twin.fit(X, y, **options | {"epochs": epochs}).loss)

    first = pair.call_both(lambda: pair.net.fit(X, y, **options), in_two_parts, alike=False)
    if first.error is None:
        pair.demand(first.result.loss == losses, "losses differ")


@call(1)
def fit_at_changing_rates(pair: Pair, rng: Rng) -> None:
    X, y = pair.samples(rng)
    options = fit_options(pair, rng, len(X))
    rates = rng.uniform(0.001, 0.1, options["epochs"]).tolist()

    def change(net: Any, epoch: int, history: Any) -> None:
        net.learning_rate = rates[epoch]

    def epoch_by_epoch() -> None:
        for epoch in range(options["epochs"]):
            pair.twin.fit(X, y, **options | {"epochs": 1})
            pair.twin.optimizer = replace(pair.twin.optimizer, learning_rate=rates[epoch])
            options["optimizer"] = None

    pair.call_both(
        lambda: pair.net.fit(X, y, **options | {"callbacks": change}), epoch_by_epoch, alike=False
    )


@call(2)
def fit_step_by_step(pair: Pair, rng: Rng) -> None:
    X, y = pair.samples(rng)
    if rng.random() < 0.3:
        X, y = X[: len(X) // 2 + 1], y[: len(y) // 2 + 1]
    options = fit_options(pair, rng, len(X)) | {"l1": 0.0, "l2": 0.0}
    for name in ("label_smoothing", "class_weight"):
        options.pop(name, None)
    if pair.form == "names" and pair.twin.classes is None:
        return  # a step of some of them would name too few classes
    size = options["batch_size"]

    def steps() -> None:
        generator = generator_of(pair.twin)
        if options["optimizer"] is not None:
            pair.twin._model.state.use(as_optimizer(options["optimizer"]))
        take_dropout_key(pair.twin)
        for _ in range(options["epochs"]):
            order = generator.permutation(len(X)) if options["shuffle"] else np.arange(len(X))
            for start in range(0, len(X), size):
                rows = order[start : start + size]
                pair.twin.train_step(X[rows], y[rows], optimizer=options["optimizer"])

    first = pair.call_both(lambda: pair.net.fit(X, y, **options), steps, alike=False)
    if first.error is None:
        pair.epochs_ahead += options["epochs"]
        share_target_kind(pair.net, pair.twin)


@call(2)
def fit_until_a_callback_ends_it(pair: Pair, rng: Rng) -> None:
    X, y = pair.samples(rng)
    options = fit_options(pair, rng, len(X))
    raises = bool(rng.random() < 0.5)

    def ends(net: Any, epoch: int, history: Any) -> bool:
        if raises and epoch == options["epochs"] - 1:
            raise OurError
        return epoch == options["epochs"] - 1

    def ended() -> None:
        with suppress(OurError):
            pair.net.fit(X, y, **options | {"epochs": 9, "callbacks": [ends]})

    pair.note(f"  a callback ends it, by an exception: {raises}")
    other = another_way(rng, options)
    pair.call_both(ended, lambda: pair.twin.fit(X, y, **other) and None)


@call(2)
def fit_with_validation(pair: Pair, rng: Rng) -> None:
    X, y = pair.samples(rng)
    options = fit_options(pair, rng, len(X)) | {"epochs": int(rng.integers(1, 6))}
    other = another_way(rng, options)
    if rng.random() < 0.5:
        options["validation"] = validation = pair.samples(rng)
        other["validation"] = [pair.layout(rng, part) for part in validation]
    else:
        options["validation"] = other["validation"] = float(rng.uniform(0.05, 0.6))
    monitors: list[Any] = ["loss"]
    if rng.random() < 0.4:
        metrics = ("accuracy", "log_loss") if pair.has_classes else ("mae", "rmse", "r2")
        options["metrics"] = other["metrics"] = metrics
        monitors += metrics
    stopping = early_stopping(rng, monitors)
    options["early_stopping"] = other["early_stopping"] = stopping
    if on_plateaus := bool(rng.random() < 0.4):
        kind = _choice(rng, minibatch_kinds())
        chosen = kind(0.05, **optimizer_options(rng, pair.net.L) | {"schedule": plateau(rng)})
        options["optimizer"], other["optimizer"] = chosen, chosen.config()
    pair.note(f"  {options['optimizer']}, {stopping}")
    if rng.random() < 0.3:
        other["callbacks"] = StepByStep()
    other_X, other_y = pair.layout_of_X(rng, X), pair.layout(rng, y)
    first = pair.call_both(
        lambda: pair.net.fit(X, y, **options),
        lambda: pair.twin.fit(other_X, other_y, **other),
        allowed=(ValueError,),  # too few samples to hold some out
    )
    restores = isinstance(stopping, int) or (stopping is not None and stopping.restore != "none")
    history = first.result
    is_restored = first.error is None and restores and history.best_epoch is not None
    if is_restored and not isinstance(options["validation"], float):
        best, C = history.validation_loss[history.best_epoch], pair.net.loss_value(*validation)
        pair.demand(best == C, f"C of the best epoch was {best}, and of the network is {C}")
    if on_plateaus and rng.random() < 0.7:
        pair.note("  and once more")
        for some in (options, other):
            some["optimizer"] = None
        pair.compare()
        pair.call_both(
            lambda: pair.net.fit(X, y, **options),
            lambda: pair.twin.fit(X, y, **other),
            allowed=(ValueError,),
        )
    if on_plateaus and first.error is None:
        leave_schedule(pair)


@call(3)
def train_step(pair: Pair, rng: Rng) -> None:
    X, y = pair.samples(rng)
    chosen = optimizer(pair, rng)
    pair.note(f"  {len(X)} rows, {chosen}")
    other_X, other_y = pair.layout_of_X(rng, X), pair.layout(rng, y)
    if rng.random() < 0.5:
        pair.call_both(
            lambda: pair.net.train_step(X, y, optimizer=chosen),
            lambda: pair.twin.train_step(other_X, other_y, optimizer=respelled(chosen)),
        )
        return
    pair.note("  the twin: a fit of one batch")
    options = {"epochs": 1, "batch_size": len(X), "shuffle": False, "optimizer": chosen}
    first = pair.call_both(
        lambda: pair.net.train_step(X, y, optimizer=chosen),
        lambda: pair.twin.fit(other_X, other_y, **options).loss[0],
    )
    if first.error is None:
        pair.epochs_ahead -= 1
        share_target_kind(pair.net, pair.twin)


@call(1)
def fit_that_diverges(pair: Pair, rng: Rng) -> None:
    X, y = pair.samples(rng)
    options = fit_options(pair, rng, len(X))
    how = _choice(rng, ["rate", "inputs", "parameters"])
    huge = 1e30 if pair.dtype == "float32" else 1e250
    pair.note(f"  huge {how}")
    if how == "rate":
        options["optimizer"] = _choice(rng, [SGD(huge), SGD(huge, momentum=0.9), Adam(huge)])
    elif how == "inputs":
        X = X * huge
    else:
        flat = huge**0.5 * scaled(rng, pair.net.parameters.size, "float64")
        pair.net.parameters = pair.twin.parameters = flat
    other = another_way(rng, options)
    pair.call_both(lambda: pair.net.fit(X, y, **options), lambda: pair.twin.fit(X, y, **other))
    pair.calm_down()
