"""Documents as LaTeX, which needs no package and which KaTeX and MathJax take too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise

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

_GREEK = {"δ": r"\delta", "σ": r"\sigma", "ℒ": r"\mathcal{L}", "η": r"\eta"}
_SIGNS = {"·": r"\cdot ", "½": r"\frac{1}{2}", "²": "^2", "∂": r"\partial ", "×": r"\times "}
_FUNCTIONS = {"tanh", "ln", "max", "min", "cosh", "exp"}
# Of text, in \\textrm too: what TeX would read as a command, and letters that its fonts lack.
TEXT_SIGNS = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "_": r"\_", "%": r"\%",
    "#": r"\#", "&": r"\&", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}",
    "·": r"\(\cdot\)", "δ": r"\(\delta\)", "Σ": r"\(\sum\)", "½": r"\(\frac{1}{2}\)",
    "²": r"\(^2\)", "η": r"\(\eta\)", "σ": r"\(\sigma\)", "∂": r"\(\partial\)",
    "ℒ": r"\(\mathcal{L}\)", "×": r"\(\times\)", "<": r"\(<\)", ">": r"\(>\)", "|": r"\(|\)",
    "`": "'",
}  # fmt: skip


def latex_words(words: str, signs: Mapping[str, str] = TEXT_SIGNS) -> str:
    """Text for LaTeX, outside of formulas, with nothing that it would read as a command."""
    shown = "".join(letter if letter.isprintable() else " " for letter in words)
    return "".join(signs.get(letter, letter) for letter in shown)


class LatexWriter:
    """Writes pieces as LaTeX that needs no package and that KaTeX and MathJax take too."""

    def __init__(self, speller: Speller, signs: Mapping[str, str] = TEXT_SIGNS) -> None:
        self.speller, self._signs_of_text = speller, signs
        self._text = TextWriter(speller)

    def escape(self, words: str) -> str:
        """Text with nothing that would be read as a command."""
        return latex_words(words, self._signs_of_text)

    def words(self, pieces: Iterable[Piece]) -> str:
        """Words, with symbols between dollar signs."""
        return "".join(self._word(piece) for piece in pieces)

    def _word(self, piece: Piece) -> str:
        if isinstance(piece, str):
            return self.escape(piece)
        if isinstance(piece, Words):
            return self.escape(piece.text)
        if isinstance(piece, (Node, Layer)):
            level = self._text.words([piece])
            return level if level.isdigit() else f"${level}$"
        return f"${self.formula([piece])}$"

    def formula(self, pieces: Iterable[Piece]) -> str:
        """A formula, for between dollar signs."""
        pieces = tuple(pieces)
        if self.speller.notation.code:
            if len(pieces) == 1 and isinstance(pieces[0], Law):
                return self._piece(pieces[0])
            return self._code(self._text.formula(pieces))
        return "".join(map(self._piece, pieces)).strip()

    def _code(self, code: str) -> str:
        parts = code.split("    ")
        return r" \qquad ".join(rf"\texttt{{{self.escape(p.strip())}}}" for p in parts if p.strip())

    def _glyph(self, glyph: Glyph) -> str:
        base = _GREEK.get(glyph.base.rstrip("'"), glyph.base.rstrip("'"))
        base += "'" * glyph.base.count("'")
        if glyph.base == "dz":
            base = r"\mathit{dz}"
        below = f"_{{{glyph.below}}}" if glyph.below else ""
        above = f"^{{{glyph.above}}}" if glyph.above else ""
        return (f"{{{base}}}" if "'" in base and above else base) + below + above

    def _symbol(self, symbol: Symbol) -> str:
        name = self._glyph(self.speller.glyph(symbol))
        if symbol.of == "dC":
            loss = self._glyph(self.speller.glyph(Symbol("C")))
            return rf"\frac{{\partial {loss}}}{{\partial {name}}}"
        return rf"\partial {name}" if symbol.of else name

    def _piece(self, piece: Piece) -> str:
        speller = self.speller
        match piece:
            case str():
                return self._signs(piece)
            case Symbol():
                return self._symbol(piece)
            case Slope() | Activation():
                return self._glyph(speller.g(piece.l, isinstance(piece, Slope)))
            case Number():
                return _number(piece.digits)
            case Times():
                return r"\, "
            case Gap():
                return r" \qquad "
            case Break():
                return r" \\ \qquad "
            case Sum():
                return rf"\sum_{{{piece.index}}} {self.formula(piece.body)}"
            case Node() | Layer():
                return self._text.words([piece])
            case Words() | Formula():
                return rf"\textrm{{{self.escape(piece.text)}}}"
            case Law():
                return self._law(piece.latex)
        raise TypeError(f"{piece!r} is no piece of a formula")

    def _law(self, latex: str) -> str:
        """A formula of the table of operations, without the commands that need amsmath."""
        notation = self.speller.notation
        loss = self._glyph(self.speller.glyph(Symbol("C")))
        g = _GREEK.get(notation.letters.get("g", ""), "g")
        latex = latex.replace("C_0", rf"\texttt{{{notation.loss}}}" if notation.code else loss)
        latex = latex.replace("g(z)", f"{g}(z)")
        return latex.replace(r"\tfrac", r"\frac").replace(r"\operatorname", r"\mathrm")

    @staticmethod
    def _signs(signs: str) -> str:
        if signs.isalpha() and signs.isascii() and len(signs) > 1:
            return f"\\{signs} " if signs in _FUNCTIONS else rf"\mathrm{{{signs}}}"
        return "".join(_SIGNS.get(sign, sign) for sign in signs)


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
                self._parts.append(display(array("l", list(lines))))
            case FormulaBlock():
                self._parts.append(
                    display(array("l", [self._writer.formula(line) for line in block.lines]))
                )
            case FractionBlock():
                self._parts.append(display(self.fractions(block)))
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
        return display(array(columns, lines))

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
    return _number(stripped)


def _number(digits: str) -> str:
    """A number, with its exponent as a power of ten."""
    mantissa, e, exponent = digits.partition("e")
    return rf"{mantissa} \cdot 10^{{{int(exponent)}}}" if e else mantissa


def _spaced(words: str) -> str:
    """Keep the indentation of a line of code."""
    stripped = words.lstrip(" ")
    return r"\ " * (len(words) - len(stripped)) + stripped


def array(columns: str, lines: list[str]) -> str:
    """Lines one below the other, with cells between ``&``; a line may end with a rule."""
    body = lines[0]
    for before, line in pairwise(lines):
        body += ("" if before.endswith(r"\hline") else r" \\") + "\n" + line
    return f"\\begin{{array}}{{{columns}}}\n{body}\n\\end{{array}}"


def display(maths: str) -> str:
    """A formula on a line of its own."""
    return f"$$\n{maths}\n$$"
