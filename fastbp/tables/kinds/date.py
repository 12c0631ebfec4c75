"""Columns of dates and times: what they give as numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from fastbp.tables.kinds import bulk
from fastbp.tables.kinds.dates import ORDER_NAMES, moment
from fastbp.tables.kinds.kind import Parsed, parse_each
from fastbp.tables.kinds.markers import AMONG_VALUES
from fastbp.tables.typed import NumberColumn, WordColumn
from fastbp.text.formatting import quote

_DAY = np.timedelta64(1, "D")
_MICROSECONDS = "datetime64[us]"
#: Each part that repeats, and how many steps it has.
CYCLES = {"month": 12, "weekday": 7, "hour": 24}
#: Every part that a date may give beside the days since the first.
PARTS = ("year", *CYCLES)


@dataclass(frozen=True, slots=True)
class Date:
    """A column of dates, with or without the time of day.

    Attributes
    ----------
    order : {"dmy", "mdy", "ymd"}, or None
        The order of day, month and year, where they are written as numbers.
    first : int
        The earliest moment of training, in microseconds since 1970.
    parts : tuple of str
        Which of `PARTS` varied in training.
    """

    order: str | None = None
    first: int = 0
    parts: tuple[str, ...] = ()
    word: ClassVar[str] = "date"
    markers: ClassVar[frozenset[str]] = AMONG_VALUES

    def parse(self, texts: Sequence[str]) -> Parsed:
        """Read different texts."""
        if (values := bulk.iso_moments(texts)) is not None:
            return values, np.zeros(len(values), np.bool_)
        nothing = np.datetime64("NaT")
        return parse_each(texts, self._moment, nothing, _MICROSECONDS)

    def _moment(self, text: str) -> Any:
        return moment(text, self.order, compact=True)

    def of_numbers(self, numbers: NDArray[np.float64]) -> Parsed:
        """Read numbers such as 20240501."""
        values = np.full(len(numbers), "NaT", _MICROSECONDS)
        bad = ~np.isnan(numbers)
        for i in np.flatnonzero(bad).tolist():
            number = float(numbers[i])
            found = self._moment(str(int(number))) if number.is_integer() else None
            if found is not None:
                values[i], bad[i] = found, False
        return values, bad

    def of_moments(self, moments: NDArray[np.datetime64]) -> Parsed:
        """Take moments as they are."""
        return moments, np.zeros(len(moments), np.bool_)

    def columns(self, name: str, values: NDArray[Any]) -> list[NumberColumn | WordColumn]:
        """Return the year, the parts that repeat as points of a circle, and the days."""
        missing = np.isnat(values)
        columns: list[NumberColumn | WordColumn] = []
        for part in self.parts:
            numbers = _part(values, part)
            if part not in CYCLES:
                columns.append(_column(f"{name}: {part}", numbers, missing))
                continue
            angles = numbers * (2 * np.pi / CYCLES[part])
            for function in (np.sin, np.cos):
                title = f"{name}: {part} {function.__name__}"
                columns.append(_column(title, function(angles), missing))
        days = (values - np.datetime64(self.first, "us")) / _DAY
        columns.append(_column(f"{name}: days", days, missing))
        return columns

    def complaint(self, text: str) -> str:
        """Say why a cell does not fit."""
        order = f" ({ORDER_NAMES[self.order]})" if self.order else ""
        return f"{quote(text)} is not a date{order}"

    def describe(self) -> str:
        """Say what they are and what they give."""
        order = f"{ORDER_NAMES[self.order]}; " if self.order else ""
        return f"{order}gives {', '.join((*self.parts, 'days since the first'))}"

    def to_dict(self) -> dict[str, Any]:
        """Return what the model file keeps of it."""
        return {"order": self.order, "first": self.first, "parts": list(self.parts)}


def fitted(order: str | None, values: NDArray[np.datetime64]) -> Date:
    """Return the kind for the dates of training; one of them at least is not missing."""
    present = values[~np.isnat(values)]
    parts = []
    for part in PARTS:
        numbers = _part(present, part)
        if bool((numbers != numbers[0]).any()):
            parts.append(part)
    return Date(order, int(present.min().astype(np.int64)), tuple(parts))


def _part(values: NDArray[Any], part: str) -> NDArray[np.float64]:
    days = values.astype("datetime64[D]")
    if part == "year":
        numbers = values.astype("datetime64[Y]").astype(np.int64) + 1970
    elif part == "month":
        numbers = values.astype("datetime64[M]").astype(np.int64) % 12
    elif part == "weekday":
        # The first of January 1970 was a Thursday; Monday is 0.
        numbers = (days.astype(np.int64) + 3) % 7
    else:
        return np.asarray((values - days) / np.timedelta64(1, "h"), np.float64)
    return np.asarray(numbers, np.float64)


def _column(name: str, values: NDArray[Any], missing: NDArray[np.bool_]) -> NumberColumn:
    return NumberColumn(name, np.where(missing, np.nan, values))
