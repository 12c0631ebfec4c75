"""The table of notations as the page has it: a template of every symbol, spelled by the table."""

from __future__ import annotations

import re
from typing import Any

from fastbp.lessons.formulas import Symbol
from fastbp.lessons.notations import NOTATIONS, Glyph, Notation, Speller

# Numbers that no notation writes by itself: where they come out stands an index.
_PLACES = {"l": 9001, "j": 9101, "k": 9201, "i": 9301}
_L, _J, _K, _SAMPLE = _PLACES.values()
#: What the page writes, in any layer l and of any nodes j and k; ``x`` is a of the input.
SYMBOLS = {
    "w": Symbol("w", _L, (_J, _K)),
    "b": Symbol("b", _L, (_J,)),
    "z": Symbol("z", _L, (_J,)),
    "a": Symbol("a", _L, (_J,)),
    "x": Symbol("a", 0, (_J,)),
    "y": Symbol("y", None, (_J,)),
    "delta": Symbol("δ", _L, (_J,)),
    "C": Symbol("C"),
    "dC_dw": Symbol("w", _L, (_J, _K), of="dC"),
    "dC_db": Symbol("b", _L, (_J,), of="dC"),
    "dC_da": Symbol("a", _L, (_J,), of="dC"),
    "d_a": Symbol("a", _L, (_J,), of="d"),
    "d_z": Symbol("z", _L, (_J,), of="d"),
}
#: Those that a batch has too: then C is the mean over its samples.
OF_BATCH = ("C", "dC_dw", "dC_db")

_Pieces = list[tuple[str, str]]  # a style, "", "_" (below) or "^" (above), and a text


def notations_data() -> dict[str, dict[str, Any]]:
    """Describe every notation for the page, by its name.

    Of each symbol there is a list of pieces: a style (``_`` below, ``^`` above) and a text with
    ``{l}``, ``{j}``, ``{k}`` and, for the sample, ``{i}``.

    Examples
    --------
    >>> notations_data()["nielsen"]["symbols"]["w"]
    [('', 'w'), ('^', '{l}'), ('_', '{j},{k}')]
    >>> notations_data()["keras"]["symbols"]["dC_dw"]
    [('', 'dkernel{l}[{k}, {j}]')]
    """
    return {name: _notation(row) for name, row in NOTATIONS.items()}


def _notation(notation: Notation) -> dict[str, Any]:
    # C_0 is the loss of sample 0.
    of_sample = notation._replace(loss=re.sub("_0$", f"_{_SAMPLE}", notation.loss))
    of_batch = notation._replace(loss=notation.others["cost"])
    symbols = {name: _symbol(Speller(of_sample), symbol) for name, symbol in SYMBOLS.items()}
    symbols |= {f"batch_{name}": _symbol(Speller(of_batch), SYMBOLS[name]) for name in OF_BATCH}
    for name, prime in (("g", False), ("g_prime", True)):
        symbols[name] = _g(Speller(notation), prime)
    author = re.split("[,:]", notation.title)[0]
    return {
        "name": author if notation.name in author.lower() else f"{notation.name} ({author})",
        "about": _about(notation),
        "first_layer": notation.input_layer,
        "first_node": notation.first_node,
        "code": notation.code,
        "rate": notation.others["rate"],
        "symbols": {
            name: [(style, _with_places(text, notation)) for style, text in pieces]
            for name, pieces in symbols.items()
        },
    }


def _symbol(speller: Speller, symbol: Symbol) -> _Pieces:
    notation = speller.notation
    if notation.code:
        return [("", speller.text(symbol))]
    d = notation.differential
    pieces = _glyph(speller, speller.glyph(symbol))
    if symbol.of == "dC":
        loss = _glyph(speller, speller.glyph(Symbol("C")))
        return [("", d), *loss, ("", f"/{d}"), *pieces]
    return [("", d), *pieces] if symbol.of else pieces


def _g(speller: Speller, prime: bool) -> _Pieces:
    if speller.notation.code:
        return [("", speller.text_of_g(_L, prime))]
    return _glyph(speller, speller.g(_L, prime))


def _glyph(speller: Speller, glyph: Glyph) -> _Pieces:
    beside = [("_", glyph.below), ("^", glyph.above)]
    if speller.notation.level_first:
        beside.reverse()
    return [("", glyph.base), *((style, text) for style, text in beside if text)]


def _with_places(text: str, notation: Notation) -> str:
    """A text in which the numbers of `_PLACES` are places."""
    first = notation.first_node
    offsets = {"l": notation.input_layer, "j": first, "k": first, "i": 0}
    for letter, number in _PLACES.items():
        text = text.replace(str(number + offsets[letter]), f"{{{letter}}}")
    return text


def _about(notation: Notation) -> str:
    """How it counts, in sentences."""
    order = "the node it leads to" if notation.order == "jk" else "the node it comes from"
    missing = " and ".join(notation.lacks)
    return (
        f"{notation.title}. The input is layer {notation.input_layer}, nodes count from "
        f"{notation.first_node}, and the first index of a weight is {order}."
        + f" {missing} are fastbp's additions."
        * bool(missing)
    )
