"""No call warns of, or raises, NumPy's floating-point errors, however extreme the numbers are."""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np
import pytest
from ways_in import EVERY_CALL, network, samples

from fastbp import TrainingWarning

X, Y = samples()
LABELS = np.arange(len(X)) % 3

EXTREMES = [1e-310, 1e-40, 1e30, 1e39, 1e300, np.inf, -np.inf, np.nan]
AS_GIVEN: dict[str, Any] = {
    "float64": np.asarray,
    "longdouble": lambda a: a.astype(np.longdouble),
    "objects": lambda a: a.astype(object),
    "lists": lambda a: a.tolist(),
}
CALLS = EVERY_CALL | {"trace": lambda net, X, y: net.trace(X[0], y[0])}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("kind", AS_GIVEN)
@pytest.mark.parametrize("call", CALLS)
def test_extreme_numbers_leak_no_floating_point_error(call: str, kind: str, dtype: str) -> None:
    for in_X in EXTREMES:
        for in_Y in EXTREMES:
            strange_X, strange_Y = X.copy(), Y.copy()
            strange_X[:2, 1], strange_Y[:2, 2] = in_X, in_Y
            net = network(dtype=dtype, output_activation="identity")
            # A place, DivergenceError, and that longdouble is not kept.
            refused = contextlib.suppress(ValueError, RuntimeError, UserWarning)
            with np.errstate(all="raise"), refused:
                CALLS[call](net, AS_GIVEN[kind](strange_X), AS_GIVEN[kind](strange_Y))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_parameters_leak_no_floating_point_error(dtype: str) -> None:
    net = network(dtype=dtype)
    for value in EXTREMES:
        with np.errstate(all="raise"), contextlib.suppress(ValueError):
            net.weights[0] = [[value] * 4] * 5
        with np.errstate(all="raise"), contextlib.suppress(ValueError):
            net.parameters = np.full(len(net.parameters), value)


def test_the_score_of_an_exploded_regression_is_no_warning() -> None:
    net = network((4, 1), dtype="float64", output_activation="identity")
    net.weights[0] = np.full((1, 4), 1e200)
    assert net.score(np.abs(X) + 1, Y[:, 0]) == -np.inf


@pytest.mark.parametrize("size", [1e-300, 1e-200, 1e-40, 1e30])
@pytest.mark.parametrize("place", ["X", "y"])
def test_the_look_after_a_fit_leaks_no_floating_point_error(size: float, place: str) -> None:
    """Squares of such numbers underflow, and overflow in float32."""
    net = network(dtype="float64", output_activation="identity")
    strange = (X * size, Y) if place == "X" else (X, Y * size)
    with np.errstate(all="raise"), contextlib.suppress(RuntimeError, TrainingWarning):
        net.fit(*strange, epochs=200, batch_size=len(X))
