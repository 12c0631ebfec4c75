"""Subnormal numbers: what decays to them, and plans whose loops take them for zeros."""

import signal
import threading

import numpy as np
import pytest
from kernel_sets import RUNNABLE, forced

from fastbp import SGD, Adam, NAdam, Network, RMSprop
from fastbp.training.fit import Run
from fastbp.training.options import Options
from fastbp.training.samples import checked_samples

pytestmark = [pytest.mark.kernels, pytest.mark.threads]

TINY = {"float32": 1e-40, "float64": 1e-310}


def keeps_subnormals() -> bool:
    return bool(np.array([1e-40], np.float32)[0] * np.float32(1) > 0)


def trained(dtype, flushes, *, epochs=1, n_threads=1, n=200):
    """A network of dead nodes after a fit whose l2 has shrunk their subnormal weights."""
    net = Network(
        [3, 40, 2], activation="relu", output_activation="identity", loss="half_squared_error",
        dtype=dtype, seed=0,
    )  # fmt: skip
    net.weights[0] = np.full((40, 3), TINY[dtype])
    net.biases[0] = np.full(40, -1.0)  # nodes that learn nothing
    r = np.random.default_rng(0)
    X, y = r.normal(size=(n, 3)), r.normal(size=(n, 2))
    training, _ = checked_samples(net._model, X, y, None, None)
    options = Options(epochs, 10, SGD(1e-3), l2=0.5, n_threads=n_threads)
    with net._model.training_lock.claim("fit", net._model.snapshot):
        Run(net._model, training, None, options._replace(flushes_subnormals=flushes)).go()
    return net


@pytest.mark.parametrize("n_threads", [1, 2, 3])
@pytest.mark.parametrize("dtype", TINY)
def test_subnormal_weights_become_zeros_where_the_plan_says_so(dtype, n_threads):
    flushed = trained(dtype, True, n_threads=n_threads)
    kept = trained(dtype, False, n_threads=n_threads)
    assert not np.any(flushed.weights[0])
    assert np.all((kept.weights[0] > 0) & (kept.weights[0] < np.finfo(dtype).tiny))
    assert keeps_subnormals()


@pytest.mark.skipif(
    threading.current_thread() is not threading.main_thread(),
    reason="signals are the main thread's",
)
def test_a_signals_handler_computes_as_ever():
    seen = []

    def handler(number, frame):
        seen.append(keeps_subnormals())

    before = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.02, 0.02)
    try:
        trained("float32", True, epochs=400, n=2000)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert seen
    assert all(seen)


DECAYING = {
    "momentum": SGD(0.1, momentum=0.9),
    "nesterov": SGD(0.1, momentum=0.9, nesterov=True),
    "adam": Adam(0.1, beta2=0.9),
    "adam, eps_hat": Adam(0.1, beta2=0.9, eps_hat=True),
    "nadam": NAdam(0.1, beta2=0.9),
    "rmsprop": RMSprop(0.1, rho=0.9),
    "rmsprop, momentum": RMSprop(0.1, rho=0.9, momentum=0.9),
    "rmsprop, centered": RMSprop(0.1, rho=0.9, momentum=0.9, centered=True),
}


@pytest.mark.parametrize("isa", RUNNABLE)
@pytest.mark.parametrize("dtype", TINY)
@pytest.mark.parametrize("optimizer", DECAYING.values(), ids=DECAYING)
def test_row_42_what_a_rule_remembers_decays_to_0(optimizer, dtype, isa):
    """Nine tenths of four times the smallest number round to it again."""
    with forced(isa):
        net = Network([3, 20, 2], activation="tanh", dtype=dtype, seed=0)
        X, y = np.ones((1, 3), dtype), np.array([1])
        net.fit(X, y, epochs=1, optimizer=optimizer)
        assert all(memory.all() for memory in memories_of_first_w(net))
        # 0.9^7200 = 1e-330; samples of zeros, so that w^(1) has no gradient
        net.fit(0 * X, y, epochs=7200, optimizer=optimizer)
    assert not any(memory.any() for memory in memories_of_first_w(net))


def memories_of_first_w(net):
    """What the optimizer remembers of w^(1), an array for each kind of memory."""
    state = net._model.state
    return [state.layout.w(memory, 1) for memory in state.current.memory]
