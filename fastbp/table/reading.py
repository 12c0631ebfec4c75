"""Reading a table of text: which delimiter, whether a header, which columns, row by row.

A table is UTF-8 text with one record a line, as spreadsheets export it ("CSV"). What the caller
does not say is detected from the first lines. Nothing here knows numbers from classes.
"""

from __future__ import annotations

import csv
import difflib
import io
import itertools
import shlex
import stat
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from fastbp.errors import FileFormatError

# In this order of trust: commas and spaces also occur inside numbers and names, the others hardly.
DELIMITERS = {";": "semicolon", "\t": "tab", "|": "vertical bar", ",": "comma", " ": "space"}

# How programs write a cell that holds nothing, in lower case.
MISSING = frozenset({"", "?", "-", "na", "n/a", "nan", "<na>", "null", "none"})

_SAMPLE_LINES = 50
_LISTED_NAMES = 20
# A cell is rarely longer than a word; a quote that is never closed swallows the rest of the file.
_LONGEST_CELL = 1 << 17

# What is often given instead of a table, known by its first bytes.
_OTHER_FORMATS = {
    b"PK\x03\x04": "an Excel workbook or a zip archive; export it as CSV",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook; export it as CSV",
    b"\x1f\x8b": "compressed with gzip; decompress it first",
    b"PAR1": "a Parquet file; export it as CSV",
    b"\xff\xfe": "text in UTF-16; save it as UTF-8",
    b"\xfe\xff": "text in UTF-16; save it as UTF-8",
}


@dataclass(frozen=True)
class Table:
    """A table on disk: where it is, how it is read, and the names of its columns."""

    path: Path
    delimiter: str
    header: bool
    names: tuple[str, ...]

    def index(self, column: str, argument: str) -> int:
        """Find the position of a column given by name, or by number (from 1) without a header."""
        if column in self.names:
            return self.names.index(column)
        if self.header:
            close = difflib.get_close_matches(column, self.names, n=1)
            hint = f"; did you mean {close[0]!r}?" if close else "."
            raise ValueError(
                f"{argument} is {column!r}, and {self.path} has no such column{hint} "
                f"Its columns are {listed(self.names)}"
            )
        if column.isdecimal() and 1 <= int(column) <= len(self.names):
            return int(column) - 1
        raise ValueError(
            f"{argument} is {column!r}, and {self.path} has no header line; give the column's "
            f"number, 1 to {len(self.names)} (or --header, if its first line is one)"
        )

    def records(self) -> Iterator[tuple[int, list[str]]]:
        """Yield every row as (line in the file, cells); all rows are equally long."""
        records = _records(self.path, self.delimiter)
        if self.header:
            next(records, None)
        for line, cells in records:
            if len(cells) != len(self.names):
                raise FileFormatError(
                    f"{self.path}, line {line}: {counted(len(cells), 'cell')}, expected "
                    f"{len(self.names)} as in the first line (delimiter: "
                    f"{DELIMITERS.get(self.delimiter, self.delimiter)}; --delimiter sets another)"
                )
            yield line, cells

    def description(self) -> str:
        """Say how the file is read, for people: ``comma-separated, with a header line``."""
        delimiter = DELIMITERS.get(self.delimiter, repr(self.delimiter))
        return f"{delimiter}-separated, {'with a' if self.header else 'no'} header line"


def open_table(
    path: Path,
    delimiter: str | None = None,
    header: bool | None = None,
    wanted: Collection[str] = (),
) -> Table:
    """Look at the first lines of a file and decide how it is read.

    Parameters
    ----------
    path : Path
        The file.
    delimiter : str, optional
        What separates the cells; detected if not given.
    header : bool, optional
        Whether the first line names the columns; detected if not given.
    wanted : collection of str
        Names that the caller will ask for: a first line that holds one of them is a header.

    Raises
    ------
    FileFormatError
        If the file is empty, is not UTF-8 text, or names two columns alike.
    OSError
        If it cannot be opened or read.
    """
    _check_kind(path)
    if delimiter is None:
        delimiter = _detect_delimiter(path)
    sample = [cells for _, cells in itertools.islice(_records(path, delimiter), _SAMPLE_LINES)]
    if not sample:
        raise FileFormatError(f"{path} is empty; expected a table with one row a line")
    first = [cell.strip() for cell in sample[0]]
    if header is None:
        header = _detect_header(first, sample[1:], wanted)
    names = [f"column {i}" for i in range(1, len(first) + 1)]
    if header:
        names = [cell or name for cell, name in zip(first, names, strict=True)]
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        raise FileFormatError(
            f"{path}, line 1: more than one column is named {listed(repeated)}; rename them "
            "(or give --no-header, if the first line is data)"
        )
    return Table(path, delimiter, header, tuple(names))


def is_number(cell: str) -> bool:
    """Whether a cell is written as a number: ``3``, ``-0.5``, ``1e-3``; not ``1_000``."""
    try:
        float(cell)
    except ValueError:
        return False
    return "_" not in cell and cell.strip().lower() not in MISSING


def is_missing(cell: str) -> bool:
    """Whether a cell is empty, or says in a usual way that it holds nothing."""
    return cell.strip().lower() in MISSING


def listed(names: Sequence[str]) -> str:
    """Join names for a message: all of them, or the first ones and how many there are more."""
    shown = ", ".join(names[:_LISTED_NAMES])
    more = len(names) - _LISTED_NAMES
    return f"{shown} and {more:,} more" if more > 0 else shown


def drop_option(names: Sequence[str]) -> str:
    """Write the option that leaves these columns out, quoted for a shell."""
    if len(names) > _LISTED_NAMES:
        return "--drop NAME,NAME,..."
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(names)
    return f"--drop {shlex.quote(line.getvalue())}"


def counted(n: int, noun: str) -> str:
    """Write a number with its noun: ``1 cell``, ``2 cells``."""
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def _records(path: Path, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield every record as (its first line in the file, cells), blank lines left out."""
    line = 1
    csv.field_size_limit(_LONGEST_CELL)
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, delimiter=delimiter, skipinitialspace=True, strict=True)
            for cells in reader:
                if len(cells) > 1 or (cells and cells[0].strip()):
                    yield line, cells
                line = reader.line_num + 1
    except csv.Error as error:
        raise FileFormatError(
            f'{path}, line {line}: {error}; check the quotes (") around that line'
        ) from error
    except UnicodeDecodeError as error:
        line, offset, byte = _first_bad_byte(path)
        raise FileFormatError(
            f"{path}, line {line}: byte 0x{byte:02x} at offset {offset:,} is not UTF-8; save the "
            "file as UTF-8"
        ) from error


def _first_bad_byte(path: Path) -> tuple[int, int, int]:
    """Find line, offset and value of the first byte that is not UTF-8."""
    offset = 0
    with open(path, "rb") as file:
        for line, raw in enumerate(file, start=1):
            try:
                raw.decode("utf-8")
            except UnicodeDecodeError as error:
                return line, offset + error.start, raw[error.start]
            offset += len(raw)
    raise AssertionError(f"{path} changed while it was read")


def _check_kind(path: Path) -> None:
    """Refuse what is not a regular file of text, by name where its first bytes tell."""
    mode = path.stat().st_mode
    if not stat.S_ISREG(mode):
        what = "a folder" if stat.S_ISDIR(mode) else "not a regular file"
        raise FileFormatError(f"{path} is {what}; expected a file with a table (CSV)")
    with open(path, "rb") as file:
        start = file.read(4)
    for magic, what in _OTHER_FORMATS.items():
        if start.startswith(magic):
            raise FileFormatError(f"{path} is {what}")


def _detect_delimiter(path: Path) -> str:
    """Find the first delimiter that splits all of the first records into equally many cells."""
    for delimiter in DELIMITERS:
        try:
            first = [cells for _, cells in itertools.islice(_records(path, delimiter), 20)]
        except FileFormatError as error:
            if isinstance(error.__cause__, UnicodeDecodeError):
                raise
            continue
        widths = {len(cells) for cells in first}
        if len(widths) == 1 and widths != {1}:
            return delimiter
    # None does: take what splits the first line most, and let the odd line be named later.
    with open(path, encoding="utf-8-sig", newline="") as file:
        line = next((line for line in file if line.strip()), "")
    return max((d for d in DELIMITERS if d != " "), key=lambda d: (line.count(d), d == ","))


def _detect_header(first: list[str], others: list[list[str]], wanted: Collection[str]) -> bool:
    """Whether the first line names the columns."""
    if any(name in first and not is_number(name) for name in wanted):
        return True
    for i, cell in enumerate(first):
        if is_number(cell) or is_missing(cell):
            continue
        below = [row[i] for row in others if i < len(row) and not is_missing(row[i])]
        if below and all(map(is_number, below)):
            return True
    return not any(map(is_number, first))
