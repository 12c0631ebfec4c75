"""The texts that stand for a missing cell."""

from __future__ import annotations

#: In lower case: among numbers, dates, and yes and no.
AMONG_VALUES = frozenset(
    {"", "?", "-", ".", "na", "n/a", "nan", "<na>", "null", "<null>", "none", "nat"}
)
#: Among words, where ``none`` and ``-`` are words.
AMONG_WORDS = frozenset({"", "?", "na", "n/a", "nan", "<na>", "null", "<null>", "nat"})
_LONGEST = max(map(len, AMONG_VALUES))


def is_marker(text: str, markers: frozenset[str], given: frozenset[str]) -> bool:
    """Whether a text stands for a missing cell: one of these in any case, or one of the given."""
    return (len(text) <= _LONGEST and text.lower() in markers) or text in given
