"""The backward pass: delta of an output, and of a hidden node."""

from __future__ import annotations

from typing import Any, NamedTuple

from fastbp.lessons.loss_factor import loss_factor, notated
from fastbp.lessons.quizzes import specification
from fastbp.lessons.quizzes.draft import Draft, Mistakes, NoMistakeError, numeric
from fastbp.lessons.quizzes.notation import (
    derivation,
    factor,
    matrix,
    products,
    show,
    shown,
    vector,
)
from fastbp.lessons.quizzes.setting import Setting
from fastbp.operations import ActivationRow, LossRow
from fastbp.text.symbols import indexed as symbol


class Output(NamedTuple):
    """What delta_j^(L) comes from; ``width`` is n_L."""

    loss: LossRow
    g: ActivationRow
    width: int
    z_j: float
    a_j: float
    y_j: float


def _slope(given: Output, at: float) -> float:
    return specification.g_prime(given.g, [at])[0]


def _with_slope(given: Output, slope: float) -> float:
    return specification.output_delta(
        given.loss, slope, given.width, given.z_j, given.a_j, given.y_j
    )


def _delta(given: Output) -> float:
    # A loss that cancels g' takes no notice of it.
    return _with_slope(given, _slope(given, given.z_j) if given.loss.chain_rule else 1.0)


def _loss_slope(given: Output) -> float:
    """dC_0/da_j, or where the loss cancels g' what is left of both."""
    return _with_slope(given, 1.0)


def _slope_too_many(given: Output) -> float:
    if given.loss.chain_rule or not given.g.by_node:
        raise NoMistakeError
    return _delta(given) * _slope(given, given.z_j)


def _at_a(given: Output) -> float:
    if not given.loss.chain_rule:
        raise NoMistakeError
    return _loss_slope(given) * _slope(given, given.a_j)


def _g_for_slope(given: Output) -> float:
    if not given.loss.chain_rule:
        raise NoMistakeError
    return _loss_slope(given) * given.a_j


OUTPUT_DELTA: Mistakes[Output] = {
    "g' is taken at a_j instead of z_j": _at_a,
    "the 2 of the derivative is lost, or a 1/2 added": lambda given: _delta(given) / 2,
    "an extra factor 2": lambda given: _delta(given) * 2,
    "y_j - a_j has the other sign": lambda given: -_delta(given),
    "that is dC_0/da_j: g' is missing": _loss_slope,
    "g(z_j) instead of g'(z_j)": _g_for_slope,
    "with this loss g' cancels, and here it is a factor once more": _slope_too_many,
}


def output_delta(setting: Setting) -> Draft | None:
    """Compute delta_j^(L) = dC_0/dz_j^(L)."""
    L, row = setting.L, setting.loss
    g = setting.activation(L)
    if row is None or g is None or (row.chain_rule and not g.by_node):
        return None
    j = setting.node(L)
    given = Output(row, g, setting.sizes[L], setting.z[L][j], setting.a[L][j], float(setting.y[j]))
    delta = _delta(given)
    slope_formula = row.slope_formula.replace("n_L", str(given.width))
    numbers = slope_formula.replace("a_j", factor(given.a_j)).replace("y_j", factor(given.y_j))
    symbols = loss_factor(setting.trace).symbols(symbol("a", L, j), j)
    g_line = f"g^({L}) is {g.label}: g(z) = {notated(g)}"
    steps = [symbols, numbers]
    shown: dict[str, Any] = {"a": given.a_j, "y": given.y_j}
    if row.chain_rule:
        if not specification.slopes_agree(g, given.z_j, given.a_j):
            return None
        slope = _slope(given, given.z_j)
        shown["z"] = given.z_j
        g_line += f", g'(z) = {g.derivative_formula.replace('^2', '²')}"
        steps = [
            f"{symbols} · g'({symbol('z', L, j)})",
            f"{numbers} · g'({show(given.z_j)})",
            f"{factor(_loss_slope(given))} · {factor(slope)}",
        ]
    return numeric(
        [
            f"The loss is {row.label}: C_0 = {notated(row)}"
            + f", n_L = {given.width}" * row.mean
            + ".",
            g_line + ".",
            *([f"{symbol('z', L, j)} = {show(given.z_j)}"] if row.chain_rule else []),
            f"{symbol('a', L, j)} = {show(given.a_j)}",
            f"y_{j} = {show(given.y_j)}",
            "",
            f"What is {symbol('δ', L, j)} = dC_0/d{symbol('z', L, j)}?",
        ],
        delta,
        given,
        OUTPUT_DELTA,
        f"{row.slope_words}\n" * bool(row.slope_words)
        + derivation(symbol("δ", L, j), *steps, show(delta)),
        **shown,
        n_L=given.width,
        loss=row.name,
        loss_numbers=row.numbers,
        activation=g.name,
        numbers=g.numbers,
    )


class Hidden(NamedTuple):
    """What delta_k^(l-1) comes from."""

    g: ActivationRow
    z_k: float
    a_k: float
    w: list[list[float]]
    delta: list[float]
    rest: float  # the terms of the sum that are not shown
    k: int
    learning_rate: float


def _column(given: Hidden) -> list[float]:
    return [row[given.k] for row in given.w]


def _backward(given: Hidden, w_k: list[float], z_k: float | None = None) -> float:
    at = given.z_k if z_k is None else z_k
    slope = specification.g_prime(given.g, [at])[0]
    # The terms that are not shown are one more: their sum, times 1.
    return specification.hidden_delta(slope, [*w_k, given.rest], [*given.delta[: len(w_k)], 1.0])


def _moved(given: Hidden) -> list[float]:
    """The weights that leave node k, after a step."""
    return [
        specification.updated(w_jk, delta_j * given.a_k, given.learning_rate)
        for w_jk, delta_j in zip(_column(given), given.delta, strict=True)
    ]


def _without_slope(given: Hidden) -> float:
    terms = (w * delta for w, delta in zip(_column(given), given.delta, strict=True))
    return sum(terms) + given.rest


def _row_of_w(given: Hidden) -> float:
    n = min(len(given.w[0]), len(given.delta))
    row = given.w[given.k]  # IndexError where there is none
    slope = specification.g_prime(given.g, [given.z_k])[0]
    return slope * (sum(row[j] * given.delta[j] for j in range(n)) + given.rest)


HIDDEN_DELTA: Mistakes[Hidden] = {
    "j and k are swapped: a row of w instead of a column": _row_of_w,
    "g' is taken at a_k instead of z_k": lambda given: _backward(given, _column(given), given.a_k),
    "that is dC_0/da_k: g' is missing": _without_slope,
    "the new weights: w moved before δ below was computed": lambda given: _backward(
        given, _moved(given)
    ),
    "g(z_k) instead of g'(z_k)": lambda given: _without_slope(given) * given.a_k,
    "only the first node above is counted": lambda given: _backward(
        given._replace(rest=0.0), _column(given)[:1]
    ),
    "the terms that are not shown are left out": lambda given: _backward(
        given._replace(rest=0.0), _column(given)
    ),
    "the w are left out of the sum": lambda given: _backward(given, [1.0] * len(given.delta)),
}


def hidden_delta(setting: Setting) -> Draft | None:
    """Compute delta_k^(l-1) from the deltas of layer l: of a wide one, its first and a rest."""
    l = setting.choose(range(2, setting.L + 1))
    if l is None or (g := setting.activation(l - 1)) is None:
        return None
    n_shown, n_columns = setting.corner(l)
    k = int(setting.rng.integers(n_columns))
    trace = setting.trace
    given = Hidden(
        g,
        setting.z[l - 1][k],
        setting.a[l - 1][k],
        setting.w[l][:n_shown, :n_columns],
        setting.delta[l][:n_shown],
        shown(float(trace.w[l][n_shown:, k] @ trace.delta[l][n_shown:])),
        k,
        setting.learning_rate,
    )
    if not specification.slopes_agree(g, given.z_k, given.a_k):
        return None
    delta = _backward(given, _column(given))
    slope = specification.g_prime(g, [given.z_k])[0]
    terms = products(zip(_column(given), given.delta, strict=True))
    others = []
    if n_shown < setting.sizes[l]:
        terms += f" + {factor(given.rest)}"
        others = [
            f"These are the first of {setting.sizes[l]} nodes j; the other terms of the sum for "
            f"k = {k} come to {show(given.rest)}."
        ]
    return numeric(
        [
            *matrix(symbol("w", l), given.w),
            vector(symbol("δ", l), given.delta),
            *others,
            f"{symbol('z', l - 1, k)} = {show(given.z_k)},  {symbol('a', l - 1, k)} = "
            f"{show(given.a_k)}",
            f"g^({l - 1}) is {g.label}: g'(z) = {g.derivative_formula.replace('^2', '²')}",
            "",
            f"What is {symbol('δ', l - 1, k)} = dC_0/d{symbol('z', l - 1, k)}?",
        ],
        delta,
        given,
        HIDDEN_DELTA,
        f"g'({symbol('z', l - 1, k)}) = g'({show(given.z_k)}) = {show(slope)}\n"
        + derivation(
            symbol("δ", l - 1, k),
            f"g'({symbol('z', l - 1, k)}) · Σ_j {symbol('w', l, 'j', k)} {symbol('δ', l, 'j')}",
            f"{factor(slope)} · ({terms})",
            show(delta),
        ),
        w=given.w,
        delta=given.delta,
        rest=given.rest,
        z=given.z_k,
        a=given.a_k,
        k=k,
        activation=g.name,
        numbers=g.numbers,
    )
