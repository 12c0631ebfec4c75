"""Which activation a layer has: a name, a name with numbers, or one of the caller's own."""

from typing import Any

import numpy as np

from fastbp.activations import Activation, named
from fastbp.inputs import check_choice
from fastbp.model.named_choice import NamedChoice, as_named_choice, row_in
from fastbp.operations import ACTIVATIONS, BY_NODE, ActivationRow

#: A name; a name with numbers that are not its defaults, ("elu", 0.5); the caller's own.
Choice = NamedChoice | Activation


def row_of(choice: Choice) -> ActivationRow | None:
    """The table's row of a checked choice; None for the caller's own."""
    if isinstance(choice, Activation):
        return None
    return row_in(ACTIVATIONS, choice)


def formulas_of(choice: Choice) -> Activation:
    """The functions of a checked choice."""
    if isinstance(choice, Activation):
        return choice
    return named(choice) if isinstance(choice, str) else named(*choice)


def as_choice(argument: str, value: Any, dtype: np.dtype[Any]) -> Choice:
    """Check one activation of a network whose numbers are of ``dtype``.

    Examples
    --------
    >>> as_choice("activation", ["elu", 0.5], np.dtype("float32"))
    ('elu', 0.5)
    >>> as_choice("activation", ("elu", 1), np.dtype("float32"))  # as by default
    'elu'
    """
    if isinstance(value, Activation):
        return value
    if callable(value):
        raise TypeError(
            f"{argument} must be a name or an Activation; a function needs its derivative too: "
            f"fastbp.Activation(g, derivative)"
        )
    return as_named_choice(argument, value, dtype, ACTIVATIONS, _name)


def _name(argument: str, value: object) -> str:
    choices = ACTIVATIONS if argument == "output_activation" else BY_NODE
    if isinstance(value, str) and value in set(ACTIVATIONS) - set(choices):
        raise ValueError(f"{argument} must not be {value!r}: it is for the output layer only")
    return check_choice(argument, value, choices)
