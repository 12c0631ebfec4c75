"""Random calls with the schedules and optimizers that not every other call takes."""

from __future__ import annotations

import copy
from dataclasses import replace
from importlib.util import find_spec
from typing import Any

from random_arguments import Rng, another_way, fit_options
from random_call_row import new_table
from random_calls import Pair, _choice
from random_optimizers import minibatch_kinds, optimizer_options, schedule_of_a_horizon, wave
from random_training import leave_schedule

from fastbp import LBFGS, SGD, RProp

CALLS, call = new_table()
HAS_SCIPY = find_spec("scipy") is not None  # which LBFGS needs


@call(2)
def fit_over_a_call(pair: Pair, rng: Rng) -> None:
    """A schedule of this call, or of epochs; the twin has the factors as a function."""
    X, y = pair.samples(rng)
    options = fit_options(pair, rng, len(X))
    horizon = _choice(rng, [{}, {}, {"epochs": float(rng.uniform(0.5, 4))}])
    schedule = schedule_of_a_horizon(rng, **horizon)
    kind, more = _choice(rng, minibatch_kinds()), optimizer_options(rng, pair.net.L)
    options["optimizer"] = kind(0.05, **more | {"schedule": schedule})
    pair.note(f"  {options['optimizer']}")
    other = another_way(rng, options)
    steps_per_epoch = -(-len(X) // min(options["batch_size"], len(X)))
    T = schedule.horizon(steps_per_epoch) or float(options["epochs"] * steps_per_epoch)
    other["optimizer"] = kind(0.05, **more | {"schedule": lambda t: schedule.factors([t], T)[0]})
    for net in (pair.net, pair.twin):
        net.optimizer = SGD(0.0, momentum=0.125)  # so that the others count from 0

    def by_a_function() -> Any:
        try:
            return pair.twin.fit(X, y, **other)
        finally:
            if pair.twin.optimizer.schedule is not None:
                pair.twin.optimizer = replace(pair.twin.optimizer, schedule=schedule)

    pair.call_both(lambda: pair.net.fit(X, y, **options), by_a_function)
    leave_schedule(pair)


@call(1)
def fit_by_own_schedule(pair: Pair, rng: Rng) -> None:
    X, y = pair.samples(rng)
    options = fit_options(pair, rng, len(X))
    more = optimizer_options(rng, pair.net.L) | {"schedule": wave}
    options["optimizer"] = _choice(rng, minibatch_kinds())(0.05, **more)
    pair.note(f"  {options['optimizer']}")
    other = another_way(rng, options) | {"optimizer": copy.deepcopy(options["optimizer"])}
    pair.call_both(lambda: pair.net.fit(X, y, **options), lambda: pair.twin.fit(X, y, **other))
    leave_schedule(pair)


@call(1)
def fit_of_full_batches(pair: Pair, rng: Rng) -> None:
    X, y = pair.samples(rng)
    options = fit_options(pair, rng, len(X)) | {"batch_size": None}
    if rng.random() < 0.5 or not HAS_SCIPY:
        options["optimizer"] = RProp(0.01, **optimizer_options(rng, pair.net.L))
    else:
        options["optimizer"] = LBFGS(history_size=int(rng.integers(1, 12)))
    pair.note(f"  {options['optimizer']}")
    other = another_way(rng, options)
    other_X, other_y = pair.layout_of_X(rng, X), pair.layout(rng, y)
    pair.call_both(
        lambda: pair.net.fit(X, y, **options),
        lambda: pair.twin.fit(other_X, other_y, **other),
        allowed=(ValueError,),  # LBFGS takes few options
    )
    for net in (pair.net, pair.twin):
        net.optimizer = SGD(0.01)
