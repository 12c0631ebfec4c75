"""What every reader of tables gives: names, and rows in chunks of columns.

A column of a chunk is one of three arrays, whatever the table was written in:

=====================  ==========================================================================
float64                numbers; NaN where a cell is missing
object                 text, a ``str`` without the space around it for each cell; None where a
                       table has a missing value of its own (a frame's null). Whether ``"NA"`` or
                       ``"?"`` means a missing cell is not for the reader to say
datetime64[us]         moments, of tables that have such a type; NaT where one is missing
=====================  ==========================================================================
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Chunk:
    """Some consecutive rows of a table.

    Attributes
    ----------
    columns : tuple of ndarray, each of shape (n_rows,)
        One of each name, in the order of the names; see the module for their types.
    lines : ndarray of int64, shape (n_rows,), or None
        The line of the file where each row starts, from 1; None where rows have no lines, and
        then messages count rows.
    """

    columns: tuple[NDArray[Any], ...]
    lines: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.columns[0]) if self.columns else 0


class Source(Protocol):
    """A table that can be read from its first row on as often as needed.

    A source may also have ``typed``, True where its float64 numbers were numbers before they were
    read and no text (``1.234`` in a file may be 1234), and ``declared``, a mapping of the columns
    that it says to be categories to their order, or to None where they have none.
    """

    @property
    def label(self) -> str:
        """Its name in messages, safe to show."""

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its columns, all different; ``column 1`` and so on where it has none."""

    @property
    def named(self) -> bool:
        """Whether the names are the table's own."""

    def description(self) -> str:
        """Describe how it is read, for the report: ``comma-separated, with a header line``."""

    def chunks(
        self, columns: Collection[str] | None = None, as_text: Collection[str] = ()
    ) -> Iterator[Chunk]:
        """Yield its rows; the same ones each time.

        Parameters
        ----------
        columns : collection of str, optional
            The names to read, in the table's order whatever theirs is; None: all.
        as_text : collection of str
            Columns whose cells are wanted as they are written (``02139``, ``2E1``). Without it a
            reader gives float64 for a column of a chunk if all of its cells are numbers as Python
            writes them, or empty; and text else, so a column's type may change from chunk to chunk.
            A whole number that begins with 0 (``02139``) is a code and no number, and so is one of
            more digits than float64 has (beyond 2^53): a column of a chunk with one is text.

        Raises
        ------
        FileFormatError
            If a row is not as long as the others or a cell cannot be decoded.
        """


def is_typed(source: Source) -> bool:
    """Whether a source's numbers are numbers, and no text that may be read in two ways."""
    return bool(getattr(source, "typed", False))


def declared_by(source: Source) -> Mapping[str, tuple[str, ...] | None]:
    """The columns that a source says to be categories, and their order where they have one."""
    declared: Mapping[str, tuple[str, ...] | None] = getattr(source, "declared", {})
    return declared
