"""A text file of rows as a source of chunks."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastbp.errors import FileFormatError
from fastbp.tables.chunks import Chunk
from fastbp.tables.reading import Table, open_table

_CELLS = 1 << 18


@dataclass(frozen=True)
class CsvSource:
    """A table of text that `fastbp.tables.reading` reads."""

    table: Table

    @property
    def label(self) -> str:
        """Its name in messages, safe to show."""
        return self.table.label

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its columns."""
        return self.table.names

    @property
    def named(self) -> bool:
        """Whether the names are the table's own."""
        return self.table.header

    def description(self) -> str:
        """Describe how it is read."""
        return self.table.description()

    def chunks(
        self, columns: Collection[str] | None = None, as_text: Collection[str] = ()
    ) -> Iterator[Chunk]:
        """Yield its rows; see `fastbp.tables.chunks.Source`."""
        records = self.table.records()
        places = [i for i, name in enumerate(self.names) if columns is None or name in columns]
        text = frozenset(as_text)
        n = max(1, _CELLS // len(self.names))
        while block := list(itertools.islice(records, n)):
            cells = list(zip(*(row for _, row in block), strict=True))
            yield Chunk(
                tuple(_array(cells[i], self.names[i] in text) for i in places),
                np.fromiter((line for line, _ in block), np.int64, len(block)),
            )


def open_csv(path: Path, delimiter: str | None, header: bool | None) -> CsvSource:
    """Open a table of text."""
    source = CsvSource(open_table(path, delimiter, header))
    if not source.names:
        raise FileFormatError(f"{source.label} has no columns")
    return source


def _array(cells: tuple[str, ...], as_text: bool) -> NDArray[Any]:
    texts = list(map(str.strip, cells))
    if not as_text and not any(map(_has_leading_zero, texts)):
        try:
            if "_" not in "".join(texts):
                return np.array([float(cell or "nan") for cell in texts])
        except ValueError:
            pass
    return np.fromiter(texts, object, len(texts))


def _has_leading_zero(cell: str) -> bool:
    return cell[:1] == "0" and len(cell) > 1 and cell.isdigit()
