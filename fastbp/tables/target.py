"""The choice between classification and regression from the cells of the target column.

A class's name is the text of its cells, whatever number that text may be: predictions can then be
joined with the table. ``007`` and ``7`` are two classes, and so are 9007199254740992 and
9007199254740993, which are one float64.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastbp.errors import FileFormatError
from fastbp.tables.cells import complaint, is_missing, is_number, is_number_but_for_marks
from fastbp.tables.columns import Columns
from fastbp.tables.reading import Table
from fastbp.text.formatting import list_names, quote

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
        The kind of problem.
    y : ndarray of str or float64, shape (n_rows,)
        The class names, or the numbers.
    classes : tuple of str
        The distinct class names in order; empty for numbers.
    reason : str
        The reason for the decision, for the report.
    """

    task: str
    y: NDArray[Any]
    classes: tuple[str, ...]
    reason: str


def decide_target(table: Table, columns: Columns, name: str, task: str | None) -> Target:
    """Choose between classification and regression, unless the caller gives the task.

    Raises
    ------
    FileFormatError
        If a cell is missing, is not a number where numbers are required, or there is nothing to
        learn: one value only, or no value twice.
    """
    cells = columns.target
    location = f"{table.label}, column {quote(name)}"
    numeric = list(map(_is_finite, cells))
    n_numbers = sum(
        number or is_number_but_for_marks(cell) for cell, number in zip(cells, numeric, strict=True)
    )
    is_numeric = task == "regress" or (
        task is None and (n_numbers > _MOSTLY * len(cells) or all(map(is_number, cells)))
    )
    for line, cell, number in zip(columns.lines, cells, numeric, strict=True):
        # "NA" and "none" are good names for a class, but not among numbers.
        if not cell or (is_missing(cell) and (is_numeric or cell in "?-")):
            raise FileFormatError(
                f"{table.label}, line {line}, column {quote(name)}: the target is missing "
                f"({quote(cell)}); remove that row or write its target"
            )
        if is_numeric and not number:
            reason = "The target is to be predicted as a number"
            if task is None:
                reason = f"{n_numbers:,} of {len(cells):,} cells look like numbers"
            raise FileFormatError(
                f"{table.label}, line {line}, column {quote(name)}: {complaint(cell)}. {reason}: "
                "correct the cell, or give --task classify"
            )
    if len(set(cells)) == 1:
        raise FileFormatError(
            f"{location} holds {quote(cells[0])} in every row; there is nothing to learn. Give "
            "another --target, or a table that has rows of another kind too"
        )
    if task == "regress":
        return _numbers(cells, "as --task says")
    if task == "classify":
        return _classes(cells, location, "as --task says")
    if not all(numeric):
        return _classes(cells, location, "its cells are text; --task regress wants numbers")
    return _decide_numbers(cells, location)


def _decide_numbers(cells: list[str], location: str) -> Target:
    """Decide whether a column of numbers means classes."""
    distinct = set(cells)
    if not all(float(cell).is_integer() for cell in distinct):
        return _numbers(cells, "its numbers have fractions; --task classify takes them as classes")
    few_classes = len(distinct) <= _MOST_INTEGER_CLASSES
    enough_rows = len(distinct) == 2 or len(cells) >= _ROWS_PER_INTEGER_CLASS * len(distinct)
    evidence = f"{len(distinct):,} distinct whole numbers in {len(cells):,} rows"
    if few_classes and enough_rows:
        return _classes(cells, location, f"{evidence} look like classes; --task regress overrides")
    return _numbers(cells, f"{evidence} look like quantities; --task classify overrides")


def _numbers(cells: list[str], reason: str) -> Target:
    """Take the target as numbers."""
    return Target("regress", np.array([float(cell) for cell in cells]), (), reason)


def _classes(cells: list[str], location: str, reason: str) -> Target:
    """Take the cells as class names; 10 comes after 9."""
    counts = Counter(cells)
    if len(counts) > _MOST_INTEGER_CLASSES and len(counts) > len(cells) / 2:
        raise FileFormatError(
            f"{location} holds {len(counts):,} distinct values in {len(cells):,} rows; such names "
            "cannot be learnt as classes (for numbers, give --task regress)"
        )
    return Target("classify", np.array(cells), tuple(sorted(counts, key=_sort_key)), reason)


def _sort_key(name: str) -> tuple[bool, Decimal, str]:
    """Sort key of class names: numbers by value, then text."""
    value = _value(name)
    return value is None, value or Decimal(0), name


def _is_finite(cell: str) -> bool:
    return is_number(cell) and math.isfinite(float(cell))


def _value(cell: str) -> Decimal | None:
    """Return the number that a cell is, with all of its digits; None if it is none."""
    try:
        return Decimal(cell) if _is_finite(cell) else None
    except InvalidOperation:  # 1e-99999999999999999999, which float() takes for 0
        return None


def classes_of_equal_value(target: Target) -> list[tuple[str, ...]]:
    """List the classes that are one number in several spellings, as ``7`` and ``007`` are."""
    spellings = defaultdict(list)
    for name in target.classes:
        if (value := _value(name)) is not None:
            spellings[value].append(name)
    return [tuple(names) for names in spellings.values() if len(names) > 1]


def classes_of_equal_letters(target: Target) -> list[tuple[str, ...]]:
    """List the classes that differ in capitals or in spaces only, as ``Yes`` and ``yes`` do."""
    spellings = defaultdict(list)
    for name in target.classes:
        spellings["".join(name.casefold().split())].append(name)
    return [tuple(names) for names in spellings.values() if len(names) > 1]


def class_counts(target: Target) -> str:
    """List the classes with how many rows each has, for people."""
    counts = Counter(target.y.tolist())
    shares = [f"{counts[name]:,}" for name in target.classes]
    return f"{len(shares)} classes: {list_names(target.classes, shares)}"
