"""Faults that a comparison of arrays must notice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray


def spoilt(right: NDArray[Any], i: int) -> Iterator[tuple[str, NDArray[Any]]]:
    """Copies of an array with one fault each, and its name: number i is wrong, or all are."""
    x = right.flat[i]
    numbers = {
        "not a number": np.nan,
        "infinite": np.inf,
        "left out": 0.0,
        "sign flipped": -x,
        "doubled": 2 * x,
        "off by 1e-4 of itself": x * (1 + 1e-4),
    }
    if right.size > 1:
        numbers["one index off"] = right.flat[(i + 1) % right.size]
    for name, number in numbers.items():
        wrong = right.copy()
        wrong.flat[i] = number
        yield name, wrong
    yield "all doubled", 2 * right
    yield "all zero", 0 * right
    yield "none a number", np.full_like(right, np.nan)
