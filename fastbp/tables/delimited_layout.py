"""The layout of delimited text: delimiter, header, row names, what stands above and beside it."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from fastbp.errors import FileFormatError
from fastbp.tables.cells import is_missing, is_number
from fastbp.tables.column_names import check_different, numbered_names
from fastbp.tables.delimited_records import DELIMITERS, SPACES, Record, read_records
from fastbp.tables.header_lines import ORANGE_CATEGORIES, first_is_odd, is_orange
from fastbp.tables.limits import MOST_COLUMNS
from fastbp.tables.preamble import read_preamble, table_start
from fastbp.tables.read_options import ReadOptions
from fastbp.tables.source import TextSource
from fastbp.text.formatting import plural

ROW_NAMES = "row names"
_SAMPLE_ROWS = 50
_DELIMITER_ROWS = 20
# More than the longest cell can have; of others most are blank.
_SAMPLE_LINES = 200_000
_SAMPLE_CELLS = 500_000


@dataclass(frozen=True)
class Layout:
    """How delimited text is read.

    Attributes
    ----------
    delimiter : str
        What separates the cells.
    names : tuple of str
        The names of the columns.
    named : bool
        Whether they are the table's own.
    first_line : int or None
        The line of the first row; None if there is none.
    trailing : bool
        Whether rows end with a delimiter and no cell behind it.
    about : str
        How it is read, in words.
    declared : dict of str to None
        The columns that the file says to be categories.
    """

    delimiter: str
    names: tuple[str, ...]
    named: bool
    first_line: int | None
    trailing: bool
    about: str
    declared: Mapping[str, None]


def find_layout(source: TextSource, options: ReadOptions) -> Layout:
    """Find delimiter and header from the first lines, as far as the options do not say them.

    Raises
    ------
    FileFormatError
        If the file is empty, is not UTF-8 text, or names two columns alike.
    """
    text = _Below(source, options.skip)
    preamble = read_preamble(text)
    delimiter = options.delimiter or preamble.delimiter or _detect_delimiter(text, preamble.end)
    sample = _sample(text, delimiter, preamble.end)
    if not sample:
        above = f" below the {plural(options.skip, 'line')} skipped" if options.skip else ""
        raise FileFormatError(
            f"{source.label} is empty{above}; expected a table with one row a line"
        )
    expected = options.expected_names

    def is_header(start: int) -> bool:
        return _is_header(_sample(text, delimiter, start), expected)

    start = table_start(text, preamble, delimiter, len(sample[0][1]), expected, is_header)
    sample = _sample(text, delimiter, start)
    return _layout(source.label, sample, delimiter, start + options.skip, options)


class _Below:
    """The lines of a text below the first ones."""

    def __init__(self, source: TextSource, skip: int) -> None:
        self.label = source.label
        self.skip = skip
        self._source = source

    def lines(self, start: int = 0) -> Iterator[str]:
        """Yield those after the first `start` of them."""
        return self._source.lines(self.skip + start)


def _layout(
    label: str, sample: list[Record], delimiter: str, above: int, options: ReadOptions
) -> Layout:
    """Decide what the first records are."""
    line = sample[0][0]
    rows = [[cell.strip() for cell in cells] for _, cells in sample]
    if max(map(len, rows[:2])) > MOST_COLUMNS:
        raise FileFormatError(
            f"{label}, line {line}: {len(rows[0]):,} cells, expected at most {MOST_COLUMNS:,} "
            "columns; transpose or split the table"
        )
    words = DELIMITERS.get(delimiter, repr(delimiter)) + "-separated"
    left_out = f", {plural(above, 'line')} above it left out" if above else ""
    n_headers, header_words = 0, "no header line"
    width = len(rows[0])
    declared: dict[str, None] = {}
    header = options.header
    odd = first_is_odd(rows) if header is not False else ""
    if odd == "counted" and header is None:
        n_headers, width = 1, len(rows[1])
        header, header_words = False, "a line of counts above it, no header line"
    elif header is None:
        header = odd != "" or _detect_header(rows, options.expected_names)
    if header:
        n_headers, header_words = 1, "with a header line"
        if header and is_orange(rows):
            cells = zip(rows[0], rows[1], strict=True)
            declared = {name: None for name, kind in cells if kind.lower() in ORANGE_CATEGORIES}
            n_headers, header_words = 3, "with three header lines (names, types, roles)"
    data = rows[n_headers:]
    names = list(rows[0]) if header else [""] * width
    trailing = False
    if odd == "trailing":
        trailing = True
    elif width > 1 and not names[-1] and data and all(_ends_empty(row, width) for row in data):
        trailing = True
        names.pop()
    if odd == "row names":
        header_words += " and row names"
        names.insert(0, _free(ROW_NAMES, names))
    if trailing:
        header_words += ", delimiters at the ends of rows"
    names = [name or number for name, number in zip(names, numbered_names(len(names)), strict=True)]
    check_different(
        names,
        f"{label}, line {line}",
        "rename them (or give header=False (--no-header), if the first line is data)",
    )
    first_line = sample[n_headers][0] if len(sample) > n_headers else None
    about = f"{words}, {header_words}{left_out}"
    return Layout(delimiter, tuple(names), bool(header), first_line, trailing, about, declared)


def _ends_empty(row: Sequence[str], width: int) -> bool:
    return len(row) == width and not row[-1]


def _free(name: str, names: Collection[str]) -> str:
    """Return a name that no column has."""
    candidates = itertools.chain([name], (f"{name} {i}" for i in itertools.count(2)))
    return next(candidate for candidate in candidates if candidate not in names)


def _sample(text: _Below, delimiter: str, start: int, n_rows: int = _SAMPLE_ROWS) -> list[Record]:
    """Return the first records below `start` lines; of a wide table fewer."""
    records = []
    n_cells = 0
    first = text.skip + start + 1
    lines = itertools.islice(text.lines(start), _SAMPLE_LINES)
    for record in read_records(lines, delimiter, text.label, first):
        records.append(record)
        n_cells += len(record[1])
        if len(records) == n_rows or (n_cells > _SAMPLE_CELLS and len(records) > 3):
            break
    return records


def _detect_delimiter(text: _Below, start: int) -> str:
    """Find the first delimiter that splits all of the first records into equally many cells."""
    for delimiter in DELIMITERS:
        try:
            sample = _sample(text, delimiter, start, _DELIMITER_ROWS)
        except FileFormatError as error:
            if isinstance(error.__cause__, csv.Error):
                continue
            raise
        rows = [[cell.strip() for cell in cells] for _, cells in sample]
        widths = {len(row) for row in rows}
        if (len(widths) == 1 and widths != {1}) or first_is_odd(rows):
            return delimiter
    # None does: take what splits the first line most, and let the odd line be named later.
    line = next((line for line in text.lines(start) if line.strip()), "")
    return max((d for d in DELIMITERS if d != SPACES), key=lambda d: (line.count(d), d == ","))


def _detect_header(rows: Sequence[Sequence[str]], expected_names: Collection[str]) -> bool:
    """Whether the first record names the columns."""
    records = [(0, list(row)) for row in rows]
    if _is_header(records, expected_names):
        return True
    # A row of letters, as of the mushrooms: y,n,y.
    names = [cell for cell in rows[0] if cell]
    return len(set(names)) == len(names) and not any(map(is_number, names))


def _is_header(sample: Sequence[Record], expected_names: Collection[str]) -> bool:
    """Whether the first record names the columns for certain.

    It holds an expected name, or text above a column of numbers.
    """
    first_cells, *other_rows = ([cell.strip() for cell in cells] for _, cells in sample)
    if any(name in first_cells and not is_number(name) for name in expected_names):
        return True
    for i, cell in enumerate(first_cells):
        if is_number(cell) or is_missing(cell):
            continue
        column_cells = [row[i] for row in other_rows if i < len(row) and not is_missing(row[i])]
        if column_cells and all(map(is_number, column_cells)):
            return True
    return False
