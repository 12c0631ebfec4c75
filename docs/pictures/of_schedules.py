"""The picture of the schedules."""

import numpy as np

from fastbp.drawing.markup import Markup, join, tag
from fastbp.drawing.picture import WIDTH, Picture
from fastbp.drawing.shapes import label, line
from fastbp.schedules import (
    Cosine,
    CosLog,
    Exponential,
    InverseScaling,
    OneCycle,
    ReduceOnPlateau,
    Schedule,
    StepDecay,
)

T = 200  # steps of a horizon, or two for each epoch of a plateau
INNER = WIDTH - 40
PANEL_WIDTH, PANEL_HEIGHT = 280, 80  # pixels
GAP, ROW = INNER - 2 * PANEL_WIDTH, PANEL_HEIGHT + 40

SHOWN: list[tuple[str, Schedule]] = [
    ("StepDecay(0.5, epochs=25)", StepDecay(0.5, steps=T / 4)),
    ("Exponential(0.1)", Exponential(0.1)),
    ("InverseScaling(0.5, epochs=1)", InverseScaling(0.5, steps=T / 100)),
    ("ReduceOnPlateau(0.5)", ReduceOnPlateau(0.5)),
    ("Cosine(warmup=0.1)", Cosine(warmup=0.1)),
    ("Cosine(0.1, restarts=2)", Cosine(0.1, restarts=2)),
    ("OneCycle()", OneCycle()),
    ("CosLog()", CosLog()),
]


def factors(schedule: Schedule) -> np.ndarray:
    """One for each step; of a plateau, for losses that fall, rest, fall and rest."""
    if not isinstance(schedule, ReduceOnPlateau):
        return schedule.factors(np.arange(T), schedule.horizon(1) or T)
    state, values = schedule.start(), []
    for epoch in range(T // 2):
        values += [state.factor] * 2
        falls = min(epoch, 25) + min(max(epoch - 45, 0), 15)
        state = schedule.after_epoch(state, 1 - 0.01 * falls)
    return np.array(values)


def panel(name: str, values: np.ndarray, left: float, top: float) -> Markup:
    """Draw a curve over the horizon, between 0 and 1."""
    bottom = top + PANEL_HEIGHT
    points = " ".join(
        f"{left + t * PANEL_WIDTH / (T - 1):.1f},{bottom - value * PANEL_HEIGHT:.1f}"
        for t, value in enumerate(values)
    )
    start, end = left / INNER * 100, (left + PANEL_WIDTH) / INNER * 100
    grid = [line(start, y, end, y, "grid") for y in (top, bottom)]
    curve = tag("polyline", points=points, fill="none", class_="roof")
    return join([*grid, curve, label(start, top - 8, name, "name")])


def schedules() -> Picture:
    """All schedules, each with its factor over 100 epochs."""
    curves = [(name, factors(schedule)) for name, schedule in SHOWN]
    panels = [
        panel(name, values, (i % 2) * (PANEL_WIDTH + GAP), 20 + i // 2 * ROW)
        for i, (name, values) in enumerate(curves)
    ]
    return Picture(
        name="schedules",
        title="Learning rates over 100 epochs",
        description="The factor of the learning rate, from 0 to 1, over the horizon.",
        height=20 + ROW * len(SHOWN) / 2,
        body=join(panels),
        how="The lines are the factors 0 and 1.",
        notes=["ReduceOnPlateau: the validation loss falls to epoch 25, and from 45 to 60."],
        columns=["schedule", "first", "half way", "last"],
        rows=[[name, *(f"{v[t]:.3g}" for t in (0, T // 2, -1))] for name, v in curves],
    )
