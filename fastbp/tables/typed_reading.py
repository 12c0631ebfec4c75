"""Cells of columns whose kinds are known as values: of collected cells, or from a source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastbp.tables.chunks import Source
from fastbp.tables.column_cells import Cells, Coder, Rows, join
from fastbp.tables.kinds.kind import Kind, Parsed
from fastbp.tables.kinds.number import Number
from fastbp.tables.memory_cells import cell_text
from fastbp.tables.parsed_texts import parsed_texts
from fastbp.tables.typed import UnreadableCell


@dataclass(frozen=True)
class Given:
    """What the user says to stand for a missing cell, as texts and as numbers."""

    texts: frozenset[str] = frozenset()
    numbers: tuple[float, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "numbers", tuple(_numbers(self.texts)))

    def without(self, numbers: NDArray[np.float64]) -> NDArray[np.float64]:
        """Make the numbers that stand for a missing cell NaN."""
        if not self.numbers or not bool((found := np.isin(numbers, self.numbers)).any()):
            return numbers
        return np.where(found, np.nan, numbers)


def _numbers(texts: frozenset[str]) -> Iterator[float]:
    for text in texts:
        try:
            yield float(text)
        except ValueError:
            continue


def values_of_cells(kind: Kind, cells: Cells, given: Given) -> Parsed:
    """Read collected cells that did not overflow; True where one does not fit."""
    if len(cells.parts) == 1 and cells.parts[0].dtype.kind != "i":
        return _of_typed(kind, cells.parts[0], given)
    table, wrong = _table(kind, cells.texts, given)
    parts: list[NDArray[Any]] = []
    bad_parts: list[NDArray[np.bool_]] = []
    for part in cells.parts:
        if part.dtype.kind == "i":
            values, bad = table[part], wrong[part]
        else:
            values, bad = _of_typed(kind, part, given)
        parts.append(values)
        bad_parts.append(bad)
    return join(parts, table.dtype.str), join(bad_parts, "bool")


def _table(kind: Kind, texts: Sequence[str], given: Given) -> Parsed:
    """The value of each text and that of a missing cell."""
    table, wrong = parsed_texts(kind, texts, given.texts)
    if isinstance(kind, Number):
        # -999 and -999.0 are one number, whether it comes as text or not.
        table = given.without(table)
    return table, wrong


def _of_typed(kind: Kind, part: NDArray[Any], given: Given) -> Parsed:
    if part.dtype.kind == "M":
        return kind.of_moments(part)
    return kind.of_numbers(given.without(part))


def read_kinds(
    source: Source,
    places: Mapping[str, str],
    kinds: Mapping[str, Kind],
    given: Given,
    as_text: Sequence[str] = (),
    *,
    to_the_end: bool = True,
) -> tuple[dict[str, NDArray[Any]], Rows, list[UnreadableCell]]:
    """Read columns of a source.

    Parameters
    ----------
    places : mapping of str to str
        The source's name of each column in `kinds`.
    to_the_end : bool
        Whether to go on after a chunk with cells that do not fit.

    Returns
    -------
    values : dict of str to ndarray
        NaN, NaT or None where a cell is missing or does not fit.
    rows : Rows
        The source's rows.
    unreadable : list of UnreadableCell
        The cells that do not fit, in no order.
    """
    wanted = {places[name]: name for name in kinds}
    names = [name for name in source.names if name in wanted]
    parts: dict[str, list[NDArray[Any]]] = {wanted[name]: [] for name in names}
    unreadable: list[UnreadableCell] = []
    rows = Rows()
    for chunk in source.chunks(names, [places[name] for name in as_text]):
        for place, cells in zip(names, chunk.columns, strict=True):
            name = wanted[place]
            kind = kinds[name]
            if cells.dtype.kind == "O":
                coder = Coder()
                codes = coder.codes(cells)
                table, wrong = _table(kind, coder.texts(), given)
                values, bad = table[codes], wrong[codes]
            else:
                values, bad = _of_typed(kind, cells, given)
            parts[name].append(values)
            if bool(bad.any()):
                unreadable += _unreadable(place, kind, cells, bad, rows.n, chunk.lines)
        rows.add(chunk, len(chunk))
        if unreadable and not to_the_end:
            break
    joined = {
        name: join(found, "float64") if found else kinds[name].parse([])[0]
        for name, found in parts.items()
    }
    return joined, rows, unreadable


def _unreadable(
    name: str,
    kind: Kind,
    cells: NDArray[Any],
    bad: NDArray[np.bool_],
    start: int,
    lines: NDArray[np.int64] | None,
) -> Iterator[UnreadableCell]:
    for i in np.flatnonzero(bad).tolist():
        cell = cells[i]
        line = None if lines is None else int(lines[i])
        yield UnreadableCell(start + i, line, name, kind.complaint(cell_text(cell)))
