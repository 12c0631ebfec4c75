"""Threads that train on copies of their columns of the weights give the bits of one thread."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from drawn import EVERY_OPTIMIZER, batch_for
from network_state import differences, state_of
from recorded_slices import recorded
from silent_progress import Silent
from team_sizes import HAS_TEAMS
from ways_in import NUMBERS

from fastbp import SGD, Adam, DivergenceError, Network
from fastbp.model import kernel_sets
from fastbp.training.threads import Exactly

pytestmark = [
    pytest.mark.threads,
    pytest.mark.skipif(not HAS_TEAMS, reason="teams need POSIX threads"),
    pytest.mark.skipif(kernel_sets.ISA == "plain", reason="gradient and update are apart in it"),
]

SAMPLES, EPOCHS = 500, 6
SIZES = (
    [40, 70, 50, 10],  # columns of both hidden layers for two threads and for three
    [40, 70, 5, 50, 3],  # one without
    [64, 65, 1],  # the last thread's columns are one
)


@pytest.fixture(autouse=True)
def slices_within_epochs(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """So that copies are made, given back, and made again.

    Some sets have slices of less work for bfloat16, which would not pay for copies.
    """
    short = "bfloat16" not in request.node.name
    for name in ("UNKNOWN", "LONGEST"):
        monkeypatch.setattr(f"fastbp.training.thread_trials.{name}", 0.12 if short else 1.0)


def fitted(sizes: list[int], threads: int, **options: Any) -> tuple[Any, Any, list[bool]]:
    """State and history after a fit, and whether its slices had copies."""
    fit = {
        name: options.pop(name) for name in ("optimizer", "sample_weight", "l2") if name in options
    }
    net = Network(sizes, activation="tanh", output_activation="identity", seed=2, **options)
    rng = np.random.default_rng(5)
    X, y = rng.standard_normal((SAMPLES, sizes[0])), rng.random((SAMPLES, sizes[-1]))
    batch_size = batch_for(fit["optimizer"], 32) or SAMPLES
    with recorded() as slices:
        history = net.fit(
            X, y, epochs=EPOCHS, batch_size=batch_size, n_threads=Exactly(threads), **fit
        )
    return state_of(net), history.loss, [row.own_columns for row in slices]


OPTIONS: dict[str, dict[str, Any]] = {
    "l2": {"optimizer": SGD(0.01), "l2": 1e-3},
    "ema": {"optimizer": Adam(0.001, ema=0.9)},
    "dropout": {"optimizer": Adam(0.001), "dropout": 0.3},
    "weights": {"optimizer": SGD(0.01), "sample_weight": np.arange(SAMPLES) % 3},
}


@pytest.mark.parametrize("numbers", NUMBERS)
@pytest.mark.parametrize("sizes", SIZES, ids=str)
@pytest.mark.parametrize("optimizer", EVERY_OPTIMIZER, ids=lambda optimizer: optimizer.rule.name)
def test_every_optimizer_gives_the_same_bits(
    optimizer: Any, sizes: list[int], numbers: str
) -> None:
    if batch_for(optimizer, 32) != 32:
        pytest.skip("it takes all samples at a time, by another loop")
    options: dict[str, Any] = {"optimizer": optimizer, **NUMBERS[numbers]}
    *expected, of_one = fitted(sizes, 1, **options)
    assert not any(of_one)
    for threads in (2, 3):
        *found, of_team = fitted(sizes, threads, **options)
        assert any(of_team)
        assert len(of_team) > 1 or numbers == "bfloat16"
        assert not differences(expected[0], found[0])
        assert expected[1] == found[1]


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_every_option_gives_the_same_bits(options: dict[str, Any]) -> None:
    state, loss, _ = fitted(SIZES[0], 1, **options)
    found, found_loss, of_team = fitted(SIZES[0], 2, **options)
    assert any(of_team)
    assert not differences(state, found)
    assert loss == found_loss


class Spoiling(Silent):
    """Makes samples too large after three epochs."""

    def __init__(self, X: Any) -> None:
        self.X, self.epochs = X, 0

    def epoch_end(self, history: Any) -> None:
        self.epochs += 1
        if self.epochs == 3:
            self.X[:] = 1e30


def test_a_training_that_diverges_goes_back_to_the_same_epoch() -> None:
    states = []
    for threads in (1, 2):
        net = Network(SIZES[0], activation="relu", output_activation="identity", seed=2)
        rng = np.random.default_rng(5)
        X, y = rng.standard_normal((SAMPLES, 40)), rng.random((SAMPLES, 10))
        with recorded() as slices, pytest.raises(DivergenceError):
            net.fit(
                X,
                y,
                epochs=5,
                optimizer=Adam(0.001),
                n_threads=Exactly(threads),
                progress=Spoiling(X),
            )
        assert any(row.own_columns for row in slices) == (threads > 1)
        assert slices[-1].own_columns == (threads > 1)
        states.append(state_of(net))
    assert states[0]["epochs"] == 3
    assert not differences(*states)
