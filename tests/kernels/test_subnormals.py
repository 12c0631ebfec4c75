"""Plans with flushes_subnormals: numbers that small are zeros in the loops, and nowhere else."""

import signal
import threading

import numpy as np
import pytest

from fastbp import SGD, Network
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
