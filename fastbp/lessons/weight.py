"""The derivation of dC_0/dw_jk^(l) for any weight: symbols first, then the numbers.

Every number comes from one :class:`fastbp.model.trace.Trace`, so from the kernels that train.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from fastbp.activations import builtin
from fastbp.lessons.conversion import definition_of_delta
from fastbp.lessons.document import Cell, Document
from fastbp.lessons.formulas import Break, Formula, Layer, Level, Node, Part, Words, parse_formula
from fastbp.lessons.loss_factor import loss_factor
from fastbp.lessons.notations import NOTATIONS
from fastbp.lessons.zero_factors import why_flat, why_flat_nodes, why_no_activation
from fastbp.model.trace import Trace
from fastbp.text.page import number
from fastbp.text.symbols import indexed

_ABOVE = "= the sum above"
SHOWN = 8  # rows of a sum that are written out; the others are added up in one row


@dataclass(frozen=True)
class Factor:
    """One factor of the chain rule, d(top)/d(bottom); ``reason`` explains a value of 0."""

    top: str
    bottom: str
    symbols: str
    numbers: str
    value: float
    reason: tuple[Part, ...] = ()


@dataclass(frozen=True)
class Names:
    """Writes the notation's symbols, with layers counted from L (the course) or from 0."""

    L: int
    relative: bool

    def level(self, l: int) -> Level:
        """``L``, ``L-1``, ... or the number itself."""
        if not self.relative:
            return l
        return "L" if l == self.L else f"L-{self.L - l}"

    def layer(self, l: int) -> Layer:
        """The layer among words."""
        return Layer(self.level(l))

    def of(self, letter: str, l: int, *indices: int | str) -> str:
        """Letter, indices below and layer above: ``w_12^(L)``, or ``w_12,0^(L)`` if need be."""
        return indexed(letter, self.level(l), *indices)

    def slope(self, l: int, j: int | str) -> str:
        """``g'^(L)(z_1^(L))``."""
        return f"g'^({self.level(l)})({self.of('z', l, j)})"


class Derivation:
    """Writes derivations of one sample's pass into a document.

    Parameters
    ----------
    page : Document
        Where to write.
    trace : fastbp.model.trace.Trace
        The pass.
    names : Names
        How layers are named.
    notation : str
        Which one the page will be rendered in: a name of ``NOTATIONS``.
    """

    def __init__(
        self, page: Document, trace: Trace, names: Names, notation: str = "course"
    ) -> None:
        self.page, self.trace, self.names, self.notation = page, trace, names, notation
        self.loss = loss_factor(trace)
        #: Whether the loss cancels the output's own g': then dC_0/dz_j is one factor.
        self.fused = self.loss.fused

    def weight(self, l: int, j: int, k: int) -> float:
        """Derive dC_0/dw_jk^(l) and return it, multiplied out from its factors."""
        L = self.trace.L
        if l == L:
            return self._output_weight(j, k)
        return self._weight_below(j, k) if l == L - 1 else self._deep_weight(l, j, k)

    def _slope(self, l: int, j: int) -> float:
        row = self.trace.row(l)
        assert row is not None  # write_explanation takes no activation of the caller's own
        return float(builtin(row).derivative(np.array([self.trace.z[l][j]]))[0])

    def _slope_factor(self, l: int, j: int) -> Factor:
        of = self.names.of
        return Factor(
            of("da", l, j),
            of("dz", l, j),
            self.names.slope(l, j),
            f"g'({number(self.trace.z[l][j])})",
            self._slope(l, j),
            why_flat(self.trace, l, j),
        )

    def _input_factor(self, l: int, j: int, k: int) -> Factor:
        of = self.names.of
        return Factor(
            of("dz", l, j),
            of("dw", l, j, k),
            of("a", l - 1, k),
            "",
            float(self.trace.a[l - 1][k]),
            why_no_activation(self.trace, l - 1, k),
        )

    def _loss_symbols(self, j: int | str) -> str:
        return self.loss.symbols(self.names.of("a", self.trace.L, j), j)

    def _output_factors(self, j: int) -> list[Factor]:
        """Give the factors of dC_0/dz_j^(L): two, or one where the loss cancels g'."""
        L, of = self.trace.L, self.names.of
        loss_factor = Factor(
            "dC_0",
            of("dz" if self.fused else "da", L, j),
            self._loss_symbols(j),
            self.loss.numbers(j),
            self.loss.values[j],
            self.loss.why_zero(j),
        )
        return [loss_factor] if self.fused else [loss_factor, self._slope_factor(L, j)]

    def _product(self, result: str, factors: Sequence[Factor]) -> float:
        """Write the chain rule as fractions, then a factor a line, then their product."""
        value = 1.0
        rows: list[list[Cell]] = []
        for factor in factors:
            value *= factor.value
            equation: Cell = Formula(f"= {factor.numbers}" if factor.numbers else "")
            if factor.numbers is _ABOVE:
                equation = _ABOVE
            rows.append([Formula(factor.symbols), equation, "=", number(factor.value)])
        self.page.fractions(("dC_0", factors[-1].bottom), [(f.top, f.bottom) for f in factors])
        self.page.gap()
        self.page.table([*rows, ["─"], [Formula(result), "", "=", number(value)]], "<<<>")
        for factor in factors:
            if factor.value == 0:
                self.page.gap()
                self.page.text(Formula(factor.symbols), " is 0: ", *factor.reason, ".")
        return value

    def _flat_nodes(self, l: int, index: str = "j") -> None:
        """List the nodes of layer l whose slope is 0, if there are any."""
        nodes = [j for j in range(self.trace.sizes[l]) if self._slope(l, j) == 0]
        if nodes:
            self.page.gap()
            self.page.text(*why_flat_nodes(self.trace, l, nodes, self.names.slope(l, index)))

    def _rows(self, n: int) -> Iterator[int]:
        return iter(range(n if n <= SHOWN + 1 else SHOWN))

    def _sum(self, headings: list[str], terms: list[list[float]]) -> float:
        """Write sum_j of the products of ``terms[j]``, term by term; return the sum."""
        products = [float(np.prod(term)) for term in terms]
        nodes = list(self._rows(len(terms)))
        rows: list[list[Cell]] = [["j", *map(Formula, headings), "product"]]
        rows += [[Node(j), *map(number, terms[j]), number(products[j])] for j in nodes]
        if len(nodes) < len(terms):
            others = self._others(len(nodes), len(terms))
            dots = ["..."] * len(headings)
            rows.append([others, *dots, number(sum(products[len(nodes) :]))])
        rows += [["─"], [Formula("Σ_j"), *[""] * len(headings), number(sum(products))]]
        self.page.table(rows, "<" + ">" * (len(headings) + 1), head=True)
        return sum(products)

    def _output_weight(self, j: int, k: int) -> float:
        L, of = self.trace.L, self.names.of
        weight, z_j, a_j = of("w", L, j, k), of("z", L, j), of("a", L, j)
        loss_label = Words(self.loss.label)
        factors = [*self._output_factors(j), self._input_factor(L, j, k)]
        path: list[Part] = [f"The weight moves {z_j}, that moves {a_j}, and that moves C_0:"]
        if self.fused:
            path = [
                "With ",
                loss_label,
                f", every a of an output by {self.trace.label(L)} follows from z, and "
                f"dC_0/d{z_j} is short:",
            ]
        self.page.text(*path)
        self.page.gap()
        self.page.formula(f"dC_0/d{weight} = " + " · ".join(f.symbols for f in factors))
        self.page.gap()
        return self._product(f"dC_0/d{weight}", factors)

    def _weight_below(self, j: int, k: int) -> float:
        """Write a weight of layer L-1: node j of it feeds every node of layer L."""
        L, of = self.trace.L, self.names.of
        above, n_above = of("w", L, "j", j), self.trace.sizes[L]
        weight, a_j = of("w", L - 1, j, k), of("a", L - 1, j)
        last_factors = [self._slope_factor(L - 1, j), self._input_factor(L - 1, j, k)]
        headings = [
            self._loss_symbols("j"),
            *([] if self.fused else [self.names.slope(L, "j")]),
            above,
        ]
        self.page.text(
            "Node ",
            Node(j),
            " of layer ",
            self.names.layer(L - 1),
            " feeds every node j of layer ",
            self.names.layer(L),
            f", so dC_0/d{a_j} is a sum over the nodes above:",
        )
        self.page.gap()
        self.page.formula(
            (
                *parse_formula(f"dC_0/d{weight} = [ Σ_j " + " · ".join(headings) + " ]"),
                Break(),
                *parse_formula(" ".join(f"· {f.symbols}" for f in last_factors)),
            )
        )
        self.page.gap()
        terms = [
            [*(f.value for f in self._output_factors(i)), float(self.trace.w[L][i, j])]
            for i in range(n_above)
        ]
        total = self._sum(headings, terms)
        if not self.fused:
            self._flat_nodes(L)
        self.page.gap()
        reason = ("every term of the sum is 0",)
        sum_factor = Factor("dC_0", of("da", L - 1, j), f"dC_0/d{a_j}", _ABOVE, total, reason)
        return self._product(f"dC_0/d{weight}", [sum_factor, *last_factors])

    def _deep_weight(self, l: int, j: int, k: int) -> float:
        """Write a weight further down: the deltas from layer L to l, then two factors."""
        L, of, trace = self.trace.L, self.names.of, self.trace
        added = " (a name that fastbp adds)" if "δ" in NOTATIONS[self.notation].lacks else ""
        self.page.text(
            "From here to C_0 lead many paths. Written out they share their factors; ",
            definition_of_delta(self.notation),
            f"{added} keeps each shared part, layer after layer, from ",
            Layer(L),
            " down to ",
            Layer(l),
            ":",
        )
        self.page.gap()
        self._output_deltas()
        for m in range(L - 1, l, -1):
            self.page.gap()
            self._deltas(m)
        self.page.gap()
        self.page.text(
            "Node ",
            Node(j),
            " of layer ",
            Layer(l),
            " feeds every node j of layer ",
            Layer(l + 1),
            ":",
        )
        self.page.gap()
        above = [of("w", l + 1, "j", j), of("δ", l + 1, "j")]
        total = self._sum(
            above,
            [
                [float(trace.w[l + 1][i, j]), float(trace.delta[l + 1][i])]
                for i in range(trace.sizes[l + 1])
            ],
        )
        self.page.gap()
        reason = ("every term of the sum is 0",)
        sum_factor = Factor("dC_0", of("da", l, j), "Σ_j " + " ".join(above), _ABOVE, total, reason)
        weight = of("w", l, j, k)
        return self._product(
            f"dC_0/d{weight}", [sum_factor, self._slope_factor(l, j), self._input_factor(l, j, k)]
        )

    def _output_deltas(self) -> None:
        L, of = self.trace.L, self.names.of
        headings = [self._loss_symbols("j")] + ([] if self.fused else [self.names.slope(L, "j")])
        rows: list[list[Cell]] = [["j", *map(Formula, headings), Formula(of("δ", L, "j"))]]
        for j in self._rows(self.trace.sizes[L]):
            values = [factor.value for factor in self._output_factors(j)]
            rows.append([Node(j), *map(number, values), number(self.trace.delta[L][j])])
        self._delta_table(rows, self.trace.sizes[L])
        if not self.fused:
            self._flat_nodes(L)

    def _deltas(self, l: int) -> None:
        trace, of = self.trace, self.names.of
        sum_above = f"Σ_j {of('w', l + 1, 'j', 'k')} {of('δ', l + 1, 'j')}"
        names = (sum_above, self.names.slope(l, "k"), of("δ", l, "k"))
        rows: list[list[Cell]] = [["k", *map(Formula, names)]]
        dC_da = np.einsum("j,jk->k", trace.delta[l + 1], trace.w[l + 1])
        for k in self._rows(trace.sizes[l]):
            rows.append(
                [Node(k), number(dC_da[k]), number(self._slope(l, k)), number(trace.delta[l][k])]
            )
        self._delta_table(rows, trace.sizes[l])
        self._flat_nodes(l, "k")

    def _delta_table(self, rows: list[list[Cell]], n: int) -> None:
        if len(rows) - 1 < n:
            rows.append([self._others(len(rows) - 1, n), *["..."] * (len(rows[0]) - 1)])
        self.page.table(rows, "<" + ">" * (len(rows[0]) - 1), head=True)

    @staticmethod
    def _others(first: int, n: int) -> tuple[Part, ...]:
        """The nodes that a row stands for: ``8..29``."""
        return Node(first), "..", Node(n - 1)
