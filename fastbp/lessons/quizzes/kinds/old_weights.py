"""Whether the layer below takes the old weights or the new ones."""

from __future__ import annotations

from typing import NamedTuple

from fastbp.lessons.quizzes import specification
from fastbp.lessons.quizzes.draft import Draft, Mistakes, numeric
from fastbp.lessons.quizzes.notation import derivation, factor, products, show, shown, vector
from fastbp.lessons.quizzes.setting import LONGEST, Setting
from fastbp.text.symbols import indexed as symbol


class Step(NamedTuple):
    """The weights that leave a node before and after a step."""

    old: list[float]
    new: list[float]
    delta: list[float]
    slope: float


def _with(given: Step, w_k: list[float]) -> float:
    return given.slope * sum(w * delta for w, delta in zip(w_k, given.delta, strict=True))


OLD_WEIGHTS: Mistakes[Step] = {
    "the new weights: the layer above moved first": lambda given: _with(given, given.new),
    "the mean of the old and the new weights": lambda given: _with(
        given, [(old + new) / 2 for old, new in zip(given.old, given.new, strict=True)]
    ),
    "the change of the weights": lambda given: _with(
        given, [new - old for old, new in zip(given.old, given.new, strict=True)]
    ),
    "g' is missing": lambda given: _with(given, given.old) / given.slope,
    "g' is a factor twice": lambda given: _with(given, given.old) * given.slope,
}


def old_weights(setting: Setting) -> Draft | None:
    """Whether the layer below takes the old weights or the new ones."""
    L = setting.L
    l = setting.choose(l for l in range(2, L + 1) if setting.sizes[l] <= LONGEST)
    if l is None or (g := setting.activation(l - 1)) is None:
        return None
    k = setting.node(l - 1)
    a_k, delta = setting.a[l - 1][k], setting.delta[l][:]
    old = setting.w[l][:, k]
    new = [
        shown(specification.updated(w_jk, delta_j * a_k, setting.learning_rate))
        for w_jk, delta_j in zip(old, delta, strict=True)
    ]
    slope = shown(specification.g_prime(g, [setting.z[l - 1][k]])[0])
    delta_k = specification.hidden_delta(slope, old, delta)
    weights = f"w_j{k if k < 10 else f',{k}'}^({l})"
    return numeric(
        [
            f"A program has just updated the weights of layer {l}, and now computes δ of layer "
            f"{l - 1}.",
            vector(f"{weights} before, for j = 0, 1, ...", old),
            vector(f"{weights} now", new),
            vector(symbol("δ", l), delta),
            f"g'({symbol('z', l - 1, k)}) = {show(slope)}",
            "",
            f"What is {symbol('δ', l - 1, k)} = dC_0/d{symbol('z', l - 1, k)}, where C_0 is that "
            "of the forward pass?",
        ],
        delta_k,
        Step(old, new, delta, slope),
        OLD_WEIGHTS,
        "All δ come from the weights of the forward pass; only then does any weight move.\n"
        + derivation(
            symbol("δ", l - 1, k),
            f"g'({symbol('z', l - 1, k)}) · Σ_j {symbol('w', l, 'j', k)} {symbol('δ', l, 'j')}, "
            "w as before",
            f"{factor(slope)} · ({products(zip(old, delta, strict=True))})",
            show(delta_k),
        ),
        old=old,
        new=new,
        delta=delta,
        slope=slope,
    )
