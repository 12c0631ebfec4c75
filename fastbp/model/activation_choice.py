"""Which activation a layer has: a name, a name with numbers, or one of the caller's own."""

import reprlib
from typing import Any

import numpy as np

from fastbp.activations import Activation, named
from fastbp.inputs import check_choice, check_number
from fastbp.operations import ACTIVATIONS, BY_NODE, ActivationRow

#: A name; a name with numbers that are not its defaults, ("elu", 0.5); the caller's own.
Choice = str | tuple[Any, ...] | Activation


def is_one_with_numbers(value: object) -> bool:
    """Whether it is one activation with its numbers, and no list of one for each layer.

    Examples
    --------
    >>> is_one_with_numbers(("elu", 0.5)), is_one_with_numbers(["relu", "tanh"])
    (True, False)
    """
    return (
        isinstance(value, (tuple, list))
        and len(value) > 1
        and isinstance(value[1], (int, float, np.number, np.bool_))
    )


def row_of(choice: Choice) -> ActivationRow | None:
    """The table's row of a checked choice; None for the caller's own."""
    if isinstance(choice, Activation):
        return None
    name, *values = (choice,) if isinstance(choice, str) else choice
    return ACTIVATIONS[name].with_values(*values) if values else ACTIVATIONS[name]


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
    if not isinstance(value, (tuple, list)):
        return _name(argument, value)
    name = _name(argument, value[0] if value else value)
    parameters = ACTIVATIONS[name].parameters
    if len(value) < 2 or len(value) - 1 != len(parameters):
        names = ", ".join(number.name for number in parameters)
        raise ValueError(
            f"{argument}: {name!r} takes {len(parameters) or 'no'} number, got "
            f"{reprlib.repr(value)}; write {f'({name!r}, {names}) or ' * bool(names)}{name!r} alone"
        )
    values = []
    for number, got in zip(parameters, value[1:], strict=True):
        title = f"{argument}: the {number.name} of {name!r}"
        values.append(check_number(title, got, **number.limits) + 0.0)  # -0.0 is 0.0
        with np.errstate(over="ignore", under="ignore"):
            rounded = float(dtype.type(values[-1]))
        if np.isinf(rounded) or rounded <= (-np.inf if number.above is None else number.above):
            raise ValueError(
                f"{title} must be a number that {dtype.name} can hold, got {values[-1]!r}; choose "
                "one nearer to 1"
            )
    row = ACTIVATIONS[name].with_values(*values)
    return name if row.has_defaults else (name, *values)


def _name(argument: str, value: object) -> str:
    choices = ACTIVATIONS if argument == "output_activation" else BY_NODE
    if isinstance(value, str) and value in set(ACTIVATIONS) - set(choices):
        raise ValueError(f"{argument} must not be {value!r}: it is for the output layer only")
    return check_choice(argument, value, choices)
