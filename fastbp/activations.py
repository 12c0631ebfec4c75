"""Activation functions as NumPy functions: built-in ones, and the class for custom ones.

The table's formulas for arrays serve reading, testing and plotting; training runs those of
``src/formulas/activations.pxi``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from fastbp import operations
from fastbp.operations import ActivationRow

Array = np.ndarray[Any, Any]
Function = Callable[[Array], Array]


@dataclass(frozen=True)
class Activation:
    """A function g applied to a layer's z, and its derivative.

    Parameters
    ----------
    g : callable
        Maps an array of z to an array of a = g(z) of the same shape, element by element.
    derivative : callable
        Maps the same z to g'(z).

    Notes
    -----
    A network with an activation of your own calls it from the compiled loops, for up to 1024 rows
    at a time and on one thread. That is slower than a built-in activation, and gives a
    ``PerformanceWarning``. z is read-only and holds these numbers during the call alone: copy what
    you keep. An exception ends the training or prediction. Such a network cannot be saved to a
    model file, which holds no code. :meth:`fastbp.Network.check_gradients` tells whether the
    derivative is right.

    Examples
    --------
    >>> import numpy as np
    >>> from fastbp import Activation
    >>> sine = Activation(np.sin, np.cos)
    >>> float(sine.g(np.array(0.0)))
    0.0
    """

    g: Function
    derivative: Function

    def __post_init__(self) -> None:
        for name in ("g", "derivative"):
            if not callable(getattr(self, name)):
                raise TypeError(
                    f"{name} must be a callable from an array to an array of the same shape, "
                    f"got {type(getattr(self, name)).__name__}"
                )


@dataclass(frozen=True)
class BuiltinActivation(Activation):
    """A row of the table: g, g'(z), and g' in terms of a = g(z), where that exists."""

    derivative_from_a: Function | None
    row: ActivationRow

    def __reduce__(self) -> tuple[Callable[..., "BuiltinActivation"], tuple[Any, ...]]:
        """Copies and pickles give the one that there is."""
        return named, (self.row.name, *(() if self.row.has_defaults else self.row.values))


def _no_derivative(z: Array) -> Array:
    raise ValueError(
        "softmax has no derivative node by node: each a_j depends on every z of its layer. "
        "With cross_entropy the pair has delta_j = a_j - y_j"
    )


def builtin(row: ActivationRow) -> BuiltinActivation:
    """A row of the table as NumPy functions."""

    def of_arrays(formula: Callable[..., Any] | None) -> Function | None:
        return None if formula is None else partial(formula, np)

    return BuiltinActivation(
        partial(row.g, np),
        of_arrays(row.derivative) or _no_derivative,
        of_arrays(row.derivative_from_a),
        row,
    )


def named(name: str, *numbers: float) -> BuiltinActivation:
    """The functions of a name, with the numbers that follow it where they are not the defaults."""
    if not numbers:
        return ACTIVATIONS[name]
    return builtin(operations.ACTIVATIONS[name].with_values(*numbers))


ACTIVATIONS = {name: builtin(row) for name, row in operations.ACTIVATIONS.items()}
