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
        Numbers; or for classes the place of each row's class in `classes`.
    classes : tuple of str
        The names of all classes, in order; empty for numbers.
    """

    name: str
    values: NDArray[np.float64] | NDArray[np.int64]
    classes: tuple[str, ...] = ()


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
    """

    columns: tuple[NumberColumn | WordColumn, ...]
    rows: NDArray[np.int64]
    target: Target | None = None

    def __len__(self) -> int:
        return len(self.rows)
