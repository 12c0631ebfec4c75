"""Formatting for people: lists of names, counts with nouns, shortened text, times, losses."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable, Sequence

from fastbp.text.printable import printable

MOST_LISTED = 20
# A file must not choose how long a message is: its names and cells can have 100,000 characters.
_LONGEST_SHOWN = 100
# A loss that falls further than this is drawn on a logarithmic scale.
_LOG_SCALE_FROM = 20.0


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


def plural(n: int, noun: str, many: str = "") -> str:
    """Write a number with its noun.

    >>> plural(1, "cell"), plural(2000, "cell"), plural(2, "class", "classes")
    ('1 cell', '2,000 cells', '2 classes')
    """
    return f"{n:,} {noun if n == 1 else many or noun + 's'}"


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


def duration(seconds: float) -> str:
    """Write a time for people: ``0.31 ms``, ``6.1 ms``, ``2.4 s``, ``3 min 20 s``."""
    if seconds < 0.001:
        return f"{seconds * 1e3:.2f} ms"
    if seconds < 0.99995:
        return f"{seconds * 1e3:.1f} ms"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def loss_text(loss: float) -> str:
    """Write a loss in a few characters: four decimals where they say something."""
    return f"{loss:.4f}" if loss == 0 or 0.001 <= abs(loss) < 1e5 else f"{loss:.3g}"


def spans_decades(values: Sequence[float]) -> bool:
    """Whether numbers fall so far that a logarithmic axis shows them better than a linear one.

    >>> spans_decades([2.0, 0.5, 0.01]), spans_decades([0.01, 0.9]), spans_decades([1.0, 0.0])
    (True, False, False)
    """
    return (
        min(values) > 0 and max(values) / min(values) > _LOG_SCALE_FROM and values[-1] < values[0]
    )
