"""Formatting for messages: lists of names, counts with nouns, quoted and shortened text."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable, Sequence

from fastbp.text.printable import printable

MOST_LISTED = 20
# A file must not choose how long a message is: its names and cells can have 100,000 characters.
_LONGEST_SHOWN = 100


def list_names(names: Sequence[str], numbers: Sequence[str] = ()) -> str:
    """Join names for a message: all of them, or the first ones and how many there are more.

    >>> list_names(["a", "b"], ["1", "all"])
    'a (1), b (all)'
    """
    labels = [printable(truncate(name)) for name in names]
    if numbers:
        labels = [f"{name} ({number})" for name, number in zip(labels, numbers, strict=False)]
    return join_some(labels, MOST_LISTED)


def join_some(parts: Iterable[str], most: int) -> str:
    """Join parts with commas; of more than ``most``, the first ones and the number of the others.

    >>> join_some("abcd", 4), join_some("abcd", 2)
    ('a, b, c, d', 'a, b and 2 more')
    """
    parts = list(parts)
    n_others = len(parts) - most
    return ", ".join(parts[:most]) + (f" and {n_others:,} more" if n_others > 0 else "")


def truncate(text: str, longest: int = _LONGEST_SHOWN) -> str:
    """Cut off the end of text that is longer than a message should show."""
    return text if len(text) <= longest else f"{text[: longest - 3]}..."


def quote(text: str) -> str:
    """Write a name or a cell between quotes, not too long."""
    return repr(truncate(text))


def plural(n: int, noun: str) -> str:
    """Write a number with its noun.

    >>> plural(1, "cell"), plural(2000, "cell")
    ('1 cell', '2,000 cells')
    """
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def shell_quote(text: str) -> str:
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
