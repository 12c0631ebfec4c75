"""Formulas as text, as LaTeX and as MathML, in any notation."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from fastbp.drawing.markup import Markup, join, tag, text
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

# The brackets around a sum are those of its call; primes are no part of a name.
_SLOPE_OF_LOSS = {"h'": "dh"}
_CODE_SIGNS = str.maketrans({"·": "*", "[": None, "]": None})


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


# ---------------------------------------------------------------- LaTeX

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
# In a formula of a page in Markdown, what that could read as its own.
MARKDOWN_SIGNS = TEXT_SIGNS | {
    "<": r"\(\lt\)", ">": r"\(\gt\)", "|": r"\(\vert\)", "*": r"\(\ast\)",
    "[": r"\(\lbrack\)", "]": r"\(\rbrack\)",
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
                mantissa, e, exponent = piece.digits.partition("e")
                return rf"{mantissa} \cdot 10^{{{int(exponent)}}}" if e else mantissa
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


# ---------------------------------------------------------------- MathML

_MATH_TOKEN = re.compile(r"(?P<n>\d+(?:\.\d+)?(?:e[-+]?\d+)?)|(?P<i>[^\W\d_]+'*)|\s+|(?P<o>.)")


_INDICES = {"jk", "kj"}  # two letters, not a name


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
                return tag("mtext", text(piece.text.replace(" ", "\u00a0")))
            case Law():
                return tag("mtext", text(in_letters(piece.text, self.speller)))
            case str() | Node() | Layer():
                return self._signs(self._text.formula([piece]))
        raise TypeError(f"{piece!r} is no piece of a formula")
