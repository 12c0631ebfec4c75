"""Hits by class, the confusion matrix, and a note where classes are of unlike sizes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fastbp.text.formatting import list_names, plural, quote, truncate
from fastbp.text.printable import printable

#: So many classes a matrix is printed of.
MOST_CLASSES_PRINTED = 12
#: So many classes have their hits listed; of more, those hit least often.
MOST_CLASSES_LISTED = 20
#: A class is rare when it has less than this part of an even share, n / K.
RARE_PART = 0.2
_LONGEST_NAME = 40
_LONGEST_IN_MATRIX = 16
_WIDEST_MATRIX = 68
_BETWEEN = "  "
#: Of fewer rows the rule of three is far off: 3 / n instead of 1 - 0.05^(1 / n).
_FEWEST_FOR_THREE = 10


@dataclass(frozen=True)
class Confusion:
    """How often each class was predicted for rows of each class.

    Attributes
    ----------
    classes : tuple of str
        The K classes.
    counts : ndarray of int64, shape (K, K)
        Rows of class i that were taken for class j.
    """

    classes: tuple[str, ...]
    counts: NDArray[np.int64]

    @classmethod
    def of(
        cls,
        classes: tuple[str, ...],
        codes: NDArray[np.int64],
        predicted: NDArray[np.int64],
    ) -> Confusion:
        """Count rows by their own class and by the predicted one; not those of no class, -1.

        >>> Confusion.of(("a", "b"), np.array([0, 0, 1]), np.array([0, 1, 1])).counts.tolist()
        [[1, 1], [0, 1]]
        """
        k, known = len(classes), codes >= 0
        codes, predicted = codes[known], predicted[known]
        return cls(classes, np.bincount(codes * k + predicted, minlength=k * k).reshape(k, k))

    @property
    def rows(self) -> NDArray[np.int64]:
        """How many rows each class has, shape (K,)."""
        totals: NDArray[np.int64] = self.counts.sum(axis=1)
        return totals

    @property
    def hits(self) -> NDArray[np.int64]:
        """How many rows of each class were predicted rightly, shape (K,)."""
        return np.diagonal(self.counts).copy()

    def balanced_accuracy(self) -> float:
        """The mean over the classes that have rows of the share of their rows that was hit."""
        present = self.rows > 0
        return float((self.hits[present] / self.rows[present]).mean())

    def hit_lines(self) -> list[str]:
        """A line for each class: its name, its hits, of how many rows, in percent."""
        order = np.arange(len(self.classes))
        present = order[self.rows > 0]
        shown = present
        if len(present) > MOST_CLASSES_LISTED:
            shares = self.hits[present] / self.rows[present]
            shown = np.sort(present[np.argsort(shares, kind="stable")[:MOST_CLASSES_LISTED]])
        rows = [
            (
                _name(self.classes[c]),
                f"{self.hits[c]:,}",
                f"of {self.rows[c]:,}",
                f"{100 * self.hits[c] / self.rows[c]:.1f} %",
            )
            for c in shown
        ]
        lines = aligned(rows, "<>>>")
        n_others = len(present) - len(shown)
        if n_others:
            lines.append(f"and {plural(n_others, 'class', 'classes')} hit more often")
        if len(present) < len(order):
            absent = [self.classes[c] for c in order[self.rows == 0]]
            lines.append(f"no row was held out of {list_names(absent)}")
        return lines

    def matrix_lines(self) -> list[str]:
        """The matrix as lines of text: a row for each class, a column for each predicted one.

        Where names are cut off or take too much room, rows and columns have numbers too.
        """
        names = [printable(name) for name in self.classes]
        lines = self._matrix(names, names)
        if len(lines[0]) <= _WIDEST_MATRIX and max(map(len, names)) <= _LONGEST_IN_MATRIX:
            return lines
        numbers = [f"({i})" for i in range(1, len(names) + 1)]
        numbered = [
            f"{number} {_name(name, _LONGEST_IN_MATRIX)}"
            for number, name in zip(numbers, self.classes, strict=True)
        ]
        return self._matrix(numbered, numbers)

    def _matrix(self, of_rows: Sequence[str], of_columns: Sequence[str]) -> list[str]:
        body = [
            (name, *(f"{count:,}" for count in row))
            for name, row in zip(of_rows, self.counts, strict=True)
        ]
        return aligned([("", *of_columns), *body], "<" + ">" * len(of_columns))

    def to_dict(self) -> dict[str, list[str] | list[list[int]]]:
        """Return what JSON can hold."""
        return {"classes": list(self.classes), "counts": self.counts.tolist()}


def imbalance_note(classes: tuple[str, ...], counts: NDArray[np.int64]) -> str | None:
    """Say which class is rare, if one has less than a fifth of an even share of the rows.

    >>> imbalance_note(("no", "yes"), np.array([920, 80])).partition(":")[0]
    "class 'yes' has 8.0 % of the rows to train on, less than a fifth of an even share (50 %)"
    """
    total, k = int(counts.sum()), len(classes)
    rare = np.flatnonzero(counts * k < RARE_PART * total)
    if not len(rare):
        return None
    rarest = rare[counts[rare].argmin()]
    share = 100 * counts[rarest] / total
    others = len(rare) - 1
    return (
        f"class {quote(classes[rarest])}"
        + (f" (and {others:,} more)" if others else "")
        + f" has {share:.{1 if share >= 0.1 else 3}f} % of the rows to train on, less than "
        f"a fifth of an even share ({100 / k:.3g} %): accuracy hardly counts it. See the hits by "
        f'class; class_weight="balanced" (--class-weight balanced) weighs rare classes up'
    )


def no_miss_note(confusion: Confusion) -> str | None:
    """Say what no miss at all means: the rule of three.

    >>> no_miss_note(Confusion(("a", "b"), np.diag([40, 20])))
    'none of the 60 rows is missed; of other rows up to 3 / 60 = 5.0 % still may be (at 95 %)'
    """
    n = int(confusion.counts.sum())
    if n == 0 or int(confusion.hits.sum()) < n:
        return None
    if n < _FEWEST_FOR_THREE:
        return f"none is missed, which says little: {plural(n, 'row')} held out"
    return (
        f"none of the {n:,} rows is missed; of other rows up to 3 / {n} = {300 / n:.1f} % still "
        "may be (at 95 %)"
    )


def aligned(rows: Sequence[tuple[str, ...]], align: str) -> list[str]:
    """Lines of cells, each column as wide as its widest cell."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(align))]
    return [
        _BETWEEN.join(
            f"{cell:{side}{width}}" for cell, side, width in zip(row, align, widths, strict=True)
        ).rstrip()
        for row in rows
    ]


def _name(name: str, longest: int = _LONGEST_NAME) -> str:
    return printable(truncate(name, longest))
