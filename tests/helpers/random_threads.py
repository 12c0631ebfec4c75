"""Random calls beside another thread that trains, and in a signal's handler."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event
from typing import Any

import numpy as np
from alarms import is_interrupted, with_alarm
from network_state import differences, is_settled, state_of
from random_arguments import LONG, Rng, fit_options, scaled
from random_call_row import new_table
from random_calls import Pair, _choice, outcome
from random_copies import COPIES
from random_optimizers import minibatch_kinds, optimizer_options, plateau
from random_training import early_stopping

from fastbp import SGD, Adam, DivergenceError

CALLS, call = new_table()

# From a call's first instructions to the end of most calls.
FIRST_ALARM, LAST_ALARM = 1e-5, 5e-3


def beside(work: Callable[[], Any], other: Callable[[], Any]) -> int:
    """Do the work while another thread calls `other`, at least once; how often it did."""
    ended = Event()

    def again_and_again() -> int:
        count = 0
        while not (count and ended.is_set()):
            other()
            count += 1
        return count

    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(again_and_again)
        try:
            work()
        finally:
            ended.set()
        return future.result()


def long_fit_options(pair: Pair, rng: Rng, m: int) -> dict[str, Any]:
    """Those of a fit, often with a moving average, a plateau, validation and early stopping."""
    options = fit_options(pair, rng, m)
    if rng.random() < 0.5:
        more = optimizer_options(rng, pair.net.L) | {"ema": 0.9, "schedule": plateau(rng)}
        if rng.random() < 0.5:
            more["clip_norm"] = 0.1
        options["optimizer"] = _choice(rng, minibatch_kinds())(0.01, **more)
        options["validation"] = pair.samples(rng, 20)
        options["early_stopping"] = early_stopping(rng)
        options["epochs"] = 4
        pair.note(f"  {options['optimizer']}, {options['early_stopping']}")
    return options


def without_plateau(net: Any) -> None:
    """Let later calls need no validation samples."""
    schedule = net.optimizer.schedule
    if schedule is not None and schedule.needs_validation:
        net.optimizer = replace(net.optimizer, schedule=None)


def while_training(pair: Pair, rng: Rng, other: Callable[[], Any]) -> None:
    """The network trains while another thread calls `other` again and again; the twin alone."""
    X, y = pair.samples(rng, LONG)
    options = long_fit_options(pair, rng, len(X)) | {"epochs": 3}
    options["batch_size"] = max(8, options["batch_size"])  # dozens of steps, not a thousand

    def train() -> None:
        pair.call_both(
            lambda: pair.net.fit(X, y, **options), lambda: pair.twin.fit(X, y, **options)
        )

    pair.note(f"  {beside(train, other)} times")
    without_plateau(pair.net)
    without_plateau(pair.twin)


@call(0.7)
def save_while_training(pair: Pair, rng: Rng) -> None:
    if pair.saveable:
        while_training(pair, rng, pair.check_file)


@call(0.7)
def copy_while_training(pair: Pair, rng: Rng) -> None:
    how = _choice(rng, list(COPIES))
    X, y = pair.samples(rng)

    def copy_and_train() -> None:
        twin = COPIES[how](pair.net)
        outcome(lambda: twin.train_step(X, y), (DivergenceError, ValueError))
        pair.demand(not differences(state_of(twin), state_of(COPIES[how](twin))), "no true copy")

    while_training(pair, rng, copy_and_train)


@call(0.7)
def set_optimizer_while_training(pair: Pair, rng: Rng) -> None:
    X, y = pair.samples(rng, LONG)
    # Each may be refused while the other is at work; a rate never is.
    refusal = (RuntimeError,)

    def set_both() -> None:
        outcome(lambda: setattr(pair.net, "optimizer", Adam(0.003)), refusal)
        pair.net.learning_rate = 0.002

    times = beside(
        lambda: outcome(lambda: pair.net.fit(X, y, epochs=2, batch_size=16), refusal), set_both
    )
    pair.note(f"  {times} times")
    pair.check_usable(rng)
    pair.resync()


def _an_action(pair: Pair, rng: Rng) -> tuple[str, Callable[[], Any]]:
    """Something long enough to be interrupted, by name."""
    X, y = pair.samples(rng, LONG)
    options = long_fit_options(pair, rng, LONG)
    names = ["fit", "fit", "fit", "batches", "batches", "steps", "single samples"]
    name = _choice(rng, [*names, "optimizer", "parameters", "save", "copy", "read"])
    pair.note(f"  {name}")
    net = pair.net

    def steps() -> None:
        for start in range(0, LONG - 20, 10):
            net.train_step(X[start : start + 10], y[start : start + 10])

    def batches() -> None:
        streams = ("epochs", "optimizer", "l1", "l2", "validation", "early_stopping")
        size, some = options["batch_size"], {n: options[n] for n in streams if n in options}
        net.fit([(X[i : i + size], y[i : i + size]) for i in range(0, LONG, size)], **some)

    def single_samples() -> None:
        for i in range(LONG):
            net.learn_one(X[i], y[i])

    def save() -> None:
        if pair.saveable:
            net.save(pair.file("model"))

    def set_optimizers() -> None:
        for chosen in (SGD(0.01, 0.9), Adam(0.001)) * 10:
            net.optimizer = chosen

    flat = scaled(rng, net.parameters.size, pair.dtype)
    actions: dict[str, Callable[[], Any]] = {
        "fit": lambda: net.fit(X, y, **options),
        "batches": batches,
        "steps": steps,
        "single samples": single_samples,
        "optimizer": set_optimizers,
        "parameters": lambda: setattr(net, "parameters", flat),
        "save": save,
        "copy": lambda: pickle.loads(pickle.dumps(net.copy())),
        "read": lambda: (net.predict(X), outcome(lambda: net.score(X, y), (ValueError,))),
    }
    return name, actions[name]


@call(2)
def interrupt(pair: Pair, rng: Rng) -> None:
    name, action = _an_action(pair, rng)
    seconds = float(np.exp(rng.uniform(np.log(FIRST_ALARM), np.log(LAST_ALARM))))
    if pair.saveable:
        pair.net.save(pair.file("model"))
    before = state_of(pair.net)
    allowed = (DivergenceError, ValueError)  # the latter of names that are too few in a step
    came = is_interrupted(lambda: outcome(action, allowed), seconds)
    pair.note(f"  Ctrl-C after {1e6 * seconds:.0f} us came {'inside' if came else 'too late'}")
    if pair.saveable:
        pair.load("model")  # the old file or the new one, and whole
    after = state_of(pair.net)
    same_optimizer = after["optimizer"] == before["optimizer"]
    steps_before = before["steps"] if same_optimizer else 0
    if name in ("fit", "batches") and came and after["steps"] == steps_before:
        changed = differences(before, after)
        pair.demand(not changed, f"Ctrl-C before the first step changed {changed}")
    pair.demand(is_settled(pair.net), "the parameters are not the moving average")
    without_plateau(pair.net)
    pair.check_usable(rng)
    pair.resync()


@call(1)
def look_from_a_signal_handler(pair: Pair, rng: Rng) -> None:
    X, y = pair.samples(rng, LONG)
    options = long_fit_options(pair, rng, LONG)
    seconds = float(np.exp(rng.uniform(np.log(FIRST_ALARM), np.log(LAST_ALARM))))
    errors: list[Exception] = []

    def look() -> None:
        try:
            pair.net.predict(X)
            pair.net.copy()
            if pair.saveable:
                pair.check_file()
        except Exception as error:
            errors.append(error)

    pair.call_both(
        lambda: with_alarm(lambda: pair.net.fit(X, y, **options), seconds, look),
        lambda: pair.twin.fit(X, y, **options),
    )
    without_plateau(pair.net)
    without_plateau(pair.twin)
    pair.demand(not errors, f"a handler that looks, after {1e6 * seconds:.0f} us: {errors}")
