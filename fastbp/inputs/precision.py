"""Warnings about precision that is lost in the conversion to the network's dtype.

Unix times are the example: 1.7e9 seconds lie 128 apart in float32, so that all events of two
minutes become one number.
"""

import sys
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from fastbp.inputs.array_type import Array

_FLOAT32 = np.dtype("float32")
_PACKAGE = str(Path(__file__).parents[1] / "_")[:-1]  # with the separator at its end
#: Rows to begin with: a column passes at once that has small numbers in all of them.
ENDS = slice(4), slice(-4, None)
_LARGE = 1e4
#: Rows for pairs, for distances between neighbours, and for counting values.
_PAIRS, _SORTED, _COUNT = 32, 64, 16_384
#: Values that collapse lie within this share of their size: _COUNT of them, each within two steps,
#: which are at most 2^-23 of it.
_RANGE = 2 * _COUNT * 2.0**-23


def convert_or_float64(convert: Callable[[np.dtype[Any]], Array], dtype: np.dtype[Any]) -> Array:
    """``convert(dtype)``, or ``convert(float64)`` where a number is too large for ``dtype``.

    An infinity instead of the number would hide from the error which number it was. What
    underflows is zero.
    """
    try:
        with np.errstate(over="raise", under="ignore", invalid="ignore"):
            return convert(dtype)
    except FloatingPointError:
        with np.errstate(all="ignore"):
            return convert(np.dtype("float64"))


def warn_of_lost_digits(array: Array, converted: Array, name: str) -> None:
    """Warn if a longdouble array was not exactly what its conversion holds."""
    if ((converted != array) & ~np.isnan(array)).any():
        warn_caller(
            f"{name} has dtype {array.dtype}; converting it to {converted.dtype} loses precision"
        )


def loses_differences(dtype: np.dtype[Any], to: np.dtype[Any]) -> bool:
    """Whether numbers of this type can become equal in the network's number type."""
    return to == _FLOAT32 and dtype.kind in "iuf" and 4 <= dtype.itemsize <= 8 and dtype != to


def columns_that_collapse(array: Array) -> list[int]:
    """The columns of a 2-d array whose different values become far fewer in float32: under half.

    A bounded number of rows is read, in four steps, of which few arrays take more than the
    first. With 20 columns they take about 2, 20 and 40 us, and 0.4 ms for each that may collapse.
    """
    if len(array) < 3:
        return []  # two values may well be equal
    if _all_small(array[ENDS[0]]) and _all_small(array[ENDS[1]]):
        return []
    with np.errstate(all="ignore"):
        rows = _rows(array, _PAIRS).astype(np.float64)
        gaps = np.abs(rows[1:] - rows[:-1])
        near = (gaps > 0) & (gaps < _RANGE * np.abs(rows[1:]))
        columns = np.flatnonzero(np.add.reduce(near, axis=0) > len(rows) // 10)
        if columns.size:
            columns = columns[_lie_near(_rows(array, _SORTED)[:, columns], len(array))]
        return [int(c) for c in columns if _collapses(_rows(array[:, c], _COUNT))]


def is_small(numbers: Array) -> Array:
    """Where float32 keeps a thousandth of a number, so that no column of such ones collapses."""
    return np.abs(numbers) < _LARGE


def _all_small(rows: Array) -> bool:
    rows = rows.astype(np.float64, copy=False)
    # One pass. Not by vdot: OpenBLAS takes processors with AVX2 to have FMA too.
    return bool(np.einsum("ij,ij", rows, rows) < _LARGE**2 or is_small(rows).all())


def _lie_near(rows: Array, n_rows: int) -> Array:
    """Which columns have most neighbours within two float32 steps, estimated from some rows.

    Among all rows that are to be counted, neighbours lie as much nearer as there are more of them.
    """
    rows = np.sort(rows.astype(np.float64), axis=0)
    gaps = rows[1:] - rows[:-1]
    nearer = min(n_rows, _COUNT) / len(rows)
    near = gaps < 2 * nearer * np.spacing(np.abs(rows[1:]).astype(_FLOAT32))
    return np.asarray(2 * ((gaps > 0) & near).sum(axis=0) > (gaps > 0).sum(axis=0))


def warn_of_lost_differences(columns: Sequence[str], name: str) -> None:
    """Warn that these columns, written as expressions, collapse in float32."""
    if not columns:
        return
    first = columns[0]
    warn_caller(
        f"{name} has columns of large numbers whose differences float32 cannot hold, so that most "
        f"of their values become equal: {', '.join(columns[:10])}"
        f"{f' and {len(columns) - 10} more' if len(columns) > 10 else ''}. Subtract an origin from "
        f"them first, for example {first} - {first}.min()"
    )


def warn_caller(message: str) -> None:
    """Warn, at the line outside the package that made the call."""
    level, frame = 1, sys._getframe()
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, UserWarning, stacklevel=level)


def _rows(array: Array, max_rows: int) -> Array:
    """At most so many rows, spread over the array evenly, but not in even steps.

    Data has a period often enough: every fifth row a gap, two devices in turn.
    """
    n = len(array)
    return array if n <= max_rows else array[spread_rows(n, max_rows)]


def spread_rows(n: int, count: int) -> Array:
    """So many of n rows: the multiples of the golden section, which never repeat, mod 1."""
    fractions = _GOLDEN[:count] if count <= len(_GOLDEN) else np.arange(count) * _SECTION % 1
    return (fractions * n).astype(np.intp)


_SECTION = 0.6180339887498949
_GOLDEN = np.arange(_SORTED) * _SECTION % 1


def _collapses(column: Array) -> bool:
    finite = column[np.isfinite(column)]
    return 2 * len(np.unique(finite.astype(_FLOAT32))) < len(np.unique(finite))
