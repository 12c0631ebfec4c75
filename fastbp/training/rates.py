"""What an optimizer's options come to in a training plan: rates of steps and of layers."""

import sys
from dataclasses import replace
from math import inf
from typing import TYPE_CHECKING, Any

import numpy as np

from fastbp.inputs import Array
from fastbp.model.training_plan import TrainingPlan
from fastbp.optimizers import Optimizer

if TYPE_CHECKING:  # those who have no schedule do not wait for its import
    from fastbp.schedules import PlateauState, Schedule

#: Steps whose factors are computed at a time: to come back for more of them takes some 20
#: microseconds, and the smallest networks make as many steps in some milliseconds.
STEPS_PER_TABLE = 4096


def plan_fields(optimizer: Optimizer, L: int) -> dict[str, Any]:
    """The fields of a plan that follow from an optimizer and the number of layers."""
    return {
        "layer_factors": _layer_factors(optimizer, L),
        "weight_decay": _weight_decay(optimizer, L),
        "clip_value": optimizer.clip_value or inf,
        "clip_norm": optimizer.clip_norm or inf,
        "ema": optimizer.ema or 0.0,
    }


def _layer_factors(optimizer: Optimizer, L: int) -> Array | None:
    if optimizer.layer_rates is None and optimizer.bias_rate == 1:
        return None
    rates = np.ones(L) if optimizer.layer_rates is None else np.array(optimizer.layer_rates)
    _check_length("layer_rates", rates, L)
    return np.column_stack([rates, rates * optimizer.bias_rate]).ravel()


def _weight_decay(optimizer: Optimizer, L: int) -> Array | None:
    decay = optimizer.weight_decay
    numbers = np.array(decay if isinstance(decay, tuple) else (decay,) * L, np.float64)
    _check_length("weight_decay", numbers, L)
    return numbers if numbers.any() else None


def _check_length(name: str, numbers: Array, L: int) -> None:
    if len(numbers) != L:
        raise ValueError(
            f"{name} has {len(numbers)} numbers, and the network {L} layers: give one for each"
        )


class RateTable:
    """A schedule's factors, for a bounded number of steps at a time.

    Parameters
    ----------
    schedule : Schedule
        The optimizer's.
    first : int
        The first step of this call, counted from 1 in the optimizer's life.
    n_steps, steps_per_epoch : int
        The steps of this call, and of each of its epochs.
    plateau : PlateauState, optional
        Where a schedule that follows the validation loss stands.
    """

    def __init__(
        self,
        schedule: "Schedule",
        first: int,
        n_steps: int,
        steps_per_epoch: int,
        plateau: "PlateauState | None",
    ) -> None:
        self.schedule = schedule
        horizon = schedule.horizon(steps_per_epoch)
        self._begin = first if horizon is None else 1
        self._horizon = float(max(n_steps, 1)) if horizon is None else horizon
        self._last = min(first + n_steps, sys.maxsize)
        self.plateau = plateau
        self._next = first  # the first step that no table has held yet

    def extend(self, plan: TrainingPlan, step: int) -> TrainingPlan:
        """The plan with factors of the steps from ``step`` on, unless it has that one already."""
        if step < self._next and plan.factors is not None:
            return plan
        n = max(1, min(STEPS_PER_TABLE, self._last - step))
        if self._last == sys.maxsize and self.schedule.name == "function":
            n = 1  # nobody knows whether there will be another step to ask it for
        if self.plateau is not None:
            factors = np.full(n, self.plateau.factor)
        else:
            t = np.arange(step - self._begin, step - self._begin + n, dtype=np.float64)
            factors = np.ascontiguousarray(self.schedule.factors(t, self._horizon))
        self._next = step + n
        return replace(plan, factors=factors, first_step=step)

    def follow(self, validation_loss: float) -> "PlateauState | None":
        """Where the schedule stands after an epoch of this validation loss."""
        if self.plateau is not None:
            before = self.plateau.factor
            rule: Any = self.schedule  # one that follows the validation loss
            self.plateau = rule.after_epoch(self.plateau, validation_loss)
            if self.plateau.factor != before:
                self._next = 0  # what the table holds is no longer right
        return self.plateau


def check_horizon(schedule: "Schedule", *, knows_length: bool) -> None:
    """Refuse a horizon that only a whole fit has, where single steps come as they come."""
    horizon = schedule.horizon(1)
    if knows_length or schedule.needs_validation or horizon == schedule.horizon(2) is not None:
        return
    raise ValueError(
        f"{type(schedule).__name__} needs steps= here, its horizon in steps: how many steps will "
        f"come is known to fit(X, y) alone"
    )


def plateau_of(schedule: Any, plateau: "PlateauState | None") -> "PlateauState | None":
    """Where a schedule stands: at its start, if it is new; None if it follows no validation."""
    return (plateau or schedule.start()) if schedule.needs_validation else None
