"""Columns that came as numbers: which of them are nothing to learn from; many at a time."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

#: Numbers looked at together: 8 MB.
_BLOCK = 1 << 20
#: A column that counts from another number than 0 or 1 may measure something in a short table.
_SURELY_COUNTING = 100
_FEWEST_COUNTED = 3
#: A name such as id says what whole numbers are that never repeat, from so many rows on.
_FEWEST_NAMED = 20
_IDENTIFIER = re.compile(
    r"(?:^|.*[_\s.-])(?:id|uuid|guid)|.*[a-z]I[dD]|index|idx|key|row|row_?names?|row_?num(?:ber)?"
    r"|unnamed: 0|nr|no",
    re.IGNORECASE,
)
#: What counts here is time, from which there is something to learn.
_TIME = re.compile(
    r"(?:.*[_\s.:-])?(?:years?|yr|time|date|days?|weeks?|months?|quarter|hours?|minutes?|seconds?"
    r"|period|age|t)",
    re.IGNORECASE,
)


def unusual(names: Sequence[str], columns: Sequence[NDArray[np.float64]]) -> dict[str, str]:
    """Say why columns are left out: all cells missing, one value only, or an identifier."""
    found: dict[str, str] = {}
    if not columns:
        return found
    n = len(columns[0])
    for start, matrix in _blocks(columns):
        low, high = np.fmin.reduce(matrix, axis=1), np.fmax.reduce(matrix, axis=1)
        gaps = np.isnan(matrix).any(axis=1)
        for i in np.flatnonzero(np.isnan(low)).tolist():
            found[names[start + i]] = "all cells are missing"
        for i in np.flatnonzero((low == high) & ~gaps).tolist():
            found[names[start + i]] = "the same in every row"
        with np.errstate(invalid="ignore", over="ignore"):
            candidates = ~gaps & (low < high) & (high - low >= n - 1) & (np.floor(low) == low)
        for i in np.flatnonzero(candidates & (np.floor(high) == high)).tolist():
            if reason := _identifier(names[start + i], matrix[i], float(low[i]), float(high[i])):
                found[names[start + i]] = reason
    return found


def _blocks(columns: Sequence[NDArray[np.float64]]) -> Iterator[tuple[int, NDArray[np.float64]]]:
    """Some columns at a time: the place of the first, and a row of a matrix each."""
    step = max(1, _BLOCK // max(len(columns[0]), 1)) if columns else 1
    for start in range(0, len(columns), step):
        block = columns[start : start + step]
        yield start, block[0][None] if len(block) == 1 else np.stack(block)


def _identifier(name: str, values: NDArray[np.float64], low: float, high: float) -> str:
    n = len(values)
    if _TIME.fullmatch(name):
        return ""
    called = _IDENTIFIER.fullmatch(name) is not None
    counting = high - low == n - 1 and n >= _FEWEST_COUNTED
    long = n >= _SURELY_COUNTING
    if counting and bool((np.diff(values) == 1).all()):
        if low in (0, 1) or long or called:
            return f"an identifier: it counts the rows from {low:.0f}"
        return ""
    if not (counting and long) and not (called and n >= _FEWEST_NAMED):
        return ""
    if bool((np.floor(values) == values).all()) and len(np.unique(values)) == n:
        return "an identifier: whole numbers that never repeat"
    return ""
