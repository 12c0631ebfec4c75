"""Random calls that train on what comes bit by bit: batches, single samples."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np
from network_state import share_target_kind
from random_arguments import Rng, another_way, fit_options
from random_call_row import new_table
from random_calls import Pair, _choice
from random_training import OurError, StepByStep, early_stopping

from fastbp import DivergenceError

CALLS, call = new_table()


@call(2)
def fit_batches(pair: Pair, rng: Rng) -> None:
    """Batches that an iterable gives, and the twin's of arrays."""
    X, y = pair.samples(rng)
    options = fit_options(pair, rng, len(X)) | {"shuffle": False}
    options.pop("class_weight", None)
    if pair.form == "names" and pair.twin.classes is None:
        return  # the first batch would name too few classes
    size, epochs = options["batch_size"], options["epochs"]
    other = another_way(rng, options)
    del options["batch_size"]
    parts = [slice(start, start + size) for start in range(0, len(X), size)]

    def batches() -> Any:
        return (
            ((X[rows], y[rows]) for rows in parts)
            if epochs == 1
            else [[pair.layout_of_X(rng, X[rows]), y[rows]] for rows in parts]
        )

    if rng.random() < 0.7:
        if rng.random() < 0.3:
            both = {"validation": pair.samples(rng, 20), "early_stopping": early_stopping(rng)}
            pair.note(f"  {both['early_stopping']}")
            options |= both
            other |= both
        if rng.random() < 0.3:
            options["callbacks"] = StepByStep()
        pair.call_both(
            lambda: pair.net.fit(batches(), **options), lambda: pair.twin.fit(X, y, **other)
        )
        return
    pair.note("  in partial fits")
    for some in (options, other):
        some.pop("label_smoothing", None)
    for name in ("shuffle", "epochs"):
        del options[name]
    calls = max(1, len(X) // size // 2) * size  # a multiple of the batch size

    def passes() -> None:
        for start in range(0, len(X), calls):
            rows = slice(start, start + calls)
            pair.net.partial_fit(X[rows], y[rows], batch_size=size, **options)

    first = pair.call_both(
        passes, lambda: pair.twin.fit(X, y, **other | {"epochs": 1}), alike=False
    )
    if first.error is None:
        pair.epochs_ahead -= 1
        share_target_kind(pair.net, pair.twin)


@call(2)
def fit_until_a_batch_ends_it(pair: Pair, rng: Rng) -> None:
    """on_batch_end stops the network, or raises; the twin has only the batches before that."""
    X, y = pair.samples(rng)
    options = fit_options(pair, rng, len(X)) | {"shuffle": False, "epochs": 1}
    options.pop("class_weight", None)
    if pair.form == "names" and pair.twin.classes is None:
        return  # the first batches would name too few classes
    size = min(options["batch_size"], len(X))
    parts = [slice(start, start + size) for start in range(0, len(X), size)]
    last, raises = int(rng.integers(len(parts))), bool(rng.random() < 0.5)
    pair.note(f"  step {last} ends it, by an exception: {raises}")

    class Ends:
        def on_batch_end(self, net: Any, step: int, C: float) -> bool:
            if raises and step == last:
                raise OurError
            return step == last

    other = another_way(rng, options) | {"batch_size": None}
    batches = [[X[rows], y[rows]] for rows in parts]
    gives_batches = bool(rng.random() < 0.5)
    given: Any = (batches,) if gives_batches else (X, y)
    if gives_batches:
        options["batch_size"] = None
    pair.note(f"  batches: {gives_batches}")

    def ended() -> None:
        with suppress(OurError):
            pair.net.fit(*given, **options | {"callbacks": Ends()})

    first = pair.call_both(
        ended, lambda: pair.twin.fit(batches[: last + 1], **other) and None, alike=False
    )
    if first.error is None:
        counts = last == len(parts) - 1 and not gives_batches  # the epoch, which had ended
        pair.epochs_ahead -= not counts
        share_target_kind(pair.net, pair.twin)


@call(1)
def fit_batches_until_one_is_bad(pair: Pair, rng: Rng) -> None:
    """A batch of a later epoch is refused: back to the last epoch's end. Or the iterable fails."""
    X, y = pair.samples(rng)
    options = fit_options(pair, rng, len(X)) | {"shuffle": False, "epochs": 3}
    options.pop("class_weight", None)
    if pair.form == "names" and pair.twin.classes is None:
        return
    size = min(options.pop("batch_size"), len(X))
    parts = [slice(start, start + size) for start in range(0, len(X), size)]
    epoch_of_it, number = int(rng.integers(1, 3)), int(rng.integers(len(parts)))
    fails = _choice(rng, ["NaN", "shape", "no pair", "error"])
    options["check_input"] = True
    pair.note(f"  {fails} in batch {number} of epoch {epoch_of_it}")

    class Batches:
        epoch = -1

        def __iter__(self) -> Any:
            self.epoch += 1
            for i, rows in enumerate(parts):
                if (self.epoch, i) == (epoch_of_it, number):
                    if fails == "error":
                        raise OurError
                    bad = {"NaN": X[rows] * np.nan, "shape": X[rows][:, :0], "no pair": None}[fails]
                    yield (bad, y[rows]) if bad is not None else 3.0
                yield X[rows], y[rows]

    def bad() -> None:
        try:
            pair.net.fit(Batches(), **options)
        except DivergenceError:
            raise
        except (OurError, TypeError, ValueError) as error:
            pair.demand(isinstance(error, OurError) == (fails == "error"), repr(error))
        else:
            pair.demand(False, "a bad batch was taken")

    other = another_way(rng, options) | {"epochs": epoch_of_it}

    def alone() -> None:
        pair.twin.fit([(X[rows], y[rows]) for rows in parts], **other)
        if fails == "error" and number:
            pair.twin.fit(
                [(X[rows], y[rows]) for rows in parts[:number]],
                **other | {"epochs": 1, "optimizer": None},
            )

    first = pair.call_both(bad, alone, alike=False)
    if first.error is None and fails == "error" and number:
        pair.epochs_ahead -= 1


@call(2)
def learn_one(pair: Pair, rng: Rng) -> None:
    X, y = pair.samples(rng)
    pair.note(f"  {min(len(X), 4)} samples; the twin: steps of one row")
    for i in range(min(len(X), 4)):
        pair.call_both(
            lambda i=i: pair.net.learn_one(X[i], y[i]),
            lambda i=i: pair.twin.train_step(X[i : i + 1], y[i : i + 1]),
            allowed=(ValueError,),  # a name, where there are no classes yet
        )


@call(1)
def trace_step(pair: Pair, rng: Rng) -> None:
    X, y = pair.samples(rng)
    pair.note("  a sample; the twin: a step of one row")
    pair.call_both(
        lambda: pair.net.trace_step(X[0], y[0]),
        lambda: pair.twin.train_step(X[:1], y[:1]),
        allowed=(ValueError,),  # a name, where there are no classes yet
        alike=False,
    )
