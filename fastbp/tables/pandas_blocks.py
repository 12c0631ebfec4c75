"""Reading of plain blocks by pandas."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastbp.tables.cell_columns import column_of
from fastbp.tables.delimited_records import SPACES
from fastbp.tables.limits import LARGEST_WHOLE
from fastbp.tables.plain_blocks import KnownColumns, PlainBlock
from fastbp.tables.source import count_byte

_NAMED_NUMBER = re.compile(rb"(?i)nan|inf")
_NEGATIVE_ZERO = re.compile(rb"-0+(?![0-9.eE])")
_MINUS, _ZERO, _POINT = b"-0."


def read_by_pandas(
    block: PlainBlock,
    n_columns: int,
    places: Sequence[int],
    as_text: Sequence[bool],
    known: KnownColumns,
) -> list[NDArray[Any]] | None:
    """Read a block; see `fast_blocks`. What it tells of the columns is added to what is known."""
    wanted_text = {i for i, wants_text in zip(places, as_text, strict=True) if wants_text}
    strings = known.words | wanted_text
    whole = known.whole - strings
    frame = _read_or_none(block, n_columns, strings, whole)
    if frame is None and whole:
        frame = _read_or_none(block, n_columns, strings, set())
    if frame is None or frame.shape != (block.n_rows, n_columns) or not _is_full(block, frame):
        return None
    again = [
        i
        for i in places
        if i not in strings and not _is_sure(frame[i], block) and not _is_text(frame[i])
    ]
    second: Any = _read(block, n_columns, {*again}, set(), again) if again else None
    arrays = []
    for i in places:
        column = frame[i] if i not in again else second[i]
        if i not in strings and i not in again and column.dtype.kind in "iuf":
            if column.dtype.kind != "f":
                known.whole.add(i)
            arrays.append(column.to_numpy(dtype=np.float64))
            continue
        if i not in strings:
            known.words.add(i)
        if column.dtype != object:
            column = column.fillna("").astype(object)
        cells = column.to_numpy()
        arrays.append(column_of(cells, as_text=i in wanted_text, stripped=block.stripped))
    return arrays


def _read_or_none(block: PlainBlock, n_columns: int, strings: set[int], floats: set[int]) -> Any:
    try:
        return _read(block, n_columns, strings, floats)
    except (ValueError, OverflowError):  # pandas' ParserError is one
        return None


def _read(
    block: PlainBlock,
    n_columns: int,
    strings: set[int],
    floats: set[int],
    columns: Sequence[int] | None = None,
) -> Any:
    """Return a frame, whose columns `strings` have cells as written.

    Those of `floats` must be numbers: as float64 they need no second look for -0.
    """
    import pandas

    spaces = block.delimiter == SPACES
    return pandas.read_csv(
        io.BytesIO(block.text),
        header=None,
        sep=r"\s+" if spaces else block.delimiter,
        skipinitialspace=not spaces,
        usecols=columns,
        dtype=dict.fromkeys(strings, object) | dict.fromkeys(floats, np.float64),
        na_values={i: [""] for i in range(n_columns) if i not in strings},
        keep_default_na=False,
        engine="c",
        low_memory=False,
        **_exact_numbers(pandas.__version__),
    )


@cache
def _exact_numbers(version: str) -> dict[str, str]:
    """Return the argument that has pandas round numbers as `float` does; later ones always do."""
    major, minor = (int(part) for part in version.split(".")[:2])
    return {} if (major, minor) >= (3, 1) else {"float_precision": "round_trip"}


def _is_full(block: PlainBlock, frame: Any) -> bool:
    """Whether no row is too short; pandas fills those up. Too long ones it refuses."""
    n_columns = frame.shape[1]
    if block.delimiter == SPACES:
        # A row that is too short has no last cell.
        last = frame[n_columns - 1]
        return not (last.isna() | (last.astype(object) == "")).any()
    n_delimiters = count_byte(block.text, block.delimiter.encode()) - block.n_inside
    return bool(n_delimiters == block.n_rows * (n_columns - 1))


def _is_text(column: Any) -> bool:
    import pandas

    return str(pandas.api.types.infer_dtype(column, skipna=True)) in ("string", "empty")


def _has_negative_zero(text: bytes) -> bool:
    """Whether the integer -0 may be in the text; -0.5 is not meant, and is frequent."""
    characters = np.frombuffer(text + b"\n", dtype=np.uint8)
    minus = np.flatnonzero(characters[:-2] == _MINUS)
    zero = minus[characters[minus + 1] == _ZERO]
    return bool((characters[zero + 2] != _POINT).any()) and bool(_NEGATIVE_ZERO.search(text))


def _is_sure(column: Any, block: PlainBlock) -> bool:
    """Whether what pandas takes for a column of numbers are numbers, and those of `float`.

    With codes in the block, columns of whole numbers have to be looked at as text.
    """
    kind, text = column.dtype.kind, block.text
    if kind in "iuf" and len(column):
        if max(map(abs, (column.min(), column.max()))) >= LARGEST_WHOLE:
            return False
        if block.has_codes and (kind != "f" or _are_whole(column.dropna().to_numpy())):
            return False
    if kind in "iu":
        # The integer -0 has lost its sign.
        return not ((column == 0).any() and _has_negative_zero(text))
    if kind != "f":
        return False
    if np.isfinite(column.to_numpy()).all():
        return True
    return _NAMED_NUMBER.search(text) is None


def _are_whole(numbers: NDArray[Any]) -> bool:
    return bool((np.floor(numbers) == numbers).all())
