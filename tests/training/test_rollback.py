"""What a fit that fails goes back to, and that nothing keeps it from getting there."""

from __future__ import annotations

import sys
import tracemalloc
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest
from alarms import at_each_line, is_interrupted_at_line
from network_state import differences, is_finite, state_of

from fastbp import SGD, Activation, Adam, DivergenceError, Network, _boundary

X = np.random.default_rng(0).random((40, 3))
Y = np.random.default_rng(1).random((40, 2))
TOO_FAST = 1e300  # in float32 every weight is then infinite after a step
NAN_AT_LAST = np.concatenate([X[:-1], np.full((1, 3), np.nan)])


SINE = Activation(np.sin, np.cos)


def trained(activation: Any = "sigmoid") -> Any:
    """A network with an optimizer's memory, and a generator that has drawn."""
    net = Network([3, 4, 2], activation, output_activation="identity", seed=0)
    net.fit(X, Y, epochs=2, batch_size=8, optimizer=SGD(0.01, momentum=0.5))
    return net


def explode(net: Any, epoch: int, history: Any) -> None:
    net.learning_rate = TOO_FAST


def bad_value(net: Any) -> None:
    net.fit(NAN_AT_LAST, Y, epochs=3, batch_size=8, shuffle=False, optimizer=Adam(0.01))


def divergence(net: Any) -> None:
    net.fit(X, Y, epochs=3, batch_size=40, optimizer=Adam(0.01), callbacks=explode)


def divergence_at_once(net: Any) -> None:
    net.fit(X, Y, epochs=3, batch_size=40, optimizer=SGD(TOO_FAST, momentum=0.5))


# A fit that fails -> how it ends, and whether it goes back to its start.
FAILING: dict[str, tuple[Callable[[Any], None], type[Exception], bool]] = {
    "a bad value after some steps": (bad_value, ValueError, True),
    "divergence in the first epoch": (divergence_at_once, DivergenceError, True),
    "divergence in a later epoch": (divergence, DivergenceError, False),
}


@pytest.mark.filterwarnings("ignore::fastbp.errors.PerformanceWarning")
@pytest.mark.parametrize("activation", ["sigmoid", SINE], ids=["built-in", "custom"])
@pytest.mark.parametrize("failing", FAILING)
def test_a_fit_that_fails_goes_back_to_its_start_or_to_the_last_epoch_s_end(
    failing: str, activation: Any
) -> None:
    fit, error, to_start = FAILING[failing]
    net, twin = trained(activation), trained(activation)
    before = state_of(net)
    for _ in range(2):  # two in a row
        with pytest.raises(error):
            fit(net)
        if to_start:
            assert not differences(before, state_of(net))
        else:
            twin.fit(X, Y, epochs=1, batch_size=40, optimizer=Adam(0.01))
            twin.learning_rate = TOO_FAST
            assert net.parameters.tobytes() == twin.parameters.tobytes()
            expected, state = state_of(twin), state_of(net)
            expected["random"] = state["random"]  # the order of the failed epoch has been drawn
            assert not differences(expected, state)
            twin = net.copy()
    net.fit(X, Y, epochs=1, optimizer=SGD(0.01))


def test_what_data_taught_is_undone_where_no_epoch_has_ended() -> None:
    names = np.where(Y[:, 0] > 0.5, "yes", "no")
    net = Network([3, 2], output_activation="softmax", loss="cross_entropy", seed=0)
    learned = net._model.state.learned

    def overflow(net: Any, epoch: int, history: Any) -> None:
        net.weights[0][...] = np.nan

    with pytest.raises(DivergenceError):
        net.fit(X, names, epochs=2, optimizer=SGD(TOO_FAST), l2=1.0)
    assert net._model.state.learned == learned
    with pytest.raises(DivergenceError):
        net.fit(X, names, epochs=2, callbacks=overflow)  # the second epoch diverges
    assert net.classes == ("no", "yes")
    assert net._model.state.learned != learned


# Where a handler's exception could leave something half done.
WAY = ("model/snapshot.py", "model/state.py", "training/fit.py", "training/samples.py")


def whole_state(net: Any) -> dict[str, Any]:
    return state_of(net) | {"learned": net._model.state.learned}


def names_of_the_data(net: Any) -> None:
    net.fit(X, np.where(Y[:, 0] > 0.5, "yes", "no"), epochs=3, batch_size=8, validation=0.2)


def first_fit_that_diverges(net: Any) -> None:
    net.fit(X, np.where(Y[:, 0] > 0.5, "yes", "no"), batch_size=8, optimizer=SGD(TOO_FAST), l2=1.0)


def classifier() -> Any:
    return Network([3, 2], output_activation="softmax", loss="cross_entropy", seed=0)


def with_dropout() -> Any:
    return Network([3, 4, 2], dropout=0.5, seed=0)


# A training -> the network, and how it ends where nothing interrupts it.
INTERRUPTED: dict[str, tuple[Callable[[], Any], Callable[[Any], Any], type[Exception] | None]] = {
    **{name: (trained, fit, error) for name, (fit, error, _) in FAILING.items()},
    "a first fit": (classifier, names_of_the_data, None),
    "a first fit that diverges": (classifier, first_fit_that_diverges, DivergenceError),
    "a first fit with dropout": (with_dropout, names_of_the_data, None),
    "a first step with dropout": (with_dropout, lambda net: net.train_step(X, Y), None),
    "no epochs": (trained, lambda net: net.fit(X, Y, epochs=0, optimizer="adam"), None),
    "a step": (trained, lambda net: net.train_step(X, Y, optimizer=Adam(0.01)), None),
}


@pytest.mark.filterwarnings("ignore::fastbp.TrainingWarning")
@pytest.mark.parametrize("case", INTERRUPTED)
def test_no_interrupt_at_any_line_leaves_a_training_half_undone(case: str) -> None:
    new, fit, error = INTERRUPTED[case]
    expected = pytest.raises(error) if error is not None else nullcontext()
    net, seen, lines = new(), list[dict[str, Any]](), 0
    before = whole_state(net)

    def look() -> None:
        nonlocal lines
        lines += 1
        state = whole_state(net)
        if not seen or state != seen[-1]:  # most lines change nothing
            seen.append(state)

    with expected:
        at_each_line(lambda: fit(net), look, *WAY)
    look()

    for count in range(1, lines + 99):
        net = new()
        try:
            if not is_interrupted_at_line(lambda net=net: fit(net), count, *WAY):
                break
        except Exception as other:
            assert type(other) is error  # noqa: PT017
            break
        after = whole_state(net)
        where = f"at line {count} of {lines}"
        assert is_finite(net), where
        assert after in seen, where
        if after["parameters"] == before["parameters"]:
            assert not differences(before, after), where
        net.weights[0][...] = np.nan  # no training is under way: what there is, is kept
        assert not np.isfinite(net.copy().parameters).all(), where
        net.weights[0][...] = 1
        net.train_step(X, np.eye(2)[[0] * len(X)], optimizer="sgd")
    assert 30 < count < lines + 98


def test_a_failing_fit_needs_no_memory_of_the_network_s_size(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_boundary, "LEAST_IN_HUGE_PAGES", sys.maxsize)  # for tracemalloc
    net = Network([1000, 1000, 1], output_activation="identity", seed=0)
    x, y = np.ones((4, 1000), np.float32), np.ones((4, 1), np.float32)

    class EnoughError(Exception):
        pass

    def enough(net: Any, epoch: int, history: Any) -> None:
        tracemalloc.start()
        raise EnoughError

    try:
        with pytest.raises(EnoughError):
            net.fit(x, y, epochs=2, optimizer="sgd", callbacks=enough)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < net.parameters.size / 2  # a bool for each would take twice this
