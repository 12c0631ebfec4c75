"""Random calls that leave a network as it is."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from network_state import differences, state_of
from random_arguments import LONG, Rng
from random_call_row import new_table
from random_calls import Pair, _choice

CALLS, call = new_table()


@call(3)
def predict(pair: Pair, rng: Rng) -> None:
    X, _ = pair.samples(rng)
    if rng.random() < 0.2:
        X[rng.integers(len(X))] = np.nan  # a row of its own, and no other's
    cuts = np.sort(rng.integers(0, len(X) + 1, rng.integers(0, 4)))
    pieces = [pair.layout_of_X(rng, piece) for piece in np.split(X, cuts) if len(piece)]
    pair.note(f"  the twin's rows cut at {cuts.tolist()}")
    pair.call_both(
        lambda: pair.net.predict(X),
        lambda: np.concatenate([pair.twin.predict(piece) for piece in pieces]),
    )


def _mean_and_first(b: Any) -> Any:
    return b.C, [*b.dC_dw], [*b.dC_db], b[0]


READING: dict[str, Callable[[Any, Any, Any], Any]] = {
    "predict_classes": lambda net, X, y: net.predict_classes(X),
    "score": lambda net, X, y: net.score(X, y),
    "loss_value": lambda net, X, y: net.loss_value(X, y),
    "gradients": lambda net, X, y: net.gradients(X, y),
    "predict_one": lambda net, X, y: net.predict_one(X[0]),
    "trace": lambda net, X, y: net.trace(X[0], y[0]),
    "trace_batch": lambda net, X, y: _mean_and_first(net.trace_batch(X, y)),
    "jvp": lambda net, X, y: net.jvp(X, dparameters=net.parameters),
    "vjp": lambda net, X, y: net.vjp(X, net.predict(X)),
}


@call(3)
def read(pair: Pair, rng: Rng) -> None:
    X, y = pair.samples(rng)
    name = _choice(rng, list(READING))
    pair.note(f"  {name} of {len(X)} rows")
    other_X, other_y = pair.layout_of_X(rng, X), pair.layout(rng, y)
    before = state_of(pair.net)
    pair.call_both(
        lambda: READING[name](pair.net, X, y),
        lambda: READING[name](pair.twin, other_X, other_y),
        allowed=(ValueError,),  # a number has no classes, and names of none mean nothing yet
    )
    pair.demand(not (changed := differences(before, state_of(pair.net))), f"{name}: {changed}")


@call(1)
def read_in_threads(pair: Pair, rng: Rng) -> None:
    X, _ = pair.samples(rng, LONG)
    with ThreadPoolExecutor(4) as pool:
        from_threads = list(pool.map(pair.net.predict, [X] * 8))
    pair.call_both(lambda: from_threads, lambda: [pair.twin.predict(X)] * 8)
