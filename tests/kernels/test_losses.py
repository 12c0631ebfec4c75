"""Each loss's C_0 and delta from the kernels, at ordinary and at extreme a and y, for every set.

The output layer has three kinds of loop: narrow rows, wide rows, and steps of small networks, which
tests/kernels/test_kernel_sets.py compares with the others bit by bit.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from drawn import DTYPES, EVERY_LOSS
from kernel_sets import RUNNABLE, forced
from numpy.typing import NDArray
from tolerances import unit_roundoff

from fastbp import DivergenceError, Network
from fastbp._boundary import LayerCalls
from fastbp.model.loss_choice import loss_row
from fastbp.model.padded_rows import padded_base, padded_zeros

pytestmark = pytest.mark.kernels

Array = NDArray[Any]

OF_DIFFERENCES = [loss for loss in EVERY_LOSS if loss_row(loss).chain_rule]
FROM_Z = [loss for loss in EVERY_LOSS if not loss_row(loss).chain_rule]
FUNCTION = 8
"""How many units of rounding a term, and a slope, may be off by."""

SIZES = [1, 3, 40]  # outputs: narrow rows and wide ones


def network_of(loss: Any, n: int, dtype: str, isa: str) -> Network:
    legal = loss_row(loss).output_activations
    output = "identity" if "identity" in legal else legal[0]
    with forced(isa):
        return Network([1, n], output_activation=output, loss=loss, dtype=dtype, seed=0)


def through_a_kernel(net: Network, z: Array, a: Array, y: Array) -> tuple[Array, Array]:
    """C_0 of each row, and delta."""
    m, n = a.shape
    of_z, of_a, of_y, delta = (padded_zeros(m, n, net.dtype) for _ in range(4))
    of_z[...], of_a[...], of_y[...] = z, a, y
    C_0 = np.zeros(m)
    LayerCalls(net._model.program).output(*map(padded_base, (of_z, of_a, of_y, delta)), C_0)
    assert not padded_base(delta)[:, n:].any()
    return C_0, delta


def numbers(dtype: str) -> Array:
    """From the smallest to the largest of which no difference overflows, and around the seams."""
    limits = np.finfo(dtype)
    sizes = [0, limits.smallest_subnormal, limits.tiny, 1e-30, 1e-12, 1e-5, 1e-3, 0.03, 0.1, 0.25]
    sizes += [0.3, 0.7, 1, 1.2, 1.25, 1.3, 2, 2.5, 5, 9.5, 20, 88, 400, 1e4, 1e15, limits.max / 16]
    values = np.array(sizes, dtype)
    near_one = np.nextafter(np.array([1, 1.25, 2.5], dtype), np.array(9, dtype))
    return np.unique(np.concatenate([values, -values, near_one]))


def in_columns(values: Array, n: int) -> Array:
    """As the first of n outputs; the others cost nothing."""
    rows = np.zeros((len(values), n), values.dtype)
    rows[:, 0] = values
    return rows


def exact(loss: Any, dtype: str, a: Array, y: Array) -> tuple[Array, Array]:
    """C_0 and the slope by the table's formulas, in long double, with numbers as ``dtype`` has."""
    row = loss_row(loss)
    if row.values:
        row = row.with_values(*(float(np.dtype(dtype).type(value)) for value in row.values))
    a, y = a.astype(np.longdouble), y.astype(np.longdouble)
    with np.errstate(all="ignore"):
        return row.term(np, a, y), row.slope(np, a, y)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("loss", OF_DIFFERENCES, ids=str)
@pytest.mark.parametrize("isa", RUNNABLE)
def test_terms_and_slopes_of_any_size_are_within_their_bound(
    isa: str, loss: Any, dtype: str
) -> None:
    """Relative to themselves, so a tiny a - y has its r^2/2 and tanh(r) too."""
    u, tiny = unit_roundoff(dtype), float(np.finfo(dtype).tiny)
    a, y = (each.ravel() for each in np.meshgrid(numbers(dtype), numbers(dtype)))
    term, slope = exact(loss, dtype, a, y)
    for n in SIZES:
        c = loss_row(loss).c(n)
        net = network_of(loss, n, dtype, isa)
        # A square may overflow where the difference does not; sums of squares are in double.
        fits = (term < np.finfo(dtype).max / 2) | (loss_row(loss).squares & (term < 1e300))
        rows = [in_columns(each, n) for each in (a, a, y)]
        C_0, delta = through_a_kernel(net, *rows)
        error = np.abs(C_0 - c * term)[fits]
        assert np.all(error <= FUNCTION * u * c * term[fits] + tiny)
        assert np.all(np.abs(delta[:, 0] - c * slope) <= FUNCTION * u * np.abs(c * slope) + tiny)
        assert np.all(delta[a == y] == 0)
        assert np.all(C_0 >= 0)
        assert not delta[:, 1:].any()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("isa", RUNNABLE)
def test_poisson_is_never_negative_and_keeps_small_deviances(isa: str, dtype: str) -> None:
    """The bound is that of y (e^d - 1 - d), d = z - ln y, with d off by u (|z| + |ln y|)."""
    u, limits = unit_roundoff(dtype), np.finfo(dtype)
    targets = numbers(dtype)
    targets = targets[targets >= 0]
    logs = np.log(targets[targets > limits.tiny])
    z = np.unique(np.concatenate([logs, logs * 1.001, logs + 1e-3, numbers(dtype)]).astype(dtype))
    z = z[np.abs(z) < 1e15]
    z, y = (each.ravel() for each in np.meshgrid(z, targets))
    with np.errstate(over="ignore"):
        a = np.exp(z)
    exact_z, exact_y = z.astype(np.longdouble), y.astype(np.longdouble)
    log_y = np.log(np.where(y > 0, exact_y, 1))
    d = np.where(y > 0, exact_z - log_y, 0)
    with np.errstate(over="ignore", invalid="ignore"):
        rise = exact_y * np.expm1(d)
        term = np.where(y > 0, rise - exact_y * d, np.exp(exact_z))
        bound = u * np.abs(rise) * (np.abs(exact_z) + np.abs(log_y) + 1)
        bound += u * (np.abs(rise) + np.abs(exact_y * d)) + u * term
    fits = np.isfinite(a) & (term < limits.max / 2)
    for n in SIZES:
        rows = [in_columns(each, n) for each in (z, a, y)]
        rows[0][:, 1:] = -np.inf  # outputs of 0 with targets of 0 cost nothing
        C_0, delta = through_a_kernel(network_of("poisson", n, dtype, isa), *rows)
        assert np.all(C_0[~np.isnan(C_0)] >= 0)
        error = np.abs(C_0 - term)[fits]
        assert np.all(error <= (FUNCTION * bound + 4 * limits.tiny)[fits])
        assert not np.isfinite(C_0[np.isinf(a)]).any()
        assert np.array_equal(delta[:, 0], a - y)
        assert np.all(C_0[(a == 0) & (y == 0)] == 0)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("loss", EVERY_LOSS, ids=str)
@pytest.mark.parametrize("isa", RUNNABLE)
def test_what_is_not_finite_is_told_by_c(isa: str, loss: Any, dtype: str) -> None:
    for n in (3, 40):
        net = network_of(loss, n, dtype, isa)
        for bad in (np.nan, np.inf, -np.inf):
            a, y = np.full((1, n), 1 / n, dtype), np.full((1, n), 1 / n, dtype)
            a[0, 1] = bad
            with np.errstate(all="ignore"):
                C_0, delta = through_a_kernel(net, a, a, y)
            if loss in OF_DIFFERENCES:
                assert not np.isfinite(C_0[0])
            else:  # what z is minus infinity is an a of 0
                assert not np.isfinite(C_0[0]) or bad == -np.inf
            if np.isnan(bad):
                assert np.isnan(delta[0, 1])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("loss", OF_DIFFERENCES, ids=str)
def test_steps_that_grow_without_end_are_a_divergence(loss: Any, dtype: str) -> None:
    net = Network([1, 1], output_activation="identity", loss=loss, dtype=dtype, initializer="zeros")
    X, y = np.array([[np.finfo(dtype).max / 4]]), np.array([[1.0]])
    net.weights[0][...] = 16.0
    before = net.parameters
    with pytest.raises(DivergenceError):
        net.fit(X, y, epochs=1)
    assert np.array_equal(net.parameters, before)


@pytest.mark.parametrize("loss", EVERY_LOSS, ids=str)
def test_row_40_a_target_that_is_met_costs_nothing(loss: Any) -> None:
    row = loss_row(loss)
    for dtype in DTYPES:
        for isa in RUNNABLE:
            for n in [n for n in SIZES if n > 1 or row.targets != "shares"]:
                net = network_of(loss, n, dtype, isa)
                y = np.zeros((1, n), dtype)
                y[0, 0] = 1.0
                z = np.where(y > 0, 0.0, -1e4).astype(dtype)  # of exp, softmax
                if row.targets == "labels":
                    z = np.where(y > 0, 1e4, -1e4).astype(dtype)
                C_0, delta = through_a_kernel(net, z, y, y)
                assert C_0.tolist() == [0.0]
                assert not delta.any()
