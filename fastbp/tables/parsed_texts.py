"""Different texts of a column as values of its kind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from fastbp.tables.kinds.markers import is_marker

#: What missing cells are among values of each type.
_MISSING: dict[str, Any] = {"f": np.nan, "M": np.datetime64("NaT"), "O": None, "i": -2}


class Readable(Protocol):
    """What texts are parsed by: a kind or a target."""

    @property
    def markers(self) -> frozenset[str]:
        """The texts that stand for a missing cell."""

    def parse(self, texts: Sequence[str]) -> tuple[NDArray[Any], NDArray[np.bool_]]:
        """Read different texts."""


def parsed_texts(
    kind: Readable, texts: Sequence[str], given: frozenset[str]
) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Read different texts; the last value is that of a missing cell, for the code -1."""
    present = [i for i, text in enumerate(texts) if not is_marker(text, kind.markers, given)]
    values, bad = kind.parse([texts[i] for i in present])
    table = np.full(len(texts) + 1, _MISSING[values.dtype.kind], values.dtype)
    table[present] = values
    wrong = np.zeros(len(texts) + 1, np.bool_)
    wrong[present] = bad
    return table, wrong
