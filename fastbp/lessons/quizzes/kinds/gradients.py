"""The gradient of a weight, of a bias, and of a batch; and its factors in symbols."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from fastbp.lessons.loss_factor import loss_factor, notated
from fastbp.lessons.quizzes import specification
from fastbp.lessons.quizzes.draft import Draft, Mistakes, are_apart, numeric
from fastbp.lessons.quizzes.notation import derivation, factor, products, show, vector
from fastbp.lessons.quizzes.setting import Setting
from fastbp.text.formatting import plural
from fastbp.text.symbols import indexed as symbol


class Edge(NamedTuple):
    """The numbers at both ends of a weight w_jk^(l)."""

    j: int
    k: int
    delta: list[float]  # of the first nodes of layer l
    a: list[float]  # of the first nodes of layer l-1
    a_j: float
    z_j: float
    w_jk: float
    b_j: float

    @property
    def delta_j(self) -> float:
        """The delta of the node that the weight leads to."""
        return self.delta[self.j]

    @property
    def a_k(self) -> float:
        """The a of the node that it comes from."""
        return self.a[self.k]


WEIGHT_GRADIENT: Mistakes[Edge] = {
    "j and k are swapped: δ_k a_j": lambda given: given.delta[given.k] * given.a[given.j],
    "a_j of the layer itself instead of a_k below": lambda given: given.delta_j * given.a_j,
    "that is the bias's gradient: a_k is missing": lambda given: given.delta_j,
    "the weight is a factor": lambda given: given.delta_j * given.a_k * given.w_jk,
    "δ_j w_jk goes down to the layer below, and is no gradient": lambda given: (
        given.delta_j * given.w_jk
    ),
    "an extra factor 2: δ has it already": lambda given: 2 * given.delta_j * given.a_k,
    "the sign belongs to the update": lambda given: -given.delta_j * given.a_k,
}

BIAS_GRADIENT: Mistakes[Edge] = {
    "the bias's gradient is missing": lambda given: 0.0,
    "the bias is a factor": lambda given: given.delta_j * given.b_j,
    "a_k is a factor, as of a weight; a bias leads from no node": lambda given: (
        given.delta_j * given.a_k
    ),
    "a_j is a factor": lambda given: given.delta_j * given.a_j,
    "δ of the wrong node": lambda given: given.delta[given.j - 1],
    "the sign belongs to the update": lambda given: -given.delta_j,
    "that is b_j itself": lambda given: given.b_j,
}


def _edge(setting: Setting) -> tuple[int, Edge]:
    """Draw a weight among the first nodes of its layers."""
    l = setting.layer()
    n_l, n_below = setting.corner(l)
    j, k = int(setting.rng.integers(n_l)), int(setting.rng.integers(n_below))
    return l, Edge(
        j,
        k,
        setting.delta[l][:n_l],
        setting.a[l - 1][:n_below],
        setting.a[l][j],
        setting.z[l][j],
        setting.w[l][j, k],
        setting.b[l][j],
    )


def _lines(setting: Setting, l: int, edge: Edge) -> list[str]:
    def first(n_shown: int, n: int) -> str:
        return "" if n_shown == n else f" (the first {n_shown} of {n})"

    return [
        vector(symbol("δ", l), edge.delta) + first(len(edge.delta), setting.sizes[l]),
        vector(symbol("a", l - 1), edge.a) + first(len(edge.a), setting.sizes[l - 1]),
        f"{symbol('a', l, edge.j)} = {show(edge.a_j)}",
        f"{symbol('w', l, edge.j, edge.k)} = {show(edge.w_jk)}",
    ]


def weight_gradient(setting: Setting) -> Draft | None:
    """Compute dC_0/dw_jk^(l)."""
    l, edge = _edge(setting)
    gradient, _ = specification.mean_gradient([edge.delta_j], [edge.a_k])
    name = f"dC_0/d{symbol('w', l, edge.j, edge.k)}"
    return numeric(
        [*_lines(setting, l, edge), "", f"What is {name}?"],
        gradient,
        edge,
        WEIGHT_GRADIENT,
        derivation(
            name,
            f"{symbol('δ', l, edge.j)} · {symbol('a', l - 1, edge.k)}",
            products([(edge.delta_j, edge.a_k)]),
            show(gradient),
        ),
        delta=edge.delta,
        a=edge.a,
        j=edge.j,
        k=edge.k,
    )


def bias_gradient(setting: Setting) -> Draft | None:
    """Compute dC_0/db_j^(l)."""
    if not setting.has_biases:
        return None
    l, edge = _edge(setting)
    _, gradient = specification.mean_gradient([edge.delta_j], [edge.a_k])
    name = f"dC_0/d{symbol('b', l, edge.j)}"
    return numeric(
        [
            *_lines(setting, l, edge),
            f"{symbol('b', l, edge.j)} = {show(edge.b_j)}",
            "",
            f"What is {name}?",
        ],
        gradient,
        edge,
        BIAS_GRADIENT,
        derivation(
            name,
            f"{symbol('δ', l, edge.j)} · 1, as of a weight from a node whose a is always 1",
            f"{factor(edge.delta_j)} · 1",
            show(gradient),
        ),
        delta=edge.delta,
        j=edge.j,
    )


class Batch(NamedTuple):
    """delta_j and a_k of each sample, and the width of the layer."""

    delta: list[float]
    a: list[float]
    n_l: int


def _sum(given: Batch) -> float:
    return sum(delta * a for delta, a in zip(given.delta, given.a, strict=True))


BATCH_GRADIENT: Mistakes[Batch] = {
    "the sum over the samples instead of the mean": _sum,
    "the sum is divided by the nodes of the layer, not by the samples": lambda given: (
        _sum(given) / given.n_l
    ),
    "the last sample alone: = instead of +=": lambda given: given.delta[-1] * given.a[-1],
    "the mean δ times the mean a": lambda given: float(np.mean(given.delta) * np.mean(given.a)),
    "a is left out": lambda given: float(np.mean(given.delta)),
    "halved once more": lambda given: _sum(given) / len(given.a) / 2,
}


def batch_gradient(setting: Setting) -> Draft | None:
    """Compute dC/dw_jk^(l) of a batch."""
    l, edge = _edge(setting)
    m = int(setting.rng.integers(2, 5))
    # The other samples of the batch: the same node on inputs drawn anew.
    samples = [(edge.delta_j, edge.a_k)]
    for _ in range(m - 1):
        x = np.round(setting.rng.uniform(-1, 1, setting.sizes[0]), 2)
        other = setting.on(x)
        samples.append((other.delta[l][edge.j], other.a[l - 1][edge.k]))
    given = Batch([delta for delta, _ in samples], [a for _, a in samples], setting.sizes[l])
    gradient, _ = specification.mean_gradient(given.delta, given.a)
    name = f"dC/d{symbol('w', l, edge.j, edge.k)}"
    return numeric(
        [
            f"A batch has {m} samples, and C is the mean of their losses. One after the other they "
            "give",
            vector(symbol("δ", l, edge.j), given.delta),
            vector(symbol("a", l - 1, edge.k), given.a),
            f"Layer {l} has {plural(given.n_l, 'node')}.",
            "",
            f"What is {name}?",
        ],
        gradient,
        given,
        BATCH_GRADIENT,
        derivation(
            name,
            f"1/m Σ {symbol('δ', l, edge.j)} {symbol('a', l - 1, edge.k)}, over the m samples",
            f"1/{m} · ({products(samples)})",
            show(gradient),
        ),
        delta=given.delta,
        a=given.a,
        l=l,
        j=edge.j,
        k=edge.k,
    )


class Product(NamedTuple):
    """A product of dC_0/da of an output, g' at its z or a, and an a: some right, some wrong."""

    node: int
    at: str
    l: int
    last: int
    sign: str = ""


def factors(setting: Setting) -> Draft | None:
    """Choose the factors of dC_0/dw_jk^(L) by their symbols."""
    L, trace = setting.L, setting.trace
    row, g = setting.loss, setting.activation(L)
    if row is None or g is None or (row.chain_rule and not g.by_node):
        return None
    j, k = setting.node(L), setting.node(L - 1)
    loss = loss_factor(trace)
    at = "z" if row.chain_rule else ""  # where g' is taken, if it is a factor
    right = Product(j, at, L - 1, k)
    variants = {
        "a of the layer itself instead of that below": Product(j, at, L, j),
        "the sign belongs to the update": Product(j, at, L - 1, k, "-"),
    }
    if k < setting.sizes[L] and j < setting.sizes[L - 1]:
        variants["j and k are swapped"] = Product(k, at, L - 1, j)
    if row.chain_rule:
        variants["g' is taken at a instead of z"] = Product(j, "a", L - 1, k)
        variants["g' is missing"] = Product(j, "", L - 1, k)
    elif g.by_node:
        variants["with this loss g' cancels, and here it is a factor"] = Product(j, "z", L - 1, k)

    def written(product: Product) -> str:
        node = product.node
        slope = f"g'({symbol(product.at, L, node)})" if product.at else ""
        parts = [loss.symbols(symbol("a", L, node), node), slope, symbol("a", *product[2:4])]
        return product.sign + " · ".join(filter(None, parts))

    def numbers(product: Product) -> list[float]:
        z_or_a = {"z": trace.z, "a": trace.a}
        slopes = (
            specification.g_prime(g, [float(z_or_a[product.at][L][product.node])])
            if product.at
            else []
        )
        return [loss.values[product.node], *slopes, float(trace.a[product.l][product.last])]

    def value(product: Product) -> float:
        return math.prod(numbers(product)) * (-1 if product.sign else 1)

    result = value(right)
    if not result or not math.isfinite(result):
        return None
    # What comes to the same number is no mistake here.
    wrong = [
        (written(product), words)
        for words, product in variants.items()
        if are_apart(repr(value(product)), repr(result), numeric=True)
    ]
    name, z_j, a_j = f"dC_0/d{symbol('w', L, j, k)}", symbol("z", L, j), symbol("a", L, j)
    chain = f"dC_0/d{a_j} · d{a_j}/d{z_j}" if row.chain_rule else f"dC_0/d{z_j}"
    return Draft(
        f"A network is {'-'.join(map(str, setting.sizes))}; its loss is {row.label}: C_0 = "
        f"{notated(row)}; g^({L}) is {g.label}. Which product is {name}?",
        written(right),
        wrong,
        derivation(
            name,
            f"{chain} · d{z_j}/d{symbol('w', L, j, k)}",
            written(right),
            " · ".join(map(factor, numbers(right))),
            f"{show(result)} for a sample of this network",
        ),
        {"l": L, "j": j, "k": k, "sizes": list(setting.sizes), "chain_rule": row.chain_rule},
    )
