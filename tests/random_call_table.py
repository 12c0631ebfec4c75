"""The calls of random_calls.py: what the network does, and how its twin does the same otherwise."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from threading import Event
from typing import Any

import numpy as np
from alarms import is_interrupted, with_alarm
from network_state import differences, generator_of, state_of
from random_calls import Pair, _choice, outcome
from silent_progress import Silent

from fastbp import SGD, Adam, DivergenceError, EarlyStopping
from fastbp.threads import Exactly

Rng = np.random.Generator

RATES = (0.0, 0.001, 0.01, 0.1)
# Two and three leave some nodes over; None measures, and seldom tries threads on such networks.
N_THREADS = (1, 1, None, Exactly(2), Exactly(2), Exactly(3))
# Of an epoch with threads. They meet in every step, and on a busy machine wait for each other.
MOST_STEPS_WITH_THREADS = 4
# So many that hundreds end in one slice of training.
MANY_EPOCHS = 5000
# Enough samples for several slices of training in other threads and between alarms.
LONG = 400
# From a call's first instructions to the end of most calls.
FIRST_ALARM, LAST_ALARM = 1e-5, 5e-3


class OurError(Exception):
    """What callbacks raise here."""


@dataclass(frozen=True)
class Row:
    """A call: how often it is drawn, and what it does."""

    weight: float
    make: Callable[[Pair, Rng], None]


CALLS: dict[str, Row] = {}


def call(weight: float) -> Callable[[Any], Any]:
    """Enter a function into the table, under its name."""

    def enter(make: Callable[[Pair, Rng], None]) -> Callable[[Pair, Rng], None]:
        CALLS[make.__name__] = Row(weight, make)
        return make

    return enter


# ---------------------------------------------------------------------- reading


@call(3)
def predict(pair: Pair, rng: Rng) -> None:
    X, _ = pair.samples(rng)
    if rng.random() < 0.2:
        X[rng.integers(len(X))] = np.nan  # a row of its own, and no other's
    cuts = np.sort(rng.integers(0, len(X) + 1, rng.integers(0, 4)))
    pieces = [pair.layout(rng, piece) for piece in np.split(X, cuts) if len(piece)]
    pair.note(f"  the twin's rows cut at {cuts.tolist()}")
    pair.both(
        lambda: pair.net.predict(X),
        lambda: np.concatenate([pair.twin.predict(piece) for piece in pieces]),
    )


READING: dict[str, Callable[[Any, Any, Any], Any]] = {
    "predict_classes": lambda net, X, y: net.predict_classes(X),
    "score": lambda net, X, y: net.score(X, y),
    "loss_value": lambda net, X, y: net.loss_value(X, y),
    "gradients": lambda net, X, y: net.gradients(X, y),
    "trace": lambda net, X, y: net.trace(X[0], y[0]),
}


@call(3)
def read(pair: Pair, rng: Rng) -> None:
    X, y = pair.samples(rng)
    name = _choice(rng, list(READING))
    pair.note(f"  {name} of {len(X)} rows")
    other_X, other_y = pair.layout(rng, X), pair.layout(rng, y)
    pair.both(
        lambda: READING[name](pair.net, X, y),
        lambda: READING[name](pair.twin, other_X, other_y),
        allowed=(ValueError,),  # a number has no classes, and names of none mean nothing yet
    )


@call(1)
def read_in_threads(pair: Pair, rng: Rng) -> None:
    X, _ = pair.samples(rng, LONG)
    with ThreadPoolExecutor(4) as pool:
        from_threads = list(pool.map(pair.net.predict, [X] * 8))
    pair.both(lambda: from_threads, lambda: [pair.twin.predict(X)] * 8)


# ---------------------------------------------------------------------- training


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
    ]
    return _choice(rng, options)


def respelled(value: Any) -> Any:
    """The same optimizer in other words."""
    if value is None:
        return None
    return {"sgd": SGD, "adam": Adam}[value]() if isinstance(value, str) else value.config()


def fit_options(pair: Pair, rng: Rng, m: int) -> dict[str, Any]:
    options = {
        "epochs": int(rng.integers(1, 4)),
        "batch_size": int(rng.integers(1, m + 3)) if rng.random() < 0.8 else m,
        "optimizer": optimizer(pair, rng),
        "l2": _choice(rng, [0.0, 0.0, 0.01]),
        "shuffle": bool(rng.random() < 0.7),
        "n_threads": _choice(rng, N_THREADS),
        "check_input": bool(rng.random() < 0.9),
    }
    if m > 2 * options["batch_size"] and m > 100:
        options["epochs"] = 1
    if isinstance(options["n_threads"], Exactly):
        least = -(-m // MOST_STEPS_WITH_THREADS)
        options["batch_size"] = max(options["batch_size"], least)
    pair.note(f"  {m} rows, {options}")
    return options


def another_way(rng: Rng, options: dict[str, Any]) -> dict[str, Any]:
    """Options for the twin that must change no bit."""
    few = isinstance(options["n_threads"], Exactly)  # steps, see fit_options
    return options | {
        "n_threads": _choice(rng, N_THREADS) if few else _choice(rng, (1, None)),
        "optimizer": respelled(options["optimizer"]),
        "check_input": bool(rng.random() < 0.9),
    }


@call(4)
def fit(pair: Pair, rng: Rng) -> None:
    X, y = pair.samples(rng)
    options = fit_options(pair, rng, len(X))
    other = another_way(rng, options)
    if rng.random() < 0.5:
        other |= {"progress": Silent(), "callbacks": [lambda net, *_: net.predict(X)]}
    other_X, other_y = pair.layout(rng, X), pair.layout(rng, y)
    pair.both(
        lambda: pair.net.fit(X, y, **options), lambda: pair.twin.fit(other_X, other_y, **other)
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

    first = pair.both(lambda: pair.net.fit(X, y, **options), epoch_by_epoch, alike=False)
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

    first = pair.both(lambda: pair.net.fit(X, y, **options), in_two_parts, alike=False)
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

    pair.both(
        lambda: pair.net.fit(X, y, **options | {"callbacks": change}), epoch_by_epoch, alike=False
    )


@call(2)
def fit_step_by_step(pair: Pair, rng: Rng) -> None:
    X, y = pair.samples(rng)
    if rng.random() < 0.3:
        X, y = X[: len(X) // 2 + 1], y[: len(y) // 2 + 1]
    options = fit_options(pair, rng, len(X)) | {"l2": 0.0}
    if pair.form == "names" and pair.twin.classes is None:
        return  # a step of some of them would name too few classes
    size = options["batch_size"]

    def steps() -> None:
        generator = generator_of(pair.twin)
        for _ in range(options["epochs"]):
            order = generator.permutation(len(X)) if options["shuffle"] else np.arange(len(X))
            for start in range(0, len(X), size):
                rows = order[start : start + size]
                pair.twin.train_step(X[rows], y[rows], optimizer=options["optimizer"])

    first = pair.both(lambda: pair.net.fit(X, y, **options), steps, alike=False)
    if first.error is None:
        pair.epochs_ahead += options["epochs"]


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
    pair.both(ended, lambda: pair.twin.fit(X, y, **other) and None)


@call(2)
def fit_with_validation(pair: Pair, rng: Rng) -> None:
    X, y = pair.samples(rng)
    options = fit_options(pair, rng, len(X)) | {"epochs": int(rng.integers(1, 6))}
    other = another_way(rng, options)
    if rng.random() < 0.5:
        held = pair.samples(rng)
        options["validation"] = held
        other["validation"] = [pair.layout(rng, part) for part in held]
    else:
        options["validation"] = other["validation"] = float(rng.uniform(0.05, 0.6))
    stopping = _choice(rng, [None, 1, 2, EarlyStopping(1, min_delta=0.01)])
    options["early_stopping"] = other["early_stopping"] = stopping
    other_X, other_y = pair.layout(rng, X), pair.layout(rng, y)
    pair.both(
        lambda: pair.net.fit(X, y, **options),
        lambda: pair.twin.fit(other_X, other_y, **other),
        allowed=(ValueError,),  # too few samples to hold some out
    )


@call(3)
def train_step(pair: Pair, rng: Rng) -> None:
    X, y = pair.samples(rng)
    chosen = optimizer(pair, rng)
    pair.note(f"  {len(X)} rows, {chosen}")
    other_X, other_y = pair.layout(rng, X), pair.layout(rng, y)
    if rng.random() < 0.5:
        pair.both(
            lambda: pair.net.train_step(X, y, optimizer=chosen),
            lambda: pair.twin.train_step(other_X, other_y, optimizer=respelled(chosen)),
        )
        return
    pair.note("  the twin: a fit of one batch")
    options = {"epochs": 1, "batch_size": len(X), "shuffle": False, "optimizer": chosen}
    first = pair.both(
        lambda: pair.net.train_step(X, y, optimizer=chosen),
        lambda: pair.twin.fit(other_X, other_y, **options).loss[0],
    )
    if first.error is None:
        pair.epochs_ahead -= 1


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
        flat = huge**0.5 * _scaled(rng, pair.net.parameters.size, "float64")
        pair.net.parameters = pair.twin.parameters = flat
    other = another_way(rng, options)
    pair.both(lambda: pair.net.fit(X, y, **options), lambda: pair.twin.fit(X, y, **other))
    pair.calm_down()


# ---------------------------------------------------------------------- errors


def _with_nan(rng: Rng, array: Any) -> Any:
    array = np.array(array, np.float64)
    array.flat[int(rng.integers(array.size))] = _choice(rng, [np.nan, np.inf, -np.inf])
    return array


def _with_row(array: Any, row: Any) -> Any:
    array = np.array(array)
    array[-1] = row
    return array


BAD_FITS: dict[str, Callable[[Rng, Any, Any], tuple[Any, Any, dict[str, Any]]]] = {
    "not finite": lambda rng, X, y: (_with_nan(rng, X), y, {}),
    "validation not finite": lambda rng, X, y: (X, y, {"validation": (_with_nan(rng, X), y)}),
    "a column more": lambda rng, X, y: (np.c_[X, X[:, :1]], y, {}),
    "a target more": lambda rng, X, y: (X[1:], y, {}),
    "no samples": lambda rng, X, y: (X[:0], y[:0], {}),
    "text": lambda rng, X, y: (X.astype(str), y, {}),
    "complex": lambda rng, X, y: (X * 1j, y, {}),
    "validation of another shape": lambda rng, X, y: (X, y, {"validation": (X.T[:, :0], y)}),
    "validation of three": lambda rng, X, y: (X, y, {"validation": (X, y, y)}),
    "validation of all": lambda rng, X, y: (X, y, {"validation": 1.0}),
    "nothing to stop by": lambda rng, X, y: (X, y, {"early_stopping": 2}),
    "batch size": lambda rng, X, y: (X, y, {"batch_size": 0}),
    "epochs": lambda rng, X, y: (X, y, {"epochs": -1}),
    "threads": lambda rng, X, y: (X, y, {"n_threads": 1.5}),
    "optimizer": lambda rng, X, y: (X, y, {"optimizer": "adagrad?"}),
    "callbacks": lambda rng, X, y: (X, y, {"callbacks": [None]}),
    "targets of a shape": lambda rng, X, y: (X, np.zeros((len(X), 71, 2)), {}),
    "targets not finite": lambda rng, X, y: (X, np.full(y.shape, np.nan), {}),
    "a label too large": lambda rng, X, y: (X, _with_row(y, 71) if y.dtype.kind in "iu" else 0, {}),
}


@call(4)
def fit_that_is_refused(pair: Pair, rng: Rng) -> None:
    X, y = pair.samples(rng)
    options = fit_options(pair, rng, len(X)) | {"check_input": True}
    n_threads = options.pop("n_threads")
    what = _choice(rng, list(BAD_FITS))
    X, y, more = BAD_FITS[what](rng, X, y)
    options |= more
    stepping = not more and bool(rng.random() < 0.5)
    pair.note(f"  {what}{', in a step' if stepping else ''}")

    def refused(net: Any, n_threads: Any) -> None:
        if stepping:
            net.train_step(X, y, optimizer=options["optimizer"])
        else:
            net.fit(X, y, **{"n_threads": n_threads} | options)
        raise AssertionError(f"{what} was taken")

    first = pair.both(
        lambda: refused(pair.net, n_threads),
        lambda: refused(pair.twin, 1),
        allowed=(ValueError, TypeError),
    )
    pair.demand("the boundary" not in str(first.error), f"internal words: {first.error}")


@call(1)
def fit_without_looking_for_nan(pair: Pair, rng: Rng) -> None:
    X, y = pair.samples(rng)
    options = fit_options(pair, rng, len(X)) | {"check_input": False}
    X = _with_nan(rng, X)
    other = another_way(rng, options) | {"check_input": False}
    # Infinity may come out of a squashing activation as a finite number.
    pair.both(lambda: pair.net.fit(X, y, **options), lambda: pair.twin.fit(X, y, **other))


@call(1)
def train_within_training(pair: Pair, rng: Rng) -> None:
    X, y = pair.samples(rng)
    options = fit_options(pair, rng, len(X))

    def train(net: Any, epoch: int, history: Any) -> bool:
        outcomes = [
            outcome(lambda: net.fit(X, y), (RuntimeError,)),
            outcome(lambda: net.train_step(X, y), (RuntimeError,)),
        ]
        pair.demand(all(one.kind == "RuntimeError" for one in outcomes), "trained while training")
        return epoch == options["epochs"] - 1

    pair.both(
        lambda: pair.net.fit(X, y, **options | {"epochs": 9, "callbacks": train}),
        lambda: pair.twin.fit(X, y, **options),
    )


# ---------------------------------------------------------------------- setting


@call(2)
def set_optimizer(pair: Pair, rng: Rng) -> None:
    chosen = optimizer(pair, rng) or "adam"
    pair.note(f"  {chosen}")
    pair.net.optimizer = chosen
    pair.twin.optimizer = respelled(chosen)
    if rng.random() < 0.5:
        pair.twin.optimizer = pair.twin.optimizer  # an equal one changes nothing


def _scaled(rng: Rng, shape: Any, dtype: str) -> Any:
    return rng.uniform(-0.7, 0.7, shape).astype("float32").astype(dtype)


@call(1)
def set_learning_rate(pair: Pair, rng: Rng) -> None:
    rate = _choice(rng, RATES)
    pair.note(f"  {rate}")
    pair.net.learning_rate = rate
    if pair.twin._state.memory:
        pair.twin.optimizer = replace(pair.twin.optimizer, learning_rate=rate)
    else:  # which this would make
        pair.twin.learning_rate = rate


@call(1)
def set_parameters(pair: Pair, rng: Rng) -> None:
    flat = _scaled(rng, pair.net.parameters.size, pair.dtype)
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
    values = _scaled(rng, getattr(pair.net, name)[l].shape, pair.dtype)
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
        "weights not finite": lambda net: net.weights.__setitem__(0, _with_nan(rng, w)),
        "optimizer": lambda net: setattr(net, "optimizer", 0.1),
        "classes": lambda net: setattr(net, "classes", ["a", "a"]),
        "preprocessing": lambda net: setattr(net, "preprocessing", 3),
        "path": lambda net: net.save(pair.file("no folder") / "model"),
    }
    what = _choice(rng, [name for name in bad if name != "path" or pair.saveable])
    pair.note(f"  {what}")
    first = pair.both(
        lambda: bad[what](net), lambda: bad[what](twin), allowed=(ValueError, TypeError, OSError)
    )
    pair.demand(first.error is not None, f"{what} was taken")


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


# ---------------------------------------------------------------------- copies and files

COPIES: dict[str, Callable[[Any], Any]] = {
    "copy": lambda net: net.copy(),
    "copy.copy": copy.copy,
    "copy.deepcopy": copy.deepcopy,
    "pickle": lambda net: pickle.loads(pickle.dumps(net)),
    "pickle 2": lambda net: pickle.loads(pickle.dumps(net, 2)),
}


def _through_a_file(pair: Pair, net: Any) -> Any:
    path = pair.file("twin")  # the same each time: an old one is replaced
    net.save(path)
    return pair.load("twin")


@call(3)
def go_on_with_a_copy(pair: Pair, rng: Rng) -> None:
    hows = list(COPIES) + ["file"] * 3 * pair.saveable
    how, which = _choice(rng, hows), _choice(rng, ["twin", "twin", "net"])
    pair.note(f"  the {which} by {how}")
    old = getattr(pair, which)
    new = _through_a_file(pair, old) if how == "file" else COPIES[how](old)
    setattr(pair, which, new)
    old.weights[0][...] = 7.0  # nobody looks at the old one's any more


# ---------------------------------------------------------------------- other threads and alarms


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
        counted = pool.submit(again_and_again)
        try:
            work()
        finally:
            ended.set()
        return counted.result()


def while_training(pair: Pair, rng: Rng, other: Callable[[], Any]) -> None:
    """The network trains while another thread calls `other` again and again; the twin alone."""
    X, y = pair.samples(rng, LONG)
    options = fit_options(pair, rng, len(X)) | {"epochs": 3}
    options["batch_size"] = max(8, options["batch_size"])  # dozens of steps, not a thousand

    def train() -> None:
        pair.both(lambda: pair.net.fit(X, y, **options), lambda: pair.twin.fit(X, y, **options))

    pair.note(f"  {beside(train, other)} times")


@call(0.7)
def save_while_training(pair: Pair, rng: Rng) -> None:
    if pair.saveable:
        while_training(pair, rng, pair.check_file)


@call(0.7)
def copy_while_training(pair: Pair, rng: Rng) -> None:
    how = _choice(rng, list(COPIES))
    X, y = pair.samples(rng)

    def copy_and_train() -> None:
        there = COPIES[how](pair.net)
        outcome(lambda: there.train_step(X, y), (DivergenceError, ValueError))
        pair.demand(not differences(state_of(there), state_of(COPIES[how](there))), "no true copy")

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
    options = fit_options(pair, rng, LONG)
    name = _choice(rng, ["fit", "fit", "steps", "optimizer", "parameters", "save", "copy", "read"])
    pair.note(f"  {name}")
    net = pair.net

    def steps() -> None:
        for start in range(0, LONG - 20, 10):
            net.train_step(X[start : start + 10], y[start : start + 10])

    def save() -> None:
        if pair.saveable:
            net.save(pair.file("model"))

    def set_optimizers() -> None:
        for chosen in (SGD(0.01, 0.9), Adam(0.001)) * 10:
            net.optimizer = chosen

    flat = _scaled(rng, net.parameters.size, pair.dtype)
    actions: dict[str, Callable[[], Any]] = {
        "fit": lambda: net.fit(X, y, **options),
        "steps": steps,
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
    allowed = (DivergenceError, ValueError)  # of names that are too few in a step
    came = is_interrupted(lambda: outcome(action, allowed), seconds)
    pair.note(f"  Ctrl-C after {1e6 * seconds:.0f} us came {'inside' if came else 'too late'}")
    if pair.saveable:
        pair.load("model")  # the old file or the new one, and whole
    after = state_of(pair.net)
    same_optimizer = after["optimizer"] == before["optimizer"]
    if name == "fit" and came and after["steps"] == (before["steps"] if same_optimizer else 0):
        changed = differences(before, after)
        pair.demand(not changed, f"Ctrl-C before the first step changed {changed}")
    pair.check_usable(rng)
    pair.resync()


@call(1)
def look_from_a_signal_handler(pair: Pair, rng: Rng) -> None:
    X, y = pair.samples(rng, LONG)
    options = fit_options(pair, rng, LONG)
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

    pair.both(
        lambda: with_alarm(lambda: pair.net.fit(X, y, **options), seconds, look),
        lambda: pair.twin.fit(X, y, **options),
    )
    pair.demand(not errors, f"a handler that looks, after {1e6 * seconds:.0f} us: {errors}")


DEPEND_ON_THE_INSTANT = (
    "save_while_training",
    "copy_while_training",
    "set_optimizer_while_training",
    "interrupt",
    "look_from_a_signal_handler",
)
"""What another run of the same sequence may do otherwise."""
