"""Columns of numbers, in whatever spelling."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from fastbp.tables.kinds import bulk
from fastbp.tables.kinds.kind import Parsed, none_fit, parse_each
from fastbp.tables.kinds.markers import AMONG_VALUES
from fastbp.tables.kinds.spellings import PLAIN, PLAIN_SPELLING, Spelling, numeral
from fastbp.tables.typed import NumberColumn, WordColumn
from fastbp.text.formatting import quote


@dataclass(frozen=True, slots=True)
class Number:
    """A column of numbers, written in one way.

    Attributes
    ----------
    spelling : Spelling
        How they are written.
    """

    spelling: Spelling = PLAIN_SPELLING
    word: ClassVar[str] = "number"
    markers: ClassVar[frozenset[str]] = AMONG_VALUES

    def parse(self, texts: Sequence[str]) -> Parsed:
        """Read different texts."""
        spelling = self.spelling
        if spelling == Spelling(spelling.decimal):
            values = bulk.numbers(texts, spelling.decimal)
            if values is not None:
                return values, np.zeros(len(values), np.bool_)
        return parse_each(texts, self.number, np.nan, "float64")

    def number(self, text: str) -> float | None:
        """Read a cell: in the column's spelling, or as Python writes it where that is one number.

        A plain ``2.5`` is 2.5 beside ``1,5`` too, but ``1.234`` is not, if points may separate
        thousands there.
        """
        number = self.spelling.number(text)
        if number is None and not self.spelling.is_plain:
            found = numeral(text)
            if found and not found.prefix and not found.suffix and found.readings & PLAIN:
                if self.spelling.decimal == "." or not _may_be_thousands(text):
                    number = PLAIN_SPELLING.number(text)
                if self.spelling.prefix or self.spelling.suffix:
                    number = None
        return None if number is None or np.isinf(number) else number

    def of_numbers(self, numbers: NDArray[np.float64]) -> Parsed:
        """Read cells that are numbers already."""
        return numbers, np.isinf(numbers)

    def of_moments(self, moments: NDArray[np.datetime64]) -> Parsed:
        """Refuse moments."""
        return none_fit(moments, np.isnat(moments), "float64")

    def columns(self, name: str, values: NDArray[Any]) -> list[NumberColumn | WordColumn]:
        """Return the column."""
        return [NumberColumn(name, values)]

    def complaint(self, text: str) -> str:
        """Say why a cell does not fit."""
        found = numeral(text)
        if text.lower().lstrip("+-") in ("inf", "infinity"):
            return f"{quote(text)} is not a finite number"
        if found is None:
            return f"{quote(text)} is not a number"
        unit = self.spelling.prefix or self.spelling.suffix
        if (found.prefix or found.suffix) != unit:
            have = f"have the unit {unit}" if unit else "have no unit"
            return f"{quote(text)} has another unit; the others {have}"
        return (
            f"{quote(text)} is not a number written as the others are "
            f"({self.spelling.describe() or 'decimal point'})"
        )

    def describe(self) -> str:
        """Say how the numbers are written."""
        return "plain" if self.spelling.is_plain else self.spelling.describe()

    def to_dict(self) -> dict[str, Any]:
        """Return what the model file keeps of it."""
        return asdict(self.spelling)


def _may_be_thousands(text: str) -> bool:
    """Whether a plain number is another one where points stand between thousands."""
    return Spelling(",", ".").number(text) is not None and "." in text
