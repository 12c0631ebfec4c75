"""Types of command-line arguments for argparse: each parses and validates one option's text."""

from __future__ import annotations

import argparse
import csv
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fastbp.tables.delimited_records import DELIMITERS
from fastbp.tables.source import STANDARD_STREAM

_DELIMITERS_BY_NAME = {name: character for character, name in DELIMITERS.items()} | {"\\t": "\t"}


def whole_number(smallest: int) -> Callable[[str], int]:
    """Make a parser of whole numbers not below `smallest`."""

    def parse(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = smallest - 1
        if value < smallest:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number >= {smallest}")
        return value

    return parse


@dataclass(frozen=True)
class TableRow:
    """A row of a table, from 1; its file where the argument named one."""

    number: int
    file: Path | None = None


def table_row(text: str) -> TableRow:
    """Parse ``17`` or ``FILE.csv:17``.

    >>> table_row("17"), table_row("flowers.csv:17").number
    (TableRow(number=17, file=None), 17)
    """
    file, colon, number = text.rpartition(":")
    if colon and not file:
        raise argparse.ArgumentTypeError(f"{text!r} names no file before the colon")
    try:
        row = whole_number(1)(number)
    except argparse.ArgumentTypeError as error:
        raise argparse.ArgumentTypeError(
            f"{error}; give a row such as 17, or FILE.csv:17"
        ) from None
    return TableRow(row, path_or_dash(file) if colon else None)


def real_number(low: float, high: float = math.inf) -> Callable[[str], float]:
    """Make a parser of finite numbers with low <= number < high."""

    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not (low <= value < high):
            bounds = f">= {low:g}" + (f" and < {high:g}" if high < math.inf else "")
            raise argparse.ArgumentTypeError(f"{text!r} is not a finite number {bounds}")
        return value

    return parse


def fraction(text: str) -> float:
    """Parse a share of the rows, strictly between 0 and 1."""
    value = real_number(0, 1)(text)
    if value == 0:
        raise argparse.ArgumentTypeError(f"{text!r} holds no row out; give a number such as 0.2")
    return value


def widths(text: str) -> list[int]:
    """Parse widths of hidden layers: ``64,32``, or ``none``."""
    if text == "none":
        return []
    return [whole_number(1)(part.strip()) for part in text.split(",")]


def delimiter(text: str) -> str:
    """Parse what separates cells: one character, or its name."""
    character = _DELIMITERS_BY_NAME.get(text, text)
    if len(character) != 1 or character in '"\r\n':
        names = ", ".join(DELIMITERS.values())
        raise argparse.ArgumentTypeError(f"{text!r} is not one character (or a name: {names})")
    return character


def columns(text: str) -> list[str]:
    """Parse names of columns with commas between them; quotes hold a name with a comma together."""
    try:
        names = next(csv.reader([text], skipinitialspace=True), [])
    except csv.Error as error:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no list of names (a name with a line end takes double quotes)"
        ) from error
    return [name.strip() for name in names]


def path_or_dash(text: str) -> Path:
    """Parse a path, or ``-`` for standard input or output (``./-`` is a file)."""
    path = Path(text)
    return path.absolute() if path == STANDARD_STREAM and text != "-" else path
