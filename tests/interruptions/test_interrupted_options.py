"""Ctrl-C at every line of a fit with a moving average and early stopping: one whole moment."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from alarms import is_interrupted_at_line
from network_state import differences, is_settled, memory_fits, state_of

from fastbp import Adam, EarlyStopping, History, Network
from fastbp.schedules import Cosine, ReduceOnPlateau

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

rng = np.random.default_rng(0)
X, y = rng.random((8, 4)), rng.integers(0, 3, 8)
BATCHES = [(X[:5], y[:5]), (X[5:], y[5:])]
#: Where what a handler raises may come between two changes of a network's state.
FILES = ("model/state.py", "model/snapshot.py", "model/best_state.py", "training/fit.py")


class Moments:
    """Records what steps lead to: the parameters that they go on from, memory and counts."""

    def __init__(self) -> None:
        self.moments: list[Any] = []

    def on_batch_end(self, net: Network, step: int, C: float) -> None:
        self.moments.append(moment(net))


def moment(net: Network) -> Any:
    state = net._model.state
    return state.steps, net.raw_parameters.tobytes(), *(m.tobytes() for m in state.current.memory)


def trained() -> Network:
    net = Network([4, 3, 3], seed=0)
    net.fit(X, y, epochs=1, optimizer=Adam(0.1, ema=0.5))
    return net


OPTIONS: dict[str, Any] = {
    "epochs": 4,
    "validation": (X[:4], y[:4]),
    "metrics": "accuracy",
    "early_stopping": EarlyStopping(2, monitor="accuracy", restore="best"),
}


def fit(net: Network, **options: Any) -> History:
    optimizer = Adam(0.5, ema=0.5, clip_norm=0.1, schedule=ReduceOnPlateau(patience=1))
    return net.fit(X, y, batch_size=5, optimizer=optimizer, **OPTIONS | options)


def fit_batches(net: Network, **options: Any) -> History:
    optimizer = Adam(0.5, ema=0.9, clip_norm=0.1, schedule=Cosine(steps=9))
    return net.fit(BATCHES, optimizer=optimizer, **OPTIONS | options)


# Seven lines at a time see every statement of a loop in one of its rounds, or in the next.
@pytest.mark.parametrize("stride", [7, pytest.param(1, marks=pytest.mark.slow)])
@pytest.mark.parametrize("train", [fit, fit_batches])
def test_an_interrupt_at_any_line_leaves_one_whole_moment(train: Any, stride: int) -> None:
    fresh, whole, recorded = trained(), trained(), Moments()
    history = train(whole, callbacks=recorded)
    assert history.best_epoch < history.epochs - 1  # which was restored
    moments = {moment(fresh), *recorded.moments}
    assert moment(whole) in moments
    before, count, interrupted = state_of(fresh), 0, True
    steps_seen = set()
    while interrupted:
        net, count = fresh.copy(), count + stride
        interrupted = is_interrupted_at_line(lambda net=net: train(net), count, *FILES)
        assert is_settled(net), f"at line {count}"
        assert memory_fits(net), f"at line {count}"
        assert moment(net) in moments, f"at line {count}"
        steps_seen.add(net._model.state.steps)
        if moment(net) == moment(fresh):
            assert not differences(before, state_of(net)), f"at line {count}"
        assert not net._model.snapshot.is_live
    assert count > 200
    assert len(steps_seen) > 3
    assert not differences(state_of(net), state_of(whole))
