"""The line with the numbers: a formula with what stands for its symbols in one sample's pass."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from fastbp.lessons.formulas import (
    Break,
    Piece,
    Sum,
    Symbol,
    Times,
    parse_formula,
)
from fastbp.model.trace import Trace
from fastbp.text.page import number


def value_of(symbol: Symbol, trace: Trace) -> float:
    """The number of a symbol whose layer and indices are fixed.

    Raises
    ------
    KeyError
        If the pass has no such number.
    """
    if symbol.letter == "C" and not symbol.of:
        return float(trace.C_0)
    if symbol.letter == "y":
        return float(trace.y[_nodes(symbol)])
    l = _layer(symbol, trace)
    by_layer = {
        ("", "w"): trace.w, ("", "b"): trace.b, ("", "z"): trace.z, ("", "a"): trace.a,
        ("", "δ"): trace.delta, ("dC", "w"): trace.dC_dw, ("dC", "b"): trace.dC_db,
        ("dC", "z"): trace.delta,
    }  # fmt: skip
    return float(by_layer[symbol.of, symbol.letter][l][_nodes(symbol)]) + 0.0


def _nodes(symbol: Symbol) -> tuple[int, ...]:
    return tuple(map(int, symbol.indices))


def _layer(symbol: Symbol, trace: Trace) -> int:
    l = symbol.l
    if isinstance(l, int):
        return l
    return trace.L - int((l or "L").partition("-")[2] or 0)


def in_numbers(formula: str, trace: Trace) -> tuple[Piece, ...]:
    """A formula's right side with its numbers; sums are written out.

    Parameters
    ----------
    formula : str
        In the course's notation, each layer and each index but those of sums fixed.
    trace : Trace
        The pass.

    Examples
    --------
    >>> from fastbp import Network
    >>> net = Network([2, 1], dtype="float64", initializer="zeros")
    >>> parts = in_numbers("Σ_k w_0k^(L) a_k^(L-1)", net.trace([0.5, 2.0], 1))
    >>> "".join(part if isinstance(part, str) else part.digits for part in parts)
    '0.0000000 · 0.5000000 + 0.0000000 · 2.0000000'
    """
    return tuple(_substituted(parse_formula(formula), trace, {}))


def in_brackets(value: float, *, first: bool = False) -> str:
    """A number as a factor or term: in brackets if it is negative and does not come first.

    >>> in_brackets(0.5), in_brackets(-0.5), in_brackets(-0.5, first=True)
    ('0.5000000', '(-0.5000000)', '-0.5000000')
    """
    digits = number(value)
    return digits if first or digits[0] != "-" else f"({digits})"


def _substituted(
    pieces: tuple[Piece, ...], trace: Trace, indices: Mapping[str, int]
) -> list[Piece]:
    result: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, Symbol):
            fixed = tuple(indices.get(str(index), index) for index in piece.indices)
            value = value_of(replace(piece, indices=fixed), trace)
            result += parse_formula(in_brackets(value, first=not (result or indices)))
        elif isinstance(piece, Times):
            result.append(" · ")
        elif isinstance(piece, Sum):
            n = _width(piece, trace)
            terms = [_substituted(piece.body, trace, {**indices, piece.index: i}) for i in range(n)]
            for i, term in enumerate(terms):
                if i:  # two terms of a sum fit into a line
                    result += [Break(), "+ "] if i % 2 == 0 else [" + "]
                result += term
        else:
            result.append(piece)
    return result


def _width(sum_: Sum, trace: Trace) -> int:
    for piece in sum_.body:
        if isinstance(piece, Symbol) and sum_.index in piece.indices and piece.letter != "y":
            return trace.sizes[_layer(piece, trace) - piece.indices.index(sum_.index)]
    return trace.sizes[-1]
