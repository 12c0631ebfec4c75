"""Arrays whose rows are padded to whole cache lines."""

from typing import Any

import numpy as np

from fastbp import _boundary
from fastbp.inputs import Array


def padded_zeros(m: int, n: int, dtype: np.dtype[Any]) -> Array:
    """Zeros (m, n) whose rows are padded to whole cache lines, as the kernels require."""
    return np.zeros((m, _boundary.leading_dimension(n, dtype.itemsize)), dtype)[:, :n]


def padded_copy(rows: Array, dtype: np.dtype[Any]) -> Array:
    """A copy of some rows in the network's number type, padded."""
    m, n = rows.shape
    result = padded_zeros(m, n, dtype)
    with np.errstate(over="ignore", under="ignore"):  # as the kernels convert
        result[...] = rows
    return result


def padded_base(rows: Array) -> Array:
    """The array that :func:`padded_zeros` made some rows from: with the pads, for the boundary."""
    assert rows.base is not None
    return rows.base
