"""Reads the lines of an explanation back, in each notation, and computes them from a specification.

Nothing here comes from fastbp.lessons: each notation's count of layers and nodes and the order of a
weight's indices are written down once more.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
from reference_network import Specification

from fastbp import reference

# What the first layer and node are called, and how a symbol looks: letter, node or nodes, layer.
INPUT_LAYER = {"course": 0, "nielsen": 1, "ng": 0}
FIRST_NODE = {"course": 0, "nielsen": 1, "ng": 1}
_NODES = r"(?P<i>[jk\d]+(?:,[jk\d]+)?)"
_LAYER = r"(?:L(?:-\d+)?|\d+)"
_LETTER = r"(?P<of>{d}{C}/{d})?(?P<letter>dz|[wbzaδ])"
SYMBOLS = {
    "course": re.compile(_LETTER.format(d="d", C="C_0") + rf"_{_NODES}\^\((?P<l>{_LAYER})\)"),
    "nielsen": re.compile(_LETTER.format(d="∂", C="C_x") + rf"\^\(?(?P<l>{_LAYER})\)?_{_NODES}"),
    "ng": re.compile(_LETTER.format(d="∂", C="ℒ") + rf"\^\[(?P<l>{_LAYER})\]_{_NODES}"),
}
SLOPES = {
    "course": rf"g'\^\(({_LAYER})\)\(",
    "nielsen": r"σ'()\(",
    "ng": rf"g'\^\[({_LAYER})\]\(",
}
# LaTeX: the same for all, but for the brackets around the layer.
_LATEX = re.compile(
    rf"(?P<letter>\\delta|\\mathit{{dz}}|[wbza])_{{{_NODES}}}\^{{[(\[]?(?P<l>{_LAYER})[)\]]?}}"
)
_LATEX_SLOPE = re.compile(rf"(?:{{g'}}\^{{[(\[]({_LAYER})[)\]]}}|\\sigma'())\(")


class Numbers:
    """All numbers of one sample's pass, by the specification, indexed as fastbp does."""

    def __init__(self, net: Any, x: Any, y: Any) -> None:
        spec = Specification.of(net)
        x, y = np.asarray(x, float).tolist(), np.asarray(y, float).tolist()
        self.z, self.a = reference.forward(x, spec.w, spec.b, spec.g)
        self.delta = reference.backward(self.z, self.a, y, spec.w, spec.g_prime, spec.output_delta)
        self.C_0 = spec.loss(self.z[-1], self.a[-1], y)
        self.w, self.b, self.y, self.g_prime = spec.w, spec.b, y, spec.g_prime
        self.sizes = net.sizes
        self.L = len(net.sizes) - 1

    def dC_dw(self, l: int, j: int, k: int) -> float:
        return self.delta[l][j] * self.a[l - 1][k]

    def dC_da(self, l: int, k: int) -> float:
        return sum(self.w[l + 1][j][k] * self.delta[l + 1][j] for j in range(self.sizes[l + 1]))

    def slope(self, l: int, z: float) -> float:
        """g' of a layer at any z: of a list of its length, for g' takes all nodes."""
        return self.g_prime[l]([z] * self.sizes[l])[0]

    def get(self, of: str, letter: str, l: int, nodes: tuple[int, ...]) -> float:
        if of:
            if letter == "a":
                return self.dC_da(l, *nodes)
            return self.dC_dw(l, *nodes) if letter == "w" else self.delta[l][nodes[0]]
        values: Any = {"δ": self.delta, "dz": self.delta, "w": self.w, "b": self.b, "z": self.z,
                       "a": self.a}[letter][l]  # fmt: skip
        for node in nodes:
            values = values[node]
        return float(values)


def computed(
    line: str, notation: str, numbers: Numbers, loss: dict[str, Callable[..., Any]]
) -> float:
    """What a formula of the text format comes to."""
    if notation in ("pytorch", "keras"):
        return _run(line, notation, numbers, loss)
    return _evaluate(line, notation, numbers, loss, SYMBOLS[notation], re.compile(SLOPES[notation]))


def computed_latex(
    line: str, notation: str, numbers: Numbers, loss: dict[str, Callable[..., Any]]
) -> float:
    """What a formula of the LaTeX format comes to."""
    line = line.replace(r"\cdot", "·").replace(r"\,", " ").replace(r"\\ \qquad", " ")
    line = re.sub(r"y_{([j\d]+)}", r"y_\1", re.sub(r"\\sum_{(\w)}", r"Σ_\1", line))
    line = re.sub(r"\\mathrm{(\w+)}|\\(tanh)", r"\1\2", line).replace("\\frac{2}", "2")
    line = " ".join(line.split())
    return _evaluate(line, notation, numbers, loss, _LATEX, _LATEX_SLOPE)


def _evaluate(line: str, notation: str, numbers: Numbers, loss: dict[str, Any],
              symbols: re.Pattern[str], slopes: re.Pattern[str]) -> float:  # fmt: skip
    first = FIRST_NODE[notation]

    def node(text: str) -> str:
        return text if text.isalpha() else str(int(text) - first)

    def layer(text: str) -> int:
        if text[0] == "L":
            return numbers.L - int(text[2:] or 0)
        return int(text) - INPUT_LAYER[notation]

    def symbol(match: re.Match[str]) -> str:
        letter = {"\\delta": "δ", "\\mathit{dz}": "dz"}.get(match["letter"], match["letter"])
        i = match["i"]
        nodes = i.split(",") if "," in i else [*i] if letter == "w" else [i]
        listed = "".join(node(text) + ", " for text in nodes)
        of = match.groupdict().get("of") or ""
        return f"get({of != ''!r}, {letter!r}, {layer(match['l'])}, ({listed}))"

    def slope(match: re.Match[str]) -> str:
        inner = symbols.match(line, match.end())
        assert inner is not None
        return f"slope({layer(inner['l'])}, "

    line = slopes.sub(slope, line)
    # The nodes of the last layer, over which every sum of these formulas runs but one of deltas.
    above = [layer(match["l"]) for match in symbols.finditer(line) if match["i"][0] == "j"]
    code = symbols.sub(symbol, line)
    code = re.sub(r"\by_(j|\d+)", lambda match: f"target({node(match[1])})", code)
    code = code.replace("·", "*").replace("h'(", "dh(")
    code = re.sub(r"([\d)]) (?=\(|get|slope|sum)", r"\1 * ", code)
    if "Σ_j" in code:
        head, _, rest = code.partition("Σ_j")
        body, bracket, tail = rest.partition("]")
        n = numbers.sizes[above[0]]
        code = f"{head.replace('[', '')} sum([{body} for j in range({n})]) {tail}"
        assert bool(bracket) == ("[" in head)
    names = {"get": lambda *args: numbers.get("dC" if args[0] else "", *args[1:]),
             "slope": numbers.slope, "target": numbers.y.__getitem__, **loss}  # fmt: skip
    # Names of a comprehension are looked up among the globals.
    return float(eval(code, {"__builtins__": {"sum": sum, "range": range}, **names}))


def _run(line: str, notation: str, numbers: Numbers, loss: dict[str, Any]) -> float:
    """Run a line of code among arrays with the names of the library."""
    names: dict[str, Any] = {"x": numbers.a[0], "y": numbers.y, "grad": lambda g: g, **loss}
    for l in range(1, numbers.L + 1):
        w = np.array(numbers.w[l])
        dw = np.outer(numbers.delta[l], numbers.a[l - 1])
        dz = np.array(numbers.delta[l])
        da = np.array(
            [numbers.dC_da(l, j) for j in range(numbers.sizes[l])] if l < numbers.L else []
        )
        g_prime = lambda z, l=l: numbers.slope(l, z)  # noqa: E731
        if notation == "pytorch":
            names |= {
                f"fc{l}": SimpleNamespace(weight=_Tensor(w, dw), bias=_Tensor(numbers.b[l], dz)),
                f"z{l}": _Tensor(numbers.z[l], dz),
                f"a{l}": _Tensor(numbers.a[l], da),
                f"g{l}": g_prime,
            }
        else:
            names |= {
                f"kernel{l}": w.T, f"dkernel{l}": dw.T, f"dz{l}": dz, f"da{l}": da,
                f"bias{l}": numbers.b[l], f"dbias{l}": dz,
                f"z{l}": numbers.z[l], f"a{l}": numbers.a[l], f"slope{l}": g_prime,
            }  # fmt: skip
    return float(eval(line, {"__builtins__": {"sum": sum, "range": range}, **names}))


class _Tensor:
    """Numbers with their gradient."""

    def __init__(self, values: Any, grad: Any) -> None:
        self.values, self.grad = np.asarray(values), grad

    def __getitem__(self, index: Any) -> float:
        return float(self.values[index])
