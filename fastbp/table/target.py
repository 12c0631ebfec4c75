"""What the target column of a table asks for: classes to tell apart, or a number to predict."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastbp.errors import FileFormatError
from fastbp.table.columns import Columns
from fastbp.table.reading import Table, is_missing, is_number, listed

# Whole numbers are taken for classes when there are few of them and each has company.
_MOST_INTEGER_CLASSES = 20
_ROWS_PER_INTEGER_CLASS = 5
# In a column of numbers with a word or two in it, the words are mistakes and not classes.
_MOSTLY = 0.9


@dataclass(frozen=True)
class Target:
    """The decision about a target column.

    Attributes
    ----------
    task : {"classify", "regress"}
        What there is to learn.
    y : ndarray of str or float64, shape (n_rows,)
        The class names, or the numbers.
    classes : tuple of str
        The distinct class names in order; empty for numbers.
    reason : str
        Why, for people.
    """

    task: str
    y: NDArray[Any]
    classes: tuple[str, ...]
    reason: str


def decide_target(table: Table, columns: Columns, name: str, task: str | None) -> Target:
    """Decide what a target column asks for, unless the caller says it.

    Raises
    ------
    FileFormatError
        If a cell is missing, is not a number where numbers are wanted, or there is nothing to
        learn: one value only, or no value twice.
    """
    cells = columns.target
    where = f"{table.path}, column {name!r}"
    numeric = [is_number(cell) and math.isfinite(float(cell)) for cell in cells]
    n_numbers = sum(numeric)
    numbers_meant = task == "regress" or (
        task is None and (n_numbers > _MOSTLY * len(cells) or all(map(is_number, cells)))
    )
    for line, cell, number in zip(columns.lines, cells, numeric, strict=True):
        # "NA" and "none" are good names for a class, but not among numbers.
        if not cell or (is_missing(cell) and (numbers_meant or cell in "?-")):
            raise FileFormatError(
                f"{table.path}, line {line}, column {name!r}: the target is missing ({cell!r}); "
                "remove that row or write its target"
            )
        if numbers_meant and not number:
            why = "it is to be predicted as a number"
            if task is None:
                why = f"{n_numbers:,} of {len(cells):,} cells are numbers"
            raise FileFormatError(
                f"{table.path}, line {line}, column {name!r}: {cell!r} is not a finite number, "
                f"and {why}; correct it, or give --task classify"
            )
    if len(set(cells)) == 1:
        raise FileFormatError(f"{where} holds {cells[0]!r} in every row; there is nothing to learn")
    if task == "regress":
        return _numbers(cells, "as --task says")
    if task == "classify":
        return _classes(cells, where, "as --task says")
    if n_numbers < len(cells):
        return _classes(cells, where, "its cells are text; --task regress wants numbers")
    return _decide_numbers(cells, where)


def _decide_numbers(cells: list[str], where: str) -> Target:
    """Decide whether a column of numbers means classes."""
    values = {float(cell) for cell in cells}
    if not all(value.is_integer() for value in values):
        return _numbers(cells, "its numbers have fractions; --task classify takes them as classes")
    few = len(values) <= _MOST_INTEGER_CLASSES
    company = len(values) == 2 or len(cells) >= _ROWS_PER_INTEGER_CLASS * len(values)
    found = f"{len(values):,} distinct whole numbers in {len(cells):,} rows"
    if few and company:
        return _classes(cells, where, f"{found} look like classes; --task regress overrides")
    return _numbers(cells, f"{found} look like quantities; --task classify overrides")


def _numbers(cells: list[str], reason: str) -> Target:
    """Take the target as numbers."""
    return Target("regress", np.array([float(cell) for cell in cells]), (), reason)


def _classes(cells: list[str], where: str, reason: str) -> Target:
    """Take the target as class names; 1 and 1.0 are one class, and 10 comes after 9."""
    names = [_class_name(cell) for cell in cells]
    counts = Counter(names)
    if len(counts) == 1:
        raise FileFormatError(f"{where} holds one class, {names[0]!r}; there is nothing to learn")
    if len(counts) > _MOST_INTEGER_CLASSES and len(counts) > len(cells) / 2:
        raise FileFormatError(
            f"{where} holds {len(counts):,} distinct values in {len(cells):,} rows; such names "
            "cannot be learnt as classes (for numbers, give --task regress)"
        )
    ordered = sorted(counts, key=lambda c: (0, float(c), c) if is_number(c) else (1, 0.0, c))
    return Target("classify", np.array(names), tuple(ordered), reason)


def _class_name(cell: str) -> str:
    """Write a class's name: the cell, with whole numbers written in one way."""
    if is_number(cell) and math.isfinite(float(cell)) and float(cell).is_integer():
        return str(int(float(cell)))
    return cell


def class_counts(target: Target) -> str:
    """List the classes with how many rows each has, for people."""
    counts = Counter(target.y.tolist())
    shown = [f"{name} ({counts[name]:,})" for name in target.classes]
    return f"{len(shown)} classes: {listed(shown)}"
