"""What a fit that fails goes back to, and that nothing keeps it from getting there."""

from __future__ import annotations

import sys
import tracemalloc
from collections.abc import Callable
from types import FrameType
from typing import Any

import numpy as np
import pytest
from network_state import differences, state_of

from fastbp import SGD, Activation, Adam, DivergenceError, Network

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


def interrupted_at_line(count: int, call: Callable[[], None]) -> bool:
    """Whether Ctrl-C came at the count-th line of the way back that `call` goes."""
    left = [count]

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        if frame.f_code.co_name not in ("_restore",):
            return None

        def of_lines(frame: FrameType, event: str, argument: Any) -> Any:
            left[0] -= event == "line"
            if left[0] == 0:
                sys.settrace(None)
                raise KeyboardInterrupt
            return of_lines

        return of_lines

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        call()
    finally:
        sys.settrace(before)
    return left[0] <= 0


@pytest.mark.parametrize("failing", FAILING)
def test_an_interrupt_on_the_way_back_does_not_keep_it_from_arriving(failing: str) -> None:
    fit, error, _ = FAILING[failing]
    expected = trained()
    with pytest.raises(error):
        fit(expected)
    for count in range(1, 99):
        net = trained()
        try:
            interrupted_at_line(count, lambda net=net: fit(net))
        except KeyboardInterrupt:
            assert not differences(state_of(expected), state_of(net)), f"at line {count}"
        except error:
            break
    assert 10 < count < 98


def test_a_failing_fit_needs_no_memory_of_the_network_s_size() -> None:
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
