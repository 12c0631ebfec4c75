"""Columns of a table whose meaning is settled: numbers, words, and a target."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class NumberColumn:
    """A column of numbers.

    Attributes
    ----------
    name : str
        Its name; of a number that a date gives, the date's name and the part: ``sold: month sin``.
    values : ndarray of float64, shape (n_rows,)
        NaN where a cell is missing.
    """

    name: str
    values: NDArray[np.float64]


@dataclass(frozen=True)
class WordColumn:
    """A column of words.

    Attributes
    ----------
    name : str
        Its name.
    codes : ndarray of int32, shape (n_rows,)
        The place of each cell's word in `levels`; -1 where a cell is missing.
    levels : tuple of str
        The distinct words of these rows, sorted.
    """

    name: str
    codes: NDArray[np.int32]
    levels: tuple[str, ...]


@dataclass(frozen=True)
class Target:
    """The target of each row.

    Attributes
    ----------
    name : str
        Its column's name.
    values : ndarray of float64 or int64, shape (n_rows,)
        Numbers; or for classes the place of each row's class in `classes`, -1 for a class that
        was not there in training.
    classes : tuple of str
        The names of all classes, in order; empty for numbers.
    """

    name: str
    values: NDArray[np.float64] | NDArray[np.int64]
    classes: tuple[str, ...] = ()

    @property
    def task(self) -> str:
        """Whether they are classes, "classify", or numbers, "regress"."""
        return "classify" if self.classes else "regress"


@dataclass(frozen=True)
class UnreadableCell:
    """A cell that does not fit its column.

    Attributes
    ----------
    row : int
        The place of its row in the table, from 0.
    line : int or None
        The line of the file where the row starts, from 1; None where rows have no lines.
    column : str
        Its column.
    complaint : str
        Why it does not fit.
    """

    row: int
    line: int | None
    column: str
    complaint: str


@dataclass(frozen=True)
class TypedTable:
    """Rows of a table as features and, where it was asked for, a target.

    Attributes
    ----------
    columns : tuple of NumberColumn or WordColumn
        The features.
    rows : ndarray of int64, shape (n_rows,)
        The place of each of these rows in the table, from 0: rows whose target is missing are left
        out where the target was asked for.
    target : Target, optional
        The target.
    n_source_rows : int
        How many rows the table has, those that are left out among them.
    unreadable : tuple of UnreadableCell
        The cells whose rows are left out because they do not fit, where that was asked for.
    notes : tuple of str
        What the user should know: unknown columns, rows that were left out.
    """

    columns: tuple[NumberColumn | WordColumn, ...]
    rows: NDArray[np.int64]
    target: Target | None = None
    n_source_rows: int = 0
    unreadable: tuple[UnreadableCell, ...] = ()
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.rows)
