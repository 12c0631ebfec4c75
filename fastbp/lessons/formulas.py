"""Formulas as data: symbols with their layer and indices, numbers, sums, and text between them.

Lessons are written in the course's notation, and :func:`parse_formula` and :func:`parse_words` read
it: ``w_12^(L)``, ``dC_0/dw_12^(L)``, ``g'^(L)(z_1^(L))``, ``Σ_j ...``. What they return can be
written in any notation and any format.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

#: A layer: its number with the input as 0, or ``L``, ``L-1``, ``l``, ``l-1``, ``l+1``.
Level = int | str
Index = int | str  # a node, from 0, or j, k, i


@dataclass(frozen=True)
class Symbol:
    """A quantity of the notation; C is the sample's loss, C_0.

    ``of`` is "" for the quantity, "d" for its differential, as in a fraction, and "dC" for the
    derivative of C_0 with respect to it.
    """

    letter: str
    l: Level | None = None
    indices: tuple[Index, ...] = ()
    of: str = ""


@dataclass(frozen=True)
class Slope:
    """g', the derivative of a layer's activation function."""

    l: Level | None


@dataclass(frozen=True)
class Activation:
    """g, a layer's activation function."""

    l: Level | None


@dataclass(frozen=True)
class Number:
    """A number as it is printed."""

    digits: str


@dataclass(frozen=True)
class Times:
    """A product without a sign: ``w_jk a_k``."""


@dataclass(frozen=True)
class Gap:
    """What stands between two formulas of a line."""

    width: int


@dataclass(frozen=True)
class Break:
    """Where a long formula goes on in the next line."""


@dataclass(frozen=True)
class Sum:
    """The sum over all nodes ``index`` of what follows."""

    index: str
    body: tuple[Piece, ...]


@dataclass(frozen=True)
class Node:
    """The number of a node among words."""

    j: Index


@dataclass(frozen=True)
class Layer:
    """The number of a layer among words."""

    l: Level


@dataclass(frozen=True)
class Words:
    """Text that is not read as a formula, such as a name of the user's."""

    text: str


@dataclass(frozen=True)
class Law:
    """A formula that is only shown: of an activation or a loss, with its LaTeX."""

    text: str
    latex: str


@dataclass(frozen=True)
class Formula:
    """A formula among words or in a cell of a table, not parsed yet."""

    text: str


Piece = (
    str
    | Symbol
    | Slope
    | Activation
    | Number
    | Times
    | Gap
    | Break
    | Sum
    | Node
    | Layer
    | Words
    | Law
)
Part = Piece | Formula

_INDEX = r"(?:[ijk]|\d+)"
_LEVEL = r"(?:L|l)(?:[-+]\d+)?|\d+"
_SYMBOL = (
    r"(?<![A-Za-z_])(?:"
    r"(?P<C>dC_0(?!/d)|(?<!d)C_0)|"
    rf"(?P<of>dC_0/d|d)?(?P<letter>[wbzaydδ])"
    rf"(?:_(?P<index>{_INDEX}+(?:,{_INDEX})?)(?:\^\((?P<l>{_LEVEL})\))?|\^\((?P<whole>{_LEVEL})\))"
    r")(?![A-Za-z_])"
)
_WORDS = re.compile(_SYMBOL)
_TOKEN = re.compile(
    rf"{_SYMBOL}"
    rf"|(?<![A-Za-z])(?P<g>g'?)(?:\^\((?P<gl>{_LEVEL})\))?(?=\()"
    r"|Σ_(?P<sum>[ijk])"
    r"|(?P<number>-?\d+(?:\.\d+)?(?:e[-+]?\d+)?)(?![\d.])"
    r"|(?P<gap> {4,})"
    r"|(?P<space> )"
    r"|(?P<name>[A-Za-z']+)"
    r"|(?P<op>.)"
)


def _level(text: str | None) -> Level | None:
    return int(text) if text is not None and text.isdigit() else text


def _index(text: str) -> Index:
    return int(text) if text.isdigit() else text


def _symbol(match: re.Match[str]) -> Symbol:
    if match["C"]:
        return Symbol("C", of="d" if match["C"][0] == "d" else "")
    letter, text = match["letter"], match["index"] or ""
    parts = text.split(",") if "," in text else [*text] if letter == "w" else [text] * bool(text)
    of = {None: "", "d": "d"}.get(match["of"], "dC")
    return Symbol(letter, _level(match["l"] or match["whole"]), tuple(map(_index, parts)), of)


def parse_words(text: str) -> tuple[Piece, ...]:
    """Words with symbols among them.

    >>> parse_words("dC_0/dz_1^(L) is 0")
    (Symbol(letter='z', l='L', indices=(1,), of='dC'), ' is 0')
    """
    pieces: list[Piece] = []
    end = 0
    for match in _WORDS.finditer(text):
        pieces += [text[end : match.start()], _symbol(match)]
        end = match.end()
    return tuple(piece for piece in [*pieces, text[end:]] if piece != "")


def parse_formula(text: str) -> tuple[Piece, ...]:
    """Symbols, numbers, sums and signs of a formula in the course's notation.

    >>> parse_formula("δ_1^(L) a_2^(1)")[1]
    Times()
    """
    pieces: list[Piece] = []
    for match in _TOKEN.finditer(text):
        pieces.append(_piece(match))
    return _sums(_products(pieces))


def _piece(match: re.Match[str]) -> Piece:
    if match["C"] or match["letter"]:
        return _symbol(match)
    if match["g"]:
        return (Slope if match["g"] == "g'" else Activation)(_level(match["gl"]))
    if match["sum"]:
        return Sum(match["sum"], ())
    if match["number"]:
        return Number(match["number"])
    return Gap(len(match["gap"])) if match["gap"] else match[0]


def _products(pieces: Sequence[Piece]) -> list[Piece]:
    """Make a Times of each space between two factors."""
    result = list(pieces)
    for i in range(1, len(pieces) - 1):
        before, after = pieces[i - 1], pieces[i + 1]
        if (
            pieces[i] == " "
            and (isinstance(before, (Symbol, Number)) or before in (")", "]"))
            and (isinstance(after, (Symbol, Number, Sum, Slope)) or after in ("(", "["))
        ):
            result[i] = Times()
    return result


def _sums(pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    """Put into each sum what it adds: all up to the bracket around it, or the next formula."""
    result: list[Piece] = []
    i = 0
    while i < len(pieces):
        piece = pieces[i]
        i += 1
        if not isinstance(piece, Sum):
            result.append(piece)
            continue
        start, depth = i, 0
        while i < len(pieces):
            depth += (pieces[i] in ("(", "[")) - (pieces[i] in (")", "]"))
            if depth < 0 or isinstance(pieces[i], Gap) or pieces[i] in ("=", ","):
                break
            i += 1
        end = i - (i < len(pieces) and pieces[i - 1] == " ")
        i = end
        start += pieces[start : start + 1] in ([" "], [Times()])
        result.append(Sum(piece.index, _sums(pieces[start:end])))
    return tuple(result)


def pieces_of(parts: Iterable[Part]) -> tuple[Piece, ...]:
    """The pieces of words: strings are read for symbols, formulas are parsed."""
    pieces: list[Piece] = []
    for part in parts:
        if isinstance(part, str):
            pieces += parse_words(part)
        elif isinstance(part, Formula):
            pieces += parse_formula(part.text)
        else:
            pieces.append(part)
    return tuple(pieces)
