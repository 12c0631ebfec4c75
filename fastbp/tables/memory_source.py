"""Tables that lie in memory: frames, dicts of columns, arrays."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from fastbp.tables.chunks import Chunk
from fastbp.tables.frame_columns import Getter
from fastbp.tables.memory_cells import CellTypeError, chunk_array
from fastbp.text.formatting import quote

#: Rows of a chunk that has text: a ``str`` for each cell takes ten times a number's memory.
_ROWS = 1 << 16


@dataclass(frozen=True)
class MemorySource:
    """A table in memory.

    Attributes
    ----------
    label, names, named
        As of every source.
    getters : sequence of callable
        ``getter(start, stop)`` of each column gives cells.
    n_rows : int
        Its number of rows.
    declared : dict of str to tuple of str, or None
        The columns that are declared to be categories, and their order where they have one.
    """

    label: str
    names: tuple[str, ...]
    named: bool
    getters: Sequence[Getter]
    n_rows: int
    declared: Mapping[str, tuple[str, ...] | None] = field(default_factory=dict)
    #: Its numbers are numbers, and no text that may be read in two ways.
    typed: ClassVar[bool] = True

    def description(self) -> str:
        """Describe it for the report."""
        return "in memory" if self.named else "in memory, columns without names"

    def chunks(
        self, columns: Collection[str] | None = None, as_text: Collection[str] = ()
    ) -> Iterator[Chunk]:
        """Yield its rows; see `fastbp.tables.chunks.Source`.

        Raises
        ------
        ValueError
            If a cell is no single value.
        """
        wanted = None if columns is None else frozenset(columns)
        texts = frozenset(as_text)
        chosen = [
            (name, getter, name in texts)
            for name, getter in zip(self.names, self.getters, strict=True)
            if wanted is None or name in wanted
        ]
        step = self._rows_of_a_chunk([getter for _, getter, _ in chosen], bool(texts))
        for start in range(0, self.n_rows, step):
            stop = min(start + step, self.n_rows)
            yield Chunk(tuple(self._cells(*column, start, stop) for column in chosen))

    def _rows_of_a_chunk(self, getters: Sequence[Getter], with_text: bool) -> int:
        numeric = all(getter(0, 1).dtype.kind in "fiuMm" for getter in getters)
        return max(1, self.n_rows) if numeric and not with_text else _ROWS

    def _cells(self, name: str, getter: Getter, as_text: bool, start: int, stop: int) -> Any:
        try:
            return chunk_array(getter(start, stop), as_text)
        except CellTypeError as error:
            raise ValueError(
                f"{self.label}, column {quote(name)}: {error}. Make a column of its own of each "
                "value, or leave the column out"
            ) from None
        except (OverflowError, np.exceptions.DTypePromotionError) as error:
            raise ValueError(f"{self.label}, column {quote(name)}: {error}") from error
