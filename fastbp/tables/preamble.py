"""The lines above a table: Excel's ``sep=;`` and ``#`` comments.

Leading lines that begin with ``#`` are comments and are left out, except those directly above the
table that have as many cells (more than one) as it has: ``#id,x,y`` above ``1,2,3`` is its header,
``# made on Monday`` is not. Where the line below them is a header itself (it holds text above
columns of numbers, or an expected name) they are comments all the same.
"""

from __future__ import annotations

import csv
import itertools
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Protocol

_SEP = re.compile(r'"?sep=([^"\r\n])"?', re.IGNORECASE)


class Lines(Protocol):
    """Text that gives its lines as often as needed."""

    def lines(self, start: int = 0) -> Iterator[str]:
        """Yield its lines from the one after `start` on."""


@dataclass(frozen=True)
class Preamble:
    """The lines above a table.

    Attributes
    ----------
    delimiter : str or None
        The delimiter of the line ``sep=``.
    first : int
        The number of lines up to where ``#`` lines may begin, from 0.
    end : int
        The number of lines up to the first one that is no comment for certain.
    """

    delimiter: str | None
    first: int
    end: int


def read_preamble(source: Lines) -> Preamble:
    """Read the ``sep=`` line and find the first line that is not a comment."""
    delimiter, first = None, 0
    for end, line in enumerate(source.lines()):
        if not line.strip():
            continue
        if delimiter is None and (sep := _sep(line)):
            delimiter, first = sep, end + 1
        elif not _is_comment(line):
            return Preamble(delimiter, first, end)
    # There are such lines only, so they are the table.
    return Preamble(delimiter, first, first)


def table_start(
    source: Lines,
    preamble: Preamble,
    delimiter: str,
    width: int,
    expected_names: Collection[str],
    is_header: Callable[[int], bool],
) -> int:
    """Find the first ``#`` line that belongs to the table; return the number of lines above it.

    Parameters
    ----------
    source, preamble
        The text, and the result of `read_preamble` for it.
    delimiter : str
        What separates the cells.
    width : int
        The number of cells of the first line that is no comment.
    expected_names : collection of str
        Column names that the caller will look up.
    is_header : callable
        Whether the line below this many lines names the columns for certain.
    """
    first = last = preamble.end
    lines = itertools.islice(source.lines(preamble.first), preamble.end - preamble.first)
    for index, line in enumerate(lines, start=preamble.first):
        if not line.strip():
            continue
        cells = _cells(line, delimiter)
        if len(cells) != width:
            first = last = preamble.end
        elif not set(expected_names).isdisjoint(cells):
            return index
        elif width > 1:
            first, last = min(first, index), index
    if first == preamble.end or is_header(preamble.end):
        return preamble.end
    # Above a header there is nothing of the table; else each of these lines may be a row.
    return last if is_header(last) else first


def _sep(line: str) -> str | None:
    """Return the delimiter in a line ``sep=``, which empty cells may follow."""
    sep = _SEP.match(line)
    # A pattern for the rest would try a line of a million tabs in a million ways.
    return sep[1] if sep and not line[sep.end() :].lstrip(sep[1]).strip() else None


def _is_comment(line: str) -> bool:
    return line.lstrip(" ").startswith("#")


def _cells(line: str, delimiter: str) -> list[str]:
    """Split a line as a row of the table; a comment with a lone quote in it has no cells."""
    try:
        row = next(csv.reader([line], delimiter=delimiter, skipinitialspace=True, strict=True), [])
    except csv.Error:
        return []
    return [cell.strip() for cell in row]
