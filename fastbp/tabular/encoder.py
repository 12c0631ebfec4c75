"""Columns of a table as the inputs of a network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastbp.tables.typed import NumberColumn, WordColumn
from fastbp.tabular.number_encoding import NumberEncoding
from fastbp.tabular.piecewise import PiecewiseEncoding
from fastbp.tabular.word_encoding import WordEncoding

Column = NumberColumn | WordColumn

# Of the numbers that are worked on at a time.
_BLOCK_BYTES = 1 << 22
#: Above so many, bins would make a first layer that is slow to train on any table.
MOST_BINS = 16_384

#: The kinds of columns.
NUMBER, WORD = "number", "word"


@dataclass(frozen=True)
class Encoder:
    """What the training rows of a table tell of its columns, and the inputs that follow from it.

    The inputs of a row are, in this order: each number (standardised, large ones drawn in); 1 or 0
    for each number column of the training rows with a missing cell; the words' inputs, column by
    column; and with ``piecewise`` the bins of each number.

    Attributes
    ----------
    names : tuple of str
        The columns, in order.
    kinds : tuple of str
        "number" or "word", of each column.
    numbers : NumberEncoding
    words : tuple of WordEncoding
    bins : PiecewiseEncoding
        Of length 0 without them.
    clip : bool
        Whether large numbers are drawn in.

    Examples
    --------
    >>> import numpy as np
    >>> from fastbp.tables.typed import NumberColumn, WordColumn
    >>> size = NumberColumn("size", np.array([1.0, 3.0, np.nan]))
    >>> colour = WordColumn("colour", np.array([0, 1, 1], np.int32), ("blue", "red"))
    >>> encoder = Encoder.fit((size, colour))
    >>> encoder.inputs
    ('size', 'size is missing', 'colour: blue or red')
    >>> encoder.transform((size, colour)).round(3)
    array([[-1.134,  0.   ,  1.   ],
           [ 1.134,  0.   , -1.   ],
           [ 0.   ,  1.   , -1.   ]], dtype=float32)
    """

    names: tuple[str, ...]
    kinds: tuple[str, ...]
    numbers: NumberEncoding
    words: tuple[WordEncoding, ...]
    bins: PiecewiseEncoding
    clip: bool = True

    @classmethod
    def fit(
        cls,
        columns: Sequence[Column],
        rows: NDArray[np.intp] | None = None,
        *,
        piecewise: bool = False,
        clip: bool = True,
    ) -> Encoder:
        """Learn from some rows of a table.

        Parameters
        ----------
        columns : sequence of NumberColumn or WordColumn
        rows : ndarray of int, optional
            The rows to learn from; None: all.
        piecewise : bool
            Whether numbers also get bins, up to 16,384 in all: a table whose columns have more
            gets none.
        clip : bool
            Whether large numbers are drawn in.

        Raises
        ------
        ValueError
            If there is no row, or a number is infinite.
        """
        numbers = [column for column in columns if isinstance(column, NumberColumn)]
        n = len(_values(columns[0])) if columns else 0
        n = n if rows is None else len(rows)
        if n == 0:
            raise ValueError("an encoder needs at least one row and one column to learn from")
        parts, bins = [], []
        n_bins = 0
        for first, values in _column_blocks(numbers, rows, n):
            part = NumberEncoding.fit(values)
            parts.append(part)
            if piecewise and n_bins <= MOST_BINS:
                # As the networks will see them: of rows.
                bins.append(PiecewiseEncoding.fit(part.apply(values.T, clip).T, first))
                n_bins += len(bins[-1])
        if n_bins > MOST_BINS:
            bins = []
        words = tuple(
            WordEncoding.fit(_part(column.codes, rows), column.levels)
            for column in columns
            if isinstance(column, WordColumn)
        )
        return cls(
            tuple(column.name for column in columns),
            tuple(map(_kind, columns)),
            NumberEncoding.joined(parts),
            words,
            PiecewiseEncoding.joined(bins),
            clip,
        )

    @property
    def width(self) -> int:
        """The number of inputs, at least 1: columns that tell nothing give one that is 0."""
        n = len(self.numbers) + int(self.numbers.gaps.sum()) + len(self.bins)
        return max(n + sum(word.width for word in self.words), 1)

    @property
    def inputs(self) -> tuple[str, ...]:
        """The name of each input."""
        numbers = [n for n, kind in zip(self.names, self.kinds, strict=True) if kind == NUMBER]
        words = [n for n, kind in zip(self.names, self.kinds, strict=True) if kind == WORD]
        gaps = [f"{numbers[i]} is missing" for i in np.flatnonzero(self.numbers.gaps)]
        of_words = [
            f"{name}: {text}"
            for name, word in zip(words, self.words, strict=True)
            for text in word.inputs
        ]
        owners = self.bins.owners
        first = np.searchsorted(owners, owners)  # of the bins of a column
        bins = [
            f"{numbers[j]}, bin {t + 1}"
            for j, t in zip(owners.tolist(), (np.arange(len(owners)) - first).tolist(), strict=True)
        ]
        return tuple([*numbers, *gaps, *of_words, *bins] or ["nothing"])

    def transform(
        self, columns: Sequence[Column], rows: NDArray[np.intp] | slice | None = None
    ) -> NDArray[np.float32]:
        """The inputs of rows, float32 of shape (n, width).

        Parameters
        ----------
        columns : sequence of NumberColumn or WordColumn
            Those that were learnt from, in that order.
        rows : ndarray of int or slice, optional
            The rows; None: all.

        Raises
        ------
        ValueError
            If the columns are others, or a number is infinite.
        """
        self._check(columns)
        numbers = [column.values for column in columns if isinstance(column, NumberColumn)]
        words = [column for column in columns if isinstance(column, WordColumn)]
        places = [w.places(c.levels) for w, c in zip(self.words, words, strict=True)]
        n_rows = len(_values(columns[0])) if columns else 0
        if not isinstance(rows, np.ndarray):
            rows = np.arange(n_rows)[rows or slice(None)]
        n = len(rows)
        X = np.zeros((n, self.width), np.float32)
        k, gaps = len(self.numbers), np.flatnonzero(self.numbers.gaps)
        of_words = k + len(gaps)
        of_bins = of_words + sum(word.width for word in self.words)
        size = max(_BLOCK_BYTES // (8 * (self.width + k)), 1)
        for start in range(0, n, size):
            block = slice(start, min(start + size, n))
            part = rows[block]
            out = X[block]
            if numbers:
                values = np.stack([column[part] for column in numbers], axis=1)
                self._check_finite(values, part)
                x = self.numbers.apply(values, self.clip)
                out[:, :k] = x
                out[:, k:of_words] = np.isnan(values[:, gaps])
                if len(self.bins):
                    out[:, of_bins:] = self.bins.apply(x)
            at = of_words
            for word, column, of_levels in zip(self.words, words, places, strict=True):
                word.write(of_levels[column.codes[part]], out[:, at : at + word.width])
                at += word.width
        return X

    def _check(self, columns: Sequence[Column]) -> None:
        names = tuple(column.name for column in columns)
        if names != self.names or tuple(map(_kind, columns)) != self.kinds:
            pairs = zip(names, self.names, strict=False)
            i = next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(names), len(self)))
            got = f"{names[i]!r}" if i < len(names) else "no more"
            expected = f"{self.names[i]!r}" if i < len(self) else "no more"
            if names == self.names:
                kinds = zip(map(_kind, columns), self.kinds, strict=True)
                i = next(i for i, (a, b) in enumerate(kinds) if a != b)
                got, expected = f"{names[i]!r} as a {_kind(columns[i])}", f"a {self.kinds[i]}"
            raise ValueError(f"column {i} of the table is {got}, expected {expected}")

    def __len__(self) -> int:
        return len(self.names)

    def _check_finite(self, values: NDArray[np.float64], rows: NDArray[np.intp]) -> None:
        bad = np.isinf(values)
        if bad.any():
            row, j = map(int, np.argwhere(bad)[0])
            _refuse_infinite(self._number_names()[j], int(rows[row]), values[bad][0])
        needed = np.isnan(self.numbers.medians)
        if needed.any() and (bad := np.isnan(values) & needed).any():
            row, j = map(int, np.argwhere(bad)[0])
            raise ValueError(
                f"row {rows[row]} (from 0), column {self._number_names()[j]!r} is missing, and "
                "this model was trained by a fastbp that filled no cells: write a number there, "
                "or train it anew"
            )

    def _number_names(self) -> list[str]:
        return [n for n, kind in zip(self.names, self.kinds, strict=True) if kind == NUMBER]


def _kind(column: Column) -> str:
    return NUMBER if isinstance(column, NumberColumn) else WORD


def _values(column: Column) -> NDArray[Any]:
    return column.values if isinstance(column, NumberColumn) else column.codes


def _part(array: NDArray[Any], rows: NDArray[np.intp] | None) -> NDArray[Any]:
    return array if rows is None else array[rows]


def _column_blocks(
    columns: Sequence[NumberColumn], rows: NDArray[np.intp] | None, n: int
) -> Iterator[tuple[int, NDArray[np.float64]]]:
    """Some number columns at a time: the first one's place among them, and their values (k, n)."""
    size = max(_BLOCK_BYTES // (8 * n), 1)
    for first in range(0, len(columns), size):
        some = columns[first : first + size]
        values = np.stack([_part(column.values, rows) for column in some])
        bad = np.isinf(values)
        if bad.any():
            j, row = map(int, np.argwhere(bad)[0])
            row = row if rows is None else int(rows[row])
            _refuse_infinite(some[j].name, row, values[bad][0])
        yield first, values


def _refuse_infinite(name: str, row: int, value: float) -> None:
    raise ValueError(
        f"row {row} (from 0), column {name!r} is {value}: a table must hold finite numbers, or "
        f"missing cells"
    )
