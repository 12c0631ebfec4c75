"""Optimizers with random options: those that every optimizer takes, and schedules."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastbp import schedules
from fastbp.optimizers import OPTIMIZERS, Optimizer

Rng = np.random.Generator


def minibatch_kinds() -> list[type[Optimizer]]:
    """The optimizers that take a step of some samples."""
    return [kind for kind in OPTIMIZERS.values() if not kind.rules[0].full_batch]


def schedule_of_a_horizon(rng: Rng, **horizon: float) -> Any:
    """A schedule of steps alone, with these ``steps`` or ``epochs``, or that of one call."""
    kinds = [
        lambda: schedules.StepDecay(float(rng.uniform(0.1, 1)), **horizon or {"steps": 7}),
        lambda: schedules.Exponential(float(rng.uniform(0.01, 2)), **horizon),
        lambda: schedules.InverseScaling(float(rng.uniform(0, 2)), **horizon),
        lambda: (
            schedules.Cosine(
                float(rng.random()),
                warmup=float(rng.uniform(0, 0.5)),
                restarts=int(rng.integers(3)),
            )
            if not horizon
            else schedules.Cosine(float(rng.random()), warmup=0.25, **horizon)
        ),
        lambda: schedules.OneCycle(**horizon),
        lambda: schedules.CosLog(**horizon),
    ]
    return kinds[int(rng.integers(len(kinds)))]()


def plateau(rng: Rng) -> schedules.ReduceOnPlateau:
    """A schedule that follows the validation loss, and soon lowers the rate."""
    return schedules.ReduceOnPlateau(
        float(rng.uniform(0.1, 0.9)),
        patience=int(rng.integers(1, 4)),
        min_delta=float(rng.choice([0.0, 1e-4, 0.1])),
    )


def wave(step: int) -> float:
    """A schedule of the caller's own."""
    return 1 / (1 + step % 5)


def _per_layer(rng: Rng, L: int, values: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(float(rng.choice(values)) * float(rng.uniform(0.5, 1)) for _ in range(L))


def optimizer_options(rng: Rng, L: int) -> dict[str, Any]:
    """Some of the options; a schedule among them has its own number of steps."""
    options: dict[str, Any] = {
        "schedule": schedule_of_a_horizon(rng, steps=int(rng.integers(1, 60))),
        "weight_decay": [0.05, _per_layer(rng, L, (0.0, 0.01, 0.3))][int(rng.integers(2))],
        "clip_value": float(rng.choice([1e-3, 0.1, 10.0])),
        "clip_norm": float(rng.choice([1e-6, 0.03, 1.0, 1e30])),
        "layer_rates": _per_layer(rng, L, (0.0, 0.5, 1.0, 2.0)),
        "bias_rate": float(rng.choice([0.0, 0.3, 2.0])),
        "ema": float(rng.choice([0.3, 0.9, 0.99, 0.999])),
    }
    return {name: value for name, value in options.items() if rng.random() < 0.35}
