"""Arrays by the layer, as a trace has them."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from fastbp.inputs import Array


class ByLayer:
    """Arrays indexed by the layer l, just as in the formulas; l starts at 0 or at 1."""

    __reversed__ = None

    def __init__(self, symbol: str, first: int, arrays: list[Array], why: str = "") -> None:
        self._symbol = symbol
        self._first = first
        self._arrays = arrays
        self._why = why  # there are no more

    def __getitem__(self, l: Any) -> Any:
        last = self._first + len(self._arrays) - 1
        if not isinstance(l, (int, np.integer)) or l is True or not self._first <= l <= last:
            raise IndexError(
                f"{self._symbol}[l] is there for l = {self._first}..{last}, got l = {l!r}"
                + (f"; {self._why}" if self._why else "")
            )
        return self._arrays[l - self._first]

    def __iter__(self) -> Iterator[Array]:
        return iter(self._arrays)

    def __repr__(self) -> str:
        return "\n".join(
            f"{self._symbol}[{l}] = {array}" for l, array in enumerate(self._arrays, self._first)
        )
