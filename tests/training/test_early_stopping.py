"""Validation data held out by a fraction, and stopping by what they say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from small_tasks import classifier, curve_samples, regressor, samples
from tolerances import assert_close

from fastbp import SGD, Adam, EarlyStopping, Network


@pytest.mark.parametrize("seed", range(8))
def test_a_validation_fraction_is_stratified_by_class(seed: int) -> None:
    """50, 30 and 20 of a hundred, a fifth held out: 10, 6 and 4.

    With weights of zero and a fixed bias a sample's loss depends on its class alone, so that the
    losses give the shares away: both must be that of all samples.
    """
    net = Network(
        [1, 3],
        output_activation="softmax",
        loss="cross_entropy",
        initializer="zeros",
        bias="fixed",
        dtype="float64",
        seed=seed,
    )
    net.biases[0][...] = [0.3, 1.7, -2.9]
    y = np.repeat([0, 1, 2], [50, 30, 20])
    X = np.zeros((100, 1))
    history = net.fit(X, y, epochs=1, optimizer=SGD(0.0), validation=0.2)
    assert_close(history.validation_loss, [net.loss_value(X, y)])
    assert_close(history.loss, [net.loss_value(X, y)])


def test_a_validation_fraction_is_never_trained_on() -> None:
    """Each sample has its own input, and so its own weight: of ten, three stay as they were."""
    net = Network(
        [10, 1],
        output_activation="identity",
        bias=False,
        initializer="zeros",
        dtype="float64",
        seed=1,
    )
    net.fit(np.eye(10), np.ones(10), epochs=5, validation=0.3)
    assert np.count_nonzero(net.weights[0]) == 7


@pytest.mark.parametrize("fraction", [0.0, 1.0, -0.1, 1.5, float("nan"), "0.2", 2])
def test_a_fraction_that_is_none_is_refused(fraction: Any) -> None:
    X, y = samples()
    net = classifier()
    before = net.parameters
    with pytest.raises((TypeError, ValueError), match="validation"):
        net.fit(X, y, validation=fraction)
    assert np.array_equal(net.parameters, before)


def recorder(net: Any, log: list[np.ndarray]) -> Callable[..., None]:
    """A callback that keeps the parameters as each epoch left them."""

    def record(network: Any, epoch: int, history: Any) -> None:
        assert network is net
        assert epoch == len(log)
        assert history.epochs == epoch + 1
        log.append(network.parameters)

    return record


@pytest.mark.parametrize("stopping", [4, EarlyStopping(patience=4)])
def test_early_stopping_restores_the_best_weights(stopping: Any) -> None:
    """Pure noise: the validation loss must rise in the end."""
    rng = np.random.default_rng(3)
    X, y = rng.standard_normal((30, 4)), rng.integers(3, size=30)
    validation = (rng.standard_normal((30, 4)), rng.integers(3, size=30))
    net, log = classifier(), []
    history = net.fit(
        X,
        y,
        epochs=500,
        optimizer=Adam(0.01),
        validation=validation,
        early_stopping=stopping,
        callbacks=[recorder(net, log)],
    )
    best = int(np.argmin(history.validation_loss))
    assert history.epochs == best + 1 + 4 == len(log) < 500
    assert np.array_equal(net.parameters, log[best])
    assert_close(net.loss_value(*validation), history.validation_loss[best])


def test_a_min_delta_stops_what_hardly_improves() -> None:
    X, y = samples()
    net = classifier()
    history = net.fit(
        X,
        y,
        epochs=50,
        optimizer=SGD(1e-4),
        validation=(X, y),
        early_stopping=EarlyStopping(patience=3, min_delta=0.5),
    )
    assert history.validation_loss == sorted(history.validation_loss, reverse=True)
    assert history.epochs == 1 + 3


def test_the_best_weights_come_back_when_the_epochs_run_out() -> None:
    """The last epoch worsens the loss, and there is no patience left to lose."""
    X, y = curve_samples()
    net, log = regressor(), []
    history = net.fit(
        X,
        y,
        epochs=6,
        optimizer=SGD(0.15, momentum=0.95),
        validation=(X, y),
        early_stopping=100,
        callbacks=[recorder(net, log)],
        shuffle=False,
        batch_size=60,
    )
    best = int(np.argmin(history.validation_loss))
    assert best < 5, "the example must overshoot"
    assert np.array_equal(net.parameters, log[best])


def test_early_stopping_needs_something_to_watch() -> None:
    X, y = samples()
    with pytest.raises(ValueError, match="validation"):
        classifier().fit(X, y, early_stopping=3)


@pytest.mark.parametrize("patience", [0, -1, 2.5, "3"])
def test_a_patience_that_is_none_is_refused(patience: Any) -> None:
    X, y = samples()
    with pytest.raises((TypeError, ValueError), match=r"patience|early_stopping"):
        classifier().fit(X, y, validation=0.2, early_stopping=patience)
