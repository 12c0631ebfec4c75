"""Columns that say which rows belong together, or which came first."""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastbp.tables.chunks import Source
from fastbp.tables.column_cells import Cells, Coder, Rows
from fastbp.tables.column_in_table import Column
from fastbp.tables.kinds.dates import ORDER_NAMES, ORDERS, moment
from fastbp.tables.kinds.markers import AMONG_VALUES, is_marker
from fastbp.tables.kinds.number import Number
from fastbp.tables.parsed_texts import parsed_texts
from fastbp.tables.schema_options import SchemaOptions, find_column
from fastbp.tables.typed_reading import Given
from fastbp.text.formatting import quote

#: How messages call the argument that names the column.
SPLIT_COLUMN = "the column to split by"
DEFAULTS = SchemaOptions()


def read_column(source: Source, name: str, *, as_text: bool = False) -> tuple[NDArray[Any], Rows]:
    """All cells of a column: float64, text (object) or datetime64; text where the chunks differ.

    With them come the rows, as messages call them. The column goes by its name, or where there are
    none by its number, as in an option.

    Raises
    ------
    ValueError
        If there is no such column.
    """
    name = find_column(name, source.names, source.named, source.label, SPLIT_COLUMN)
    wanted = (name,) if as_text else ()
    parts = []
    rows = Rows()
    for chunk in source.chunks([name], wanted):
        parts.append(chunk.columns[0])
        rows.add(chunk, len(chunk))
    if not as_text and len({part.dtype.kind for part in parts}) > 1:
        return read_column(source, name, as_text=True)
    return np.concatenate(parts) if parts else np.empty(0), rows


def group_codes(source: Source, name: str, options: SchemaOptions = DEFAULTS) -> NDArray[np.int64]:
    """A number for each row's group; -1 where its cell is missing, also by the options.

    Groups are told apart by the text of their cells: 02139 and 2139 are two.
    """
    cells, _ = read_column(source, name, as_text=True)
    texts = np.array([text or "" for text in _texts(cells, options)], object)
    distinct, codes = np.unique(texts, return_inverse=True)
    codes = codes.astype(np.int64).reshape(-1)
    if len(distinct) and distinct[0] == "":
        codes -= 1
    return codes


def time_values(
    source: Source, name: str, options: SchemaOptions = DEFAULTS
) -> NDArray[np.float64]:
    """When each row was, as a number that grows with time; NaN where the cell is missing.

    Parameters
    ----------
    source : Source
    name : str
        A column of numbers, of moments, or of dates written as text.
    options : SchemaOptions
        Its ``missing`` texts, and ``decimal`` and ``dates`` where the cells do not tell.

    Raises
    ------
    ValueError
        If a cell is none of these, or cells allow two readings.

    Examples
    --------
    >>> from fastbp.tables.as_source import as_source
    >>> time_values(as_source({"day": ["2024-05-02", "", "2024-05-01"]}), "day")
    array([86400.,    nan,     0.])
    """
    # What is 1.234 to Python is 1,234 beside decimal commas.
    cells, rows = read_column(source, name, as_text=options.decimal == ",")
    if cells.dtype.kind == "M":
        seconds = (cells - np.datetime64(0, "s")) / np.timedelta64(1, "s")
        return _from_first(seconds.astype(np.float64))
    if cells.dtype.kind == "f":
        return Given(frozenset(options.missing)).without(np.asarray(cells, np.float64))
    texts = _texts(cells, options)
    if (numbers := _of_numbers(texts, rows, source.label, name, options)) is not None:
        return numbers
    return _from_first(_of_dates(texts, rows, source.label, quote(name), options.dates))


def _texts(cells: NDArray[Any], options: SchemaOptions) -> list[str | None]:
    """The cells as texts; None where one is missing."""
    given = frozenset(options.missing)
    return [
        None
        if cell is None or cell != cell or is_marker(str(cell), AMONG_VALUES, given)
        else str(cell)
        for cell in cells
    ]


def _of_numbers(
    texts: list[str | None], rows: Rows, label: str, name: str, options: SchemaOptions
) -> NDArray[np.float64] | None:
    """The texts as numbers, in the spelling that fits all of them; None where none does."""
    given, written = Given(frozenset(options.missing)), np.array(texts, object)
    cells = Cells(given.texts)
    cells.add(written)
    cells.close()
    fit = cells.evidence.fit_numbers(options.decimal)
    if fit is None or fit.first_misfit is not None:
        return None
    if fit.other is not None:
        raise Column(label, name, cells, rows, options).ambiguous_numbers(fit)
    coder = Coder()
    codes = coder.codes(written)
    table, _ = parsed_texts(Number(fit.how), coder.texts(), given.texts)
    return given.without(table)[codes]


def _of_dates(
    texts: list[str | None], rows: Rows, label: str, column: str, order: str | None
) -> NDArray[np.float64]:
    distinct = {text for text in texts if text is not None}
    when = {o: {text: moment(text, o) for text in distinct} for o in ORDERS}
    complete = [o for o in ORDERS if None not in when[o].values()]
    if order in complete:
        complete = [order]
    if not complete:
        best = order or min(ORDERS, key=lambda o: list(when[o].values()).count(None))
        row, text = next(
            (row, text) for row, text in enumerate(texts) if text and when[best][text] is None
        )
        as_asked = f" ({ORDER_NAMES[best]})" if order or any(when[best].values()) else ""
        raise ValueError(
            f"{label}, {rows.place(row)}, column {column}: {quote(text)} is no number and no "
            f"date{as_asked}; rows can be split by time where every cell is one, or empty"
        )
    if any(when[o] != when[complete[0]] for o in complete):
        example = next(t for t in texts if t and len({when[o][t] for o in complete}) > 1)
        raise ValueError(
            f"{label}, column {column}: {quote(example)} can be read as "
            + " or as ".join(f"{ORDER_NAMES[o]} (dates='{o}', --dates {o})" for o in complete)
            + ", and no other cell tells which; give one of them"
        )
    seconds = {text: _seconds(found) for text, found in when[complete[0]].items()}
    return np.array([np.nan if text is None else seconds[text] for text in texts])


def _seconds(when: datetime.datetime | None) -> float:
    return float((np.datetime64(when, "us") - np.datetime64(0, "us")) / np.timedelta64(1, "s"))


def _from_first(seconds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Seconds since the first moment, small enough for float64 to keep microseconds."""
    known = ~np.isnan(seconds)
    return seconds - seconds[known].min() if known.any() else seconds
