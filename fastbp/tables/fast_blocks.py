"""Fast reading of plain blocks of delimited text, by pandas or NumPy.

What is read here is what Python's csv module and `float` give, to the bit: a block that could be
read otherwise is declined, and then they read it.
"""

from __future__ import annotations

import importlib.util
import io
import re
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastbp.tables.cell_columns import column_of
from fastbp.tables.delimited_layout import SPACES, Layout
from fastbp.tables.source import count_byte

# What a number without a name (inf, nan) is made of.
_NUMERIC = b"0123456789.+-eE\r\n"
_LONE_RETURN = re.compile(rb"\r(?!\n)")
_NAMED_NUMBER = re.compile(rb"(?i)nan|inf")
_NEGATIVE_ZERO = re.compile(rb"-0+(?![0-9.eE])")


def read_fast(
    text: bytes, layout: Layout, places: Sequence[int], as_text: Sequence[bool]
) -> list[NDArray[Any]] | None:
    """Read a block of whole lines whose rows are all plain; None if they are not.

    Parameters
    ----------
    text : bytes
        The lines, in UTF-8 (which was checked).
    layout : Layout
        How they are read.
    places : sequence of int
        The positions of the columns that are wanted.
    as_text : sequence of bool
        Whether each of these is wanted as text.
    """
    delimiter = layout.delimiter.encode()
    if len(delimiter) != 1 or layout.trailing or not places:
        return None
    if b"\r" in text and _LONE_RETURN.search(text):
        return None
    n_rows = count_byte(text, b"\n") + (not text.endswith(b"\n"))
    if has_pandas():
        return _by_pandas(text, layout, places, as_text, n_rows)
    if not any(as_text) and _is_numeric(text, delimiter):
        table = _by_numpy(text, layout, n_rows)
        if table is not None:
            return list(np.ascontiguousarray(table.T[list(places)]))
    return None


def _is_numeric(text: bytes, delimiter: bytes) -> bool:
    extra = b" \t" if delimiter == SPACES.encode() else delimiter
    return not text.translate(None, _NUMERIC + extra)


def _by_numpy(text: bytes, layout: Layout, n_rows: int) -> NDArray[np.float64] | None:
    """Read a block of numbers alone."""
    lines = text.decode().splitlines()
    if len(lines) != n_rows or not all(lines):
        return None
    delimiter = None if layout.delimiter == SPACES else layout.delimiter
    try:
        table = np.loadtxt(lines, dtype=np.float64, delimiter=delimiter, ndmin=2, comments=None)
    except ValueError:
        return None
    return table if table.shape == (n_rows, len(layout.names)) else None


def _by_pandas(
    text: bytes,
    layout: Layout,
    places: Sequence[int],
    as_text: Sequence[bool],
    n_rows: int,
) -> list[NDArray[Any]] | None:
    """Read a block whose rows are lines and whose quotes are around whole cells."""
    import pandas

    n_columns = len(layout.names)
    delimiter = layout.delimiter.encode()
    n_inside = 0
    if b'"' in text:
        quoted = _quoted_cells(delimiter).findall(text)
        if 2 * len(quoted) != text.count(b'"'):
            return None
        if layout.delimiter == SPACES and any(b" " in cell or b"\t" in cell for cell in quoted):
            return None
        if n_columns == 1:  # a blank line is no row, and "" reads as one
            return None
        n_inside = b"".join(quoted).count(delimiter)

    def read(kind: type | None, wanted: Sequence[int] | None = None) -> Any:
        return pandas.read_csv(
            io.BytesIO(text),
            header=None,
            sep=r"\s+" if layout.delimiter == SPACES else layout.delimiter,
            skipinitialspace=layout.delimiter != SPACES,
            usecols=wanted,
            dtype=kind,
            na_values=[""],
            keep_default_na=False,
            **_exact_numbers(pandas.__version__),
            engine="c",
            low_memory=False,
        )

    try:
        frame = read(None)
    except (ValueError, OverflowError):  # pandas' ParserError is one
        return None
    if frame.shape != (n_rows, n_columns):
        return None
    if layout.delimiter == SPACES:
        # A row that is too short has no last cell.
        if frame[n_columns - 1].isna().any():
            return None
    elif count_byte(text, delimiter) - n_inside != n_rows * (n_columns - 1):
        return None
    again: list[int] = []
    arrays: dict[int, NDArray[Any]] = {}
    for i, wants_text in zip(places, as_text, strict=True):
        column = frame[i]
        if wants_text or not _is_sure(column, text):
            if pandas.api.types.infer_dtype(column, skipna=True) not in ("string", "empty"):
                again.append(i)
        else:
            arrays[i] = column.to_numpy(dtype=np.float64)
    words = read(str, again) if again else None
    for i, wants_text in zip(places, as_text, strict=True):
        if i not in arrays:
            cells = (words if words is not None and i in again else frame)[i]
            arrays[i] = column_of(cells.fillna("").tolist(), as_text=wants_text)
    return [arrays[i] for i in places]


@cache
def _exact_numbers(version: str) -> dict[str, str]:
    """Return the argument that has pandas round numbers as `float` does; later ones always do."""
    major, minor = (int(part) for part in version.split(".")[:2])
    return {} if (major, minor) >= (3, 1) else {"float_precision": "round_trip"}


def _is_sure(column: Any, text: bytes) -> bool:
    """Whether what pandas takes for a column of numbers are the numbers that `float` gives."""
    kind = column.dtype.kind
    if kind in "iu":
        # The integer -0 has lost its sign.
        return not ((column == 0).any() and _NEGATIVE_ZERO.search(text))
    if kind != "f":
        return False
    if np.isfinite(column.to_numpy()).all():
        return True
    return _NAMED_NUMBER.search(text) is None


@cache
def _quoted_cells(delimiter: bytes) -> re.Pattern[bytes]:
    """Return the pattern of a cell in quotes, with no quote or line end in it."""
    around = re.escape(b" \t" if delimiter == SPACES.encode() else delimiter)
    return re.compile(rb'(?<![^%b\n])"([^"\r\n]*)"(?=[%b\r\n]|\Z)' % (around, around))


@cache
def has_pandas() -> bool:
    """Whether pandas is installed, which reads blocks without holding Python's lock."""
    return importlib.util.find_spec("pandas") is not None
