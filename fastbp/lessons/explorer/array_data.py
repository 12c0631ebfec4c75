"""Arrays in a page's JSON: short ones as numbers, long ones as the base64 of their bytes."""

import base64
from typing import Any

import numpy as np

from fastbp.inputs import Array

#: More numbers than this are written as bytes: half the characters, and read at once.
MOST_LISTED = 64


def array_data(values: Any) -> dict[str, Any]:
    """Describe an array without losing a bit of it.

    Numbers that are the same in float32 take four bytes. Those that JSON has no sign for, NaN and
    the infinities, are written as bytes too.

    Examples
    --------
    >>> array_data([[1.0, 0.1]])
    {'shape': [1, 2], 'list': [1.0, 0.1]}
    >>> array_data(np.full((10, 10), 0.5))["type"]
    'f4'
    """
    array: Array = np.asarray(values, np.float64)
    shape = list(array.shape)
    if array.size <= MOST_LISTED and np.isfinite(array).all():
        return {"shape": shape, "list": array.ravel().tolist()}
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        single = array.astype(np.float32)
    fits = np.array_equal(single.astype(np.float64), array, equal_nan=True)
    data = np.ascontiguousarray(single if fits else array)
    little_endian = data.astype(data.dtype.newbyteorder("<"))
    return {
        "shape": shape,
        "type": "f4" if fits else "f8",
        "base64": base64.b64encode(little_endian.tobytes()).decode("ascii"),
    }
