"""The activations: name -> formula, derivative in both forms, LaTeX.

The NumPy functions here are the formulas for reading, testing and plotting; training runs the
scalar functions of ``src/formulas/scalar.pxi``, which have the same names.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

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
    at a time and on one thread: right, but slower than with a built-in one, and it says so with a
    ``PerformanceWarning``. z is read-only and holds these numbers during the call alone: copy what
    you keep. An exception ends the training or prediction. Such a network cannot be saved to a
    model file, which holds no code.

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
    formula: str
    derivative_formula: str
    latex: str
    rectifier: bool = False  # of the relu family, for which He's initialisation was made
    limits: tuple[float, float] = (-np.inf, np.inf)  # of its values


def _sigmoid(z: Array) -> Array:
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1 / (1 + e), e / (1 + e))


def _softmax(z: Array) -> Array:
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return np.asarray(e / e.sum(axis=-1, keepdims=True))


def _no_derivative(z: Array) -> Array:
    raise ValueError(
        "softmax has no derivative node by node: each a_j depends on every z of its layer. "
        "With cross_entropy the pair has delta_j = a_j - y_j"
    )


ACTIVATIONS: dict[str, BuiltinActivation] = {
    "identity": BuiltinActivation(
        lambda z: z, np.ones_like, np.ones_like,
        "z", "1", r"g(z) = z"),
    "sigmoid": BuiltinActivation(
        _sigmoid, lambda z: _sigmoid(z) * (1 - _sigmoid(z)), lambda a: a * (1 - a),
        "1 / (1 + e^-z)", "a (1 - a)", r"g(z) = \frac{1}{1 + e^{-z}}", limits=(0, 1)),
    "tanh": BuiltinActivation(
        np.tanh, lambda z: 1 - np.tanh(z) ** 2, lambda a: 1 - a**2,
        "tanh z", "1 - a^2", r"g(z) = \tanh z", limits=(-1, 1)),
    "relu": BuiltinActivation(
        lambda z: np.maximum(z, 0), lambda z: np.where(z > 0, 1.0, 0.0),
        lambda a: np.where(a > 0, 1.0, 0.0),
        "max(0, z)", "1 if z > 0, else 0", r"g(z) = \max(0, z)", rectifier=True,
        limits=(0, np.inf)),
    "leaky_relu": BuiltinActivation(
        lambda z: np.where(z > 0, z, 0.01 * z), lambda z: np.where(z > 0, 1.0, 0.01),
        lambda a: np.where(a > 0, 1.0, 0.01),
        "z if z > 0, else 0.01 z", "1 if z > 0, else 0.01", r"g(z) = \max(z, 0.01 z)",
        rectifier=True),
    "elu": BuiltinActivation(
        lambda z: np.where(z > 0, z, np.expm1(np.minimum(z, 0))),
        lambda z: np.where(z > 0, 1.0, np.exp(np.minimum(z, 0))),
        lambda a: np.where(a > 0, 1.0, a + 1),
        "z if z > 0, else e^z - 1", "1 if z > 0, else a + 1",
        r"g(z) = z \;(z > 0),\; e^z - 1 \;(z \le 0)", rectifier=True, limits=(-1, np.inf)),
    "softplus": BuiltinActivation(
        lambda z: np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z))), _sigmoid,
        lambda a: -np.expm1(-a),
        "ln(1 + e^z)", "1 - e^-a", r"g(z) = \ln(1 + e^z)", limits=(0, np.inf)),
    "softmax": BuiltinActivation(
        _softmax, _no_derivative, None,
        "e^(z_j) / sum_i e^(z_i)", "with cross_entropy: delta_j = a_j - y_j",
        r"g(z)_j = \frac{e^{z_j}}{\sum_i e^{z_i}}", limits=(0, 1)),
}  # fmt: skip
