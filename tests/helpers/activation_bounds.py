"""How near a kernel's activations and slopes must be to the right numbers, one by one."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastbp.model.activation_choice import row_of

Floats = NDArray[np.float64]


def ulps(expected: Any, dtype: str) -> Floats:
    """The distance from each number to its neighbour; below the normal ones the smallest."""
    smallest = np.finfo(dtype).smallest_subnormal
    last_but_one = np.nextafter(np.finfo(dtype).max, 0, dtype=dtype)  # the last has one neighbour
    near = np.minimum(np.abs(np.asarray(expected, np.float64)), last_but_one).astype(dtype)
    return np.maximum(np.spacing(near), smallest).astype(np.float64)


def bound(g: Any, z: Any, expected: Any, dtype: str) -> Floats:
    """The largest right error of g(z) or g'(z), ``expected``, at each z.

    4 ulp where the activation keeps a. Where it keeps its slope, g and g' are made of a product
    with z and of sums that cancel: 4 eps max(1, |z|), and for z > -5 also 8 eps of the number
    itself, which for z < -5 is as good as 0. Near a zero of g' its terms cancel, and the second
    cannot hold: g' is within 1 eps there.
    """
    row = row_of(g)
    assert row is not None
    if row.keeps == "a":
        return 4 * ulps(expected, dtype)
    eps = float(np.finfo(dtype).eps)
    z, expected = np.asarray(z, np.float64), np.asarray(expected, np.float64)
    absolute = 4 * eps * np.maximum(1, np.abs(z))
    relative = 8 * np.maximum(eps * np.abs(expected), ulps(0, dtype))
    return np.where(z > -5, np.minimum(absolute, relative), absolute)


def near(g: Any, z: Any, actual: Any, expected: Any, dtype: str) -> NDArray[np.bool_]:
    """Whether each number is within its bound; what is too large for dtype must be infinite."""
    with np.errstate(over="ignore"):
        rounded = np.asarray(expected).astype(dtype)
    finite = np.isfinite(rounded)
    error = np.abs(np.subtract(actual, expected, where=finite, out=np.zeros(finite.shape)))
    return np.where(finite, error <= bound(g, z, expected, dtype), actual == rounded)
