"""The complex step: a derivative without a difference, and so without its rounding.

C(theta + i h) = C(theta) + i h C'(theta) - ..., so that C' is the imaginary part over h, for h as
small as one likes. The specification adds and multiplies complex numbers as it does real ones; it
is given these forms of its functions, which :mod:`cmath` can follow. The real part decides on
which side of a kink or of a branch a number lies.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable
from typing import Any

from fastbp import reference
from fastbp.reference import squared_error
from fastbp.reference_tables import (
    LEAKY_SLOPE,
    half_squared_error,
    mean_squared_error,
    node_by_node,
)

H = 1e-100

Vector = list[complex]


def _softplus(z: complex) -> complex:
    return z + cmath.log(1 + cmath.exp(-z)) if z.real > 0 else cmath.log(1 + cmath.exp(z))


def softmax(z: Vector) -> Vector:
    e = [cmath.exp(z_j) for z_j in z]
    return [e_j / sum(e) for e_j in e]


def cross_entropy(z: Vector, a: Vector, y: list[float]) -> complex:
    return -sum(y[j] * cmath.log(a[j]) for j in range(len(y)))


def binary_cross_entropy(z: Vector, a: Vector, y: list[float]) -> complex:
    return -sum(y[j] * cmath.log(a[j]) + (1 - y[j]) * cmath.log(1 - a[j]) for j in range(len(y)))


ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "identity": node_by_node(lambda z: z),
    "sigmoid": node_by_node(lambda z: 1 / (1 + cmath.exp(-z))),
    "tanh": node_by_node(cmath.tanh),
    "relu": node_by_node(lambda z: z if z.real > 0 else 0.0),
    "leaky_relu": node_by_node(lambda z: z if z.real > 0 else LEAKY_SLOPE * z),
    "elu": node_by_node(lambda z: z if z.real > 0 else cmath.exp(z) - 1),
    "softplus": node_by_node(_softplus),
    "softmax": softmax,
}

LOSSES: dict[str, Callable[..., Any]] = {
    "squared_error": squared_error,
    "half_squared_error": half_squared_error,
    "mean_squared_error": mean_squared_error,
    "cross_entropy": cross_entropy,
    "binary_cross_entropy": binary_cross_entropy,
}


def loss_value(X: list, Y: list, w: list, b: list, config: dict[str, Any]) -> complex:
    """C, the mean over the samples, for real or complex parameters."""
    g = [
        None,
        *(ACTIVATIONS[name] for name in config["activation"]),
        ACTIVATIONS[config["output_activation"]],
    ]
    loss, C = LOSSES[config["loss"]], 0j
    for x, y in zip(X, Y, strict=True):
        z, a = reference.forward(x, w, b, g)
        C += loss(z[-1], a[-1], y)
    return C / len(X)


def gradient(X: list, Y: list, w: list, b: list, config: dict[str, Any]) -> tuple[list, list]:
    """dC/dw and dC/db, indexed by l, one complex step for each parameter."""

    def step(values: list, i: int) -> float:
        kept = values[i]
        values[i] = complex(kept, H)
        C = loss_value(X, Y, w, b, config)
        values[i] = kept
        assert math.isfinite(C.imag)
        return C.imag / H

    dC_dw = [None, *([[step(row, k) for k in range(len(row))] for row in w_l] for w_l in w[1:])]
    dC_db = [None, *([step(b_l, j) for j in range(len(b_l))] for b_l in b[1:])]
    return dC_dw, dC_db
