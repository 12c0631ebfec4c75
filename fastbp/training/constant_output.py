"""The loss of the best constant output: the baseline that training must beat.

The best constant is the targets' mean, for every loss: the classes' shares for the entropies. Its
loss follows from the targets' means and mean squares alone.
"""

from typing import NamedTuple

import numpy as np

from fastbp.inputs import Array

_BLOCK = 4096  # rows at a time: what stays in a cache


class Moments(NamedTuple):
    """Means over some rows of y - shift and of its square.

    With a shift there is no cancellation where y is far from 0.
    """

    shift: Array
    mean: Array
    square: Array

    @property
    def best(self) -> Array:
        """The mean of y."""
        return np.asarray(self.shift + self.mean)


def moments(y: Array, n_L: int, rows: Array | None = None) -> Moments:
    """Of targets (m, n_L) or labels (m,), or of some of their rows."""
    n = len(y) if rows is None else len(rows)
    if y.ndim == 1:
        shares = np.bincount(y if rows is None else y[rows], minlength=n_L) / n
        return Moments(np.zeros(n_L), shares, shares)
    shift = np.asarray(y[0 if rows is None else rows[0]], np.float64)
    total, squares = np.zeros(n_L), np.zeros(n_L)
    for start in range(0, n, _BLOCK):
        block = slice(start, start + _BLOCK)
        part = y[block if rows is None else rows[block]].astype(np.float64) - shift
        total += part.sum(axis=0)
        squares += (part * part).sum(axis=0)
    return Moments(shift, total / n, squares / n)


def constant_loss(loss: str, y_moments: Moments, constant: Array) -> float:
    """C of one output for all rows.

    Examples
    --------
    >>> import numpy as np
    >>> of = moments(np.array([0, 0, 0, 1]), 2)
    >>> round(constant_loss("cross_entropy", of, of.best), 4)  # -3/4 ln 3/4 - 1/4 ln 1/4
    0.5623
    """
    if loss in ("cross_entropy", "binary_cross_entropy"):
        terms = _times_log(y_moments.best, constant)
        if loss == "binary_cross_entropy":
            terms = terms + _times_log(1 - y_moments.best, 1 - constant)
        return float(-terms.sum())
    distance = constant - y_moments.shift
    errors = y_moments.square - 2 * distance * y_moments.mean + distance * distance
    factor = {"half_squared_error": 0.5, "mean_squared_error": 1 / len(errors)}.get(loss, 1.0)
    return float(factor * np.maximum(errors, 0).sum())


def least_loss(loss: str, y: Array, rows: Array) -> float:
    """C of outputs that are the targets of some rows: soft labels leave the entropies some.

    Examples
    --------
    >>> import numpy as np
    >>> half = np.array([[0.5, 0.5]])
    >>> round(least_loss("cross_entropy", half, np.array([0])), 4)  # ln 2
    0.6931
    """
    if y.ndim == 1 or loss not in ("cross_entropy", "binary_cross_entropy"):
        return 0.0
    p = y[rows].astype(np.float64)
    terms = _times_log(p, p)
    if loss == "binary_cross_entropy":
        terms = terms + _times_log(1 - p, 1 - p)
    return float(-terms.sum() / len(rows))


def _times_log(p: Array, q: Array) -> Array:
    """Return p ln q, and 0 where p is: 0 ln 0 = 0."""
    return np.asarray(p * np.log(np.where(p > 0, q, 1)))
