"""What becomes of e^z at large z, in a function that is right otherwise."""

from dataclasses import replace

import numpy as np

from fastbp.bench.worker import DiedError
from fastbp.learner_code.examples import Example
from fastbp.learner_code.trial import Trial
from fastbp.learner_code.verdict import Verdict

LARGE = 1e4  # what x is multiplied by, to see whether e^z overflows: z is then some thousands


def with_large_numbers(trial: Trial, verdict: Verdict) -> Verdict:
    """What becomes of e^z at z of some thousands: softmax must not overflow, sigmoid had better."""
    role = trial.role
    alone = "value" in role.gives
    if role.key not in ("forward", "step", "gradient") and not alone:
        return verdict
    example = trial.examples()[0]
    try:
        run = trial.run(_Large(example), role.layers(example.L)[-1])
    except DiedError:
        return verdict
    lost = run.comparable and not all(
        np.isfinite(array).all() for arrays in run.numbers.values() for array in arrays
    )
    if run.outcome.error is None and not lost:
        return verdict
    what = run.outcome.error or "the result is not finite"
    softmax = role.key == "softmax" if alone else "softmax" in example.names
    if not softmax:
        verdict.notes.append(f"with z of some thousands: {what}")
        return verdict
    return replace(
        verdict,
        status="wrong",
        lines=[(line, False) for line, _ in verdict.lines],
        mistakes=[("softmax_overflows",)],
        message=f"With z of some thousands: {what}",
    )


class _Large(Example):
    """An example with samples, and a and z of every layer, a thousand times as large."""

    def __init__(self, example: Example) -> None:
        self.setting, self.case, self.names = example.setting, example.case, example.names
        self.x, self.y, self.m, self.L = LARGE * example.x, example.y, example.m, example.L
        scale = {"z": LARGE, "a": LARGE}
        self.numbers = {
            name: [scale.get(name, 1.0) * array for array in arrays]
            for name, arrays in example.numbers.items()
        }
        self.bounds = example.bounds
