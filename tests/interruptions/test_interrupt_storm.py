"""Ctrl-C at random instants, again and again: the network goes on, as if it had been left alone."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from alarms import is_interrupted, needs_alarms
from network_state import differences, is_finite, is_settled, memory_fits, state_of
from silent_progress import Silent

from fastbp import SGD, Adam, EarlyStopping, Network
from fastbp.schedules import Cosine

# Random targets cannot be learnt, which a fit may say.
pytestmark = [needs_alarms, pytest.mark.filterwarnings("ignore::UserWarning")]

# One in a hundred locked a network, and one in two hundred parted an optimizer from its memory:
# the short storms find that with a probability of 0.99 or more, the night's count what is left.
STORMS = [
    pytest.param(1_000, id="1,000 times"),
    pytest.param(100_000, id="100,000 times", marks=pytest.mark.nightly),
]
# Seconds: from the first instructions of a call to the end of the second or third.
SOONEST, LATEST = 1e-5, 4e-4
# More than LATEST takes, so that a storm's call hardly ever ends by itself, and yet it ends.
REPEATED = 30

rng = np.random.default_rng(0)
X, y = rng.random((32, 64), dtype=np.float32), rng.integers(0, 10, 32)
OPTIMIZERS = (SGD(0.01, momentum=0.9), Adam(0.001), SGD(0.01))


def _train_steps(net: Any) -> None:
    for _ in range(REPEATED):
        net.train_step(X, y)


def _train_steps_by_turns(net: Any) -> None:
    for i in range(REPEATED):
        net.train_step(X, y, optimizer=OPTIMIZERS[i % 3])


def _learn_one_by_turns(net: Any) -> None:
    for i in range(REPEATED):
        net.learning_rate = 0.01 + 0.001 * (i % 3)  # which the short way has to be made ready for
        for row in range(5):
            net.learn_one(X[row], y[row])


def _fit(net: Any) -> None:
    for _ in range(REPEATED):
        net.fit(X, y, epochs=2, batch_size=16)


def _fit_by_turns(net: Any) -> None:
    for i in range(REPEATED):
        net.fit(X, y, epochs=2, batch_size=16, optimizer=OPTIMIZERS[i % 3])


def _fit_with_options(net: Any) -> None:
    for i in range(REPEATED):
        optimizer = Adam(0.001, ema=0.9, clip_norm=0.1, schedule=Cosine(steps=9 + i % 2))
        options = {"optimizer": optimizer, "validation": (X[:4], y[:4])}
        net.fit(X, y, epochs=2, batch_size=16, early_stopping=EarlyStopping(1), **options)


def _fit_batches(net: Any) -> None:
    for i in range(REPEATED):
        optimizer = SGD(0.01, momentum=0.9, ema=0.9, schedule=Cosine(steps=9 + i % 2))
        net.fit([(X[:16], y[:16]), (X[16:], y[16:])], epochs=2, optimizer=optimizer)


def _set_optimizers(net: Any) -> None:
    for i in range(3 * REPEATED):
        net.optimizer = OPTIMIZERS[i % 3]


CALLS: dict[str, Callable[[Any], None]] = {
    "train_step": _train_steps,
    "train_step, optimizers by turns": _train_steps_by_turns,
    "learn_one, rates by turns": _learn_one_by_turns,
    "fit": _fit,
    "fit, optimizers by turns": _fit_by_turns,
    "fit, a moving average and early stopping": _fit_with_options,
    "fit, batches": _fit_batches,
    "the optimizer's setter": _set_optimizers,
}


def instants(count: int) -> Any:
    return np.random.default_rng(count).uniform(SOONEST, LATEST, count).tolist()


@pytest.mark.parametrize("count", STORMS)
@pytest.mark.parametrize("call", CALLS)
def test_no_interrupt_locks_a_network_or_parts_an_optimizer_from_its_memory(
    call: str, count: int
) -> None:
    net = Network([64, 32, 10], seed=0)
    came = 0
    for seconds in instants(count):
        came += is_interrupted(lambda: CALLS[call](net), seconds)
        assert memory_fits(net), f"after {came} interrupts the memory is another optimizer's"
        assert not net._model.snapshot.is_live, f"after {came} interrupts a training is under way"
        assert is_settled(net), f"after {came} interrupts the parameters are not the average"
        net.train_step(X, y)
    assert came > count / 2
    assert is_finite(net)
    twin = net.copy()
    for network in (net, twin):  # it holds nothing that a copy of it does not
        network.fit(X, y, epochs=2)
    assert not differences(state_of(net), state_of(twin))


@pytest.mark.parametrize("count", STORMS)
def test_an_interrupt_before_the_first_step_changes_nothing(count: int) -> None:
    # A batch of many rows: most of the time passes before the first weight moves.
    X, y = rng.random((3000, 64), dtype=np.float32), rng.integers(0, 10, 3000)

    def trained_once() -> Any:
        net = Network([64, 32, 10], seed=0)
        net.fit(X[:64], y[:64], epochs=1, optimizer=OPTIMIZERS[0])
        return net

    net, undone = trained_once(), 0
    before = state_of(net)

    for seconds in instants(count // 4):
        call = net.train_step if undone % 2 else net.fit
        if is_interrupted(lambda call=call: call(X, y, optimizer=OPTIMIZERS[1]), seconds):
            after = state_of(net)
            if after["steps"] == 0 or after["parameters"] == before["parameters"]:
                assert not differences(before, after)
                undone += 1
        if state_of(net) != before:
            net = trained_once()
    assert undone > count / 40


class RaisesAfterASlice(Silent):
    """A handler that raises between two slices of work, however busy the machine is."""

    def advance(self, samples_done: int) -> None:
        raise KeyboardInterrupt


def _by_an_alarm(net: Any, X: Any, y: Any, options: dict[str, Any]) -> None:
    assert is_interrupted(lambda: net.fit(X, y, **options), 0.05)


def _by_a_display(net: Any, X: Any, y: Any, options: dict[str, Any]) -> None:
    with pytest.raises(KeyboardInterrupt):
        net.fit(X, y, progress=RaisesAfterASlice(), **options)


# What overflows in the first step, and no C tells: Adam's second moment, or weights, where the
# sigmoid makes finite numbers of infinite ones and lets no gradient through.
OVERFLOWS: dict[str, tuple[dict[str, Any], float, float, Any]] = {
    "a moment": ({"output_activation": "identity"}, 1e6, 1e15, Adam(0.001)),
    "a weight": ({"output_activation": "sigmoid"}, 10.0, 0.25, SGD(3e38)),
}


@pytest.mark.parametrize("interrupt", [_by_an_alarm, _by_a_display])
@pytest.mark.parametrize("case", OVERFLOWS)
def test_an_interrupt_after_an_overflow_leaves_what_can_be_saved_and_trained(
    case: str, interrupt: Callable[..., None], tmp_path: Path
) -> None:
    # No memory is behind it: every row is the same. An epoch takes a second or more.
    options, x, target, optimizer = OVERFLOWS[case]
    n = 5_000_000
    X = np.broadcast_to(np.float32(x), (n, 20))
    y = np.broadcast_to(np.float32(target), (n, 3))
    net = Network([20, 3], initializer="zeros", **options)
    interrupt(net, X, y, {"optimizer": optimizer, "batch_size": 8, "epochs": 1})
    assert is_finite(net)
    net.save(tmp_path / "model")
    loaded = Network.load(tmp_path / "model")
    assert not differences(state_of(net), state_of(loaded))
    few = np.zeros((9, 20)), np.zeros((9, 3))
    for network in (net, loaded):
        network.fit(*few, epochs=2, optimizer=SGD(0.1))
    assert not differences(state_of(net), state_of(loaded))


@pytest.mark.parametrize("count", STORMS)
def test_an_interrupt_of_a_save_leaves_the_old_file_or_the_new_one(
    count: int, tmp_path: Path
) -> None:
    net, path = Network([64, 32, 10], seed=0), tmp_path / "model"
    net.save(path)
    came = 0
    for seconds in instants(count // 10):  # each of them waits for the disk
        net.train_step(X, y)
        came += is_interrupted(lambda: net.save(path), 3 * seconds)
        assert is_finite(Network.load(path))
    assert came > 0
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
