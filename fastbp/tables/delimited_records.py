"""The records of delimited text, by Python's csv module."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from typing import Any

from fastbp.errors import FileFormatError
from fastbp.text.printable import printable

#: Runs of spaces and tabs.
SPACES = " "
#: In this order of trust: commas and spaces also occur inside numbers and names, the others hardly.
DELIMITERS = {";": "semicolon", "\t": "tab", "|": "vertical bar", ",": "comma", SPACES: "space"}

# A cell is rarely longer than a word; a quote that is never closed swallows the rest of the file.
_LONGEST_CELL = 1 << 17

Record = tuple[int, list[str]]


def make_reader(lines: Iterator[str], delimiter: str) -> Any:
    """Return a csv.reader of lines."""
    csv.field_size_limit(_LONGEST_CELL)
    if delimiter == SPACES:
        lines = (line.strip().replace("\t", " ") + "\n" for line in lines)
    return csv.reader(lines, delimiter=delimiter, skipinitialspace=True, strict=True)


def _nothing() -> None:
    """Do nothing."""


def read_records(
    lines: Iterator[str],
    delimiter: str,
    label: str,
    line: int,
    before_each: Callable[[], None] = _nothing,
) -> Iterator[Record]:
    """Yield every record as (its first line in the file, cells); blank lines are left out.

    Parameters
    ----------
    lines : iterator of str
        The lines.
    delimiter : str
        What separates the cells.
    label : str
        The table's name in messages.
    line : int
        The number of the first line.
    before_each : callable
        Called before the first line of each record is taken.
    """
    first = line
    reader = make_reader(lines, delimiter)
    try:
        while True:
            before_each()
            cells = next(reader, None)
            if cells is None:
                return
            if len(cells) > 1 or (cells and cells[0].strip()):
                yield line, cells
            line = first + reader.line_num
    except csv.Error as error:
        raise FileFormatError(
            f'{label}, line {line}: {printable(error)}; check the quotes (") around that line'
        ) from error
