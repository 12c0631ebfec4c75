"""How the subcommands read words from the command line and write them to a terminal."""

from __future__ import annotations

import argparse
import csv
import math
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fastbp.tables.reading import DELIMITERS
from fastbp.tables.source import STANDARD_STREAM
from fastbp.text.printable import printable
from fastbp.text.streams import say_aside

_LABEL_WIDTH = 11
_PAGE_WIDTH = 79
# The same file as a path, on the systems that have one.
_STANDARD_INPUT_FILE = Path("/dev/stdin")
_DELIMITER_WORDS = {name: character for character, name in DELIMITERS.items()} | {"\\t": "\t"}


def say(label: str, text: str) -> None:
    """Print a labelled paragraph: the label on the left, the text beside it, safe to show."""
    indent = " " * _LABEL_WIDTH
    lines = textwrap.wrap(
        printable(text),
        _PAGE_WIDTH,
        initial_indent=label.ljust(_LABEL_WIDTH),
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    print("\n".join(lines))


def note(text: str) -> None:
    """Print something that the user should know to standard error, safe to show."""
    say_aside(f"note: {printable(text)}")


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
    character = _DELIMITER_WORDS.get(text, text)
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


def add_table_arguments(parser: Any) -> None:
    """Add the options that say how a table is read."""
    parser.add_argument(
        "--delimiter",
        type=delimiter,
        metavar="CHAR",
        help="what separates the cells, such as ';' or tab (from a line sep=; or detected)",
    )
    parser.add_argument(
        "--header",
        action=argparse.BooleanOptionalAction,
        help="whether the first line names the columns (detected; leading # comments are left out)",
    )


def path_or_dash(text: str) -> Path:
    """Parse a path, or ``-`` for standard input or output (``./-`` is a file)."""
    path = Path(text)
    return path.absolute() if path == STANDARD_STREAM and text != "-" else path


def check_not_read(output: Path, option: str, *inputs: Path) -> None:
    """Raise if a file to write to is one that is read, by whatever name."""
    if not output.exists():
        return
    for path in inputs:
        path = _STANDARD_INPUT_FILE if path == STANDARD_STREAM else path
        if path.exists() and output.samefile(path):
            raise ValueError(f"{option} is {output}, a file that is read; give another")


def check_folder(path: Path) -> None:
    """Raise now if a file could not be written to this path later."""
    folder = path.parent
    if not folder.is_dir():
        raise ValueError(f"{path}: there is no folder {folder}; make it first")
    if path.is_dir():
        raise ValueError(f"{path} is a folder; give the name of a file in it")
