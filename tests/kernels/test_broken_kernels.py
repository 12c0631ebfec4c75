"""The comparisons notice: one wrong number, or one wrong line of a kernel, fails them."""

from __future__ import annotations

import numpy as np
import pytest
from drawn import build
from faults import spoilt
from reference_network import Specification, assert_gradients_close
from rounding_error import rounding_bounds
from tolerances import assert_within

from fastbp import reference


def test_a_wrong_gradient_is_caught_in_every_place() -> None:
    """Each number of each layer in turn is spoilt in an otherwise right result."""
    net = build(2, [4, 3, 5, 2], activation="tanh", bias=True, dtype="float64")
    rng = np.random.default_rng(2)
    X, y = rng.standard_normal((3, 4)), rng.random((3, 2))
    _, dC_dw, dC_db = Specification.of(net).gradient(X, y)
    g = net.gradients(X, y)
    assert_gradients_close(g, (dC_dw, dC_db))
    for array in (*g.weights, *g.biases):
        right = array.copy()
        for i in range(array.size):
            for _, array[...] in spoilt(right, i):
                with pytest.raises(AssertionError, match=r"dC/d[wb]\("):
                    assert_gradients_close(g, (dC_dw, dC_db))
        array[...] = right
    assert_gradients_close(g, (dC_dw, dC_db))


FAULTS = {
    "an index of delta rotated": lambda delta, slope: delta[1:] + delta[:1],
    "the sign of delta": lambda delta, slope: [-d for d in delta],
    "delta twice": lambda delta, slope: [2 * d for d in delta],
    "no g'": lambda delta, slope: [d / s for d, s in zip(delta, slope, strict=True)],
    "g' twice": lambda delta, slope: [d * s for d, s in zip(delta, slope, strict=True)],
    "one node of delta forgotten": lambda delta, slope: [0.0, *delta[1:]],
    "float32 in between": lambda delta, slope: np.float32(delta).tolist(),
}


@pytest.mark.parametrize("l", [1, 2, 3])
@pytest.mark.parametrize("name", FAULTS)
def test_a_broken_kernel_is_caught(name: str, l: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault in one layer's delta, on either side of the comparison."""
    net = build(4, [3, 4, 4, 3], activation="sigmoid", bias=True, dtype="float64")
    rng = np.random.default_rng(4)
    X, y = rng.standard_normal((3, 3)), rng.random((3, 3))
    spec, right = Specification.of(net), reference.backward

    def broken(z: list, a: list, *rest: object) -> list:
        delta = right(z, a, *rest)
        delta[l] = FAULTS[name](delta[l], spec.g_prime[l](z[l]))
        return delta

    monkeypatch.setattr(reference, "backward", broken)
    _, dC_dw, dC_db = spec.gradient(X, y)
    with pytest.raises(AssertionError, match="relative error"):
        assert_gradients_close(net.gradients(X, y), (dC_dw, dC_db))


def test_float32_bounds_catch_a_wrong_number() -> None:
    net = build(5, [20, 11, 5], activation="sigmoid", bias=True, dtype="float32")
    X = np.random.default_rng(5).standard_normal((9, 20)).astype("float32")
    bounds = rounding_bounds(net, X, np.zeros((9, 5)))
    right = net.predict(X).astype("float64")
    for i in range(right.size):
        wrong = right.copy()
        wrong.flat[i] *= 1 + 1e-4
        with pytest.raises(AssertionError, match="1 of 45"):
            assert_within(wrong, right, bounds.a)
