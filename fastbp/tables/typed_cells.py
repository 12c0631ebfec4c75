"""Columns of a chunk from cells that have types of their own: a sheet's, a database's."""

from __future__ import annotations

import datetime
import numbers
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastbp.tables.cell_columns import text_column
from fastbp.tables.memory_cells import number_text


def cell_text(cell: Any) -> str | None:
    """Write a cell as text; a float of a whole number as the integer that a sheet shows.

    Examples
    --------
    >>> cell_text(5.0), cell_text(True), cell_text(datetime.datetime(2026, 11, 29))
    ('5', 'True', '2026-11-29')
    """
    if cell is None:
        return None
    if isinstance(cell, float):
        return number_text(float(cell))
    if isinstance(cell, datetime.datetime):
        return cell.isoformat(" ") if cell.time() != datetime.time(0) else str(cell.date())
    return str(cell)


def typed_column(cells: Sequence[Any], *, as_text: bool = False) -> NDArray[Any]:
    """Return float64, moments or text: the one that all cells are; None is a missing one."""
    if not as_text:
        if all(_is_number(cell) for cell in cells):
            return np.array([np.nan if cell is None else float(cell) for cell in cells], float)
        if all(cell is None or isinstance(cell, datetime.date) for cell in cells):
            moments = [None if cell is None else _moment(cell) for cell in cells]
            return np.array(moments, dtype="datetime64[us]")
    return text_column([cell_text(cell) for cell in cells])


def _is_number(cell: Any) -> bool:
    return cell is None or (isinstance(cell, numbers.Real) and not isinstance(cell, bool))


def _moment(cell: datetime.date) -> datetime.datetime:
    """Return a date, or a moment of whatever zone, as a moment without a zone."""
    if not isinstance(cell, datetime.datetime):
        return datetime.datetime(cell.year, cell.month, cell.day)
    return cell.astimezone(datetime.UTC).replace(tzinfo=None) if cell.tzinfo else cell
