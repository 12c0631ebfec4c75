"""The cells of a table's columns as they are collected: numbers as they are, texts as codes.

A column of text costs a number a cell, and each different text once. When there are too many
different ones the cells are let go, and what is kept is how many were written in which form
(`Evidence`): the column is read again when it is known what it is.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastbp.tables.chunks import Chunk, Source
from fastbp.tables.evidence import Evidence
from fastbp.tables.kinds.date import Date
from fastbp.tables.kinds.number import Number
from fastbp.tables.parsed_texts import parsed_texts

#: So many different texts of a column are kept.
MOST_TEXTS = 1 << 16


class Coder:
    """Numbers for texts, in the order in which they come; -1 for None."""

    def __init__(self) -> None:
        self._index: defaultdict[str | None, int] = defaultdict(
            itertools.count().__next__, {None: -1}
        )

    def codes(self, cells: NDArray[Any]) -> NDArray[np.int32]:
        """Return the number of each cell's text."""
        return np.fromiter(map(self._index.__getitem__, cells.tolist()), np.int32, len(cells))

    def __len__(self) -> int:
        return len(self._index) - 1

    def texts(self) -> list[str]:
        """All texts, by their number."""
        return [text for text in self._index if text is not None]


class Cells:
    """The cells of a column.

    Attributes
    ----------
    parts : list of ndarray
        float64 numbers, datetime64 moments or int32 codes of texts, a part each chunk.
    overflowed : bool
        Whether there were too many different texts, so that there are no codes.
    provisional : Kind or None
        The kind of the texts until then, if they were numbers or dates: these and all later ones
        are parts in its values.
    evidence : Evidence
        In which forms the texts are written.
    n_rows : int
        How many cells there are.
    """

    __slots__ = (
        "_coded",
        "_coder",
        "_hashes",
        "_of_text",
        "evidence",
        "given",
        "n_rows",
        "overflowed",
        "parts",
        "provisional",
    )

    def __init__(self, given: frozenset[str]) -> None:
        self.parts: list[NDArray[Any]] = []
        self.overflowed = False
        self.provisional: Number | Date | None = None
        self.evidence = Evidence(given)
        self.given = given
        self.n_rows = 0
        self._coder: Coder | None = None
        self._coded: list[tuple[int, NDArray[np.int32]]] = []
        self._of_text: set[int] = set()  # places in the parts
        self._hashes: list[NDArray[np.int64]] = []

    def add(self, cells: NDArray[Any]) -> None:
        """Add a chunk's cells."""
        if cells.dtype.kind == "O":
            self._add_texts(cells)
        else:
            self.parts.append(cells)
        self.n_rows += len(cells)

    def _add_texts(self, cells: NDArray[Any]) -> None:
        if self._coder is None:
            self._coder = Coder()
        codes = self._coder.codes(cells)
        self._coded.append((self.n_rows, codes))
        self._of_text.add(len(self.parts))
        self.parts.append(codes)
        if self.overflowed or len(self._coder) > MOST_TEXTS:
            self._let_go()

    def _let_go(self) -> None:
        """Keep what the texts come to instead of the texts."""
        texts = self.texts
        self.close()
        if not self.overflowed:
            self.overflowed = True
            self.provisional = _provisional(self.evidence)
        if self.provisional is not None:
            table, _ = parsed_texts(self.provisional, texts, self.given)
            self.parts = [table[part] if part.dtype.kind == "i" else part for part in self.parts]
        else:
            self.parts = [part for part in self.parts if part.dtype.kind != "i"]
            self._of_text = set()
        self._hashes.append(np.fromiter(map(hash, texts), np.int64, len(texts)))
        self._coder = None

    def close(self) -> None:
        """Sum up what is known of the texts."""
        if self._coder is None or not self._coded:
            return
        texts = self._coder.texts()
        forms = self.evidence.forms(texts)
        for start, codes in self._coded:
            self.evidence.add(texts, forms, codes, start)
        self._coded = []

    @property
    def texts(self) -> list[str]:
        """The texts of the codes."""
        return [] if self._coder is None else self._coder.texts()

    def n_different(self) -> int:
        """How many different texts there are."""
        if self._hashes:
            return len(np.unique(np.concatenate(self._hashes)))
        return 0 if self._coder is None else len(self._coder)

    def counts(self) -> NDArray[np.int64]:
        """How many cells hold each text."""
        counts = np.zeros(len(self.texts), np.int64)
        for part in self.parts:
            if part.dtype.kind == "i":
                counts += np.bincount(part[part >= 0], minlength=len(counts))
        return counts

    @property
    def has_text(self) -> bool:
        """Whether some cell came as text."""
        return bool(self.evidence.n_texts)

    @property
    def has_numbers(self) -> bool:
        """Whether some cell came as a number."""
        return any(p.dtype.kind == "f" and not bool(np.isnan(p).all()) for p in self._typed())

    @property
    def has_fractions(self) -> bool:
        """Whether some cell came as a number that is not whole."""
        return any(
            p.dtype.kind == "f" and bool((np.floor(p) != p)[~np.isnan(p)].any())
            for p in self._typed()
        )

    @property
    def has_moments(self) -> bool:
        """Whether some cell came as a moment."""
        return any(p.dtype.kind == "M" and not bool(np.isnat(p).all()) for p in self._typed())

    def _typed(self) -> list[NDArray[Any]]:
        """The parts that did not come as text."""
        return [part for i, part in enumerate(self.parts) if i not in self._of_text]


def _provisional(evidence: Evidence) -> Number | Date | None:
    """What all texts seen so far are, if it is numbers or dates."""
    for fit, kind in ((evidence.fit_numbers(None), Number), (evidence.fit_dates(None), Date)):
        if fit is not None and fit.n == evidence.n_values:
            return kind(fit.how)
    return None


class Rows:
    """The rows of a table as messages call them."""

    def __init__(self) -> None:
        self.n = 0
        self._lines: list[NDArray[np.int64]] = []
        self.have_lines = False

    def add(self, chunk: Chunk, n: int) -> None:
        """Add a chunk's."""
        if chunk.lines is not None:
            self.have_lines = True
            self._lines.append(chunk.lines)
        self.n += n

    def line(self, row: int) -> int | None:
        """The line of the file where a row starts; None where rows have none."""
        start = 0
        for lines in self._lines:
            if row < start + len(lines):
                return int(lines[row - start])
            start += len(lines)
        return None

    def place(self, row: int) -> str:
        """Name a row: ``line 12``, or ``row 11 (from 0)``."""
        line = self.line(row)
        return f"row {row:,} (from 0)" if line is None else f"line {line:,}"


def collect(
    source: Source,
    names: Sequence[str],
    as_text: Collection[str] = (),
    given: frozenset[str] = frozenset(),
) -> tuple[dict[str, Cells], Rows]:
    """Collect the cells of columns, given in the table's order."""
    cells = {name: Cells(given) for name in names}
    rows = Rows()
    wanted = None if len(names) == len(source.names) else names
    for chunk in source.chunks(wanted, as_text):
        rows.add(chunk, len(chunk))
        for column, array in zip(cells.values(), chunk.columns, strict=True):
            column.add(array)
    for column in cells.values():
        column.close()
    return cells, rows


def join(parts: Iterable[NDArray[Any]], dtype: str) -> NDArray[Any]:
    """Join parts; a single one is not copied."""
    parts = list(parts)
    if len(parts) == 1:
        return parts[0]
    return np.concatenate(parts) if parts else np.empty(0, dtype)
