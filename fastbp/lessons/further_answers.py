"""Answers that look beyond the course: noise, nearly linear losses, linear maps, recurrence."""

from __future__ import annotations

from math import tanh

import numpy as np

from fastbp.lessons.formulas import Law, Words
from fastbp.lessons.lesson import Lesson
from fastbp.lessons.substitution import in_brackets
from fastbp.optimizers import SGD
from fastbp.text.page import number


def learn_the_noise(lesson: Lesson) -> None:
    """Why to learn an image's noise and subtract it."""
    lesson.text(
        "The squared error is least at the mean of what is possible. If an edge lies in either of "
        "two places, a pixel beside it is 0 or 1 with equal chances, and the output with the least "
        "C is grey. That is a blurred edge:"
    )
    targets = np.array([0.0, 1.0])
    outputs = [0.0, targets.mean(), 1.0]
    lesson.rows(
        ["output", *map(number, outputs)],
        ["mean of (a - y)²", *(float(((a - targets) ** 2).mean()) for a in outputs)],
    )
    lesson.text(
        "Let the picture x = s + n be the clean picture s with noise n. If the network learns n "
        "instead of s, then x - a is the clean picture. The squared error is the same number. But "
        "where there is little noise, the right output is near 0, and the edges come from x "
        "itself, not from the network. For three pixels, where a is 0.9 of the noise:"
    )
    rng = np.random.default_rng(0)
    s, n = np.array([0.0, 1.0, 1.0]), rng.normal(0, 0.1, 3).round(3)
    x, a = s + n, 0.9 * n
    lesson.page.formula(
        (Law("Σ_j (a_j - n_j)² = Σ_j ((x_j - a_j) - s_j)²",
             r"\sum_j (a_j - n_j)^2 = \sum_j ((x_j - a_j) - s_j)^2"),),
        f"{((a - n) ** 2).sum():.7f} = {((x - a - s) ** 2).sum():.7f}",
    )  # fmt: skip


def nearly_linear(lesson: Lesson) -> None:
    """Why backpropagation does best when the loss is nearly linear in the weights."""
    t, net = lesson.t, lesson.net
    lesson.text(
        "A gradient is a linear forecast: a step of -η times the gradient (η is the learning rate) "
        "should lower C_0 by η times the sum of the squares of all derivatives. The more nearly "
        "linear C_0 is over the step, the nearer the change comes to that:"
    )
    gradient = np.concatenate(
        [part.ravel() for l in range(1, t.L + 1) for part in (t.dC_dw[l], t.dC_db[l])]
    )
    square = float(gradient @ gradient)
    lesson.page.formula(
        (Law("forecast = -η Σ (dC_0/dw)²",
             r"\mathrm{forecast} = -\eta \sum \left(\frac{\partial C_0}{\partial w}\right)^2"),),
        f"-0.01 · {number(square)} = {number(-0.01 * square)}",
    )  # fmt: skip
    lesson.page.gap()
    rows: list[list[str | float]] = [["η", "forecast", "C_0 changes by", "ratio"]]
    for rate in (0.01, 0.1, 1.0, 10.0):
        moved = net.copy()
        moved.train_step(lesson.x[None], lesson.y[None], optimizer=SGD(rate))
        change = moved.loss_value(lesson.x[None], lesson.y[None]) - t.C_0
        rows.append([str(rate), -rate * square, change, f"{change / (-rate * square):.3f}"])
    cells = [[number(c) if isinstance(c, float) else c for c in row] for row in rows]
    lesson.page.table(cells, ">>>>", head=True)


def linear_maps(lesson: Lesson) -> None:
    """Derivatives as linear maps of inputs and weights."""
    t, L = lesson.t, lesson.t.L
    lesson.text(
        "The derivative of a layer is a linear map, from a small change of its inputs and weights "
        "to the change of its outputs. z_j^(l) is linear in each of the two, so"
    )
    lesson.page.formula(
        (Law("dz_j = Σ_k (dw_jk a_k + w_jk da_k) + db_j,  da_j = g'(z_j) dz_j",
             r"dz_j = \sum_k (dw_{jk}\, a_k + w_{jk}\, da_k) + db_j,\quad da_j = g'(z_j)\, dz_j"),),
    )  # fmt: skip
    lesson.page.gap()
    row = t.row(L)
    assert row is not None
    assert row.derivative is not None
    slope = row.derivative(np, t.z[L])
    u = np.arange(1, t.sizes[L - 1] + 1) / 10
    v = np.array([1.0, *[-2.0] * (t.sizes[L] - 1)])
    forward = slope * (t.w[L] @ u)
    backward = t.w[L].T @ (slope * v)
    lesson.text(
        "Let J be this map for the inputs of the last layer, as a matrix. Forward, a change u of "
        "the outputs of layer L-1 becomes J u. Backward, the transpose of J takes derivatives v "
        "with respect to a^(L) to those with respect to a^(L-1), which is what backpropagation "
        "does. For any u and v, both give the same number:"
    )
    lesson.rows(
        ["u", *map(float, u)],
        ["v", *map(float, v), *[""] * (len(u) - len(v))],
        ["J u", *map(float, forward), *[""] * (len(u) - len(forward))],
        ["the transpose times v", *map(float, backward)],
    )
    lesson.page.formula(
        (Law("Σ_j v_j (J u)_j = Σ_k (Jᵀ v)_k u_k", r"\sum_j v_j (J u)_j = \sum_k (J^T v)_k u_k"),),
        f"{number(float(v @ forward))} = {number(float(backward @ u))}",
    )
    lesson.page.gap()
    d_w = np.arange(1, t.w[L].size + 1).reshape(t.w[L].shape) / 10
    of_weights = slope * (d_w @ t.a[L - 1])
    to_weights = np.outer(slope * v, t.a[L - 1])
    lesson.text(
        "With respect to the weights, the transpose gives each w_jk the number in brackets on the "
        "right, which is δ_j a_k if v is dC_0/da. For changes dw of 0.1, 0.2 and so on, row by row:"
    )
    lesson.page.formula(
        (Law("Σ_j v_j g'(z_j) Σ_k dw_jk a_k = Σ_jk (v_j g'(z_j) a_k) dw_jk",
             r"\sum_j v_j\, g'(z_j) \sum_k dw_{jk}\, a_k = "
             r"\sum_{jk} (v_j\, g'(z_j)\, a_k)\, dw_{jk}"),),
        f"{number(float(v @ of_weights))} = {number(float((to_weights * d_w).sum()))}",
    )  # fmt: skip
    lesson.page.gap()
    lesson.page.text(
        "Any unit a = f(w, a_below) has these two maps, df/dw and df/da_below, and a network is "
        "made of them: net.jvp is the whole network's map, net.vjp its transpose."
    )


def recurrent(lesson: Lesson) -> None:
    """Recurrent networks."""
    lesson.text(
        "fastbp has none. But nothing new is needed: a recurrent network is a deep one with a "
        "layer for each time t, in which all layers have the same weight. So that weight's "
        "derivative is the sum of what each layer would get:"
    )
    lesson.page.formula(
        (Law("a_t = tanh(w a_(t-1) + x_t),  C_0 = (a_T - y)²",
             r"a_t = \tanh(w\, a_{t-1} + x_t),\quad C_0 = (a_T - y)^2"),),
        (Law("δ_t = dC_0/dz_t,  δ_(t-1) = g'(z_(t-1)) w δ_t,  dC_0/dw = Σ_t δ_t a_(t-1)",
             r"\delta_{t-1} = g'(z_{t-1})\, w\, \delta_t,\quad "
             r"\frac{\partial C_0}{\partial w} = \sum_t \delta_t\, a_{t-1}"),),
    )  # fmt: skip
    lesson.page.gap()
    w, x, y = 0.8, lesson.x[:3].tolist(), 1.0
    a = [0.0]
    for x_t in x:
        a.append(tanh(w * a[-1] + x_t))
    delta = 2 * (a[-1] - y) * (1 - a[-1] ** 2)
    terms = []
    for time in range(len(x), 0, -1):
        terms.append(delta * a[time - 1])
        delta *= w * (1 - a[time - 1] ** 2)
    total = sum(terms)

    def loss(weight: float) -> float:
        output = 0.0
        for x_t in x:
            output = tanh(weight * output + x_t)
        return (output - y) ** 2

    h = 1e-6
    lesson.page.formula(
        " + ".join(in_brackets(term, first=i == 0) for i, term in enumerate(reversed(terms)))
        + f" = {number(total)}",
        (Words(f"central difference: {number((loss(w + h) - loss(w - h)) / (2 * h))}"),),
    )
