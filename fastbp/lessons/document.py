"""A lesson's page as data: headings, paragraphs, formulas, fractions and tables, one after another.

:class:`Document` has the methods of :class:`fastbp.text.page.Page`; what it holds is written by
``fastbp.lessons.renderers`` in any format and notation.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from fastbp.lessons.formulas import Formula, Part, Piece, parse_formula, pieces_of

Pieces = tuple[Piece, ...]
Cell = Part | Sequence[Part]


class HeadingBlock(NamedTuple):
    """A title."""

    pieces: Pieces


class TextBlock(NamedTuple):
    """A paragraph."""

    pieces: Pieces


class FormulaBlock(NamedTuple):
    """Formulas, a line each."""

    lines: tuple[Pieces, ...]


class FractionBlock(NamedTuple):
    """The chain rule: left = factor · factor ..., each (top, bottom)."""

    left: tuple[Pieces, Pieces]
    factors: tuple[tuple[Pieces, Pieces], ...]


class TableBlock(NamedTuple):
    """Rows of cells; a row of None rules off the last column.

    ``align`` has one of ``<`` and ``>`` a column; ``head`` says that the first row names the
    columns.
    """

    rows: tuple[tuple[tuple[Pieces, bool], ...] | None, ...]
    align: str
    head: bool


class GapBlock(NamedTuple):
    """An empty line of the text format."""


class CodeBlock(NamedTuple):
    """Lines of code, as they are."""

    lines: tuple[str, ...]


Block = HeadingBlock | TextBlock | FormulaBlock | FractionBlock | TableBlock | GapBlock | CodeBlock


class Document:
    """Collects blocks.

    Attributes
    ----------
    blocks : list
        In their order.
    sizes : tuple of int
        The widths of the network that the document is about: they say what L is, and how far an
        index of a sum runs.

    Examples
    --------
    >>> document = Document((2, 3, 1))
    >>> document.formula("dC_0/dw_01^(L) = δ_0^(L) a_1^(L-1)")
    >>> len(document.blocks)
    1
    """

    def __init__(self, sizes: Sequence[int] = ()) -> None:
        self.sizes = tuple(sizes)
        self.blocks: list[Block] = []

    def gap(self) -> None:
        """Add an empty line."""
        self.blocks.append(GapBlock())

    def heading(self, *parts: Part) -> None:
        """Add a title."""
        self.blocks.append(HeadingBlock(pieces_of(parts)))

    def text(self, *parts: Part) -> None:
        """Add a paragraph."""
        self.blocks.append(TextBlock(pieces_of(parts)))

    def formula(self, *lines: str | Sequence[Part]) -> None:
        """Add formulas: strings in the course's notation, or pieces."""
        self.blocks.append(FormulaBlock(tuple(map(_line, lines))))

    def code(self, *lines: str) -> None:
        """Add lines of code."""
        self.blocks.append(CodeBlock(lines))

    def fractions(self, left: tuple[str, str], factors: Iterable[tuple[str, str]]) -> None:
        """Add ``left = factor · factor · ...``, each a (numerator, denominator)."""
        pairs = [(parse_formula(top), parse_formula(bottom)) for top, bottom in [left, *factors]]
        self.blocks.append(FractionBlock(pairs[0], tuple(pairs[1:])))

    def table(self, rows: Sequence[Sequence[Cell]], align: str, *, head: bool = False) -> None:
        """Add rows of cells; a row ``["─"]`` rules off the last column."""
        table = tuple(None if list(row) == ["─"] else tuple(map(_cell, row)) for row in rows)
        self.blocks.append(TableBlock(table, align, head))


def _line(line: str | Sequence[Part]) -> Pieces:
    return parse_formula(line) if isinstance(line, str) else pieces_of(line)


def _cell(cell: Cell) -> tuple[Pieces, bool]:
    """The pieces of a cell, and whether they are a formula."""
    if isinstance(cell, Formula):
        return parse_formula(cell.text), True
    return pieces_of(cell if isinstance(cell, (list, tuple)) else [cell]), False  # type: ignore[list-item]
