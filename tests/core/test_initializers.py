"""Where the first weights come from: ranges, variances, seeds."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from drawn import HIDDEN

from fastbp import Network
from fastbp.operations import RECTIFIERS

SHAPE = (80, 120)
N_OUT, N_IN = SHAPE


VARIANCES = {
    "glorot": 2 / (N_IN + N_OUT),
    "he": 2 / N_IN,
    "lecun": 1 / N_IN,
}


def first_weights(initializer: Any, seed: Any = 0, dtype: str = "float64", **options: Any) -> Any:
    net = Network([N_IN, N_OUT, 3], initializer=initializer, seed=seed, dtype=dtype, **options)
    return net.weights[0]


@pytest.mark.parametrize("name", VARIANCES)
def test_uniform_initialisers_fill_their_range(name: str) -> None:
    w, limit = first_weights(f"{name}_uniform"), math.sqrt(3 * VARIANCES[name])
    assert w.shape == SHAPE
    assert 0.999 * limit < np.max(w) <= limit
    assert -limit <= np.min(w) < -0.999 * limit
    _assert_moments(w, VARIANCES[name], kurtosis=1.8)


@pytest.mark.parametrize("name", VARIANCES)
def test_normal_initialisers_have_their_variance(name: str) -> None:
    _assert_moments(first_weights(f"{name}_normal"), VARIANCES[name], kurtosis=3.0)


def _assert_moments(w: np.ndarray, variance: float, kurtosis: float) -> None:
    """Mean, variance and kurtosis within five of their standard errors."""
    n, sigma = w.size, math.sqrt(variance)
    assert abs(np.mean(w)) < 5 * sigma / math.sqrt(n)
    assert abs(np.var(w) / variance - 1) < 5 * math.sqrt((kurtosis - 1) / n)
    assert abs(np.mean(w**4) / variance**2 - kurtosis) < 5 * math.sqrt(96 / n)


def test_nielsen_s_initialiser_draws_the_biases_too() -> None:
    net = Network([N_IN, N_OUT, 3], initializer="normal", dtype="float64", seed=0)
    _assert_moments(net.weights[0], 1.0, kurtosis=3.0)
    assert abs(np.var(net.biases[0]) - 1) < 5 * math.sqrt(2 / N_OUT)


@pytest.mark.parametrize(
    "name",
    ["auto", "zeros", *(f"{name}_{form}" for name in VARIANCES for form in ("uniform", "normal"))],
)
def test_every_other_initialiser_leaves_the_biases_zero(name: str) -> None:
    net = Network([N_IN, N_OUT, 3], initializer=name, seed=0)
    assert not any(b.any() for b in net.biases)
    assert (name == "zeros") == (not net.weights[0].any())


@pytest.mark.parametrize("activation", HIDDEN)
def test_auto_is_he_for_the_relu_family_and_glorot_for_the_rest(activation: str) -> None:
    name = "he_normal" if activation in RECTIFIERS else "glorot_uniform"
    w = first_weights("auto", activation=activation)
    assert np.array_equal(w, first_weights(name, activation=activation))


def test_a_callable_draws_layer_by_layer_from_the_network_s_generator() -> None:
    calls: list[tuple[int, int]] = []

    def draw(rng: np.random.Generator, n_out: int, n_in: int) -> np.ndarray:
        calls.append((n_out, n_in))
        return rng.random((n_out, n_in))

    net = Network([4, 3, 2], initializer=draw, dtype="float64", seed=8)
    assert calls == [(3, 4), (2, 3)]
    rng = np.random.default_rng(8)
    for w, shape in zip(net.weights, calls, strict=True):
        assert np.array_equal(w, rng.random(shape))


@pytest.mark.parametrize("name", ["auto", "normal", "he_uniform"])
def test_draws_are_float64_and_then_cast(name: str) -> None:
    wide = Network([N_IN, N_OUT, 3], initializer=name, seed=4, dtype="float64")
    narrow = Network([N_IN, N_OUT, 3], initializer=name, seed=4, dtype="float32")
    assert np.array_equal(narrow.parameters, wide.parameters.astype("float32"))


def test_the_same_seed_gives_the_same_weights_and_another_gives_others() -> None:
    first, same, other = (first_weights("auto", seed) for seed in (1, 1, 2))
    assert np.array_equal(first, same)
    assert not np.array_equal(first, other)
    assert np.array_equal(first, first_weights("auto", np.random.default_rng(1)))
    assert not np.array_equal(first_weights("auto", None), first_weights("auto", None))
