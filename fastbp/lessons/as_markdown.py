"""Documents as Markdown with formulas between dollar signs, for notebooks and GitHub."""

from __future__ import annotations

import re

from fastbp.lessons.as_latex import TEXT_SIGNS, LatexRenderer, LatexWriter, array, display
from fastbp.lessons.as_text import TextWriter
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
from fastbp.lessons.formulas import Layer, Node, Words
from fastbp.lessons.notations import Speller

# In a formula of a page in Markdown, what that could read as its own.
MARKDOWN_SIGNS = TEXT_SIGNS | {
    "<": r"\(\lt\)", ">": r"\(\gt\)", "|": r"\(\vert\)", "*": r"\(\ast\)",
    "[": r"\(\lbrack\)", "]": r"\(\rbrack\)",
}  # fmt: skip


class MarkdownRenderer:
    """Markdown with formulas between dollar signs, as notebooks and GitHub show them."""

    def __init__(self, speller: Speller, spell_out: bool = False) -> None:
        self._speller = speller
        self._math = LatexWriter(speller, MARKDOWN_SIGNS)
        self._latex = LatexRenderer(speller)
        self._text = TextWriter(speller)
        self._code = speller.notation.code
        self._parts: list[str] = []

    def finish(self) -> str:
        """Its paragraphs, with an empty line between them."""
        return "\n\n".join(self._parts)

    def write(self, block: Block) -> None:
        """Write one block."""
        match block:
            case HeadingBlock():
                self._parts.append("## " + self._words(block.pieces))
            case TextBlock():
                self._parts.append(self._words(block.pieces))
            case FormulaBlock() if self._code:
                lines = [line for pieces in block.lines for line in self._text.lines(pieces)]
                self._parts.append(_fenced(lines))
            case CodeBlock():
                self._parts.append(_fenced(list(block.lines), "python"))
            case FormulaBlock():
                lines = [self._math.formula(line) for line in block.lines]
                self._parts.append(display(array("l", lines)))
            case FractionBlock() if self._code:
                self._parts.append(_fenced([self._fractions(block)]))
            case FractionBlock():
                self._parts.append(display(self._latex.fractions(block)))
            case TableBlock():
                self._parts.append(self._table(block))

    def _words(self, pieces: Pieces) -> str:
        return "".join(
            escape_markdown(piece.text)
            if isinstance(piece, Words)
            else self._text.words([piece]).translate(_OWN_SIGNS)
            if isinstance(piece, (str, Node, Layer))
            else self._formula((piece,))
            for piece in pieces
        )

    def _formula(self, pieces: Pieces) -> str:
        if not pieces:
            return ""
        if self._code:
            return f"`{self._text.formula(pieces)}`"
        formula = self._math.formula(pieces).replace("|", r"\vert ")
        return f"${formula}$"

    def _fractions(self, block: FractionBlock) -> str:
        left, *factors = (
            f"({self._text.formula(top)} / {self._text.formula(bottom)})"
            for top, bottom in [block.left, *block.factors]
        )
        return f"{left} = " + " * ".join(factors)

    def _table(self, block: TableBlock) -> str:
        columns = len(block.align)
        rows = [[self._cell(cell) for cell in row] for row in block.rows if row is not None]
        head = rows.pop(0) if block.head else [""] * columns
        rule = ["---:" if side == ">" else "---" for side in block.align]
        return "\n".join("| " + " | ".join(row) + " |" for row in [head, rule, *rows])

    def _cell(self, cell: tuple[Pieces, bool]) -> str:
        pieces, is_formula = cell
        return self._formula(pieces) if is_formula else self._words(pieces)


# Of fastbp's own words, which need less.
_OWN_SIGNS = str.maketrans({sign: f"&#{ord(sign)};" for sign in "\\`*_<>|$&"})
# Signs that Markdown, HTML or its formulas could read as their own, wherever they stand.
_SPECIAL = frozenset("\\`*_{}[]<>#|~$&^@!")
_SPECIAL_FIRST = frozenset("+-=.:()\"'")  # and these at the begin of a word


def escape_markdown(words: str) -> str:
    """Text for Markdown in which nothing is read as markup."""
    kept = []
    for before, letter in zip(" " + words, words, strict=False):
        if not letter.isprintable():
            kept.append(" ")
        elif letter in _SPECIAL or (letter in _SPECIAL_FIRST and not before.isalnum()):
            kept.append(f"&#{ord(letter)};")
        else:
            kept.append(letter)
    return "".join(kept)


def _fenced(lines: list[str], language: str = "") -> str:
    body = "\n".join(lines)
    longest = max(map(len, re.findall("`+", body)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{body}\n{fence}"
