"""Why a fit learnt nothing, where X is not to blame; and what the warning advises helps."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from warned_fits import CLASSES, NUMBER, SOFTMAX, warned

from fastbp import SGD, Activation, Adam, Network, TrainingWarning

RNG = np.random.default_rng(0)
X = RNG.standard_normal((500, 4))
SIGN = (X[:, 0] > 0).astype(int)
THREE = np.digitize(X[:, 0], [-0.5, 0.5])
CURVE = np.tanh(X[:, 0] - X[:, 1])


def network(activation: Any, n_L: int = 1, **options: Any) -> Network:
    if "output_activation" not in options:
        options |= CLASSES if n_L == 1 else SOFTMAX
    return Network([4, 20, n_L], activation, seed=0, **options)


@pytest.mark.parametrize("activation", ["relu", "tanh", "elu"])
@pytest.mark.parametrize("n_L", [1, 3])
def test_nodes_that_are_all_alike_are_told_and_drawn_weights_help(
    activation: str, n_L: int
) -> None:
    y = SIGN if n_L == 1 else THREE
    warning = warned(network(activation, n_L, initializer="zeros"), X, y, epochs=20)
    assert "All nodes of layer 1 have the same weights" in warning
    assert warning.endswith(
        "What helps: build the network with initializer='auto', which draws them"
    )
    assert warned(network(activation, n_L, initializer="auto"), X, y, epochs=20) == ""


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_a_penalty_that_holds_the_weights_is_told_and_a_smaller_one_helps(activation: str) -> None:
    warning = warned(network(activation), X, SIGN, epochs=20, l2=10.0, optimizer=Adam(0.01))
    assert "l2=10 holds the weights of layer" in warning
    assert warning.endswith("What helps: train with a smaller l2")
    assert warned(network(activation), X, SIGN, epochs=20, l2=0.001, optimizer=Adam(0.01)) == ""


def test_a_penalty_is_not_blamed_for_noise_that_weights_follow() -> None:
    warning = warned(network("tanh"), X, RNG.integers(0, 2, 500), l2=1e-4, batch_size=2, epochs=1)
    assert "l2=" not in warning


OVERSHOT: dict[str, tuple[Any, Any, Any]] = {
    "Adam, one output": (CLASSES, SIGN, Adam(30.0)),
    "SGD, one output": (CLASSES, SIGN, SGD(60.0)),
    "numbers": (NUMBER, CURVE, Adam(3.0)),
}


@pytest.mark.parametrize("case", OVERSHOT)
def test_steps_that_are_too_long_are_told_though_c_falls_and_shorter_ones_help(case: str) -> None:
    """To train on with a larger learning_rate, as where C falls slowly, would be wrong."""
    options, y, optimizer = OVERSHOT[case]
    warning = warned(network("tanh", **options), X, y, batch_size=5, epochs=1, optimizer=optimizer)
    assert "The steps were too long" in warning or "saturated" in warning
    assert "smaller learning_rate" in warning
    assert "larger learning_rate" not in warning
    smaller = type(optimizer)(optimizer.learning_rate / 1000)
    assert warned(network("tanh", **options), X, y, epochs=30, optimizer=smaller) == ""


@pytest.mark.parametrize("size", [0.1, 0.3, 1.0])
def test_first_outputs_larger_than_small_targets_are_no_long_steps(size: float) -> None:
    warning = warned(network("relu", **NUMBER), X, size * CURVE, epochs=7, optimizer=Adam(1e-4))
    assert "too long" not in warning


def test_small_targets_are_told_and_scaling_them_helps() -> None:
    y = 0.002 * CURVE
    warning = warned(network("relu", **NUMBER), X, y)
    assert "The targets are small, some 0.00" in warning
    assert "y = (y - m) / s" in warning
    y = (y - y.mean(axis=0)) / y.std(axis=0)
    assert warned(network("relu", **NUMBER), X, y) == ""


def test_small_targets_are_not_blamed_where_outputs_are_as_small() -> None:
    y = 0.08 * RNG.standard_normal(500)
    warning = warned(network("relu", **NUMBER), X, y, epochs=20, optimizer=SGD(0.05))
    assert "no better than a constant" in warning
    assert "The targets are small" not in warning


@pytest.mark.parametrize("bias", [False, "fixed"])
def test_a_mean_out_of_reach_without_biases_is_told_and_biases_help(bias: Any) -> None:
    def net(bias: Any) -> Network:
        return Network([4, 1], **NUMBER, bias=bias, seed=0)

    y, how = 2 + 0.3 * CURVE, {"epochs": 60, "optimizer": SGD(0.05)}
    warning = warned(net(bias), X, y, **how)
    assert "The network learns no biases" in warning
    assert warning.endswith("What helps: build it with bias=True")
    assert warned(net(True), X, y, **how) == ""


def test_a_dead_output_is_told_with_what_keeps_outputs_alive() -> None:
    net = network("relu", output_activation="relu")
    net.biases[1] = [-60.0]
    warning = warned(net, X, CURVE + 1, batch_size=20)
    assert "1 of 1 relu nodes of layer 2 are dead" in warning
    assert "or output_activation='identity'" in warning
    assert "leaky_relu" not in warning


def test_a_large_constant_that_is_not_reached_is_told_and_scaling_it_helps() -> None:
    """Where s is 0 it is left out, as the advice says: y / 0 would be NaN."""
    y = np.full(500, 200.0)
    warning = warned(network("relu", **NUMBER), X, y)
    assert "The targets are large, some 200" in warning
    assert "s = y.std(axis=0) (1 where that is 0)" in warning
    m, s = y.mean(axis=0), y.std(axis=0) or 1
    net = network("relu", **NUMBER)
    assert warned(net, X, (y - m) / s, epochs=60) == ""
    assert np.abs(s * net.predict(X) + m - y).max() < 2


def test_activations_of_ones_own_are_looked_at_like_others() -> None:
    square = Activation(lambda z: z * z, lambda z: 2 * z)
    with pytest.warns(UserWarning, match="activation of your own"):
        net = Network([4, 6, 1], "tanh", output_activation=square, loss="squared_error", seed=0)
    warning = warned(net, X, RNG.standard_normal(500) ** 2, epochs=10, optimizer=Adam(1e-5))
    assert "no better than a constant" in warning


def test_a_warning_that_is_an_error_comes_after_the_training() -> None:
    """The rows are trained on, as the docstring says: there is no going back for a warning."""
    net, twin = network("relu"), network("relu")
    with pytest.raises(TrainingWarning):  # the tests make errors of warnings
        net.fit(np.ones((500, 4)), SIGN)
    warned(twin, np.ones((500, 4)), SIGN)
    assert np.array_equal(net.parameters, twin.parameters)
