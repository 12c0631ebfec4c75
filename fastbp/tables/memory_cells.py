"""Arrays of any type as a chunk's arrays: float64 numbers, text, or moments."""

from __future__ import annotations

import datetime
import decimal
import fractions
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastbp.inputs.object_arrays import is_missing
from fastbp.tables.limits import LARGEST_WHOLE
from fastbp.text.formatting import truncate

_MOMENT = np.dtype("datetime64[us]")
_SECOND = np.timedelta64(1, "s")
_TRUTHS = np.array(["False", "True"], object)
_NUMBERS = (int, float, np.integer, np.floating, decimal.Decimal, fractions.Fraction)
_DATES = (datetime.date, np.datetime64)
_TRUTH = (bool, np.bool_)


class CellTypeError(ValueError):
    """A cell that holds something else than a number, text, a truth value or a moment."""


def chunk_array(values: NDArray[Any], as_text: bool = False) -> NDArray[Any]:
    """Convert some cells of a column; see :mod:`fastbp.tables.chunks` for what comes out.

    Raises
    ------
    CellTypeError
        If a cell is a list, a record, a complex number, or of an unknown type.
    """
    convert = _OF_KIND.get(values.dtype.kind)
    if convert is None:
        raise CellTypeError(f"cells of the type {values.dtype} are not supported")
    cells = convert(values)
    return text_of(cells) if as_text else cells


def text_of(cells: NDArray[Any]) -> NDArray[Any]:
    """Write a chunk's cells as text: ``1`` for 1.0, ``2024-05-01`` for midnight."""
    if cells.dtype.kind == "O":
        return cells
    if cells.dtype.kind == "M":
        texts = np.datetime_as_string(cells, unit="s").astype(object)
        # The day alone where there is no time of day in any cell.
        days = cells.astype("datetime64[D]")
        if bool((np.isnat(cells) | (days == cells)).all()):
            texts = np.datetime_as_string(days).astype(object)
        texts[np.isnat(cells)] = None
        return texts
    numbers, places = np.unique(cells, return_inverse=True)
    texts = np.fromiter(map(number_text, numbers.tolist()), object, len(numbers))
    texts[np.isnan(numbers)] = None
    return texts[places]


def number_text(number: float) -> str:
    """Write a number as short as it can be: ``1``, ``0.5``, ``1e+20``."""
    if number.is_integer() and abs(number) <= LARGEST_WHOLE:
        return str(int(number))
    return repr(number)


def _floats(values: NDArray[Any]) -> NDArray[Any]:
    return np.ascontiguousarray(values, dtype=np.float64)


def _integers(values: NDArray[Any]) -> NDArray[Any]:
    if len(values) and (values.max() > LARGEST_WHOLE or values.min() < -LARGEST_WHOLE):
        return np.fromiter(map(str, values.tolist()), object, len(values))
    return _floats(values)


def _truths(values: NDArray[Any]) -> NDArray[Any]:
    return _TRUTHS[values.view(np.int8)] if values.flags.contiguous else _TRUTHS[values.astype(int)]


def _moments(values: NDArray[Any]) -> NDArray[Any]:
    return values.astype(_MOMENT)


def _durations(values: NDArray[Any]) -> NDArray[Any]:
    seconds: NDArray[Any] = values / _SECOND
    return seconds


def _strings(values: NDArray[Any]) -> NDArray[Any]:
    return np.fromiter(map(str.strip, values.tolist()), object, len(values))


def _objects(values: NDArray[Any]) -> NDArray[Any]:
    cells = values.tolist()
    kinds = set(map(type, cells))
    if kinds <= {str}:
        return np.fromiter(map(str.strip, cells), object, len(cells))
    if kinds <= {str, type(None)}:
        return np.fromiter(
            (None if cell is None else cell.strip() for cell in cells), object, len(cells)
        )
    cells = [None if is_missing(cell) or cell is np.ma.masked else cell for cell in cells]
    kinds = set(map(type, cells)) - {type(None)}
    if not kinds:
        return np.full(len(cells), np.nan)
    for classes, converter in _OF_CLASSES:
        if all(issubclass(kind, classes) for kind in kinds) and not (
            classes is _NUMBERS and any(issubclass(kind, _TRUTH) for kind in kinds)
        ):
            converted = converter(cells)
            if converted is not None:
                return converted
    return np.fromiter(
        (None if cell is None else cell_text(cell) for cell in cells), object, len(cells)
    )


def _number_objects(cells: Sequence[Any]) -> NDArray[Any] | None:
    if any(isinstance(cell, int) and abs(cell) > LARGEST_WHOLE for cell in cells):
        return None
    return np.array([np.nan if cell is None else float(cell) for cell in cells])


def _date_objects(cells: Sequence[Any]) -> NDArray[Any]:
    without_zone = [
        cell.replace(tzinfo=None) if getattr(cell, "tzinfo", None) is not None else cell
        for cell in cells
    ]
    return np.array([np.datetime64(cell or "NaT", "us") for cell in without_zone], _MOMENT)


def _duration_objects(cells: Sequence[Any]) -> NDArray[Any]:
    spans = [np.timedelta64("NaT" if cell is None else cell, "us") for cell in cells]
    return _durations(np.array(spans, "timedelta64[us]"))


def cell_text(cell: Any) -> str:
    """Write any single cell as text.

    Raises
    ------
    CellTypeError
        If it is no single value.
    """
    if isinstance(cell, str):
        return cell.strip()
    if isinstance(cell, _TRUTH):
        return str(bool(cell))
    if isinstance(cell, (float, np.floating)):
        return number_text(float(cell))
    if isinstance(cell, (*_NUMBERS, *_DATES, datetime.time)):
        return str(cell)
    if type(cell).__name__ in _WRITTEN:
        return str(cell)
    shown = truncate(repr(cell), 40)
    raise CellTypeError(
        f"a cell is {shown} ({type(cell).__name__}); expected a number, text, a truth value or a "
        "date in each"
    )


_WRITTEN = ("Interval", "Period", "UUID")
_OF_CLASSES: tuple[tuple[Any, Callable[[Sequence[Any]], NDArray[Any] | None]], ...] = (
    (_NUMBERS, _number_objects),
    (_DATES, _date_objects),
    ((datetime.timedelta, np.timedelta64), _duration_objects),
)
_OF_KIND: dict[str, Callable[[NDArray[Any]], NDArray[Any]]] = {
    "f": _floats,
    "i": _integers,
    "u": _integers,
    "b": _truths,
    "M": _moments,
    "m": _durations,
    "U": _strings,
    "T": lambda values: _objects(values.astype(object)),
    "O": _objects,
}
