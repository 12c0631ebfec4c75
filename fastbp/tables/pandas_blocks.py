"""Reading of plain blocks by pandas."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastbp.tables.cell_columns import column_of
from fastbp.tables.checked_reader import count_byte
from fastbp.tables.delimited_records import SPACES
from fastbp.tables.limits import LARGEST_WHOLE
from fastbp.tables.plain_blocks import KnownColumns, PlainBlock

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
    if known.all_numbers and not wanted_text:
        numbers = _read_numbers(block, n_columns, known.whole)
        if numbers is not None:
            return [numbers[i] for i in places]
        known.all_numbers = False
    strings = known.words | wanted_text
    whole = known.whole - strings
    frame = _read(block, n_columns, strings, whole)
    if frame is None and whole:
        frame = _read(block, n_columns, strings, set())
    if frame is None or frame.shape != (block.n_rows, n_columns) or not _is_full(block, frame):
        return None
    again = [
        i
        for i in places
        if i not in strings and not _is_sure_series(frame[i], block) and not _is_text(frame[i])
    ]
    second: Any = _read(block, n_columns, {*again}, set(), again) if again else None
    if again and second is None:
        return None
    arrays = []
    for i in places:
        column = frame[i] if i not in again else second[i]
        if i not in strings and i not in again and column.dtype.kind in "iuf":
            if column.dtype.kind != "f":
                known.whole.add(i)
            arrays.append(column.to_numpy(dtype=np.float64, copy=True))
            continue
        if i not in strings:
            known.words.add(i)
        if column.dtype != object:
            column = column.fillna("").astype(object)
        cells = column.to_numpy()
        arrays.append(column_of(cells, as_text=i in wanted_text, stripped=block.stripped))
    return arrays


def _read_numbers(
    block: PlainBlock, n_columns: int, whole: set[int]
) -> list[NDArray[np.float64]] | None:
    """Read a block whose cells are all numbers; None for any other, and where one is a code.

    What pandas takes for missing by itself, such as the word NA, is no number either: without a
    list of its own it is half as fast again. Columns of whole numbers are added to ``whole``.
    """
    # As float64 whole numbers need no second look for -0.
    floats = dict.fromkeys(whole, np.float64)
    frame = _csv(block, dtype=floats, skipinitialspace=b" " in block.text)
    if frame is None or frame.shape != (block.n_rows, n_columns):
        return None
    columns = [frame[i].to_numpy() for i in range(n_columns)]
    for column in columns:
        if column.dtype.kind not in "iuf" or not np.isfinite(column).all():
            return None
        if not _is_sure(column, block):
            return None
    whole.update(i for i, column in enumerate(columns) if column.dtype.kind != "f")
    # Each of its own: views of one frame would keep all of it until the last column is gone.
    return [column.astype(np.float64) for column in columns]


def _read(
    block: PlainBlock,
    n_columns: int,
    strings: set[int],
    floats: set[int],
    columns: Sequence[int] | None = None,
) -> Any:
    """Return a frame, whose columns `strings` have cells as written; None if pandas refuses.

    Those of `floats` must be numbers: as float64 they need no second look for -0.
    """
    return _csv(
        block,
        usecols=columns,
        dtype=dict.fromkeys(strings, object) | dict.fromkeys(floats, np.float64),
        na_values={i: [""] for i in range(n_columns) if i not in strings},
        keep_default_na=False,
    )


def _csv(block: PlainBlock, *, skipinitialspace: bool = True, **options: Any) -> Any:
    """Return a block as a frame; None if pandas refuses it."""
    import pandas

    spaces = block.delimiter == SPACES
    try:
        return pandas.read_csv(
            io.BytesIO(block.text),
            header=None,
            sep=r"\s+" if spaces else block.delimiter,
            skipinitialspace=skipinitialspace and not spaces,
            engine="c",
            low_memory=False,
            **options,
        )
    except (ValueError, OverflowError):  # pandas' ParserError is one
        return None


def _is_full(block: PlainBlock, frame: Any) -> bool:
    """Whether no row is too short; pandas fills those up. Too long ones it refuses."""
    n_columns = frame.shape[1]
    # A row that is too short has no last cell.
    last = frame[n_columns - 1]
    if block.delimiter == SPACES:
        return not (last.isna() | (last.astype(object) == "")).any()
    # Else an empty one may be there or not: the delimiters tell.
    if last.dtype.kind in "iu" or (last.dtype.kind == "f" and not last.isna().any()):
        return True
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


def _is_sure_series(column: Any, block: PlainBlock) -> bool:
    return column.dtype.kind in "iuf" and _is_sure(column.to_numpy(), block)


def _is_sure(column: NDArray[Any], block: PlainBlock) -> bool:
    """Whether what pandas takes for a column of numbers are numbers, and those of `float`.

    With codes in the block, columns of whole numbers have to be looked at as text.
    """
    kind, text = column.dtype.kind, block.text
    if kind not in "iuf" or not len(column):
        return kind in "iu"
    gaps = np.isnan(column) if kind == "f" else None
    present = column if gaps is None or not gaps.any() else column[~gaps]
    if len(present) and max(map(abs, (present.min(), present.max()))) >= LARGEST_WHOLE:
        return False
    if (kind != "f" or _are_whole(column)) and block.has_codes:
        return False
    if kind != "f":
        # The integer -0 has lost its sign.
        return not ((column == 0).any() and _has_negative_zero(text))
    return np.isfinite(column).all() or _NAMED_NUMBER.search(text) is None


def _are_whole(numbers: NDArray[np.float64]) -> bool:
    """Whether those that are not missing are whole numbers."""
    for some in (numbers[:100], numbers):  # most others have a fraction soon
        if not bool(((np.floor(some) == some) | np.isnan(some)).all()):
            return False
    return True
