"""optimizer, schedule and ema: fastbp's own in place of a solver, or with it."""

from dataclasses import dataclass, replace
from typing import Any

from fastbp.optimizers import LBFGS, Optimizer, as_optimizer
from fastbp.schedules import as_schedule


@dataclass(slots=True)
class OwnOptimizer:
    """What scikit-learn's optimizers are to an estimator, for one of fastbp's."""

    optimizer: Optimizer

    @property
    def learning_rate(self) -> float:
        """The rate at a schedule's factor 1."""
        return self.optimizer.learning_rate

    def iteration_ends(self, time_step: int) -> None:
        """Leave the rate: a schedule is the optimizer's."""

    def trigger_stopping(self, msg: str, verbose: bool) -> bool:
        """End the training, as scikit-learn's optimizers do."""
        if verbose:
            print(f"{msg} Stopping.")
        return True


def with_schedule(estimator: Any, optimizer: Optimizer) -> Optimizer:
    """The optimizer with the estimator's ``schedule`` and ``ema``, where it has them."""
    options: dict[str, Any] = {}
    if estimator.schedule is not None:
        options["schedule"] = as_schedule(estimator.schedule)
    if estimator.ema is not None:
        options["ema"] = float(estimator.ema)
    return replace(optimizer, **options) if options else optimizer


def check_optimizer(estimator: Any, incremental: bool) -> None:
    """Refuse what does not go together."""
    given = estimator.optimizer
    optimizer = None if given is None else as_optimizer(given)
    if isinstance(optimizer, LBFGS):
        raise ValueError(
            f"optimizer must be one that takes single steps, got {estimator.optimizer!r}; for "
            f"L-BFGS use solver='lbfgs' and leave optimizer out"
        )
    for name in ("schedule", "ema"):
        both = getattr(estimator, name), getattr(optimizer, name, None)
        if None not in both:
            raise ValueError(
                f"{name} is given twice, as a parameter and in optimizer={optimizer!r}: leave one "
                f"of them out"
            )
    schedule = as_schedule(estimator.schedule)
    if schedule is None and optimizer is not None:
        schedule = optimizer.schedule
    if estimator.solver == "sgd" and estimator.learning_rate != "constant":
        for name in ("schedule", "optimizer"):
            if getattr(estimator, name) is not None:
                raise ValueError(
                    f"learning_rate={estimator.learning_rate!r} and {name} both say how the rate "
                    f"changes: leave learning_rate at 'constant', or {name} out"
                )
    if schedule is None:
        return
    if schedule.needs_validation and estimator._validation_data() is None:
        raise ValueError(
            f"{type(schedule).__name__} follows the validation loss: pass validation_data=(X, y)"
        )
    if incremental and not schedule.needs_validation and schedule.horizon(1) is None:
        raise ValueError(
            f"{type(schedule).__name__} needs steps= or epochs= for partial_fit, its horizon: how "
            f"many calls will come is not known"
        )
