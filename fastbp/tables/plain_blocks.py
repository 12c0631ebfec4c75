"""Which blocks of delimited text are plain: a line is a row, and quotes are around whole cells."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from fastbp.tables.checked_reader import CACHED, count_byte
from fastbp.tables.delimited_records import SPACES

_LONE_RETURN = re.compile(rb"\r(?!\n)")
_NEWLINE, _RETURN, _QUOTE = b'\n\r"'
# What str.strip takes away besides the space, and the line ends.
_RARE_SPACES = (b"\t", b"\v", b"\f", b"\x1c", b"\x1d", b"\x1e", b"\x1f")


@dataclass
class KnownColumns:
    """What blocks read before, or in other threads meanwhile, have told of the columns.

    Attributes
    ----------
    words : set of int
        The positions of those that hold text, or gaps that have to be looked at.
    whole : set of int
        The positions of those that hold whole numbers.
    all_numbers : bool
        Whether no cell was seen that is no number.
    """

    words: set[int] = field(default_factory=set)
    whole: set[int] = field(default_factory=set)
    all_numbers: bool = True


@dataclass(frozen=True)
class PlainBlock:
    """A plain block.

    What takes a look at each of its bytes is found when it is first asked for.

    Attributes
    ----------
    text : bytes
        Its lines.
    delimiter : str
        What separates the cells.
    n_inside : int
        The number of delimiters in quotes.
    quoted : bool
        Whether it has quotes.
    """

    text: bytes
    delimiter: str
    n_inside: int
    quoted: bool

    @cached_property
    def n_rows(self) -> int:
        """The number of rows, if no line is blank."""
        return count_byte(self.text, b"\n") + (not self.text.endswith(b"\n"))

    @cached_property
    def stripped(self) -> bool:
        """Whether no cell has space around it."""
        return _is_stripped(self.text, self.delimiter)

    @cached_property
    def has_codes(self) -> bool:
        """Whether a cell is a whole number that begins with 0, as 02139 does."""
        return _has_codes(self.text, self.delimiter.encode())


def plain_block(text: bytes, delimiter: str) -> PlainBlock | None:
    """Return what is known of a plain block; None for another one.

    Parameters
    ----------
    text : bytes
        Whole lines, in UTF-8 (which was checked).
    delimiter : str
        What separates the cells.
    """
    mark = delimiter.encode()
    if len(mark) != 1:
        return None
    quoted = b'"' in text
    if b"\r" in text and _LONE_RETURN.search(text):
        if quoted or b"\n" in text:
            return None
        text = text.replace(b"\r", b"\n")
    n_inside = 0
    if quoted:
        delimiters_inside = _delimiters_in_quotes(text, delimiter)
        if delimiters_inside is None:
            return None
        n_inside = delimiters_inside
    return PlainBlock(text, delimiter, n_inside, quoted)


def _delimiters_in_quotes(text: bytes, delimiter: str) -> int | None:
    """Count the delimiters in quotes; None if quotes are not around whole cells of one line."""
    characters = np.frombuffer(text, dtype=np.uint8)
    is_quote = characters == _QUOTE
    quotes = np.flatnonzero(is_quote)
    if len(quotes) % 2:
        return None
    before = characters[quotes[::2] - 1]
    if quotes[0] == 0:
        before[0] = _NEWLINE
    behind = characters[(quotes[1::2] + 1) % len(characters)]
    if quotes[-1] == len(characters) - 1:
        behind[-1] = _NEWLINE
    marks = b" \t" if delimiter == SPACES else delimiter.encode()
    if not (_all_in(before, marks + b"\n") and _all_in(behind, marks + b"\r\n")):
        return None
    # One where a character lies between an odd quote and the next: sums of bytes keep the parity.
    inside = np.cumsum(is_quote, dtype=np.uint8) & 1
    ends = (characters == _NEWLINE) | (characters == _RETURN)
    if (inside & ends).any():
        return None
    n_inside = sum(int(np.count_nonzero(inside & (characters == mark))) for mark in marks)
    return None if delimiter == SPACES and n_inside else n_inside


def _all_in(characters: NDArray[np.uint8], allowed: bytes) -> bool:
    known = np.zeros(len(characters), dtype=bool)
    for mark in allowed:
        known |= characters == mark
    return bool(known.all())


def _is_stripped(text: bytes, delimiter: str) -> bool:
    """Whether no cell has space around it, for certain."""
    if not text.isascii():
        return False
    if any(space in text for space in _RARE_SPACES if space.decode() != delimiter):
        return delimiter == SPACES and not any(space in text for space in _RARE_SPACES[1:])
    if delimiter == SPACES or b" " not in text:
        return True
    mark = delimiter.encode()
    pairs = (b" " + mark, mark + b" ", b" \n", b"\n ", b" \r", b'" ', b' "')
    return not (text.startswith(b" ") or text.endswith(b" ") or any(p in text for p in pairs))


def _has_codes(text: bytes, delimiter: bytes) -> bool:
    characters = np.frombuffer(text, np.uint8)
    starts = delimiter + b"\n" + bytes(mark for mark in b'" \t' if mark in text)
    ends_cell = re.compile(rb'0[0-9]+[ \t"]*(?:[\r\n%b]|\Z)' % re.escape(delimiter))
    if ends_cell.match(text):
        return True
    # A 0 before a digit where a cell begins; a part at a time, which stays in the cache.
    for start in range(0, len(characters) - 2, CACHED):
        part = characters[start : start + CACHED + 2]
        found = part[:-2] == starts[0]
        for mark in starts[1:]:
            found |= part[:-2] == mark
        found &= part[1:-1] == ord("0")
        found &= part[2:] - ord("0") < 10
        if found.any():
            places = start + 1 + np.flatnonzero(found)
            if any(ends_cell.match(text, place) for place in places.tolist()):
                return True
    return False
