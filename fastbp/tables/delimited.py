"""Delimited text (CSV and its relatives) as a Source."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastbp.errors import FileFormatError
from fastbp.tables.block_feed import BlockFeed
from fastbp.tables.cell_columns import column_of
from fastbp.tables.chunks import Chunk
from fastbp.tables.delimited_layout import Layout, find_layout
from fastbp.tables.delimited_records import DELIMITERS, SPACES, Record, read_records
from fastbp.tables.fast_blocks import FastReader
from fastbp.tables.read_options import ReadOptions
from fastbp.tables.source import TextSource
from fastbp.tables.text_blocks import Block, read_blocks
from fastbp.text.formatting import plural


class DelimitedSource:
    """Delimited text, read in blocks of some megabytes."""

    def __init__(self, text: TextSource, layout: Layout) -> None:
        self._text = text
        self._layout = layout
        #: Its name in messages, safe to show.
        self.label = text.label
        #: The names of its columns, and whether they are the table's own.
        self.names, self.named = layout.names, layout.named
        #: The columns that the file says to be categories.
        self.declared = layout.declared

    def description(self) -> str:
        """Describe how it is read."""
        return self._layout.about

    def chunks(
        self, columns: Collection[str] | None = None, as_text: Collection[str] = ()
    ) -> Iterator[Chunk]:
        """Yield its rows; see `Source.chunks`."""
        layout = self._layout
        if layout.first_line is None:
            return
        wanted = frozenset(layout.names if columns is None else columns)
        wanted_text = frozenset(as_text)
        places = [i for i, name in enumerate(layout.names) if name in wanted]
        texts = [layout.names[i] in wanted_text for i in places]
        blocks = read_blocks(self._text, layout.first_line - 1)

        fast = FastReader(layout.delimiter, len(layout.names), places, texts)

        def read(block: Block) -> Chunk | None:
            arrays = None if layout.trailing else fast.read(block.text)
            if arrays is None:
                return None
            lines = np.arange(block.line, block.line + len(arrays[0]), dtype=np.int64)
            return Chunk(tuple(arrays), lines)

        with BlockFeed(blocks, read) as feed:
            while (item := feed.next_block()) is not None:
                block, chunk = item
                if chunk is None:
                    records = list(self._records(feed, block))
                    chunk = _chunk(records, places, texts) if records else None
                if chunk is not None:
                    yield chunk

    def _records(self, feed: BlockFeed, block: Block) -> Iterator[Record]:
        """Yield the records that begin in a block, checked for their length."""
        layout = self._layout
        width = len(layout.names)
        lines = feed.lines(block)
        records = read_records(lines, layout.delimiter, self.label, block.line, feed.start_record)
        for line, cells in records:
            if len(cells) != width:
                if not (layout.trailing and len(cells) == width + 1 and not cells[-1].strip()):
                    raise self._ragged(line, cells)
                cells.pop()
            yield line, cells

    def _ragged(self, line: int, cells: list[str]) -> FileFormatError:
        """Return the error for a row that is longer or shorter than the first."""
        width = len(self.names)
        delimiter = self._layout.delimiter
        word = DELIMITERS.get(delimiter, repr(delimiter))
        if cells[0].lstrip().startswith("#"):
            remedy = "remove that line, for comments are left out above the table only"
        elif len(cells) == width + 1 and not cells[-1].strip():
            remedy = f"end the first line with a {word} too, or no line"
        elif delimiter == SPACES:
            remedy = "correct that line; text that holds spaces needs quotes"
        else:
            remedy = "correct that line"
        return FileFormatError(
            f"{self.label}, line {line}: {plural(len(cells), 'cell')}, expected {width} as in the "
            f"first line; {remedy}. If {word} is not what separates the cells, give delimiter "
            "(--delimiter); if the table begins further down, skip (--skip)"
        )


def _chunk(records: list[Record], places: list[int], texts: list[bool]) -> Chunk:
    """Return records as a chunk."""
    lines = np.array([line for line, _ in records], dtype=np.int64)
    cells = list(zip(*(row for _, row in records), strict=True))
    arrays: list[NDArray[Any]] = [
        column_of(cells[i], as_text=text) for i, text in zip(places, texts, strict=True)
    ]
    return Chunk(tuple(arrays), lines)


def open_delimited(text: TextSource, options: ReadOptions) -> DelimitedSource:
    """Read delimited text.

    Raises
    ------
    FileFormatError
        If the file is empty, is not UTF-8 text, or names two columns alike.
    """
    return DelimitedSource(text, find_layout(text, options))
