"""Pictures of how weights move: clipping, decay, the moving average, L-BFGS beside Adam."""

from __future__ import annotations

import math

import numpy as np
from graph import HALF, INNER, Line, graph

from fastbp.drawing.markup import Markup, join, tag
from fastbp.drawing.picture import Picture
from fastbp.drawing.shapes import label
from fastbp.reference_options import averaged, clipped, updated
from fastbp.reference_tables import adam_rule

ADAM = {"learning_rate": 0.01, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8}

# ------------------------------------------------------------------ clipping

GRADIENTS = [(2.4, 0.6), (1.3, 1.7), (-0.5, 0.45), (-1.9, -1.2), (0.5, -1.6)]
UNIT = 52.0  # pixels
HEIGHT = 250.0


def arrow(start: tuple[float, float], end: tuple[float, float], colour: str) -> Markup:
    """Draw a line with a head."""
    angle = math.atan2(end[1] - start[1], end[0] - start[0])
    sides = [
        f"{end[0] - 8 * math.cos(angle + turn):.1f} {end[1] - 8 * math.sin(angle + turn):.1f}"
        for turn in (0.4, -0.4)
    ]
    tip = f"{end[0]:.1f} {end[1]:.1f}"
    data = f"M{start[0]:.1f} {start[1]:.1f} {tip}M{sides[0]} {tip} {sides[1]}"
    return tag("path", d=data, class_=f"curve {colour}", stroke_dasharray="none")


def clipping() -> Picture:
    """Gradients of two numbers before and after, with each of the two bounds."""
    parts, rows = [], []
    for name, option, middle in (
        ("clip_norm=1", {"clip_norm": 1.0}, INNER * 0.25),
        ("clip_value=1", {"clip_value": 1.0}, INNER * 0.75),
    ):
        centre = middle, HEIGHT / 2 + 16
        parts.append(label(100 * middle / INNER, 12, name, "name", "middle"))
        if "clip_norm" in option:
            parts.append(
                tag("circle", cx=centre[0], cy=centre[1], r=UNIT, class_="edge", fill="none")
            )
        else:
            x, y = centre[0] - UNIT, centre[1] - UNIT
            shape = {"width": 2 * UNIT, "height": 2 * UNIT, "class_": "edge", "fill": "none"}
            parts.append(tag("rect", x=x, y=y, **shape))
        for g in GRADIENTS:
            after = clipped(list(g), **option)
            ends = [(centre[0] + UNIT * p, centre[1] - UNIT * q) for p, q in (g, after)]
            parts += [arrow(centre, ends[0], "a"), arrow(centre, ends[1], "best")]
            rows.append([name, *(f"({p:.3g}, {q:.3g})" for p, q in (g, after))])
    return Picture(
        name="clipping",
        title="Gradients of two parameters, clipped",
        description="With clip_norm arrows keep their direction and end on a circle; with"
        " clip_value they are cut to a square, and most turn.",
        height=HEIGHT + 20,
        body=join(parts),
        how="Blue: the gradient; orange: what is left of it. The dotted lines are the bounds.",
        notes=["Left, the norm: the direction stays. Right, each number for itself: it turns."],
        columns=["option", "gradient", "clipped"],
        rows=rows,
    )


# ------------------------------------------------------------------ weight decay

DECAYED = 600  # steps


def decayed(size: float, **option: float) -> list[float]:
    """A weight under Adam whose gradients have this size, random signs and the mean 0."""
    signs = np.sign(np.random.default_rng(1).random(DECAYED) - 0.5)
    w, memory, path = 1.0, (0.0, 0.0), [1.0]
    for t in range(1, DECAYED + 1):
        slope = size * float(signs[t - 1])
        w, memory = updated(w, memory, t, slope, adam_rule, ADAM, **option)
        path.append(w)
    return path


def weight_decay() -> Picture:
    """Two weights that nothing but the option moves for long."""
    steps = range(0, DECAYED + 1, 3)
    graphs, rows = [], []
    for i, (name, option) in enumerate(
        [("weight_decay=0.5", {"weight_decay": 0.5}), ("l2=0.5", {"l2": 0.5})]
    ):
        paths = [decayed(size, **option)[::3] for size in (0.2, 5.0)]
        lines = [
            Line("gradients ±0.2", steps, paths[0], "a"),
            Line("gradients ±5", steps, paths[1], "best"),
        ]
        graphs.append(
            graph(
                lines,
                (0, DECAYED),
                (-0.2, 1.2),
                f"step, with {name}",
                "",
                left=i * (HALF + 20),
                width=HALF,
            )
        )
        rows += [[name, line.name, f"{line.y[-1]:.3g}"] for line in lines]
    return Picture(
        name="weight-decay",
        title="A weight under Adam(0.01): decoupled decay, and L2",
        description="With weight_decay both weights fall alike; with l2 the one with small"
        " gradients falls at once, and the one with large gradients much more slowly.",
        height=280,
        body=join(graphs),
        how="Two weights begin at 1, one with small gradients, one with large, of random signs.",
        notes=[
            "Left, both take the same way. Right, Adam divides the gradient by its size, and the"
            " part of L2 with it, so that the weight with large gradients hardly decays."
        ],
        columns=["option", "gradients", "last"],
        rows=rows,
    )


# ------------------------------------------------------------------ the moving average


def moving_average() -> Picture:
    """A parameter that noisy gradients of a parabola move, and its average."""
    noise = np.random.default_rng(0).uniform(-2, 2, 300)
    w, average, path, averages = 0.0, 0.0, [0.0], [0.0]
    for n, e in enumerate(noise, 1):
        w -= 0.3 * (w - 1 + float(e))
        average = averaged(average, w, n, 0.97)
        path.append(w)
        averages.append(average)
    lines = [
        Line("parameter", range(301), path, "a"),
        Line("average, ema=0.97", range(301), averages, "best"),
    ]
    return Picture(
        name="moving-average",
        title="A parameter and its moving average",
        description="The parameter goes to 1 and then up and down around it; the average follows"
        " and stays near 1.",
        height=280,
        body=graph(lines, (0, 300), (-0.5, 2.5), "step", "parameter"),
        how="SGD(0.3) on the loss (w - 1)^2 / 2, with gradients that are off by up to 2.",
        notes=["The average is late, by some 1 / (1 - ema) steps, and far less noisy."],
        columns=["line", "last", "standard deviation of the last 150"],
        rows=[[one.name, f"{one.y[-1]:.3f}", f"{np.std(one.y[-150:]):.3f}"] for one in lines],
    )


# ------------------------------------------------------------------ L-BFGS beside Adam


def regression() -> tuple[np.ndarray, np.ndarray]:
    """Points of two classes that overlap, with columns of unlike sizes."""
    rng = np.random.default_rng(0)
    y = np.arange(200) % 2
    X = (rng.uniform(-1, 1, (200, 4)) + 0.6 * y[:, None]) * [1.0, 0.5, 0.25, 2.0]
    return np.column_stack([X, np.ones(200)]), y


def objective(w: np.ndarray, X: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray]:
    """C and dC/dw of one sigmoid output with binary cross-entropy."""
    z = (X * w).sum(axis=1)
    C = float(np.mean(np.logaddexp(0, z) - y * z))
    return C, ((1 / (1 + np.exp(-z)) - y)[:, None] * X).mean(axis=0)


def by_lbfgs(X: np.ndarray, y: np.ndarray, n: int) -> list[float]:
    """L-BFGS by its two loops, and steps that are halved until C falls enough."""
    w = np.zeros(X.shape[1])
    C, g = objective(w, X, y)
    pairs: list[tuple[np.ndarray, np.ndarray]] = []
    losses = [C]
    for _ in range(n):
        if (g * g).sum() < 1e-24:
            break
        d, shares = -g, []
        for s, v in reversed(pairs):
            shares.append((s * d).sum() / (s * v).sum())
            d = d - shares[-1] * v
        if pairs:
            s, v = pairs[-1]
            d = d * ((s * v).sum() / (v * v).sum())
        for (s, v), share in zip(pairs, reversed(shares), strict=True):
            d = d + (share - (v * d).sum() / (s * v).sum()) * s
        length = 1.0
        while objective(w + length * d, X, y)[0] > C + 1e-4 * length * (g * d).sum():
            length /= 2
        after, (C, slope) = w + length * d, objective(w + length * d, X, y)
        pairs = [*pairs, (after - w, slope - g)][-10:]
        w, g = after, slope
        losses.append(C)
    return losses


def by_adam(X: np.ndarray, y: np.ndarray, n: int) -> list[float]:
    """Adam(0.1), by the rule of the reference."""
    w, losses = [0.0] * X.shape[1], []
    memory = [(0.0, 0.0)] * len(w)
    numbers = {**ADAM, "learning_rate": 0.1}
    for t in range(1, n + 2):
        C, g = objective(np.array(w), X, y)
        losses.append(C)
        moved = [
            adam_rule(w_i, m_i, t, float(g_i), **numbers)
            for w_i, m_i, g_i in zip(w, memory, g, strict=True)
        ]
        w, memory = [pair[0] for pair in moved], [pair[1] for pair in moved]
    return losses


def lbfgs() -> Picture:
    """How far C is above its minimum, by the number of times that all samples were seen."""
    X, y = regression()
    least = by_lbfgs(X, y, 60)[-1]
    lines = []
    for name, losses, colour in (
        ("Adam(0.1), all samples", by_adam(X, y, 120), "a"),
        ("L-BFGS", by_lbfgs(X, y, 30), "best"),
    ):
        lines.append(Line(name, range(len(losses)), [C - least for C in losses], colour))
    return Picture(
        name="lbfgs",
        title="L-BFGS beside Adam, on a small problem",
        description="L-BFGS is within 1e-8 of the minimum after 17 iterations, Adam within"
        " 1e-2 after a hundred.",
        height=280,
        body=graph(lines, (0, 120), (1e-8, 1), "iteration", "C - minimum, log scale", log=True),
        how="One sigmoid output on 200 rows of 4 columns; each iteration takes all rows.",
        notes=["A search that needs a second trial in an iteration takes the rows once more."],
        columns=["optimizer", "iterations", "C - minimum"],
        rows=[[one.name, str(len(one.y) - 1), f"{one.y[-1]:.1e}"] for one in lines],
    )
