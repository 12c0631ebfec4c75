"""Words that messages about tables share: names in a row, numbers with nouns, a --drop option."""

from __future__ import annotations

import csv
import io
import os
import shlex
from collections.abc import Sequence

from fastbp.text.printable import printable

_LISTED_NAMES = 20
# A file must not choose how long a message is: its names and cells can have 100,000 characters.
_LONGEST_SHOWN = 100
_LONGEST_OPTION = 2000
_ANY_NAMES = "--drop NAME,NAME,..."
# A name that holds one of its characters is put in quotes.
_LINE_END = "\r\n"


def listed(names: Sequence[str], numbers: Sequence[str] = ()) -> str:
    """Join names for a message: all of them, or the first ones and how many there are more.

    >>> listed(["a", "b"], ["1", "all"])
    'a (1), b (all)'
    """
    shown = [printable(brief(name)) for name in names[:_LISTED_NAMES]]
    if numbers:
        shown = [f"{name} ({number})" for name, number in zip(shown, numbers, strict=False)]
    more = len(names) - _LISTED_NAMES
    return ", ".join(shown) + (f" and {more:,} more" if more > 0 else "")


def brief(text: str, longest: int = _LONGEST_SHOWN) -> str:
    """Cut off the end of text that is longer than a message should show."""
    return text if len(text) <= longest else f"{text[: longest - 3]}..."


def quoted(text: str) -> str:
    """Write a name or a cell between quotes, not too long."""
    return repr(brief(text))


def counted(n: int, noun: str) -> str:
    """Write a number with its noun: ``1 cell``, ``2 cells``."""
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def drop_option(names: Sequence[str]) -> str:
    """Write the option that leaves these columns out, quoted for a shell."""
    if len(names) > _LISTED_NAMES:
        return _ANY_NAMES
    line = io.StringIO()
    csv.writer(line, lineterminator=_LINE_END).writerow(names)
    option = f"--drop {shell_quoted(line.getvalue().removesuffix(_LINE_END))}"
    return option if len(option) <= _LONGEST_OPTION else _ANY_NAMES


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
