"""ARFF files, dense and sparse, as a Source; KEEL's dialect of them too."""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastbp.errors import FileFormatError
from fastbp.tables.arff_cells import LOOSE_COMMENT, Cell, split_row
from fastbp.tables.arff_header import Attribute, read_header
from fastbp.tables.cell_columns import numbers_of, text_column
from fastbp.tables.chunks import Chunk
from fastbp.tables.fast_blocks import FastReader
from fastbp.tables.kinds.number import Number
from fastbp.tables.limits import MOST_CELLS
from fastbp.tables.read_options import ReadOptions
from fastbp.tables.source import TextSource
from fastbp.tables.text_blocks import Block, read_blocks
from fastbp.text.formatting import list_names, plural, quote

_CHUNK_CELLS = 1 << 20
_SPARSE = re.compile(r"(\d+)\s+(.*)", re.DOTALL)
_WEIGHT = re.compile(r".*,\s*\{[^{}]*\}\s*", re.DOTALL)

# What needs a look at each character: quotes, sparse rows, comments, words set apart by tabs.
_MARKS = (b"'", b'"', b"{", b"%", b"\t")

#: The cells of a column; or numbers, with NaN for an empty cell.
Column = Sequence[Cell] | NDArray[Any]
Row = tuple[int, Sequence[Cell]]


class ArffSource:
    """An ARFF file.

    Attributes
    ----------
    names : tuple of str
        The names of its columns.
    declared : dict of str to None
        Its nominal attributes: categories, whose list is in no order that means something.
    """

    typed = True
    #: Whether the names are the table's own.
    named = True

    def __init__(self, text: TextSource, attributes: tuple[Attribute, ...], start: int) -> None:
        self._text = text
        #: Its name in messages, safe to show.
        self.label = text.label
        self._attributes = attributes
        self.names = tuple(attribute.name for attribute in attributes)
        self.declared = {item.name: None for item in attributes if item.kind == "nominal"}
        self._start = start

    def description(self) -> str:
        """Describe how it is read."""
        return f"an ARFF file of {plural(len(self._attributes), 'attribute')}"

    def chunks(
        self, columns: Collection[str] | None = None, as_text: Collection[str] = ()
    ) -> Iterator[Chunk]:
        """Yield its rows; see `Source.chunks`."""
        wanted = frozenset(self.names if columns is None else columns)
        places = [i for i, name in enumerate(self.names) if name in wanted]
        kinds = [self._attributes[i].kind for i in places]
        wanted_text = frozenset(as_text)
        texts = [self.names[i] in wanted_text for i in places]
        as_words = [kind != "numeric" or text for kind, text in zip(kinds, texts, strict=True)]
        fast = FastReader(",", len(self._attributes), places, as_words)
        n_rows = max(1, _CHUNK_CELLS // len(self._attributes))
        for block in read_blocks(self._text, self._start):
            arrays = None if _has_marks(block.text) else fast.read(block.text)
            if arrays is not None:
                lines = np.arange(block.line, block.line + len(arrays[0]), dtype=np.int64)
                yield self._chunk([_cells(array) for array in arrays], lines, places, texts)
                continue
            rows = self._rows(block)
            while batch := list(itertools.islice(rows, n_rows)):
                lines = np.array([line for line, _ in batch], dtype=np.int64)
                cells = list(zip(*(row for _, row in batch), strict=True))
                yield self._chunk([cells[i] for i in places], lines, places, texts)

    def _rows(self, block: Block) -> Iterator[Row]:
        """Yield the rows of a block as (line, cells)."""
        n_cells = len(self._attributes)
        defaults = [
            {"numeric": "0", "nominal": attribute.levels[0] if attribute.levels else ""}.get(
                attribute.kind
            )
            for attribute in self._attributes
        ]
        for line, text in enumerate(block.lines(), start=block.line):
            if not text.strip() or text.lstrip().startswith("%"):
                continue
            if text.lstrip().startswith("{"):
                if (line - self._start) * n_cells > MOST_CELLS:
                    raise FileFormatError(
                        f"{self.label}, line {line}: more than {MOST_CELLS:,} cells with the "
                        "zeros that sparse rows leave out; split the file"
                    )
                yield line, self._sparse(text.strip(), line, defaults)
                continue
            cells = split_row(text, n_cells)
            if len(cells) != n_cells:
                hint = ""
                if _WEIGHT.fullmatch(text):
                    hint = " (weights of rows, {...} at their ends, are not read: remove them)"
                raise FileFormatError(
                    f"{self.label}, line {line}: {plural(len(cells), 'cell')}, expected {n_cells}, "
                    f"one of each attribute; correct that line{hint}"
                )
            yield line, cells

    def _sparse(self, text: str, line: int, defaults: list[str | None]) -> list[Cell]:
        """Read ``{index value, index value}``: what is left out is 0, or the first word."""
        where = f"{self.label}, line {line}"
        body = LOOSE_COMMENT.sub("", text) if "'" not in text and '"' not in text else text
        cells: list[Cell] = list(defaults)
        given = [False] * len(cells)
        pairs, rest = _split_pairs(body[1:])
        if rest is None or (rest.strip() and not rest.lstrip().startswith("%")):
            raise FileFormatError(f"{where}: a sparse row ends with }}; correct that line")
        for pair in pairs:
            match = _SPARSE.fullmatch(pair)
            if match is None or len(match[1]) > 18:
                raise FileFormatError(
                    f"{where}: {quote(pair)} is no cell of a sparse row; expected INDEX VALUE"
                )
            index = int(match[1])
            if index >= len(cells):
                raise FileFormatError(
                    f"{where}: index {index:,}, expected at most {len(cells) - 1:,}, for there are "
                    f"{plural(len(cells), 'attribute')}, counted from 0"
                )
            if given[index]:
                raise FileFormatError(f"{where}: index {index:,} stands twice; correct that line")
            given[index] = True
            cells[index] = split_row(match[2], 1)[0]
        for attribute, default, has_cell in zip(self._attributes, defaults, given, strict=True):
            if default is None and not has_cell:
                raise FileFormatError(
                    f"{where}, column {quote(attribute.name)}: a sparse row leaves out a "
                    f"{attribute.kind}, which has no 0; write the cell, or ? if it is missing"
                )
        return cells

    def _chunk(
        self,
        columns: Sequence[Column],
        lines: NDArray[np.int64],
        places: Sequence[int],
        texts: Sequence[bool],
    ) -> Chunk:
        """Return columns of cells as a chunk, where they are what they are declared as."""
        arrays = []
        for i, cells, text in zip(places, columns, texts, strict=True):
            attribute = self._attributes[i]
            if attribute.kind == "numeric":
                numbers = self._numbers(attribute, cells, lines)
                arrays.append(text_column(cells) if text else numbers)
            else:
                self._check_levels(attribute, cells, lines)
                arrays.append(text_column(cells))
        return Chunk(tuple(arrays), lines)

    def _numbers(
        self, attribute: Attribute, cells: Column, lines: NDArray[np.int64]
    ) -> NDArray[Any]:
        """Return the cells of a numeric attribute."""
        if isinstance(cells, np.ndarray) and cells.dtype.kind == "f":
            if not np.isnan(cells).any():
                return cells
            cells = ["" if np.isnan(cell) else "0" for cell in cells]
        words = ["" if cell is None else cell or "empty" for cell in cells]
        numbers = numbers_of(words, declared=True)
        if numbers is None:
            for line, cell in zip(lines, cells, strict=True):
                if cell is not None and (not cell or numbers_of([cell], declared=True) is None):
                    raise FileFormatError(
                        f"{self.label}, line {line}, column {quote(attribute.name)}: "
                        f"{Number().complaint(cell)}; the attribute is declared as numeric, "
                        "and ? is a missing cell"
                    )
            raise self._text.changed()
        return numbers

    def _check_levels(self, attribute: Attribute, cells: Column, lines: NDArray[np.int64]) -> None:
        """Raise for a cell that is none of the words of a nominal attribute."""
        if attribute.kind != "nominal":
            return
        strange = set(cells) - set(attribute.levels) - {None}
        if strange:
            line, cell = next(
                (line, cell) for line, cell in zip(lines, cells, strict=True) if cell in strange
            )
            raise FileFormatError(
                f"{self.label}, line {line}, column {quote(attribute.name)}: {quote(str(cell))} is "
                f"none of the words of its declaration: {list_names(attribute.levels)}; correct "
                "the cell, or add the word there"
            )


def _has_marks(text: bytes) -> bool:
    return any(mark in text for mark in _MARKS)


def _cells(array: NDArray[Any]) -> NDArray[Any]:
    """Return a column that was read fast, with None for ?."""
    if array.dtype != object:
        return array
    missing = array == "?"
    if missing.any():
        array = array.copy()
        array[missing] = None
    return array


def _split_pairs(text: str) -> tuple[list[str], str | None]:
    """Split a sparse row at commas outside quotes, up to ``}``."""
    pairs: list[str] = []
    start = position = 0
    while True:
        match = _PAIR_END.search(text, position)
        if match is None:
            return pairs, None
        mark = match[0]
        if mark in ",}":
            pair = text[start : match.start()].strip()
            if pair:
                pairs.append(pair)
            if mark == "}":
                return pairs, text[match.end() :]
            start = match.end()
        elif len(mark) == 1:  # a quote without its end
            return pairs, None
        position = match.end()


_PAIR_END = re.compile(r"""[,}]|'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|['"]""", re.DOTALL)


def open_arff(text: TextSource, options: ReadOptions) -> ArffSource:
    """Read an ARFF file.

    Raises
    ------
    FileFormatError
        If its declarations are not of ARFF.
    """
    attributes, n_lines = read_header(text.lines(options.skip), text.label)
    return ArffSource(text, attributes, options.skip + n_lines)
