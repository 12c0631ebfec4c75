"""Columns of a chunk from cells of text, by Python's own idea of a number."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastbp.tables.limits import LARGEST_WHOLE

_LEADING_ZERO = re.compile(r"^[ \t]*0[0-9]+[ \t]*$", re.MULTILINE)
_MANY_DIGITS = re.compile(r"^[ \t]*([+-]?[0-9]{16,4000})[ \t]*$", re.MULTILINE)


def text_column(cells: Sequence[str | None] | NDArray[Any]) -> NDArray[Any]:
    """Return cells as text, without the space around it."""
    column = np.empty(len(cells), dtype=object)
    column[:] = [cell if cell is None else cell.strip() for cell in cells]
    return column


def column_of(
    cells: Sequence[str] | NDArray[Any], *, as_text: bool = False, stripped: bool = False
) -> NDArray[Any]:
    """Return float64 if all cells are numbers or empty, unless text is wanted; and text else.

    Where an array of cells is known to be stripped of space, it is the text.
    """
    numbers = None if as_text else numbers_of(cells)
    if numbers is not None:
        return numbers
    return cells if stripped and isinstance(cells, np.ndarray) else text_column(cells)


def has_codes(joined: str) -> bool:
    """Whether one of the lines is a whole number that begins with 0, or is beyond 2^53."""
    if _LEADING_ZERO.search(joined):
        return True
    return any(abs(int(digits)) > LARGEST_WHOLE for digits in _MANY_DIGITS.findall(joined))


def numbers_of(
    cells: Sequence[str] | NDArray[Any], *, declared: bool = False
) -> NDArray[np.float64] | None:
    """Return the numbers that cells are, NaN for an empty one; None if one is something else.

    Where a file declares them to be numbers, 02139 is one too.

    Examples
    --------
    >>> numbers_of(["1", "", " 2e1"])
    array([ 1., nan, 20.])
    >>> numbers_of(["1", "nan"]), numbers_of(["1_000"]), numbers_of(["02139"])
    (None, None, None)
    """
    try:
        values = list(map(float, cells))
        n_empty = 0
    except ValueError:
        try:
            values = [float(cell) if cell.strip() else math.nan for cell in cells]
        except ValueError:
            return None
        n_empty = sum(not cell.strip() for cell in cells)
    # float() reads 1_000, nan, 02139 and the digits of every script; a table that holds them means
    # something else, or is looked at as text.
    joined = "\n".join(cells)
    if "_" in joined or not joined.isascii() or (not declared and has_codes(joined)):
        return None
    numbers = np.array(values, dtype=np.float64)
    return numbers if np.count_nonzero(np.isnan(numbers)) == n_empty else None
