"""A unit for numbers of any size in which no square of them overflows or is lost."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def exponent_of(*parts: NDArray[Any]) -> int:
    """The least e for which all of these numbers, divided by 2^e, are below 1 in size.

    Division by a power of 2 changes no other bit of a number, nor of sums and products.

    Examples
    --------
    >>> exponent_of(np.array([1e200, 3e200]), np.array([-1e200]))
    666
    >>> np.ldexp([1e200, 3e200], -666).round(2)
    array([0.33, 0.98])
    """
    largest = max(float(np.abs(part).max(initial=0.0)) for part in parts)
    return int(np.frexp(largest)[1])
