"""Documents as pages of text, in any notation: of one in code, formulas are code."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from fastbp.lessons.document import (
    Block,
    CodeBlock,
    FormulaBlock,
    FractionBlock,
    HeadingBlock,
    Pieces,
    TableBlock,
    TextBlock,
)
from fastbp.lessons.formulas import (
    Activation,
    Break,
    Formula,
    Gap,
    Law,
    Layer,
    Node,
    Number,
    Piece,
    Slope,
    Sum,
    Symbol,
    Times,
    Words,
)
from fastbp.lessons.notations import Speller
from fastbp.text.page import WIDTH, Page

_CODE_WIDTH = 140  # columns of a table with code, which no line break may cut
_SLOPE_OF_LOSS = {"h'": "dh"}  # a prime is no part of a name
# The brackets around a sum are those of its call.
_CODE_SIGNS = str.maketrans({"·": "*", "²": "**2", "[": None, "]": None})


def symbols_in(pieces: Iterable[Piece]) -> Iterator[Symbol]:
    """All symbols, those of sums too."""
    for piece in pieces:
        if isinstance(piece, Symbol):
            yield piece
        elif isinstance(piece, Sum):
            yield from symbols_in(piece.body)


class TextWriter:
    """Writes pieces as a line of text; formulas of a notation in code are code."""

    def __init__(self, speller: Speller) -> None:
        self.speller = speller

    def words(self, pieces: Iterable[Piece]) -> str:
        """Words with symbols among them."""
        return "".join(map(self._word, pieces))

    def formula(self, pieces: Iterable[Piece]) -> str:
        """A formula."""
        formula = "".join(map(self._piece, pieces))
        return re.sub(" {2,3}", " ", formula).rstrip() if self.speller.notation.code else formula

    def lines(self, pieces: tuple[Piece, ...]) -> list[str]:
        """A formula's lines; all but the first are indented to the sign of equality."""
        if self.speller.notation.code and any(isinstance(piece, Gap) for piece in pieces):
            gap = next(i for i, piece in enumerate(pieces) if isinstance(piece, Gap))
            return [*self.lines(pieces[:gap]), *self.lines(pieces[gap + 1 :])]
        if Break() not in pieces:
            return [self.formula(pieces)]
        parts: list[list[Piece]] = [[]]
        for piece in pieces:
            if isinstance(piece, Break):
                parts.append([])
            else:
                parts[-1].append(piece)
        first, *others = map(self.formula, parts)
        indent = " " * max(first.find("="), 0)
        lines = [first, *(indent + other for other in others)]
        if self.speller.notation.code:
            lines[:-1] = [f"{line} \\" for line in lines[:-1]]
        return lines

    def _word(self, piece: Piece) -> str:
        return piece if isinstance(piece, str) else self._piece(piece)

    def _piece(self, piece: Piece) -> str:
        speller = self.speller
        code = speller.notation.code
        match piece:
            case str():
                return _SLOPE_OF_LOSS.get(piece, piece.translate(_CODE_SIGNS)) if code else piece
            case Symbol():
                return speller.text(piece)
            case Slope():
                return speller.text_of_g(piece.l, prime=True)
            case Activation():
                return speller.text_of_g(piece.l)
            case Number():
                return piece.digits
            case Times():
                return " * " if code else " "
            case Gap():
                return " " * piece.width
            case Break():
                return " "
            case Sum() if code and not piece.body:
                return "sum"
            case Sum() if code:
                width = speller.width(piece.index, list(symbols_in(piece.body)))
                body = self.formula(piece.body)
                return f"sum({body} for {piece.index} in range({width}))"
            case Sum():
                return f"Σ_{piece.index} {self.formula(piece.body)}".rstrip()
            case Node():
                return speller.node(piece.j)
            case Layer():
                return speller.level(piece.l)
            case Words() | Formula():
                return piece.text
            case Law():
                return in_letters(piece.text, speller)
        raise TypeError(f"{piece!r} is no piece of a formula")


def in_letters(law: str, speller: Speller) -> str:
    """A formula that is only shown, with the notation's letters for C_0 and g."""
    law = law.replace("C_0", speller.notation.loss)
    return re.sub(r"\bg\(", speller.notation.letters.get("g", "g").format(l="") + "(", law)


class TextRenderer:
    """Pages of 80 columns."""

    def __init__(self, speller: Speller, spell_out: bool = False) -> None:
        self._writer = TextWriter(speller)
        self._page = Page(spell_out, _CODE_WIDTH if speller.notation.code else WIDTH)

    def finish(self) -> str:
        """The page."""
        return str(self._page)

    def write(self, block: Block) -> None:
        """Write one block."""
        page, writer = self._page, self._writer
        match block:
            case HeadingBlock():
                page.heading(writer.words(block.pieces))
            case TextBlock():
                page.text(writer.words(block.pieces))
            case FormulaBlock():
                page.formula(*(line for pieces in block.lines for line in writer.lines(pieces)))
            case CodeBlock():
                page.formula(*block.lines)
            case FractionBlock():
                self._fractions(block)
            case TableBlock():
                rows = [["─"] if row is None else [*map(self._cell, row)] for row in block.rows]
                page.table(rows, block.align)
            case _:
                page.gap()

    def _cell(self, cell: tuple[Pieces, bool]) -> str:
        pieces, is_formula = cell
        return self._writer.formula(pieces) if is_formula else self._writer.words(pieces)

    def _fractions(self, block: FractionBlock) -> None:
        left, *factors = (
            (self._writer.formula(top), self._writer.formula(bottom))
            for top, bottom in [block.left, *block.factors]
        )
        self._page.fractions(left, factors)
