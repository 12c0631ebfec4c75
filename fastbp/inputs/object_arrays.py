"""Conversion of object arrays to numbers."""

import math
from typing import Any

import numpy as np

from fastbp.inputs.array_type import Array
from fastbp.inputs.precision import convert_or_float64

#: Objects looked at together: bounds the list of them, at some 40 bytes each.
_BLOCK = 65_536
#: What NumPy converts as float() does; text, which it would parse, is not among them.
_PLAIN = (float, int, np.floating, np.integer, np.bool_, type(None))


class NotANumberError(ValueError):
    """An element that is not a real number, and its index."""

    def __init__(self, index: tuple[int, ...], element: Any) -> None:
        super().__init__(f"{element!r} ({type(element).__name__})")
        self.index = index
        self.element = element


def numbers_of(array: Array, dtype: np.dtype[Any]) -> Array:
    """The numbers in an object array; what is missing (None, pandas.NA) becomes NaN.

    A number beyond ``dtype`` gives a float64 array, so that an error can show it as it is.

    Raises
    ------
    NotANumberError
        At the first element that is no real number.
    """
    return convert_or_float64(lambda into: _converted(array, into), dtype)


def is_missing(element: Any) -> bool:
    """Whether an element stands for a missing value: None, NaN, pandas.NA or pandas.NaT."""
    return (
        element is None
        or type(element).__name__ in ("NAType", "NaTType")
        or (isinstance(element, (float, np.floating)) and math.isnan(element))
    )


def _converted(array: Array, dtype: np.dtype[Any]) -> Array:
    result = np.empty(array.shape, dtype)
    flat, source = result.reshape(-1), array.flat
    for start in range(0, array.size, _BLOCK):
        block = source[start : start + _BLOCK]
        if all(issubclass(kind, _PLAIN) for kind in set(map(type, block.tolist()))):
            try:
                flat[start : start + _BLOCK] = block
                continue
            except OverflowError:
                pass  # an int beyond float64
        for i, element in enumerate(block.tolist(), start):
            try:
                flat[i] = _to_float(element)
            except (TypeError, ValueError):
                index = tuple(int(k) for k in np.unravel_index(i, array.shape))
                raise NotANumberError(index, element) from None
    return result


def _to_float(element: Any) -> float:
    if type(element).__name__ == "NAType":
        return math.nan
    if isinstance(element, (str, bytes, bytearray, complex, np.complexfloating, np.ndarray)):
        raise TypeError("float() would parse text, drop an imaginary part or unpack an array")
    if element is None:
        return math.nan
    try:
        return float(element)
    except OverflowError:
        return math.inf if element > 0 else -math.inf
