"""Files of libsvm's format (svmlight's): a label, and the features that are not 0.

A column is named by its index as the file has it, so that a table numbered otherwise than the
training table has another set of names, and is not read a column off.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastbp.errors import FileFormatError
from fastbp.tables.cell_columns import column_of, numbers_of, text_column
from fastbp.tables.chunks import Chunk
from fastbp.tables.limits import MOST_CELLS, MOST_COLUMNS
from fastbp.tables.read_options import ReadOptions
from fastbp.tables.source import TextSource
from fastbp.text.formatting import plural, quote

#: The name of the labels' column.
LABEL = "y"
_PAIR = re.compile(r"([0-9]+):(\S+)")
_CHUNK_CELLS = 1 << 20
_LONGEST_INDEX = 18


@dataclass(frozen=True)
class _Row:
    """A row: its line, its label, the indices and numbers of its features."""

    line: int
    label: str
    indices: list[int]
    values: list[float]
    texts: list[str]


class LibsvmSource:
    """A file of libsvm's format, whose columns are the label and those of `indices`."""

    typed = True
    #: Whether the names are the table's own.
    named = True

    def __init__(self, text: TextSource, skip: int, indices: range) -> None:
        self._text = text
        #: Its name in messages, safe to show.
        self.label = text.label
        self._skip = skip
        self._indices = indices
        #: The label's, and the indices.
        self.names = (LABEL, *map(str, indices))

    def description(self) -> str:
        """Describe how it is read."""
        n_features = plural(len(self._indices), "feature")
        return f"a libsvm file of {n_features}, counted from {self._indices.start}"

    def chunks(
        self, columns: Collection[str] | None = None, as_text: Collection[str] = ()
    ) -> Iterator[Chunk]:
        """Yield its rows; see `Source.chunks`."""
        columns = None if columns is None else frozenset(columns)
        as_text = frozenset(as_text).intersection(self.names)
        n_rows = max(1, _CHUNK_CELLS // len(self.names))
        rows: list[_Row] = []
        for row in _rows(self._text, self._skip):
            rows.append(row)
            if len(rows) == n_rows:
                yield self._chunk(rows, columns, as_text)
                rows = []
        if rows:
            yield self._chunk(rows, columns, as_text)

    def _chunk(
        self, rows: list[_Row], columns: Collection[str] | None, as_text: Collection[str]
    ) -> Chunk:
        """Return rows as a chunk; what a row leaves out is 0."""
        table = np.zeros((len(self._indices), len(rows)))
        written: dict[int, dict[int, str]] = {int(name): {} for name in as_text if name != LABEL}
        for place, row in enumerate(rows):
            for index, value, text in zip(row.indices, row.values, row.texts, strict=True):
                if index not in self._indices:
                    raise self._text.changed()
                table[index - self._indices.start, place] = value
                if index in written:
                    written[index][place] = text
        arrays: list[NDArray[Any]] = []
        for name in self.names:
            if columns is not None and name not in columns:
                continue
            if name == LABEL:
                arrays.append(column_of([row.label for row in rows], as_text=name in as_text))
            elif name in as_text:
                cells = written[int(name)]
                arrays.append(text_column([cells.get(i, "0") for i in range(len(rows))]))
            else:
                arrays.append(table[int(name) - self._indices.start])
        return Chunk(tuple(arrays), np.array([row.line for row in rows], dtype=np.int64))


def _rows(text: TextSource, skip: int) -> Iterator[_Row]:
    """Yield the rows; a comment begins with #."""
    for line, raw in enumerate(text.lines(skip), start=skip + 1):
        words = raw.partition("#")[0].split()
        if not words:
            continue
        where = f"{text.label}, line {line}"
        label, *pairs = words
        if ":" in label:
            raise FileFormatError(
                f"{where}: {quote(label)} stands where the label should be; write 0 where none is "
                "known"
            )
        if "," in label:
            raise FileFormatError(
                f"{where}: {quote(label)} is more than one label, expected one; write a file for "
                "each"
            )
        if pairs and pairs[0].startswith("qid:"):
            del pairs[0]
        matches = [_PAIR.fullmatch(pair) for pair in pairs]
        if None in matches:
            wrong = pairs[matches.index(None)]
            raise FileFormatError(f"{where}: {quote(wrong)} is no feature; expected INDEX:NUMBER")
        indices = [int(match[1][:_LONGEST_INDEX]) for match in matches if match]
        texts = [match[2] for match in matches if match]
        try:
            values = list(map(float, texts))
        except ValueError:
            values = [math.nan]
        if not all(map(math.isfinite, values)) or "_" in raw:
            for text_of_value in texts:
                number = numbers_of([text_of_value], declared=True)
                if number is None or not np.isfinite(number[0]):
                    raise FileFormatError(f"{where}: {quote(text_of_value)} is not a finite number")
        if len(set(indices)) != len(indices):
            repeated = next(index for index in indices if indices.count(index) > 1)
            raise FileFormatError(f"{where}: index {repeated:,} stands twice; correct that line")
        yield _Row(line, label, indices, values, texts)


def open_libsvm(text: TextSource, options: ReadOptions) -> LibsvmSource:
    """Read a file of libsvm's format.

    Its indices begin at 0 or 1, and nothing in the file says which, unless a 0 stands in it: the
    options say so, or the columns that they expect.

    Raises
    ------
    FileFormatError
        If a row is not of the format, an index is too large, or the first index is not known.
    """
    least, greatest, n_rows = MOST_COLUMNS, -1, 0
    for row in _rows(text, options.skip):
        n_rows += 1
        if not row.indices:
            continue
        least, greatest = min(least, *row.indices), max(greatest, *row.indices)
        if greatest > MOST_COLUMNS:
            raise FileFormatError(
                f"{text.label}, line {row.line}: index {greatest:,}, expected at most "
                f"{MOST_COLUMNS:,}; number the columns that are used anew"
            )
    if not n_rows:
        raise FileFormatError(f"{text.label} is empty; expected rows such as: 1 3:0.5 7:2")
    known = [int(name) for name in options.expected_names if name.isdecimal()]
    base = options.base
    if base is None:
        if least == 0 and known and 0 not in known:
            raise FileFormatError(
                f"{text.label} has the index 0, and the training table has no such column: the two "
                "are not counted alike. Count both from 1, or give base=0 (--base 0) if they are"
            )
        if least > 0 and not known:
            raise FileFormatError(
                f"{text.label} is a libsvm file, whose columns may be counted from 0 or from 1, "
                "and no index 0 tells: give base=1 (--base 1), as libsvm and svmlight count, or "
                "base=0 (--base 0), as scikit-learn's dump_svmlight_file does"
            )
        base = 0 if least == 0 or 0 in known else 1
    if least < base:
        raise FileFormatError(
            f"{text.label} has the index 0, so its columns are not counted from 1; give base=0 "
            "(--base 0)"
        )
    greatest = max(greatest, *known) if known else greatest
    if n_rows * (greatest + 1) > MOST_CELLS:
        raise FileFormatError(
            f"{text.label} has {n_rows:,} rows of {greatest:,} columns, {n_rows * greatest:,} "
            f"cells with the zeros, expected at most {MOST_CELLS:,}; fastbp.Network.fit takes them "
            "as a SciPy array, in which zeros take no room"
        )
    if greatest < base:
        raise FileFormatError(f"{text.label} has labels and no features")
    return LibsvmSource(text, options.skip, range(base, greatest + 1))
