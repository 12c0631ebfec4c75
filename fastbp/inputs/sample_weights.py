"""Validation of sample weights: one number a sample, finite, none negative, some above 0."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from fastbp.errors import ShapeError
from fastbp.inputs.array_type import Array
from fastbp.inputs.arrays import as_array, as_real, check_finite, numpy_expression

_FLOAT64 = np.dtype("float64")
#: So that a number of samples by a sum of weights is finite.
_SMALLEST = 2.0**-958


def as_sample_weights(value: Any, n_samples: int, name: str = "sample_weight") -> Array:
    """Return weights as the boundary reads them: float64, in memory of their own.

    They are scaled by a power of two, the largest to between 1/2 and 1: ratios alone count, and no
    sum or quotient of weights then overflows. What is less than 1e-288 of the largest becomes 0.

    Examples
    --------
    >>> as_sample_weights([1, 2, 4], 3)
    array([0.125, 0.25 , 0.5  ])
    """
    weights, exponent = scaled_weights(value, n_samples, name)
    if exponent is None:
        raise ValueError(
            f"{name} must hold a number above 0, got {len(weights)} that are all 0: no row would "
            f"count"
        )
    return weights


def scaled_weights(
    value: Any, n_samples: int, name: str = "sample_weight"
) -> tuple[Array, int | None]:
    """Those weights, which may all be 0, and the power of 2 to take them back to what they were.

    It is None where all are 0.
    """
    if isinstance(value, Mapping):
        raise TypeError(
            f"{name} must be an array of one number for each sample, got {type(value).__name__}. "
            f"For weights by class, pass [weights[label] for label in y]"
        )
    array = as_array(value, name)
    if array.ndim != 1:
        one_column = array.ndim == 2 and array.shape[1] == 1
        raise ShapeError(
            f"{name} must be 1-d, one number for each sample, expected shape ({n_samples},), got "
            f"{array.shape}"
            + (f"; use {numpy_expression(value, name)}.reshape(-1)" if one_column else "")
        )
    if len(array) != n_samples:
        raise ShapeError(
            f"X and {name} must have the same number of samples, got {n_samples} and {len(array)}"
        )
    array = as_real(array, _FLOAT64, name)
    smallest, largest = array.min(), array.max()
    if not (smallest >= 0 and largest < np.inf):
        raise _refusal(array, name)
    _, exponent = math.frexp(largest)
    return scaled_together(array)[0], exponent if largest > 0 else None


def scaled_together(*arrays: Array) -> list[Array]:
    """Fresh arrays of weights times one power of two: the largest of all is from 1/2 to 1."""
    _, exponent = math.frexp(max(array.max() for array in arrays))
    scaled = []
    for array in arrays:
        with np.errstate(under="ignore"):
            weights = np.ldexp(array, -exponent, dtype=_FLOAT64)
            weights[weights < _SMALLEST] = 0
        scaled.append(weights)
    return scaled


def _refusal(array: Array, name: str) -> ValueError:
    """The error for weights of which one is bad."""
    check_finite(array, name, "Drop such rows, or give them a weight of 0")
    i = int((array < 0).argmax())
    return ValueError(
        f"{name} must hold no negative number; {name}[{i}] is {array[i]}. A weight of 0 leaves "
        f"a row out"
    )


def with_weight(weights: Array, rows: Array | None = None) -> Array | None:
    """Those rows, of all or of some, that have a weight above 0; None stands for all rows."""
    some = weights if rows is None else weights[rows]
    if np.count_nonzero(some) == len(some):
        return rows
    numbers = np.flatnonzero(some)
    return numbers if rows is None else np.asarray(rows[numbers])
