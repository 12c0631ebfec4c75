"""Columns of words: categories, truth values, and words in the user's order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from fastbp.tables.kinds.kind import Parsed, none_fit, parse_each
from fastbp.tables.kinds.markers import AMONG_VALUES, AMONG_WORDS
from fastbp.tables.memory_cells import text_of
from fastbp.tables.typed import NumberColumn, WordColumn
from fastbp.text.formatting import list_names, quote

#: The pairs of words that are told to be no and yes.
TRUTH_WORDS = (("false", "true"), ("no", "yes"), ("n", "y"), ("f", "t"), ("off", "on"))
#: What is taken for no and yes once a column is known to hold them.
_TRUTHS = {word: float(i) for pair in (*TRUTH_WORDS, ("0", "1")) for i, word in enumerate(pair)}


@dataclass(frozen=True, slots=True)
class Words:
    """A column of categories, each a text without the space around it."""

    word: ClassVar[str] = "words"
    markers: ClassVar[frozenset[str]] = AMONG_WORDS

    def parse(self, texts: Sequence[str]) -> Parsed:
        """Take every text."""
        return np.fromiter(texts, object, len(texts)), np.zeros(len(texts), np.bool_)

    def of_numbers(self, numbers: NDArray[np.float64]) -> Parsed:
        """Write numbers as text."""
        return text_of(numbers), np.zeros(len(numbers), np.bool_)

    def of_moments(self, moments: NDArray[np.datetime64]) -> Parsed:
        """Write moments as text."""
        return text_of(moments), np.zeros(len(moments), np.bool_)

    def columns(self, name: str, values: NDArray[Any]) -> list[NumberColumn | WordColumn]:
        """Return the column with the words of these rows, sorted."""
        index = {level: i for i, level in enumerate(sorted(set(values.tolist()) - {None}))}
        index[None] = -1
        codes = np.fromiter(map(index.__getitem__, values.tolist()), np.int32, len(values))
        del index[None]
        return [WordColumn(name, codes, tuple(index))]

    def complaint(self, text: str) -> str:
        """Every text fits."""
        return f"{quote(text)} is not a word"

    def describe(self) -> str:
        """Say what they are."""
        return "words"

    def to_dict(self) -> dict[str, Any]:
        """Return what the model file keeps of it."""
        return {}


@dataclass(frozen=True, slots=True)
class YesNo:
    """A column of yes and no, or true and false."""

    word: ClassVar[str] = "yes/no"
    markers: ClassVar[frozenset[str]] = AMONG_VALUES

    def parse(self, texts: Sequence[str]) -> Parsed:
        """Read different texts, in capitals or not."""
        return parse_each(texts, lambda text: _TRUTHS.get(text.casefold()), np.nan, "float64")

    def of_numbers(self, numbers: NDArray[np.float64]) -> Parsed:
        """Take 0 for no and 1 for yes."""
        return numbers, ~((numbers == 0) | (numbers == 1) | np.isnan(numbers))

    def of_moments(self, moments: NDArray[np.datetime64]) -> Parsed:
        """Refuse moments."""
        return none_fit(moments, np.isnat(moments), "float64")

    def columns(self, name: str, values: NDArray[Any]) -> list[NumberColumn | WordColumn]:
        """Return the column of the words no and yes."""
        present = [i for i in (0, 1) if bool((values == i).any())]
        codes = np.full(len(values), -1, np.int32)
        for code, value in enumerate(present):
            codes[values == value] = code
        return [WordColumn(name, codes, tuple(("no", "yes")[i] for i in present))]

    def complaint(self, text: str) -> str:
        """Say why a cell does not fit."""
        return f"{quote(text)} is neither yes nor no"

    def describe(self) -> str:
        """Say what they are."""
        return "no, yes"

    def to_dict(self) -> dict[str, Any]:
        """Return what the model file keeps of it."""
        return {}


@dataclass(frozen=True, slots=True)
class Ordered:
    """A column of words in an order: the numbers 0, 1, 2 and so on.

    Attributes
    ----------
    levels : tuple of str
        The words, in order.
    """

    levels: tuple[str, ...]
    word: ClassVar[str] = "ordered"
    markers: ClassVar[frozenset[str]] = AMONG_WORDS

    def parse(self, texts: Sequence[str]) -> Parsed:
        """Give the place of each word in the order."""
        places = {level: float(i) for i, level in enumerate(self.levels)}
        return parse_each(texts, places.get, np.nan, "float64")

    def of_numbers(self, numbers: NDArray[np.float64]) -> Parsed:
        """Find numbers in the order as text."""
        return self._of_cells(text_of(numbers))

    def of_moments(self, moments: NDArray[np.datetime64]) -> Parsed:
        """Find moments in the order as text."""
        return self._of_cells(text_of(moments))

    def _of_cells(self, cells: NDArray[Any]) -> Parsed:
        places: dict[Any, float] = {level: float(i) for i, level in enumerate(self.levels)}
        places[None] = np.nan
        known = [cell in places for cell in cells.tolist()]
        return np.array([places.get(cell, np.nan) for cell in cells.tolist()]), ~np.array(known)

    def columns(self, name: str, values: NDArray[Any]) -> list[NumberColumn | WordColumn]:
        """Return the column of numbers."""
        return [NumberColumn(name, values)]

    def complaint(self, text: str) -> str:
        """Say why a cell does not fit."""
        return f"{quote(text)} is not in its order ({list_names(self.levels)})"

    def describe(self) -> str:
        """Say what they are."""
        return list_names(self.levels)

    def to_dict(self) -> dict[str, Any]:
        """Return what the model file keeps of it."""
        return {"levels": list(self.levels)}
