"""The forward pass: z and a of a node, and the loss."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from fastbp.lessons.loss_factor import notated
from fastbp.lessons.quizzes import specification
from fastbp.lessons.quizzes.draft import Draft, Mistakes, NoMistakeError, numeric
from fastbp.lessons.quizzes.notation import (
    derivation,
    factor,
    matrix,
    products,
    show,
    shown,
    substituted,
    vector,
)
from fastbp.lessons.quizzes.setting import LONGEST, Setting
from fastbp.operations import ActivationRow, LossRow
from fastbp.text.symbols import indexed as symbol


class Below(NamedTuple):
    """What z_j comes from."""

    w: list[list[float]]
    b: list[float]
    a: list[float]
    rest: float  # the terms of the sum that are not shown
    j: int
    activation: ActivationRow | None


def _swapped(given: Below) -> float:
    n = min(len(given.w), len(given.a))
    total = sum(given.w[k][given.j] * given.a[k] for k in range(n))
    return given.b[given.j] + total + given.rest


def _without_bias(given: Below) -> float:
    return given.rest + sum(w * a for w, a in zip(given.w[given.j], given.a, strict=True))


def _activated(given: Below) -> float:
    if given.activation is None or not given.activation.by_node:
        raise NoMistakeError
    z_j = given.b[given.j] + _without_bias(given)
    return specification.g(given.activation, [z_j])[0]


NODE_INPUT: Mistakes[Below] = {
    "j and k are swapped: a column of w instead of a row": _swapped,
    "the bias is left out": _without_bias,
    "that is a_j = g(z_j) already": _activated,
    "the bias is subtracted": lambda given: _without_bias(given) - given.b[given.j],
    "the weights are added up without the a_k": lambda given: (
        sum(given.w[given.j]) + given.b[given.j]
    ),
    "j is counted from 1": lambda given: (
        given.b[given.j - 1] + _without_bias(given._replace(j=given.j - 1))
    ),
    "the terms that are not shown are left out": lambda given: (
        given.b[given.j] + _without_bias(given) - given.rest
    ),
}


def node_input(setting: Setting) -> Draft | None:
    """Compute z_j^(l); of a wide layer below, from its first nodes and the sum of the rest."""
    l = setting.layer()
    n_rows, n_shown = setting.corner(l)
    j = int(setting.rng.integers(n_rows))
    w, b, a = setting.w[l][:n_rows, :n_shown], setting.b[l][:n_rows], setting.a[l - 1][:n_shown]
    trace = setting.trace
    rest = shown(float(trace.w[l][j, n_shown:] @ trace.a[l - 1][n_shown:]))
    z_j = specification.node_input([*w[j], rest], b[j], [*a, 1.0])
    is_whole = n_shown == setting.sizes[l - 1]
    bias_symbol = symbol("b", l, j) + " + " if setting.has_biases else ""
    bias_number = factor(b[j]) + " + " if setting.has_biases else ""
    others = (
        ""
        if is_whole
        else f"These are the first of {setting.sizes[l - 1]} nodes k; the other terms of the sum "
        f"come to {show(rest)}."
    )
    return numeric(
        [
            *matrix(symbol("w", l), w),
            *([vector(symbol("b", l), b)] if setting.has_biases else []),
            vector(symbol("a", l - 1), a),
            *filter(None, [others]),
            "",
            f"What is {symbol('z', l, j)}{'' if setting.has_biases else ' (there are no biases)'}?",
        ],
        z_j,
        Below(w, b, a, rest, j, setting.activation(l)),
        NODE_INPUT,
        derivation(
            symbol("z", l, j),
            f"{bias_symbol}Σ_k {symbol('w', l, j, 'k')} {symbol('a', l - 1, 'k')}",
            bias_number
            + products(zip(w[j], a, strict=True))
            + ("" if is_whole else f" + {factor(rest)}"),
            show(z_j),
        ),
        w=w,
        b=b,
        a=a,
        rest=rest,
        j=j,
    )


class Node(NamedTuple):
    """A layer's z, and the node that is asked for."""

    activation: ActivationRow
    z: list[float]
    j: int

    @property
    def z_j(self) -> float:
        """The node's own."""
        return self.z[self.j]


def _slope(given: Node) -> float:
    return specification.g_prime(given.activation, [given.z_j])[0]


NODE_OUTPUT: Mistakes[Node] = {
    "that is z_j: g is not applied": lambda given: given.z_j,
    "g' instead of g": _slope,
    "the sign of z_j is lost": lambda given: specification.g(given.activation, [-given.z_j])[0],
    "g is applied twice": lambda given: specification.g(
        given.activation, specification.g(given.activation, [given.z_j])
    )[0],
    "that is tanh(z_j)": lambda given: float(np.tanh(given.z_j)),
    "that is sigmoid(z_j)": lambda given: 1 / (1 + float(np.exp(-given.z_j))),
}

SOFTMAX: Mistakes[Node] = {
    "that is sigmoid(z_j): softmax depends on every z of its layer": lambda given: float(
        1 / (1 + np.exp(-given.z_j))
    ),
    "that is e^(z_j), not divided by the sum": lambda given: float(np.exp(given.z_j)),
    "z_j is divided by the sum of z, without e": lambda given: given.z_j / sum(given.z),
    "the sum leaves node j out": lambda given: float(
        np.exp(given.z_j) / (np.exp(given.z).sum() - np.exp(given.z_j))
    ),
    "the sign of z is lost": lambda given: float(
        np.exp(-given.z_j) / np.exp(-np.array(given.z)).sum()
    ),
}


def node_output(setting: Setting) -> Draft | None:
    """Compute a_j^(l) = g^(l)(z_j^(l))."""
    l = setting.layer()
    g = setting.activation(l)
    if g is None:
        return None
    j = setting.node(l)
    if not g.by_node:
        return _softmax(setting, g, l, j)
    z_j = setting.z[l][j]
    a_j = specification.g(g, [z_j])[0]
    z_symbol, a_symbol = symbol("z", l, j), symbol("a", l, j)
    # A formula with cases is not read more easily with numbers in it.
    numbers = f"g({show(z_j)})" if " if " in g.formula else substituted(notated(g), z=z_j)
    return numeric(
        [
            f"g^({l}) is {g.label}: g(z) = {notated(g)}.",
            f"{z_symbol} = {show(z_j)}",
            "",
            f"What is {a_symbol}?",
        ],
        a_j,
        Node(g, [z_j], 0),
        NODE_OUTPUT,
        derivation(a_symbol, f"g^({l})({z_symbol}) = {notated(g)}", numbers, show(a_j)),
        z=[z_j],
        j=0,
        activation=g.name,
        numbers=g.numbers,
    )


def _softmax(setting: Setting, g: ActivationRow, l: int, j: int) -> Draft | None:
    if setting.sizes[l] > LONGEST:
        return None
    z = setting.z[l][:]
    a_j = specification.g(g, z)[j]
    powers = " + ".join(f"e^{factor(z_i)}" for z_i in z)
    return numeric(
        [
            f"g^({l}) is softmax: {notated(g)}.",
            vector(symbol("z", l), z),
            "",
            f"What is {symbol('a', l, j)}?",
        ],
        a_j,
        Node(g, z, j),
        SOFTMAX,
        derivation(symbol("a", l, j), notated(g), f"e^{factor(z[j])} / ({powers})", show(a_j)),
        z=z,
        j=j,
        activation=g.name,
        numbers=g.numbers,
    )


class Outputs(NamedTuple):
    """What C_0 comes from."""

    row: LossRow
    a: Any
    y: Any


def _loss(given: Outputs) -> float:
    return given.row.c(len(given.y)) * float(given.row.term(np, given.a, given.y).sum())


def _sum_of_differences(given: Outputs) -> float:
    if not given.row.chain_rule:
        raise NoMistakeError  # nobody takes a logarithm for a difference
    return float((given.a - given.y).sum())


def _to_base_10(given: Outputs) -> float:
    if given.row.chain_rule:
        raise NoMistakeError
    return _loss(given) / math.log(10)


LOSS: Mistakes[Outputs] = {
    "an extra factor 1/2": lambda given: _loss(given) / 2,
    "an extra factor 2": lambda given: _loss(given) * 2,
    "an extra factor 1/n_L": lambda given: _loss(given) / len(given.y),
    "the differences are just added up, with their signs": _sum_of_differences,
    "the sum is squared, and not each difference": lambda given: _sum_of_differences(given) ** 2,
    "the logarithm to base 10 instead of e": _to_base_10,
    "the sign is lost": lambda given: -_loss(given),
}


def _with_numbers(given: Outputs) -> str:
    """The loss's formula with every term of its sum written out."""
    before, _, after = notated(given.row).partition("Σ_j ")
    term = after.partition(", h(r)")[0]
    terms = " + ".join(
        substituted(term, a_j=float(a_j), y_j=float(y_j))
        for a_j, y_j in zip(given.a, given.y, strict=True)
    )
    before = before.replace("n_L", str(len(given.y)))
    return f"{before}[{terms}]" if before else terms


def loss(setting: Setting) -> Draft | None:
    """Compute C_0 from a^(L) and y."""
    row, L = setting.loss, setting.L
    if row is None or setting.sizes[L] > LONGEST:
        return None
    given = Outputs(row, np.array(setting.a[L][:]), setting.y)
    C_0 = _loss(given)
    c = row.c(len(given.y))
    terms = [float(c * term) for term in row.term(np, given.a, given.y)]
    return numeric(
        [
            f"The loss is {row.label}: C_0 = {notated(row)}.",
            vector(symbol("a", L), given.a),
            vector("y", given.y),
            "",
            "What is C_0?",
        ],
        C_0,
        given,
        LOSS,
        derivation(
            "C_0", notated(row), _with_numbers(given), " + ".join(map(factor, terms)), show(C_0)
        ),
        a=given.a.tolist(),
        y=given.y.tolist(),
        loss=row.name,
        numbers=row.numbers,
    )
