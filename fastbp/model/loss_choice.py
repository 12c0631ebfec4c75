"""Which loss a network has: a name, or a name with numbers."""

from typing import Any

import numpy as np

from fastbp.inputs import check_choice
from fastbp.model.named_choice import NamedChoice, as_named_choice, row_in
from fastbp.operations import LOSSES, LossRow


def loss_row(choice: NamedChoice) -> LossRow:
    """The table's row of a checked choice."""
    return row_in(LOSSES, choice)


def as_loss(value: Any, dtype: np.dtype[Any]) -> NamedChoice:
    """Check the loss of a network whose numbers are of ``dtype``.

    Examples
    --------
    >>> as_loss(["huber", 1.35], np.dtype("float32"))
    ('huber', 1.35)
    >>> as_loss(("huber", 1), np.dtype("float32"))  # as by default
    'huber'
    """
    return as_named_choice("loss", value, dtype, LOSSES, _name)


def _name(argument: str, value: Any) -> str:
    return check_choice(argument, value, LOSSES)
