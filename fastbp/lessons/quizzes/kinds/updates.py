"""The update of a weight."""

from __future__ import annotations

from typing import NamedTuple

from fastbp.lessons.quizzes import specification
from fastbp.lessons.quizzes.draft import Draft, Mistakes, numeric
from fastbp.lessons.quizzes.notation import derivation, factor, show
from fastbp.lessons.quizzes.setting import Setting
from fastbp.text.symbols import indexed as symbol


class Move(NamedTuple):
    """What a weight's new value comes from."""

    w: float
    delta: float
    a: float
    learning_rate: float

    @property
    def gradient(self) -> float:
        """dC_0/dw_jk."""
        return self.delta * self.a


UPDATE: Mistakes[Move] = {
    "uphill: the gradient is added": lambda given: given.w + given.learning_rate * given.gradient,
    "the learning rate is left out": lambda given: given.w - given.gradient,
    "that is the step, not the weight": lambda given: -given.learning_rate * given.gradient,
    "an extra factor 2: δ has it already": lambda given: (
        given.w - 2 * given.learning_rate * given.gradient
    ),
    "half the step": lambda given: given.w - given.learning_rate * given.gradient / 2,
    "δ_j instead of the gradient δ_j a_k": lambda given: (
        given.w - given.learning_rate * given.delta
    ),
    "a_k instead of the gradient δ_j a_k": lambda given: given.w - given.learning_rate * given.a,
    "the step is divided by the learning rate": lambda given: (
        given.w - given.gradient / given.learning_rate
    ),
    "the weight is scaled": lambda given: given.w * (1 - given.learning_rate * given.gradient),
}


def update(setting: Setting) -> Draft | None:
    """Compute w_jk^(l) after one step of gradient descent."""
    l = setting.layer()
    j, k = (int(setting.rng.integers(n)) for n in setting.corner(l))
    given = Move(
        setting.w[l][j, k], setting.delta[l][j], setting.a[l - 1][k], setting.learning_rate
    )
    new = specification.updated(given.w, given.gradient, given.learning_rate)
    name = symbol("w", l, j, k)
    delta, a = symbol("δ", l, j), symbol("a", l - 1, k)
    return numeric(
        [
            f"{name} = {show(given.w)}",
            f"{delta} = {show(given.delta)}",
            f"{a} = {show(given.a)}",
            f"learning rate η = {show(given.learning_rate)}",
            "",
            f"What is {name} after one step of gradient descent on this sample?",
        ],
        new,
        given,
        UPDATE,
        derivation(
            f"new {name}",
            f"{name} - η dC_0/d{name} = {name} - η · {delta} · {a}",
            f"{show(given.w)} - {show(given.learning_rate)}·{factor(given.delta)}·"
            f"{factor(given.a)}",
            show(new),
        ),
        w=given.w,
        delta=given.delta,
        a=given.a,
        learning_rate=given.learning_rate,
    )
