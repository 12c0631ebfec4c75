"""Reading of CSV tables, with detection of delimiter and header.

A table is UTF-8 text with one record a line, as spreadsheets export it ("CSV"). Delimiter and
header are detected from the first lines unless the caller gives them.
"""

from __future__ import annotations

import csv
import difflib
import itertools
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from fastbp.errors import FileFormatError
from fastbp.tables.cells import is_missing, is_number
from fastbp.tables.preamble import read_preamble, table_start
from fastbp.tables.source import TextSource, open_text
from fastbp.text.formatting import list_names, plural, quote

# In this order of trust: commas and spaces also occur inside numbers and names, the others hardly.
DELIMITERS = {";": "semicolon", "\t": "tab", "|": "vertical bar", ",": "comma", " ": "space"}

_SAMPLE_LINES = 50
# A cell is rarely longer than a word; a quote that is never closed swallows the rest of the file.
_LONGEST_CELL = 1 << 17


@dataclass(frozen=True)
class Table:
    """A table: where its text is, how it is read, and the names of its columns.

    Attributes
    ----------
    source : Source
        The text.
    start : int
        The number of lines above the table: ``sep=``, comments, blank lines.
    delimiter : str
        What separates the cells.
    header : bool
        Whether the first line names the columns.
    names : tuple of str
        The names; ``column 1`` and so on where the table has none.
    """

    source: TextSource
    start: int
    delimiter: str
    header: bool
    names: tuple[str, ...]

    @property
    def label(self) -> str:
        """Its name in messages, safe to show."""
        return self.source.label

    def index(self, column: str, argument: str) -> int:
        """Find the position of a column given by name, or by number (from 1) without a header."""
        if column in self.names:
            return self.names.index(column)
        if self.header:
            close = difflib.get_close_matches(column, self.names, n=1)
            hint = f"; did you mean {quote(close[0])}?" if close else "."
            if len(self.names) == 1:
                hint += (
                    " If the table begins further down, remove what stands above it, or put # "
                    "before these lines; --delimiter says what separates the cells."
                )
            raise ValueError(
                f"{argument} is {quote(column)}, and {self.label} has no such column{hint} "
                f"Its columns are {list_names(self.names)}"
            )
        numbers = map(str, range(1, len(self.names) + 1))
        if (number := column.lstrip("0")) in numbers:
            return int(number) - 1
        raise ValueError(
            f"{argument} is {quote(column)}, and {self.label} has no header line; give the "
            f"column's number, 1 to {len(self.names)} (or --header, if its first line is one)"
        )

    def records(self) -> Iterator[tuple[int, list[str]]]:
        """Yield every row as (line in the file, cells); all rows are equally long."""
        records = _records(self.source, self.delimiter, self.start)
        if self.header:
            next(records, None)
        for line, cells in records:
            if len(cells) != len(self.names):
                raise FileFormatError(
                    f"{self.label}, line {line}: {plural(len(cells), 'cell')}, expected "
                    f"{len(self.names)} as in the first line; {self._remedy(cells)}. If "
                    f"{self._delimiter_name()} is not what separates the cells, --delimiter says it"
                )
            yield line, cells

    def _remedy(self, cells: list[str]) -> str:
        """Return the remedy for a row that is longer or shorter than the first."""
        if cells[0].lstrip().startswith("#"):
            return "remove that line, for comments are left out above the table only"
        if len(cells) == len(self.names) + 1 and not cells[-1].strip():
            return f"end the first line with a {self._delimiter_name()} too, or no line"
        return "correct that line"

    def description(self) -> str:
        """Describe how the file is read: ``comma-separated, with a header line``."""
        above = f", {plural(self.start, 'line')} above it left out" if self.start else ""
        header = "with a" if self.header else "no"
        return f"{self._delimiter_name()}-separated, {header} header line{above}"

    def _delimiter_name(self) -> str:
        return DELIMITERS.get(self.delimiter, repr(self.delimiter))


def open_table(
    path: Path,
    delimiter: str | None = None,
    header: bool | None = None,
    expected_names: Collection[str] = (),
) -> Table:
    """Open a table, detecting delimiter and header from its first lines.

    Parameters
    ----------
    path : Path
        The file.
    delimiter : str, optional
        What separates the cells; detected if not given.
    header : bool, optional
        Whether the first line names the columns; detected if not given.
    expected_names : collection of str
        Column names that the caller will look up: a first line with one of them is a header.

    Raises
    ------
    FileFormatError
        If the file is empty, is not UTF-8 text, or names two columns alike.
    OSError
        If it cannot be opened or read.
    """
    source = open_text(path)
    preamble = read_preamble(source)
    delimiter = delimiter or preamble.delimiter or _detect_delimiter(source, preamble.end)
    sample = _sample(source, delimiter, preamble.end)
    if not sample:
        raise FileFormatError(f"{source.label} is empty; expected a table with one row a line")

    def is_header(start: int) -> bool:
        return _is_header(_sample(source, delimiter, start), expected_names)

    start = table_start(source, preamble, delimiter, len(sample[0][1]), expected_names, is_header)
    sample = _sample(source, delimiter, start)
    line, cells = sample[0]
    first_cells = [cell.strip() for cell in cells]
    if header is None:
        header = _detect_header(sample, expected_names)
    names = [f"column {i}" for i in range(1, len(first_cells) + 1)]
    if header:
        names = [cell or name for cell, name in zip(first_cells, names, strict=True)]
    repeated_names = [name for name, count in Counter(names).items() if count > 1]
    if repeated_names:
        raise FileFormatError(
            f"{source.label}, line {line}: more than one column is named "
            f"{list_names(repeated_names)}; rename them (or give --no-header, if the first line is "
            "data)"
        )
    return Table(source, start, delimiter, header, tuple(names))


def _records(source: TextSource, delimiter: str, start: int) -> Iterator[tuple[int, list[str]]]:
    """Yield every record below `start` lines as (its first line in the file, cells).

    Blank lines are left out.
    """
    line = start + 1
    csv.field_size_limit(_LONGEST_CELL)
    try:
        lines = source.lines(start)
        reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True, strict=True)
        for cells in reader:
            if len(cells) > 1 or (cells and cells[0].strip()):
                yield line, cells
            line = start + reader.line_num + 1
    except csv.Error as error:
        raise FileFormatError(
            f'{source.label}, line {line}: {error}; check the quotes (") around that line'
        ) from error


def _sample(source: TextSource, delimiter: str, start: int) -> list[tuple[int, list[str]]]:
    """Return the first records, as `_records` gives them."""
    return list(itertools.islice(_records(source, delimiter, start), _SAMPLE_LINES))


def _detect_delimiter(source: TextSource, start: int) -> str:
    """Find the first delimiter that splits all of the first records into equally many cells."""
    for delimiter in DELIMITERS:
        try:
            rows = [cells for _, cells in itertools.islice(_records(source, delimiter, start), 20)]
        except FileFormatError as error:
            if isinstance(error.__cause__, csv.Error):
                continue
            raise
        widths = {len(cells) for cells in rows}
        if len(widths) == 1 and widths != {1}:
            return delimiter
    # None does: take what splits the first line most, and let the odd line be named later.
    line = next((line for line in source.lines(start) if line.strip()), "")
    return max((d for d in DELIMITERS if d != " "), key=lambda d: (line.count(d), d == ","))


def _detect_header(sample: list[tuple[int, list[str]]], expected_names: Collection[str]) -> bool:
    """Whether the first record names the columns."""
    return _is_header(sample, expected_names) or not any(map(is_number, sample[0][1]))


def _is_header(sample: list[tuple[int, list[str]]], expected_names: Collection[str]) -> bool:
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
