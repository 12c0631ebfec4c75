"""The complex step: a derivative without a difference, and so without its rounding.

C(theta + i h) = C(theta) + i h C'(theta) - ..., so that C' is the imaginary part over h, for h as
small as one likes. The specification adds and multiplies complex numbers as it does real ones; it
is given g of the table of operations, which NumPy computes of complex numbers too, and these forms
of the losses. The real part decides on which side of a kink or of a branch a number lies.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

from fastbp import reference
from fastbp.model.activation_choice import row_of
from fastbp.model.loss_choice import loss_row

H = 1e-100

Vector = list[complex]


# NumPy compares complex numbers by their real parts; only its abs is not that of the real line.
NUMPY = SimpleNamespace(**vars(np) | {"abs": lambda z: np.where(z.real < 0, -z, z)})


def phi(z: complex) -> complex:
    """The normal distribution's Phi by its series, 1/2 + phi(z) (z + z^3/3 + z^5/(3 5) + ...)."""
    total, term, k = 0j, z, 1
    while abs(term) > 1e-18 * abs(total):
        total += term
        k += 2
        term *= z * z / k
    return 0.5 + total * cmath.exp(-z * z / 2) / math.sqrt(2 * math.pi)


# What the table has for arrays of real numbers only.
COMPLEX: dict[str, Callable[[complex], complex]] = {"gelu": lambda z: z * phi(z)}


def activation(g: Any) -> Callable[[Vector], Vector]:
    """g of the table of operations, for a list of complex z."""
    row = row_of(g)
    assert row is not None
    if row.name in COMPLEX:
        return lambda z: [COMPLEX[row.name](z_j) for z_j in z]
    return lambda z: row.g(NUMPY, np.array(z, complex)).tolist()


def cross_entropy(z: Vector, a: Vector, y: list[float]) -> complex:
    return -sum(y[j] * cmath.log(a[j]) for j in range(len(y)))


def binary_cross_entropy(z: Vector, a: Vector, y: list[float]) -> complex:
    not_a = [1 / (1 + cmath.exp(z_j)) for z_j in z]  # 1 - a, which is small where z is large
    return -sum(y[j] * cmath.log(a[j]) + (1 - y[j]) * cmath.log(not_a[j]) for j in range(len(y)))


# Where the table's form for arrays would lose digits of complex numbers.
LOSSES: dict[str, Callable[..., Any]] = {
    "cross_entropy": cross_entropy,
    "binary_cross_entropy": binary_cross_entropy,
}


def loss_of(loss: Any) -> Callable[..., Any]:
    """C_0 of a loss of the table of operations, for lists of complex z and a."""
    row = loss_row(loss if isinstance(loss, str) else tuple(loss))
    if row.name in LOSSES:
        return LOSSES[row.name]
    return lambda z, a, y: (
        row.c(len(y)) * complex(np.sum(row.term(NUMPY, np.array(a, complex), np.array(y))))
    )


def loss_value(X: list, Y: list, w: list, b: list, config: dict[str, Any]) -> complex:
    """C, the mean over the samples, for real or complex parameters."""
    g = [
        None,
        *(activation(name) for name in config["activation"]),
        activation(config["output_activation"]),
    ]
    loss, C = loss_of(config["loss"]), 0j
    for x, y in zip(X, Y, strict=True):
        z, a = reference.forward(x, w, b, g)
        C += loss(z[-1], a[-1], y)
    return C / len(X)


def gradient(X: list, Y: list, w: list, b: list, config: dict[str, Any]) -> tuple[list, list]:
    """dC/dw and dC/db, indexed by l, one complex step for each parameter."""

    def step(values: list, i: int) -> float:
        original = values[i]
        values[i] = complex(original, H)
        C = loss_value(X, Y, w, b, config)
        values[i] = original
        assert math.isfinite(C.imag)
        return C.imag / H

    dC_dw = [None, *([[step(row, k) for k in range(len(row))] for row in w_l] for w_l in w[1:])]
    dC_db = [None, *([step(b_l, j) for j in range(len(b_l))] for b_l in b[1:])]
    return dC_dw, dC_db
