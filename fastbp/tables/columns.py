"""Numeric columns of a table, with NaN for missing cells, and errors for invalid ones."""

from __future__ import annotations

import csv
import io
import itertools
import operator
import sys
from array import array
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fastbp.errors import FileFormatError
from fastbp.tables.cells import complaint, is_number, is_number_but_for_marks
from fastbp.tables.reading import Table
from fastbp.text.formatting import MOST_LISTED, list_names, plural, quote, shell_quote

_LONGEST_OPTION = 2000
_ANY_NAMES = "--drop NAME,NAME,..."
# A name that holds one of its characters is put in quotes.
_LINE_END = "\r\n"


@dataclass(frozen=True)
class Columns:
    """Columns of a table as numbers, and the target's cells.

    Attributes
    ----------
    names : tuple of str
        The names of the numeric columns.
    values : ndarray of float64, shape (n_rows, n_columns)
        Their cells; NaN where a cell is missing or is not a finite number.
    target : list of str
        The cells of the target column, without the space around them; empty if there is none.
    lines : ndarray of int64, shape (n_rows,)
        The line of the file where each row starts.
    marked_cell : (int, str, str), or None
        Line, column and text of the first cell that is a number but for its marks.
    """

    names: tuple[str, ...]
    values: NDArray[np.float64]
    target: list[str]
    lines: NDArray[np.int64]
    marked_cell: tuple[int, str, str] | None = None


def read_columns(
    table: Table, features: Sequence[int], target: int | None = None, row_number: int | None = None
) -> Columns:
    """Read the columns at these positions as numbers, and the target's cells as text.

    With `row_number`, from 1, only this row is read; no row if the table ends before it.

    Raises
    ------
    FileFormatError
        If the table has no rows, or a row is longer or shorter than the first.
    """
    pick = operator.itemgetter(*features)
    single = len(features) == 1
    names = tuple(table.names[i] for i in features)
    values = array("d")
    lines = array("q")
    targets: list[str] = []
    marked_cell = None
    records = table.records()
    if row_number is not None:
        index = min(row_number, sys.maxsize) - 1
        records = itertools.islice(records, index, index + 1)
    for line, cells in records:
        feature_cells = (pick(cells),) if single else pick(cells)
        try:
            row = list(map(float, feature_cells))
            # float() reads 1_000; a table that holds it means something else.
            if "_" in "".join(feature_cells):
                row = list(map(_number, feature_cells))
        except ValueError:
            row = list(map(_number, feature_cells))
            if marked_cell is None:
                candidates = (
                    (line, name, cell)
                    for name, cell in zip(names, feature_cells, strict=True)
                    if is_number_but_for_marks(cell)
                )
                marked_cell = next(candidates, None)
        values.fromlist(row)
        lines.append(line)
        if target is not None:
            targets.append(cells[target].strip())
    if not lines and row_number is None:
        raise FileFormatError(
            f"{table.label} holds a header line and no rows"
            + ("" if len(table.names) > 1 else " (or a single word)")
        )
    matrix = np.asarray(values).reshape(len(lines), len(features))
    matrix[np.isinf(matrix)] = np.nan
    return Columns(names, matrix, targets, np.asarray(lines), marked_cell)


def check_marks(table: Table, columns: Columns, remedy: str = "") -> None:
    """Raise if a cell of the columns is a number but for its marks.

    Such a cell is not missing, so nothing may be filled in its place.

    Parameters
    ----------
    table, columns
        The table, and what `read_columns` returned for it.
    remedy : str
        The remedy besides writing the cell otherwise; with ``{drop}`` as in `check_cells`.

    Raises
    ------
    FileFormatError
        The message gives the line, the column and how to write the cell.
    """
    if columns.marked_cell is not None:
        line, name, cell = columns.marked_cell
        raise FileFormatError(
            f"{table.label}, line {line}, column {quote(name)}: {complaint(cell)}"
            + remedy.format(drop=drop_option([name]))
        )


def check_cells(table: Table, columns: Columns, remedy: str) -> None:
    """Raise if a cell of the columns is missing or not a number.

    Parameters
    ----------
    table, columns
        The table, and what `read_columns` returned for it.
    remedy : str
        The remedy; ``{drop}`` in it becomes the option that leaves out the columns
        concerned.

    Raises
    ------
    FileFormatError
        The message gives the line and column of the first such cell, and the number of others.
    """
    bad = np.isnan(columns.values)
    if not bad.any():
        return
    row, column = (int(i) for i in np.argwhere(bad)[0])
    name = columns.names[column]
    line = int(columns.lines[row])
    position = table.names.index(name)
    cell = next(
        (cells[position] for record_line, cells in table.records() if record_line == line), None
    )
    if cell is None:
        raise table.source.changed()
    counts = bad.sum(axis=0)
    concerned = np.flatnonzero(counts)
    names = [columns.names[i] for i in concerned]
    total = ""
    if counts.sum() > 1:
        shares = ["all" if counts[i] == len(bad) else f"{counts[i]:,}" for i in concerned]
        total = f" In all {plural(int(counts.sum()), 'such cell')}: {list_names(names, shares)}."
    drop = drop_option(names)
    raise FileFormatError(
        f"{table.label}, line {line}, column {quote(name)}: {complaint(cell)}.{total} "
        + remedy.format(drop=drop)
    )


def empty_columns(names: Sequence[str], values: NDArray[np.float64]) -> list[str]:
    """Name the columns that hold no number in these rows."""
    return [names[int(i)] for i in np.flatnonzero(np.isnan(values).all(axis=0))]


def counting_columns(columns: Columns) -> list[str]:
    """Name the columns that only count the rows, as an index or an identifier does."""
    if len(columns.lines) < 3:
        return []
    counting = (np.diff(columns.values, axis=0) == 1).all(axis=0)
    return [columns.names[int(i)] for i in np.flatnonzero(counting)]


def drop_option(names: Sequence[str]) -> str:
    """Write the option that leaves these columns out, quoted for a shell."""
    if len(names) > MOST_LISTED:
        return _ANY_NAMES
    line = io.StringIO()
    csv.writer(line, lineterminator=_LINE_END).writerow(names)
    option = f"--drop {shell_quote(line.getvalue().removesuffix(_LINE_END))}"
    return option if len(option) <= _LONGEST_OPTION else _ANY_NAMES


def _number(cell: str) -> float:
    """Return the number in a cell, or NaN."""
    return float(cell) if is_number(cell) else np.nan
