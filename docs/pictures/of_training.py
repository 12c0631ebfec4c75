"""Pictures of what training sees: dropout, weights, smoothing, losses, streams, number types."""

from __future__ import annotations

import math

import numpy as np
from graph import INNER, Line, Mark, graph

from fastbp import reference
from fastbp.drawing.markup import join, tag
from fastbp.drawing.picture import Picture
from fastbp.drawing.shapes import label
from fastbp.reference_options import factors, smoothed_cross_entropy

# ------------------------------------------------------------------ dropout

SIZES, RATES = [3, 7, 7, 2], [0.0, 0.5, 0.5, 0.0]
PANEL, APART, COLUMN = INNER / 3, 30.0, 46.0  # pixels


def dropout() -> Picture:
    """The same network for three samples of a step."""
    parts, rows = [], []
    for row in range(3):
        left = row * PANEL + 27
        kept = [[m > 0 for m in factors(1, 1, l, row, n, RATES[l])] for l, n in enumerate(SIZES)]
        places = [
            [(left + COLUMN * l, 130 + APART * (j - (n - 1) / 2)) for j in range(n)]
            for l, n in enumerate(SIZES)
        ]
        nodes = [
            [place for place, there in zip(places[l], kept[l], strict=True) if there]
            for l in range(len(SIZES))
        ]
        for l in range(1, len(SIZES)):
            data = "".join(
                f"M{x:.1f} {y:.1f}L{u:.1f} {v:.1f}" for x, y in nodes[l - 1] for u, v in nodes[l]
            )
            parts.append(tag("path", d=data, class_="leader", fill="none"))
        for l in range(len(SIZES)):
            for (x, y), there in zip(places[l], kept[l], strict=True):
                look = {"class_": "dot a"} if there else {"class_": "edge", "fill": "none"}
                parts.append(tag("circle", cx=x, cy=y, r=8, **look))
        middle = 100 * (left + 1.5 * COLUMN) / INNER
        parts.append(label(middle, 14, f"sample {row}", "name", "middle"))
        hidden = [f"{sum(kept[l])} of {n}" for l, n in list(enumerate(SIZES))[1:-1]]
        rows.append([str(row), *hidden])
    return Picture(
        name="dropout",
        title="Dropout: one step, three samples",
        description="A network of 3, 7, 7 and 2 nodes, drawn three times: in each about half of"
        " the hidden nodes are missing, and other ones every time.",
        height=250,
        body=join(parts),
        how="Network([3, 7, 7, 2], dropout=0.5): dotted nodes are dropped, with all their weights.",
        notes=["What is kept counts twice, 1 / (1 - 0.5). A prediction takes all nodes, once."],
        columns=["sample", "kept of hidden layer 1", "of hidden layer 2"],
        rows=rows,
    )


# ------------------------------------------------------------------ class weights, smoothing


def class_weights() -> Picture:
    """Where a classifier draws the line between a common and a rare class."""
    x = np.linspace(-3, 5, 161)
    common = 0.95 * np.exp(-(x**2) / 2)
    rare = 0.05 * np.exp(-((x - 2) ** 2) / 2)
    lines = [
        Line("common class", x, common, "a"),
        Line("rare", x, rare, "b"),
        Line("rare, balanced: times 19", x, 19 * rare, "best"),
    ]
    # The logarithms of both are equal at x = 1 + ln(ratio) / 2.
    ends = [1 + math.log(ratio) / 2 for ratio in (19, 1)]
    heights = [0.95 * math.exp(-(end**2) / 2) for end in ends]
    return Picture(
        name="class-weights",
        title="Class weights move the line between the classes",
        description="Two bells, one of them 19 times as high. They cross at 2.5; with the small"
        " one multiplied by 19 they cross at 1.",
        height=280,
        body=graph(
            lines,
            (-3, 5),
            (0, 1),
            "x",
            "how often",
            marks=[
                Mark(ends[0], heights[0], "without weights", up=184, upright=True),
                Mark(ends[1], heights[1], "balanced", "end", -9, -4, upright=True),
            ],
        ),
        how="A network takes the class that weighs more at x, so it changes its answer at a dot.",
        notes=["95 rows in 100 are of the common class, around 0; the rare one lies around 2."],
        columns=["weights", "the answer changes at"],
        rows=[["none", f"{ends[0]:.2f}"], ["balanced", f"{ends[1]:.2f}"]],
    )


def label_smoothing() -> Picture:
    """C_0 by what the right class is given, the others having equal shares of the rest."""
    K, a = 10, np.array([*range(20, 960, 10), *range(960, 1000, 3)]) / 1000
    target = [1.0] + [0.0] * (K - 1)
    lines, rows, marks = [], [], []
    for s, colour in ((0.0, "a"), (0.1, "b"), (0.3, "best")):
        loss = smoothed_cross_entropy(s, [1.0] * K)[0]

        def at(a_c: float, loss=loss) -> float:
            z = [math.log(a_c)] + [math.log((1 - a_c) / (K - 1))] * (K - 1)
            return loss(z, None, target)

        lines.append(Line(f"label_smoothing={s:g}", a, [at(float(a_c)) for a_c in a], colour))
        if s:
            best = 1 - s + s / K
            marks.append(Mark(best, at(best), f"{best:.2f}", "middle", 0, -18))
        rows.append([f"{s:g}", f"{1 - s + s / K:.2f}"])
    return Picture(
        name="label-smoothing",
        title="Label smoothing: the least loss is below certainty",
        description="Without smoothing the loss falls until the right class is given 1. With 0.1"
        " it is least at 0.91, with 0.3 at 0.73, and rises after it.",
        height=290,
        body=graph(lines, (0, 1), (0, 4), "a of the right class", "C_0", height=290, marks=marks),
        how="The cross-entropy of one sample of ten classes, the others sharing the rest equally.",
        notes=["The dots are the least losses, at 1 - s + s / 10."],
        columns=["label_smoothing", "least at"],
        rows=rows,
    )


# ------------------------------------------------------------------ early stopping


def early_stopping() -> Picture:
    """A validation accuracy that is as high more than once, and where training stops."""
    epochs = np.arange(31)
    true = 0.80 + 0.13 * (1 - np.exp(-epochs / 4)) - 0.002 * np.maximum(epochs - 12, 0)
    noise = np.random.default_rng(3).uniform(-0.012, 0.012, 31)
    accuracy = np.round((true + noise) * 100) / 100  # of 100 rows
    patience, best, first, last, end = 8, -1.0, 0, 0, 30
    for epoch, value in enumerate(accuracy):
        if value > best:
            best, first = value, epoch
        if value == best:
            last = epoch
        if epoch - first == patience:
            end = epoch
            break
    shown = accuracy[: end + 1]
    marks = [
        Mark(first, best, 'restore="best"', "end", -8, 10, upright=True),
        Mark(last, best, '"last_best"', "", 8, 10, upright=True),
        Mark(end, shown[-1], "stop", "", 9, -14, upright=True),
    ]
    return Picture(
        name="early-stopping",
        title=f'EarlyStopping({patience}, monitor="accuracy")',
        description=f"The validation accuracy is highest first in epoch {first}, again up to epoch"
        f" {last}, and training stops after epoch {end}.",
        height=280,
        body=graph(
            [Line("validation accuracy", epochs[: end + 1], shown, "a")],
            (0, 24),
            (0.78, 0.96),
            "epoch",
            "of 100 rows",
            marks=marks,
        ),
        how=f"It stops {patience} epochs after the first of the best, and goes back to a dot.",
        notes=["An epoch that is only as good as the best starts no new count. (Made-up numbers.)"],
        columns=["epoch", "which"],
        rows=[[str(first), "best"], [str(last), "last_best"], [str(end), "stop"]],
    )


# ------------------------------------------------------------------ a loss of one's own


def own_loss() -> Picture:
    """The page's loss beside the squared error."""
    r = np.linspace(-2, 2, 81)
    lines = [
        Line("squared error", r, r**2, "a"),
        Line("the loss of the page", r, np.where(r < 0, 3, 1) * r**2, "best"),
    ]
    return Picture(
        name="own-loss",
        title="A loss that counts too little three times",
        description="A parabola, and one that is three times as steep left of 0.",
        height=270,
        body=graph(lines, (-2, 2), (0, 8), "a - y", "C_0", height=270),
        how="Right of 0, where the output is above the target, both are the same.",
        notes=[],
        columns=["a - y", "squared error", "the loss of the page"],
        rows=[[f"{r[i]:g}", f"{lines[0].y[i]:g}", f"{lines[1].y[i]:g}"] for i in (20, 60)],
    )


# ------------------------------------------------------------------ one sample at a time


def one_sample() -> Picture:
    """How far predictions are off on a stream whose rule changes half way."""
    rng = np.random.default_rng(0)
    n, window = 3000, 50
    w = [None, rng.uniform(-1, 1, (8, 2)).tolist(), rng.uniform(-1, 1, (1, 8)).tolist()]
    b = [None, [0.0] * 8, [0.0]]
    g = [None, lambda z: [math.tanh(z_j) for z_j in z], lambda z: list(z)]
    g_prime = [None, lambda z: [1 - math.tanh(z_j) ** 2 for z_j in z], lambda z: [1.0] * len(z)]
    errors = []
    for i, x in enumerate(rng.uniform(-1, 1, (n, 2)).tolist()):
        y = (x[0] + x[1] if i < n // 2 else x[0] - x[1]) + 0.1 * float(rng.uniform(-1, 1))
        C, dC_dw, dC_db = reference.gradient([x], [[y]], w, b, g, g_prime)
        errors.append(math.sqrt(C))  # |a - y|, before the step
        reference.sgd_step(w, b, dC_dw, dC_db, 0.005)
    places = range(window, n + 1, 20)
    mean = [sum(errors[i - window : i]) / window for i in places]
    return Picture(
        name="one-sample",
        title="Learning a stream, sample by sample",
        description="The error falls from 0.6 to 0.1 within some hundred samples, leaps up where"
        " the rule of the stream changes, and falls again.",
        height=280,
        body=graph(
            [Line("error before the step, mean of 50", places, mean, "a")],
            (0, n),
            (0, 0.8),
            "sample",
            "|a - y|",
        ),
        how="2-8-1, tanh, SGD(0.005), one step a sample. y = x1 + x2, from sample 1500 on x1 - x2.",
        notes=["y has an error of up to 0.1, which no prediction can foresee."],
        columns=["sample", "error"],
        rows=[[str(i), f"{mean[(i - window) // 20]:.3f}"] for i in (100, 1500, 1700, 3000)],
    )


# ------------------------------------------------------------------ bfloat16


def bfloat16() -> Picture:
    """The rounding to 8 bits of mantissa, near 1."""
    x = np.linspace(1, 1.0625, 257)
    rounded = np.round(x * 128) / 128  # to the nearest, ties to even
    lines = [Line("x", x, x, "a"), Line("bf16(x)", x, rounded, "best")]
    return Picture(
        name="bfloat16",
        title="Numbers that are rounded to bfloat16",
        description="A straight line and stairs along it, with steps of 1/128.",
        height=280,
        body=graph(lines, (1, 1.0625), (1, 1.0625), "x", ""),
        how="From 1 to 2 bfloat16 has the multiples of 1/128; half a step is the largest error.",
        notes=[],
        columns=["x", "bf16(x)"],
        rows=[[f"{x[i]:.4f}", f"{rounded[i]:.4f}"] for i in (20, 40, 60)],
    )
