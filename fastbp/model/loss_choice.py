"""Which loss a network has: a name, a name with numbers, or one of the caller's own."""

from typing import Any

import numpy as np

from fastbp.inputs import check_choice
from fastbp.losses import Loss
from fastbp.model.named_choice import NamedChoice, as_named_choice, row_in
from fastbp.operations import LOSSES, LossRow

#: A name; a name with numbers that are not its defaults, ("huber", 1.35); the caller's own.
LossChoice = NamedChoice | Loss
#: The built-in loss whose targets a loss of the caller's own takes, and by whose id the kernels go.
STAND_IN = "squared_error"


def loss_row(choice: NamedChoice) -> LossRow:
    """The table's row of a checked choice."""
    return row_in(LOSSES, choice)


def as_loss(value: Any, dtype: np.dtype[Any]) -> LossChoice:
    """Check the loss of a network whose numbers are of ``dtype``.

    Examples
    --------
    >>> as_loss(["huber", 1.35], np.dtype("float32"))
    ('huber', 1.35)
    >>> as_loss(("huber", 1), np.dtype("float32"))  # as by default
    'huber'
    """
    if isinstance(value, Loss):
        return value
    if callable(value):
        raise TypeError(
            "loss must be a name or a Loss; a function needs its gradient too: "
            "fastbp.Loss(value, gradient)"
        )
    return as_named_choice("loss", value, dtype, LOSSES, _name)


def _name(argument: str, value: Any) -> str:
    return check_choice(argument, value, LOSSES)
