"""What the parameters on top of scikit-learn's may be, as scikit-learn checks them.

These are types and ranges; fastbp's own checks say the rest when the estimator is fitted.
"""

from numbers import Integral, Real
from typing import Any

from sklearn.utils._param_validation import HasMethods, Interval, Options, StrOptions

from fastbp._boundary import MOST_THREADS
from fastbp.activations import Activation
from fastbp.losses import Loss
from fastbp.operations import BY_NODE, LOSSES
from fastbp.optimizers import OPTIMIZERS, Optimizer
from fastbp.schedules import Schedule
from fastbp.sklearn.engine import ACTIVATIONS
from fastbp.training.callbacks import METHODS


class NameWithNumber(Options):
    """A tuple such as ("huber", 0.5): no end of options, of a class that scikit-learn knows."""

    def __init__(self) -> None:
        super().__init__(tuple, set())

    def is_satisfied_by(self, val: Any) -> bool:
        """Whether it begins with a name."""
        return isinstance(val, (tuple, list)) and len(val) > 0 and isinstance(val[0], str)

    def __str__(self) -> str:
        return "a tuple of a name and its number"


#: Of both estimators.
SHARED: dict[str, list[Any]] = {
    "activation": [StrOptions({*BY_NODE, *ACTIVATIONS}), tuple, list, Activation],
    "optimizer": [None, StrOptions(set(OPTIMIZERS)), Optimizer],
    "schedule": [None, Schedule, callable],
    "dropout": [Interval(Real, 0, 1, closed="left"), tuple, list],
    "ema": [None, Interval(Real, 0, 1, closed="neither")],
    "validation_data": [None, tuple, list],
    "callbacks": [None, callable, tuple, list, *(HasMethods(name) for name in METHODS)],
    "transform_layer": [None, Integral],
    "n_threads": [None, Interval(Integral, 1, MOST_THREADS, closed="both")],
}


def of_classifier(constraints: dict[str, Any]) -> dict[str, Any]:
    """scikit-learn's of its classifier, and those of the parameters on top."""
    outputs = {"sigmoid", "softmax"}
    losses = {name for name, row in LOSSES.items() if outputs & set(row.output_activations)}
    return {
        **constraints,
        **SHARED,
        "class_weight": [None, StrOptions({"balanced"}), dict, list],
        "loss": [StrOptions({"log_loss", *losses}), NameWithNumber(), Loss],
    }


def of_regressor(constraints: dict[str, Any]) -> dict[str, Any]:
    """scikit-learn's of its regressor, and those of the parameters on top."""
    losses = {name for name, row in LOSSES.items() if row.targets == "numbers"}
    return {
        **constraints,
        **SHARED,
        "loss": [StrOptions(losses), NameWithNumber(), Loss],
        "scale_target": ["boolean"],
    }
