"""Callbacks from the compiled code into a loss of the caller's own."""

from contextlib import suppress
from typing import Any

import numpy as np

from fastbp.errors import ShapeError
from fastbp.inputs import Array, short_repr
from fastbp.losses import Loss

#: How near row by row the gradient must be to that of many rows times their number, to be a mean's.
_SAME = 1e-3


class LossCallback:
    """The loss of a network; its arrays are views of the pass's own memory."""

    def __init__(self, loss: Loss) -> None:
        self._loss = loss
        self._is_known_to_be_no_mean = False

    def __call__(self, a: Array, y: Array, delta: Array | None, C_0: Array) -> None:
        """Put C_0 of each row into C_0 and, unless delta is None, dC_0/da into that."""
        C_0[...] = self._value(a, y)
        if delta is None:
            return
        gradient = self._gradient(a, y)
        if gradient.dtype == delta.dtype:
            delta[...] = gradient
        else:
            with np.errstate(over="ignore", under="ignore"):  # what overflows is found below
                delta[...] = gradient
        if np.count_nonzero(np.isfinite(delta)) != delta.size:  # in two thirds of the time of `all`
            _check_finite(a, y, delta, C_0)
        if not self._is_known_to_be_no_mean and len(a) > 1:
            self._check_mean(a, y, gradient)

    def _value(self, a: Array, y: Array) -> Array:
        result = _called("value", self._loss.value, a, y)
        if result.shape != (len(a),):
            raise ShapeError(
                f"the loss's value must return C_0 of each row, shape ({len(a)},) for a and y of "
                f"shape {a.shape}; it returned "
                + (f"shape {result.shape}" if result.ndim else "a single number")
                + ". Sum over the outputs alone, as in ((a - y) ** 2).sum(axis=1): the mean over "
                "the rows is taken by fastbp"
            )
        return result

    def _gradient(self, a: Array, y: Array) -> Array:
        result = _called("gradient", self._loss.gradient, a, y)
        if result.shape != a.shape:
            raise ShapeError(
                f"the loss's gradient must return dC_0/da_j of each row and output, the shape "
                f"{a.shape} of a; it returned "
                + (f"shape {result.shape}" if result.ndim else "a single number")
            )
        return result

    def _check_mean(self, a: Array, y: Array, gradient: Array) -> None:
        """Refuse a gradient that is divided by the number of rows, at the first that is not 0.

        The row alone has m times the gradient then, where it should have the same.
        """
        row, m = int(np.abs(gradient).max(axis=1).argmax()), len(a)
        if not (gradient[row].any() and np.isfinite(gradient[row]).all()):
            return
        of_one = self._of_one_row(a[row : row + 1], y[row : row + 1])
        if of_one is not None and np.allclose(of_one, m * gradient[row], rtol=_SAME, atol=0):
            j = int(np.abs(of_one).argmax())
            raise ValueError(
                f"the loss's gradient divides by the number of rows: dC_0/da_{j} of one row is "
                f"{of_one[j]:.6g} by itself, and {gradient[row, j]:.6g} among {m} rows. Return "
                f"dC_0/da of each row: the mean over the rows is taken by fastbp"
            )
        self._is_known_to_be_no_mean = True

    def _of_one_row(self, a: Array, y: Array) -> Array | None:
        """The gradient of a row alone; None of a function that can take nothing but the batch."""
        with suppress(Exception):
            gradient = np.asarray(self._loss.gradient(a, y), np.float64)
            return gradient[0] if gradient.shape == a.shape else None
        return None


def _called(name: str, function: Any, a: Array, y: Array) -> Array:
    """Call one of the caller's functions, and return the real numbers that it gives."""
    try:
        returned = function(a, y)
        result = np.asarray(returned)
    except Exception as error:
        error.add_note(
            f"This was raised by the {name} of the network's Loss, called with a and y of shape "
            f"{a.shape} and type {a.dtype}, which are read-only"
        )
        raise
    if result.dtype.kind not in "fiub":
        what = f"{result.dtype} numbers" if result.dtype.kind == "c" else short_repr(returned)
        raise TypeError(f"the loss's {name} must return an array of real numbers, got {what}")
    return result


def _check_finite(a: Array, y: Array, gradient: Array, C_0: Array) -> None:
    """Refuse a gradient that is not finite in a row whose C_0 is: all else is a divergence."""
    bad = ~np.isfinite(gradient) & np.isfinite(C_0)[:, np.newaxis]
    if bad.any():
        i, j = np.argwhere(bad)[0].tolist()
        raise ValueError(
            f"the loss's gradient gave {gradient[i, j]} for a_{j} = {a[i, j]:.6g} and "
            f"y_{j} = {y[i, j]:.6g}, where its value is {C_0[i]:.6g}. The gradient must be finite "
            f"wherever the value is: give one side's slope at a kink, and keep roots, logarithms "
            f"and quotients away from 0"
        )
