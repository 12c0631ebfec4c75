"""The table of renderers: a document as text, Markdown, LaTeX or HTML."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any, Protocol

from fastbp.drawing.markup import Markup, join, tag, text
from fastbp.drawing.notebook import fragment
from fastbp.inputs import check_choice
from fastbp.lessons.document import (
    Block,
    CodeBlock,
    Document,
    FormulaBlock,
    FractionBlock,
    HeadingBlock,
    TableBlock,
    TextBlock,
)
from fastbp.lessons.formulas import Layer, Node, Piece, Words
from fastbp.lessons.notations import NOTATIONS, Speller
from fastbp.lessons.writers import (
    MARKDOWN_SIGNS,
    LatexWriter,
    MathmlWriter,
    TextWriter,
    latex_words,
)
from fastbp.text.page import WIDTH, Page
from fastbp.text.rendered import Rendered

Pieces = tuple[Piece, ...]
_CODE_WIDTH = 140  # columns of a table with code, which no line break may cut


class Renderer(Protocol):
    """Writes the blocks of a document one after another."""

    def write(self, block: Block) -> None:
        """Write one block."""
        ...

    def finish(self) -> str:
        """All that was written."""
        ...


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


class LatexRenderer:
    """Paragraphs and displays that need no package, for KaTeX and MathJax too."""

    def __init__(self, speller: Speller, spell_out: bool = False) -> None:
        self._writer = LatexWriter(speller)
        self._parts: list[str] = []

    def finish(self) -> str:
        """Its paragraphs, with an empty line between them."""
        return "\n\n".join(self._parts)

    def write(self, block: Block) -> None:
        """Write one block."""
        match block:
            case HeadingBlock():
                self._parts.append(self.heading(block.pieces))
            case TextBlock():
                self._parts.append(self._writer.words(block.pieces))
            case CodeBlock():
                lines = (rf"\texttt{{{_spaced(latex_words(line))}}}" for line in block.lines)
                self._parts.append(_display(_array("l", list(lines))))
            case FormulaBlock():
                self._parts.append(
                    _display(_array("l", [self._writer.formula(line) for line in block.lines]))
                )
            case FractionBlock():
                self._parts.append(_display(self.fractions(block)))
            case TableBlock():
                self._parts.append(self.table(block))

    def heading(self, pieces: Pieces) -> str:
        """A bold line."""
        words = [
            rf"\textbf{{{latex_words(piece)}}}" if isinstance(piece, str) else self._inline(piece)
            for piece in pieces
        ]
        return f"${''.join(words)}$"

    def _inline(self, piece: Piece) -> str:
        return self._writer.formula([piece])

    def fractions(self, block: FractionBlock) -> str:
        """The chain rule."""
        left, *factors = (
            rf"\frac{{{self._writer.formula(top)}}}{{{self._writer.formula(bottom)}}}"
            for top, bottom in [block.left, *block.factors]
        )
        return f"{left} = " + r" \cdot ".join(factors)

    def table(self, block: TableBlock) -> str:
        """A table as an array."""
        lines: list[str] = []
        for row in block.rows:
            if row is None:
                lines[-1] += r" \\ \hline"
            else:
                cells = " & ".join(map(self._cell, row))
                lines.append(cells)
        if block.head and len(lines) > 1:
            lines[0] += r" \\ \hline"
        columns = block.align.replace("<", "l").replace(">", "r")
        return _display(_array(columns, lines))

    def _cell(self, cell: tuple[Pieces, bool]) -> str:
        pieces, is_formula = cell
        if is_formula:
            return self._writer.formula(pieces)
        return "".join(
            _cell_words(piece) if isinstance(piece, str) else self._inline(piece)
            for piece in pieces
        )


def _cell_words(words: str) -> str:
    """Words of a cell; a number or a sign is a formula already."""
    stripped = words.strip()
    if stripped in ("", "="):
        return stripped
    try:
        float(stripped)
    except ValueError:
        return rf"\textrm{{{latex_words(words)}}}"
    mantissa, e, exponent = stripped.partition("e")
    return rf"{mantissa} \cdot 10^{{{int(exponent)}}}" if e else mantissa


def _spaced(words: str) -> str:
    """Keep the indentation of a line of code."""
    stripped = words.lstrip(" ")
    return r"\ " * (len(words) - len(stripped)) + stripped


def _array(columns: str, lines: list[str]) -> str:
    body = lines[0]
    for before, line in pairwise(lines):
        body += ("" if before.endswith(r"\hline") else r" \\") + "\n" + line
    return f"\\begin{{array}}{{{columns}}}\n{body}\n\\end{{array}}"


def _display(maths: str) -> str:
    return f"$$\n{maths}\n$$"


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
                self._parts.append(_display(_array("l", lines)))
            case FractionBlock() if self._code:
                self._parts.append(_fenced([self._fractions(block)]))
            case FractionBlock():
                self._parts.append(_display(self._latex.fractions(block)))
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


class HtmlRenderer:
    """A piece of a page with MathML, its own style, no script, and nothing from elsewhere."""

    def __init__(self, speller: Speller, spell_out: bool = False) -> None:
        self._writer = MathmlWriter(speller)
        self._parts: list[Markup] = []

    def finish(self) -> str:
        """An element, in ASCII: whatever a page says its encoding is, it reads the same."""
        markup = fragment("Explanation", tag("style", Markup(_STYLE)), *self._parts)
        return markup.encode("ascii", "xmlcharrefreplace").decode("ascii")

    def write(self, block: Block) -> None:
        """Write one block."""
        writer, parts = self._writer, self._parts
        match block:
            case HeadingBlock():
                parts.append(tag("h3", writer.words(block.pieces)))
            case TextBlock():
                parts.append(tag("p", writer.words(block.pieces)))
            case FormulaBlock():
                parts += [
                    tag("div", writer.formula(line, display=True), class_="formula")
                    for line in block.lines
                ]
            case CodeBlock():
                parts.append(tag("pre", tag("code", text("\n".join(block.lines)))))
            case FractionBlock():
                left, *factors = (
                    writer.fraction(top, bottom) for top, bottom in [block.left, *block.factors]
                )
                product = join(factors, tag("mo", text("·")))
                row = tag("mrow", left, tag("mo", text("=")), product)
                parts.append(tag("div", tag("math", row, display="block"), class_="formula"))
            case TableBlock():
                parts.append(self._table(block))

    def _table(self, block: TableBlock) -> Markup:
        rows, ruled = [], False
        for i, row in enumerate(block.rows):
            if row is None:
                ruled = True
                continue
            element = "th" if block.head and i == 0 else "td"
            cells = [
                tag(element, self._cell(cell), class_="n" if side == ">" else None)
                for cell, side in zip(row, block.align, strict=True)
            ]
            rows.append(tag("tr", *cells, class_="sum" if ruled else None))
        table = tag("table", tag("tbody", *rows))
        return tag("div", table, class_="scroll", role="region", aria_label="Numbers", tabindex=0)

    def _cell(self, cell: tuple[Pieces, bool]) -> Markup:
        pieces, is_formula = cell
        if not pieces:
            return Markup("")
        return self._writer.formula(pieces) if is_formula else self._writer.words(pieces)


_STYLE = """
.fastbp.fastbp { max-width: 56rem; overflow-wrap: normal; }
.fastbp.fastbp h3 { font-size: 14px; font-weight: 650; margin: .9rem 0 .25rem; }
.fastbp.fastbp .formula { margin: .35rem 0 .35rem 1.5rem; padding: .1rem 0;
  overflow: auto hidden; }
.fastbp.fastbp .formula math { display: block math; text-align: left; width: fit-content; }
.fastbp.fastbp table .sum td { border-top: 1px solid var(--muted); font-weight: 650; }
.fastbp.fastbp code { white-space: pre; font: 12px/1.5 ui-monospace, Consolas, monospace; }
"""

#: What writes each format.
RENDERERS: dict[str, type[Any]] = {
    "text": TextRenderer,
    "markdown": MarkdownRenderer,
    "latex": LatexRenderer,
    "html": HtmlRenderer,
}


def render(
    document: Document, format: str = "text", notation: str = "course", *, spell_out: bool = False
) -> Rendered:
    """Write a document in a format and a notation.

    Parameters
    ----------
    document : Document
        What to write.
    format : "text", "markdown", "latex" or "html"
        How.
    notation : "course", "nielsen", "ng", "pytorch" or "keras"
        In whose symbols.
    spell_out : bool
        Text in ASCII only.

    Examples
    --------
    >>> document = Document([2, 3, 1])
    >>> document.formula("δ_0^(L) a_2^(L-1)")
    >>> print(render(document))
        δ_0^(L) a_2^(L-1)
    >>> print(render(document, notation="nielsen"))
        δ^L_1 a^(L-1)_3
    """
    check_choice("format", format, RENDERERS)
    check_choice("notation", notation, NOTATIONS)
    renderer: Renderer = RENDERERS[format](Speller(NOTATIONS[notation], document.sizes), spell_out)
    for block in document.blocks:
        renderer.write(block)
    return Rendered(renderer.finish(), format)
