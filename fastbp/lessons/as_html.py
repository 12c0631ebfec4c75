"""Documents as HTML with MathML: a piece of a page, without scripts."""

from __future__ import annotations

import re
from collections.abc import Iterable

from fastbp.drawing.markup import Markup, join, tag, text
from fastbp.drawing.notebook import fragment
from fastbp.lessons.as_text import TextWriter, in_letters
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
from fastbp.lessons.notations import Glyph, Speller

_MATH_TOKEN = re.compile(r"(?P<n>\d+(?:\.\d+)?(?:e[-+]?\d+)?)|(?P<i>[^\W\d_]+'*)|\s+|(?P<o>.)")
_INDICES = {"jk", "kj"}  # two letters, not a name
# In a formula that is only shown: a_j, a_(t-1), Σ_k, (J u)_j.
_INDEXED = re.compile(r"(?P<base>[^\W\d_]+'*|\))_(?:\((?P<level>[^()]+)\)|(?P<index>\w+))")


class MathmlWriter:
    """Writes pieces as HTML: formulas as MathML, those of a notation in code as code."""

    def __init__(self, speller: Speller) -> None:
        self.speller = speller
        self._text = TextWriter(speller)

    def words(self, pieces: Iterable[Piece]) -> Markup:
        """Words, with symbols as formulas."""
        return join(
            text(self._text.words([piece]))
            if isinstance(piece, (str, Words, Node, Layer))
            else self.formula([piece])
            for piece in pieces
        )

    def formula(self, pieces: Iterable[Piece], display: bool = False) -> Markup:
        """A formula as an element of its own."""
        pieces = tuple(pieces)
        if self.speller.notation.code:
            lines = [tag("code", text(line)) for line in self._text.lines(pieces)]
            return join(lines, tag("br"))
        return tag("math", self.row(pieces), display="block" if display else None)

    def fraction(self, top: tuple[Piece, ...], bottom: tuple[Piece, ...]) -> Markup:
        """A fraction, for inside a formula."""
        return tag("mfrac", self.row(top), self.row(bottom))

    def row(self, pieces: Iterable[Piece]) -> Markup:
        """A formula's elements."""
        if self.speller.notation.code:
            return self._code(self._text.formula(pieces))
        return tag("mrow", *map(self._piece, pieces))

    @staticmethod
    def _code(code: str) -> Markup:
        return tag("mtext", text(code), style="font-family: monospace")

    def _glyph(self, glyph: Glyph) -> Markup:
        base = tag("mi", text(glyph.base.rstrip("'")))
        if glyph.base.endswith("'"):
            base = tag("mrow", base, tag("mo", text("′")))
        below, above = (self._signs(part) for part in (glyph.below, glyph.above))
        if glyph.below and glyph.above:
            return tag("msubsup", base, below, above)
        if glyph.below or glyph.above:
            return tag("msub" if glyph.below else "msup", base, below if glyph.below else above)
        return base

    def _symbol(self, symbol: Symbol) -> Markup:
        name, d = self._glyph(self.speller.glyph(symbol)), tag("mo", text("∂"))
        if symbol.of == "dC":
            loss = self._glyph(self.speller.glyph(Symbol("C")))
            return tag("mfrac", tag("mrow", d, loss), tag("mrow", d, name))
        return tag("mrow", d, name) if symbol.of else name

    @staticmethod
    def _signs(signs: str) -> Markup:
        elements = []
        for match in _MATH_TOKEN.finditer(signs):
            for group, element in (("n", "mn"), ("i", "mi"), ("o", "mo")):
                if match[group]:
                    fixed = "false" if match[group] in "()[]|" else None
                    letters = [*match[group]] if match[group] in _INDICES else [match[group]]
                    elements += [tag(element, text(part), stretchy=fixed) for part in letters]
        return elements[0] if len(elements) == 1 else tag("mrow", *elements)

    def _law(self, law: str) -> Markup:
        parts, end = [], 0
        for match in _INDEXED.finditer(law):
            below = self._signs(match["level"] or match["index"])
            if match["base"] == "Σ":
                indexed = tag("munder", tag("mo", text("∑")), below)
            else:
                element = "mtext" if match["base"] == ")" else "mi"
                indexed = tag("msub", tag(element, text(match["base"])), below)
            parts += [self._words(law[end : match.start()]), indexed]
            end = match.end()
        return tag("mrow", *parts, self._words(law[end:]))

    @staticmethod
    def _words(words: str) -> Markup:
        return tag("mtext", text(words.replace(" ", "\u00a0")))

    def _piece(self, piece: Piece) -> Markup:
        match piece:
            case Symbol():
                return self._symbol(piece)
            case Slope() | Activation():
                return self._glyph(self.speller.g(piece.l, isinstance(piece, Slope)))
            case Number():
                return tag("mn", text(piece.digits))
            case Times():
                return tag("mo", text("\u2062"))  # an invisible product
            case Gap():
                return tag("mspace", width="3em")
            case Break():
                return tag("mspace", width="0.3em")
            case Sum():
                sign = tag("munder", tag("mo", text("∑")), tag("mi", text(piece.index)))
                return tag("mrow", sign, *map(self._piece, piece.body))
            case Words() | Formula():
                return self._words(piece.text)
            case Law():
                return self._law(in_letters(piece.text, self.speller))
            case str() | Node() | Layer():
                return self._signs(self._text.formula([piece]))
        raise TypeError(f"{piece!r} is no piece of a formula")


class HtmlRenderer:
    """A piece of a page with MathML, its own style, no script, and nothing from elsewhere."""

    def __init__(self, speller: Speller, spell_out: bool = False) -> None:
        self._writer = MathmlWriter(speller)
        self._parts: list[Markup] = []

    def finish(self) -> str:
        """An element, in ASCII: whatever a page says its encoding is, it reads the same."""
        # Formulas do not break: what is too wide is scrolled, by keys too, as one.
        body = tag(
            "div", *self._parts, class_="scroll", role="region", aria_label="Formulas", tabindex=0
        )
        markup = fragment("Explanation", tag("style", Markup(_STYLE)), body)
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
.fastbp.fastbp .formula { margin: .35rem 0 .35rem 1.5rem; padding: .1rem 0; }
.fastbp.fastbp .formula math { display: block math; text-align: left; width: fit-content; }
.fastbp.fastbp table :is(th, td) { max-width: none; }
.fastbp.fastbp table .sum td { border-top: 1px solid var(--muted); font-weight: 650; }
.fastbp.fastbp code { white-space: pre; font: 12px/1.5 ui-monospace, Consolas, monospace; }
"""
