"""Several threads at once, each right as if alone; under `make tsan`, no two meet in memory."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import numpy as np
import pytest
from ways_in import bits, gradient_arrays, network

pytestmark = pytest.mark.threads

THREADS = 4
# Enough work that the GIL is let go of.
X = np.random.default_rng(0).standard_normal((1500, 40)).astype("float32")
Y = np.eye(10)[np.arange(len(X)) % 10]
X.flags.writeable = False

READING: dict[str, Callable[[Any], Any]] = {
    "predict": lambda net: bits(net.predict(X)),
    "predict_one": lambda net: bits(*(net.predict_one(x) for x in X[:99])),
    "loss_value": lambda net: net.loss_value(X, Y),
    "gradients": lambda net: bits(*gradient_arrays(net.gradients(X, Y))),
    "trace": lambda net: bits(net.trace(X[0], Y[0]).dC_dw[1]),
    "trace_batch": lambda net: bits(net.trace_batch(X, Y).dC_dw[1]),
    "jvp": lambda net: bits(net.jvp(X, X, net.parameters)),
    "vjp": lambda net: bits(*net.vjp(X, Y)),
    "score": lambda net: net.score(X, Y),
}


def at_once(work: Callable[[int], Any]) -> list[Any]:
    """What several threads return, from a common start."""
    start = Barrier(THREADS)

    def run_one(i: int) -> Any:
        start.wait()
        return [work(i) for _ in range(5)]

    with ThreadPoolExecutor(THREADS) as pool:
        return [result for results in pool.map(run_one, range(THREADS)) for result in results]


@pytest.mark.parametrize("call", READING)
def test_threads_read_one_network(call: str) -> None:
    net = network((40, 60, 10), dtype="float32")
    alone = READING[call](net)
    assert all(result == alone for result in at_once(lambda i: READING[call](net)))


def test_threads_read_one_network_in_different_ways() -> None:
    net = network((40, 60, 10), dtype="float32")
    calls = [*READING.values()][:THREADS]
    alone = [call(net) for call in calls]
    results = at_once(lambda i: (i, calls[i](net)))
    assert all(result == alone[i] for i, result in results)


def test_threads_train_networks_of_their_own_on_the_same_samples() -> None:
    def trained(seed: int) -> Any:
        net = network((40, 60, 10), dtype="float32", seed=seed)
        net.fit(X, Y, epochs=2, optimizer="adam")
        return bits(net.parameters)

    alone = [trained(seed) for seed in range(THREADS)]
    results = at_once(lambda i: (i, trained(i)))
    assert all(result == alone[i] for i, result in results)
