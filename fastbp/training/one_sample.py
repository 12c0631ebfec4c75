"""One sample at a time: what it may be, and whether the compiled short way can take it.

The short way is ``OneSample`` in src/engine/one_sample.pxi. It takes over the plan that a step by
the long way has had, so that an option of training is in one place, and declines whatever it does
not know.
"""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np

from fastbp.errors import ShapeError
from fastbp.inputs import Array, Rows
from fastbp.inputs.targets import one_row
from fastbp.model.model import Model
from fastbp.model.target_rules import TargetRules
from fastbp.model.training_plan import TrainingPlan, TrainingState
from fastbp.training.samples import batch

#: What a plan may say for the short way; what else it may say must be left at its default.
_KNOWN = {
    "rule",
    "numbers",
    "layer_factors",
    "weight_decay",
    "clip_value",
    "batch_size",
    "learns_biases",
    "shuffle",  # one sample has one order
    "check",
    "count",  # nothing that is counted comes out
    "counts_epochs",
    "dropout_key",
    "fast_paths",
}


def is_lean(model: Model, plan: TrainingPlan) -> bool:
    """Whether steps of a plan run in compiled code alone, and nothing of it changes meanwhile."""
    return model.architecture.is_builtin and all(
        _is(getattr(plan, field.name), field.default)
        for field in fields(plan)
        if field.name not in _KNOWN
    )


def _is(value: Any, default: Any) -> bool:
    """Equality that an array as a value answers too."""
    return value is default or (type(value) is type(default) and bool(np.all(value == default)))


def ready(model: Model, plan: TrainingPlan, changes: TrainingState) -> None:
    """Let the next steps of this plan go the short way; a training is under way."""
    state = model.state
    rules = TargetRules.of(model.architecture, state.learned)
    model.one_sample.ready(plan, changes, state.current, state.learned, state.dropout_key, rules)


def one_row_of(model: Model, x: Any) -> Rows:
    """X (1, n_0) of one sample, x (n_0,) or (1, n_0)."""
    if isinstance(x, Mapping):
        raise TypeError(
            f"x must be a vector of numbers, got {type(x).__name__}; its values in one order for "
            f"all samples make one: np.array([x[name] for name in names])"
        )
    X = batch(model, x, "x", check_precision=False, one_sample=True)
    if len(X) != 1:
        raise ShapeError(f"x must be one sample, got {len(X)} rows")
    return X


def one_sample_batch(model: Model, x: Any, y: Any) -> tuple[Rows, Array]:
    """A batch of one sample: X, and y in the shape of its targets."""
    return one_row_of(model, x), one_row(y, model.output["n_L"])
