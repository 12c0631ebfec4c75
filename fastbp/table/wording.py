"""Words that messages about tables share: names in a row, numbers with nouns, a --drop option."""

from __future__ import annotations

import csv
import io
import os
import shlex
from collections.abc import Sequence

from fastbp.printable import printable

_LISTED_NAMES = 20
# A name that holds one of its characters is put in quotes.
_LINE_END = "\r\n"


def listed(names: Sequence[str]) -> str:
    """Join names for a message: all of them, or the first ones and how many there are more."""
    shown = ", ".join(map(printable, names[:_LISTED_NAMES]))
    more = len(names) - _LISTED_NAMES
    return f"{shown} and {more:,} more" if more > 0 else shown


def counted(n: int, noun: str) -> str:
    """Write a number with its noun: ``1 cell``, ``2 cells``."""
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def drop_option(names: Sequence[str]) -> str:
    """Write the option that leaves these columns out, quoted for a shell."""
    if len(names) > _LISTED_NAMES:
        return "--drop NAME,NAME,..."
    line = io.StringIO()
    csv.writer(line, lineterminator=_LINE_END).writerow(names)
    return f"--drop {shell_quoted(line.getvalue().removesuffix(_LINE_END))}"


def shell_quoted(text: str) -> str:
    r"""Quote for a shell; what cannot be shown is written in octal, as in ``$'\033[2J'``."""
    if printable(text) == text:
        return shlex.quote(text)
    escaped = "".join(
        "".join(f"\\{byte:03o}" for byte in os.fsencode(character))
        if character in "\\'" or printable(character) != character
        else character
        for character in text
    )
    return f"$'{escaped}'"
