"""How near is near: the comparisons that the mathematical tests share, and why their bounds hold.

``assert_close`` measures the error of a whole array, or of a whole gradient, in its norm. A bound
on each number by itself would be wrong: a number that cancellation made small carries the rounding
of the large ones it was made from. ``assert_within`` takes a bound for each number, for the errors
that can be derived number by number (see :mod:`rounding_error`).

No comparison here can be satisfied by NaN, by zeros, by a doubled result or by another shape;
tests/core/test_numerics.py and tests/core/test_against_reference.py hold them to that.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastbp.bench.error_model import norm, tells_apart
from fastbp.bench.error_model import unit_roundoff as unit_roundoff  # for the tests

FLOAT64 = 1e-12
"""The bound in float64, relative to the norm of the whole array.

One layer of n nodes makes a relative error of at most (n + c) u in norm, u = 2^-53 and c < 10
for the bias, g and g'. Back and forth through L layers that is 2 L (n + c) u, and each layer can
multiply it by its condition, a small number for weights as they are drawn. For n = 65 and L = 4
it is 6.7e-14 before that factor: 1e-12 leaves room for a factor of 15, and no more.
"""

LOOSEST = 0.01
"""No bound may be larger: zeros miss by 1, and so does a doubled result."""


def relative_error(actual: ArrayLike, expected: ArrayLike, scale: float | None = None) -> float:
    """norm(actual - expected) / norm(expected), or / `scale`; 0.0 only for equal arrays."""
    error = norm(np.subtract(actual, expected, dtype=np.float64))
    size = norm(expected) if scale is None else scale
    if error == 0.0:
        return 0.0
    return error / size if size > 0 else float("inf")


def assert_close(
    actual: ArrayLike,
    expected: ArrayLike,
    relative_to_norm: float = FLOAT64,
    *,
    scale: float | None = None,
    label: str = "the result",
) -> None:
    """Assert that the error of the whole array is small against the whole array.

    Parameters
    ----------
    actual, expected : array_like of the same shape
        NaN and infinities must stand in the same places, and count for nothing else.
    relative_to_norm : float
        The bound on norm(actual - expected) / norm(expected). Where everything expected is zero,
        everything must be exactly zero.
    scale : float, optional
        What to divide by instead: the norm of the whole that `expected` is a part of.
    label : str
        The name for the message.
    """
    if not 0 <= relative_to_norm <= LOOSEST:
        raise ValueError(f"relative_to_norm is {relative_to_norm}: such a bound cannot fail")
    if scale is not None and not (np.isfinite(scale) and scale >= 0):
        raise ValueError(f"scale is {scale}, expected a norm")
    left, right, finite = _comparable(actual, expected, label)
    if finite.any():
        error = relative_error(left[finite], right[finite], scale)
        worst = np.unravel_index(np.argmax(np.where(finite, np.abs(left - right), -1)), left.shape)
        assert error <= relative_to_norm, (
            f"{label}: relative error {error:.3g} > {relative_to_norm:.3g}; the worst number, at "
            f"{tuple(int(i) for i in worst)}, is {left[worst]!r}, expected {right[worst]!r}"
        )


def assert_within(
    actual: ArrayLike, expected: ArrayLike, bound: ArrayLike, *, label: str = "the result"
) -> None:
    """Assert |actual - expected| <= bound for each number, with a bound that says something.

    A bound that says too little is refused with ValueError; see `tells_apart`.
    """
    left, right, finite = _comparable(actual, expected, label)
    limit = np.broadcast_to(np.asarray(bound, dtype=np.float64), left.shape)
    if not (np.isfinite(limit).all() and (limit >= 0).all()):
        raise ValueError(f"{label}: the bound holds a number that is not finite or is negative")
    if not tells_apart(limit[finite], right[finite]):
        raise ValueError(f"{label}: a bound of norm {norm(limit):.3g} for {norm(right):.3g}")
    excess = np.where(finite, np.abs(left - right) - limit, -1.0)
    assert (excess <= 0).all(), (
        f"{label}: {np.count_nonzero(excess > 0)} of {left.size} numbers are out of bounds, the "
        f"first at {tuple(int(i) for i in np.argwhere(excess > 0)[0])}"
    )


def _comparable(
    actual: ArrayLike, expected: ArrayLike, label: str
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """Both as float64, and where they are finite; they must agree about everything else."""
    left = np.asarray(actual, dtype=np.float64)
    right = np.asarray(expected, dtype=np.float64)
    assert left.shape == right.shape, f"{label}: shape {left.shape}, expected {right.shape}"
    finite = np.isfinite(left) & np.isfinite(right)
    same = np.array_equal(left[~finite], right[~finite], equal_nan=True)
    assert same, f"{label}: NaN or infinity on one side only"
    return np.where(finite, left, 0.0), np.where(finite, right, 0.0), finite
