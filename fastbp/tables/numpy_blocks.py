"""Reading of plain blocks by NumPy's loadtxt, where pandas is not installed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastbp.tables.cell_columns import column_of
from fastbp.tables.delimited_records import SPACES
from fastbp.tables.limits import LARGEST_WHOLE
from fastbp.tables.plain_blocks import KnownColumns, PlainBlock

# What a number without a name (inf, nan) is made of.
_NUMERIC = b"0123456789.+-eE\r\n"
_SAMPLE_ROWS = 100
# A type with a field for each column takes long to make.
_MOST_FIELDS = 1000


def read_by_numpy(
    block: PlainBlock,
    n_columns: int,
    places: Sequence[int],
    as_text: Sequence[bool],
    known: KnownColumns,
) -> list[NDArray[Any]] | None:
    """Read a block; see `fast_blocks`. What it tells of the columns is added to what is known."""
    words = known.words
    lines = block.text.decode().splitlines()
    if len(lines) != block.n_rows or not all(lines):
        return None
    if not any(as_text) and not block.has_codes and _is_numeric(block):
        table = _load(lines, block, np.float64)
        # Larger whole numbers are codes, which are to be looked at as text.
        if (
            table is not None
            and table.shape == (block.n_rows, n_columns)
            and np.abs(table).max(initial=0) < LARGEST_WHOLE
        ):
            return [table[:, i].copy() for i in places]
    if n_columns > _MOST_FIELDS:
        return None
    wanted_text = {i for i, wants_text in zip(places, as_text, strict=True) if wants_text}
    if not words:
        _find_words(lines[:_SAMPLE_ROWS], block, n_columns, words)
    table = _load(lines, block, _fields(n_columns, words | wanted_text))
    if table is None:
        _find_words(lines, block, n_columns, words)
        table = _load(lines, block, _fields(n_columns, words | wanted_text))
    if table is None or table.shape != (block.n_rows,):
        return None
    arrays = []
    for i in places:
        column = np.ascontiguousarray(table[f"f{i}"])
        if column.dtype == object:
            column = column_of(column, as_text=i in wanted_text, stripped=block.stripped)
        elif np.isnan(column).any() or _may_be_codes(column, block):
            # The word nan, which is no number here; or 02139.
            words.add(i)
            return None
        arrays.append(column)
    return arrays


def _is_numeric(block: PlainBlock) -> bool:
    extra = b" \t" if block.delimiter == SPACES else block.delimiter.encode()
    return not block.text.translate(None, _NUMERIC + extra)


def _may_be_codes(column: NDArray[np.float64], block: PlainBlock) -> bool:
    if np.abs(column).max(initial=0) >= LARGEST_WHOLE:
        return True
    return block.has_codes and bool((np.floor(column) == column).all())


def _fields(n_columns: int, words: set[int]) -> Any:
    return [(f"f{i}", object if i in words else np.float64) for i in range(n_columns)]


def _find_words(lines: list[str], block: PlainBlock, n_columns: int, words: set[int]) -> None:
    """Add the columns that hold a cell which is no number."""
    table = _load(lines, block, _fields(n_columns, set(range(n_columns))))
    if table is not None:
        for i in range(n_columns):
            column = column_of(table[f"f{i}"])
            if column.dtype == object or np.isnan(column).any():
                words.add(i)


def _load(lines: list[str], block: PlainBlock, kind: Any) -> NDArray[Any] | None:
    """Return lines as an array; None if they are not of this type, or not equally long."""
    try:
        return np.loadtxt(
            lines,
            dtype=kind,
            delimiter=None if block.delimiter == SPACES else block.delimiter,
            ndmin=2 if kind is np.float64 else 1,
            comments=None,
            quotechar='"' if block.quoted else None,
        )
    except ValueError:
        return None
