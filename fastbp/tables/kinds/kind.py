"""What every kind of column offers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from fastbp.tables.typed import NumberColumn, WordColumn

#: Texts that fit a kind's cells, or numbers: NaN or NaT where one is missing, and which do not fit.
Parsed = tuple[NDArray[Any], NDArray[np.bool_]]


class Kind(Protocol):
    """A kind of column: its cells as values, and the values as features."""

    #: Its name, in reports, in options and in model files.
    word: ClassVar[str]
    #: Texts in lower case that stand for a missing cell.
    markers: ClassVar[frozenset[str]]

    def parse(self, texts: Sequence[str]) -> Parsed:
        """Read different texts, none of them missing."""

    def of_numbers(self, numbers: NDArray[np.float64]) -> Parsed:
        """Read cells that the table has as numbers."""

    def of_moments(self, moments: NDArray[np.datetime64]) -> Parsed:
        """Read cells that the table has as moments."""

    def columns(self, name: str, values: NDArray[Any]) -> list[NumberColumn | WordColumn]:
        """Return the features of a column with these values."""

    def complaint(self, text: str) -> str:
        """Say why a cell does not fit."""

    def describe(self) -> str:
        """Say in a few words what its cells are."""

    def to_dict(self) -> dict[str, Any]:
        """Return what the model file keeps of it."""


def parse_each(texts: Sequence[str], read: Any, missing: Any, dtype: str) -> Parsed:
    """Read text by text, where ``read`` gives None for one that does not fit."""
    values = [read(text) for text in texts]
    bad = np.fromiter((value is None for value in values), np.bool_, len(values))
    filled = [missing if value is None else value for value in values]
    return np.array(filled, dtype), bad


def none_fit(cells: NDArray[Any], missing: NDArray[np.bool_], dtype: str) -> Parsed:
    """All cells that are not missing do not fit."""
    fill: Any = np.nan if dtype == "float64" else "NaT"
    return np.full(len(cells), fill, dtype), ~missing
