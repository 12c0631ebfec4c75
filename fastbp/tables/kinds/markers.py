"""The texts that stand for a missing cell."""

from __future__ import annotations

#: In lower case: among numbers, dates, and yes and no.
AMONG_VALUES = frozenset({"", "?", "-", ".", "na", "n/a", "nan", "<na>", "null", "none", "nat"})
#: Among words, where ``none`` and ``-`` are words.
AMONG_WORDS = frozenset({"", "?", "na", "n/a", "nan", "<na>", "null", "nat"})
_LONGEST = 4


def is_marker(text: str, markers: frozenset[str], given: frozenset[str]) -> bool:
    """Whether a text stands for a missing cell: one of these in any case, or one of the given."""
    return (len(text) <= _LONGEST and text.lower() in markers) or text in given
