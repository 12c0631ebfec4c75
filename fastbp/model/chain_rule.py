"""The chain rule of one weight, factor by factor: dC_0/dw_jk^(l) with its numbers."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import fsum, isfinite, prod
from typing import Any, Protocol

import numpy as np

from fastbp.inputs import Array, short_repr
from fastbp.text.symbols import indexed

_MOST = 64  # terms that are printed; MNIST's first layer has 128 above it


@dataclass(frozen=True)
class Factor:
    """One factor: its symbol, such as ``g'(z_1^(2))``, and its value."""

    symbol: str
    value: float


@dataclass(frozen=True)
class Summand:
    """One term of a sum over nodes: the node, its two factors, and their product."""

    node: int
    factors: tuple[Factor, Factor]

    @property
    def value(self) -> float:
        """The product."""
        return self.factors[0].value * self.factors[1].value


@dataclass(frozen=True, repr=False)
class Term:
    """The factors of dC_0/dw_jk^(l); see :class:`~fastbp.model.trace.Trace`.

    Attributes
    ----------
    l, j, k : int
        Which weight.
    factors : tuple of Factor
        ``symbol`` and ``value`` of each. Hidden layers: dC_0/da_j, g'(z_j), a_k; the output layer
        likewise, with softmax dC_0/dz_j, a_k.
    terms : tuple of Summand
        Of the first factor, where it is a sum: ``node``, its two ``factors``, ``value``. They are
        delta_j' and w_j'j of the nodes j' above, or dC_0/da_i and da_i/dz_j of the outputs i.
    sum_symbols : str
        That sum in symbols, or "".
    note : str
        Why there are other factors than those, or "".
    """

    l: int
    j: int
    k: int
    factors: tuple[Factor, ...]
    terms: tuple[Summand, ...] = ()
    sum_symbols: str = ""
    index: str = ""  # what counts the terms
    note: str = ""

    @property
    def value(self) -> float:
        """The product of the factors, in float64."""
        return prod(factor.value for factor in self.factors)

    @property
    def symbol(self) -> str:
        """``dC_0/dw_12^(2)``."""
        return f"dC_0/d{indexed('w', self.l, self.j, self.k)}"

    def __repr__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        yield f"{self.symbol} = {' '.join(factor.symbol for factor in self.factors)}"
        for i, factor in enumerate(self.factors):
            if i == 0 and self.terms:
                yield f"    {factor.symbol} = {self.sum_symbols}"
                yield from self._sum(factor.value)
            else:
                yield f"    {factor.symbol} = {_number(factor.value)}"
        yield f"    product = {_number(self.value)}"
        if self.note:
            yield f"    {self.note}"

    def _sum(self, value: float) -> Iterator[str]:
        heads = [f"{self.index}={term.node}" for term in self.terms[:_MOST]]
        rest = self.terms[_MOST:]
        if rest:
            heads.append(f"{self.index}={rest[0].node}..{rest[-1].node}")
        width = max(map(len, [*heads, "sum"])) + 2
        for head, term in zip(heads, self.terms[:_MOST], strict=False):
            first, second = (_number(factor.value) for factor in term.factors)
            yield f"        {head:<{width}} {first} * {second} = {_number(term.value)}"
        if rest:
            yield f"        {heads[-1]:<{width}} {_number(fsum(term.value for term in rest))}"
        yield f"        {'sum':<{width}} {_number(value)}"


class Passed(Protocol):
    """What a term is made of: a trace, whose arrays are indexed by l."""

    L: int
    sizes: tuple[int, ...]
    activations: tuple[str | None, ...]
    a: Any
    delta: Any
    w: Any
    kept: Any

    @property
    def g_prime(self) -> Any: ...  # noqa: D102
    @property
    def dC_da(self) -> Any: ...  # noqa: D102


def term_of(trace: Passed, l: Any, j: Any, k: Any) -> Term:
    """The factors of dC_0/dw_jk^(l) of a trace."""
    l, j, k = check_place(trace.sizes, l, j, k)
    a_k = Factor(indexed("a", l - 1, k), float(trace.a[l - 1][k]))
    if l < trace.L:
        return _hidden(trace, l, j, k, a_k)
    if trace.activations[l] == "softmax":
        return _softmax(trace, l, j, k, a_k)
    dC_da = Factor(f"dC_0/d{indexed('a', l, j)}", float(trace.dC_da[l][j]))
    slope = _slope(trace, l, j)
    if not isfinite(dC_da.value * slope.value):
        return _short(trace, l, j, k, a_k, f"{dC_da.symbol} {slope.symbol}", dC_da, slope)
    return Term(l, j, k, (dC_da, slope, a_k))


def _hidden(trace: Passed, l: int, j: int, k: int, a_k: Factor) -> Term:
    above = zip(trace.delta[l + 1].tolist(), trace.w[l + 1][:, j].tolist(), strict=True)
    terms = tuple(
        Summand(
            i,
            (
                Factor(indexed("delta", l + 1, i), delta),
                Factor(indexed("w", l + 1, i, j), w),
            ),
        )
        for i, (delta, w) in enumerate(above)
    )
    total = Factor(f"dC_0/d{indexed('a', l, j)}", _sum(terms))
    kept: tuple[Factor, ...] = ()
    if trace.kept is not None:
        kept = (Factor(f"dropout_{j}^({l})", float(trace.kept[l][j])),)
    between = "" if j < 10 else ","
    return Term(
        l,
        j,
        k,
        (total, *kept, _slope(trace, l, j), a_k),
        terms,
        f"sum_j' delta_j'^({l + 1}) w_j'{between}{j}^({l + 1})",
        "j'",
    )


def _softmax(trace: Passed, l: int, j: int, k: int, a_k: Factor) -> Term:
    a = trace.a[l].astype(np.float64)
    slopes = -a * a[j]
    slopes[j] = a[j] * fsum(a[i] for i in range(len(a)) if i != j)  # a_j (1 - a_j), to all digits
    dC_da: Array = trace.dC_da[l]
    z_j = indexed("z", l, j)
    terms = tuple(
        Summand(
            i,
            (
                Factor(f"dC_0/d{indexed('a', l, i)}", float(dC_da[i])),
                Factor(f"d{indexed('a', l, i)}/d{z_j}", float(slopes[i])),
            ),
        )
        for i in range(len(a))
    )
    symbols = f"sum_i dC_0/da_i^({l}) da_i^({l})/d{z_j}"
    total = _sum(terms)
    if not isfinite(total):
        bad = next(term for term in terms if not isfinite(term.value))
        return _short(trace, l, j, k, a_k, symbols, *bad.factors)
    return Term(l, j, k, (Factor(f"dC_0/d{z_j}", total), a_k), terms, symbols, "i")


def _short(trace: Passed, l: int, j: int, k: int, a_k: Factor, symbols: str, *two: Factor) -> Term:
    """delta_j and a_k, where a rounded to a limit makes the longer product infinity times 0."""
    delta = Factor(f"dC_0/d{indexed('z', l, j)}", float(trace.delta[l][j]))
    first, second = two
    note = (
        f"{delta.symbol} = {symbols} is delta_{j}^({l}), computed from z: the factors "
        f"{first.symbol} = {_number(first.value)} and {second.symbol} = {_number(second.value)} "
        f"have no product, since a is rounded to a limit of its range"
    )
    return Term(l, j, k, (delta, a_k), note=note)


def _slope(trace: Passed, l: int, j: int) -> Factor:
    return Factor(f"g'({indexed('z', l, j)})", float(trace.g_prime[l][j]))


def _sum(terms: tuple[Summand, ...]) -> float:
    values = [term.value for term in terms]
    return fsum(values) if all(map(isfinite, values)) else sum(values)


def check_place(sizes: tuple[int, ...], l: Any, j: Any, k: Any) -> tuple[int, int, int]:
    """Check the indices of a weight of a network of these widths."""
    l = _index("l", l, 1, len(sizes) - 1, "a layer")
    j = _index("j", j, 0, sizes[l] - 1, f"a node of layer {l}")
    return l, j, _index("k", k, 0, sizes[l - 1] - 1, f"a node of layer {l - 1}")


def _index(name: str, value: Any, low: int, high: int, what: str) -> int:
    if (
        not isinstance(value, (int, np.integer))
        or isinstance(value, bool)
        or not low <= value <= high
    ):
        raise IndexError(f"{name} must be {what}, from {low} to {high}, got {short_repr(value)}")
    return int(value)


def _number(value: float) -> str:
    return f"{value + 0.0:.7g}"
