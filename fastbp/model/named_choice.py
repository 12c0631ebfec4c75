"""A row of the table of operations as it is chosen: by a name, or by a name with numbers."""

import reprlib
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import numpy as np

from fastbp.inputs import check_number
from fastbp.operations import ActivationRow, LossRow

#: A name; or a name with numbers that are not its defaults, ("elu", 0.5).
NamedChoice = str | tuple[Any, ...]
Row = TypeVar("Row", ActivationRow, LossRow)

_UNBOUNDED = {"above": -np.inf, "below": np.inf}


def is_one_with_numbers(value: object) -> bool:
    """Whether it is one operation with its numbers, and no list of one for each layer.

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


def row_in(table: Mapping[str, Row], choice: NamedChoice) -> Row:
    """The table's row of a checked choice."""
    name, *values = (choice,) if isinstance(choice, str) else choice
    return table[name].with_values(*values) if values else table[name]


def as_named_choice(
    argument: str,
    value: Any,
    dtype: np.dtype[Any],
    table: Mapping[str, Row],
    check_name: Callable[[str, Any], str],
) -> NamedChoice:
    """Check a choice for a network whose numbers are of ``dtype``."""
    if not isinstance(value, (tuple, list)):
        return check_name(argument, value)
    name = check_name(argument, value[0] if value else value)
    parameters = table[name].parameters
    if len(value) < 2 or len(value) - 1 != len(parameters):
        names = ", ".join(number.name for number in parameters)
        raise ValueError(
            f"{argument}: {name!r} takes {len(parameters) or 'no'} number, got "
            f"{reprlib.repr(value)}; write {f'({name!r}, {names}) or ' * bool(names)}{name!r} alone"
        )
    values: list[float] = []
    for number, got in zip(parameters, value[1:], strict=True):
        title = f"{argument}: the {number.name} of {name!r}"
        values.append(check_number(title, got, **number.limits) + 0.0)  # -0.0 is 0.0
        with np.errstate(over="ignore", under="ignore"):
            rounded = float(dtype.type(values[-1]))
        above, below = (number.limits.get(name, limit) for name, limit in _UNBOUNDED.items())
        if not above < rounded < below:
            size = "larger" if rounded <= above else "smaller"
            other = " or dtype='float64'" if dtype == np.float32 else ""
            raise ValueError(
                f"{title} must be in its range as a {dtype.name} too, got {values[-1]!r}; choose a "
                f"{size} one{other}"
            )
    row = table[name].with_values(*values)
    return name if row.has_defaults else (name, *values)


def plain(choice: NamedChoice) -> Any:
    """As a JSON text holds it."""
    return list(choice) if isinstance(choice, tuple) else choice
