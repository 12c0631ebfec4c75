"""How far rounding can carry each number of a network's pass, at most.

The rules are those of :mod:`fastbp.bench.error_model`, with other errors: here they may all have
the same sign. A sum of n products, in any order and with or without fused multiply-adds, is off by
at most gamma(n) = n u / (1 - n u) times the sum of the products' absolute values, whatever the
terms are (Higham, Accuracy and Stability of Numerical Algorithms, chapter 3). No constant is
fitted to what the kernels do. With compute="bfloat16" both numbers of a product are off by up to
1/257 of themselves before: half a unit in the last of 8 bits, next to a power of two.

Only the bounds come from there. What tests compare with is the specification's.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from reference_network import Specification, rows_of

from fastbp.bench.error_model import ErrorModel, Tracked

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Bounds:
    """The largest possible errors of a pass; lists are indexed by l - 1."""

    a: Array
    C: float
    weights: list[Array]
    biases: list[Array]


def gamma(n: int, u: float) -> float:
    return n * u / (1 - n * u)


class WorstCase(ErrorModel):
    """Errors that add up; each is the largest possible, no standard deviation."""

    sigmas = 1.0
    function_error = 8.0  # how many u one evaluation of g, of g' or of a loss's term may be off
    kink_error = 1.0

    def roundings(self, n: int) -> float:
        return gamma(n, self._u)

    @staticmethod
    def total(*errors: Array) -> Array:
        return sum(errors)

    total_of_products = staticmethod(np.matmul)

    @staticmethod
    def largest(numbers: Tracked) -> Array:
        return np.abs(numbers.value) + numbers.E

    def loss_error(self, spec: Specification) -> float:
        """Of the sum of the samples' C_0."""
        z, E_z, (a, E_a) = *self.z[-1], self.tracked.a[-1]
        (slope, E_slope), E_off = self.loss_slope()
        rows = zip(z.tolist(), a.tolist(), self.y.tolist(), strict=True)
        terms = sum(abs(spec.loss(*row)) for row in rows)
        c_u, n_sums = self.function_error * self._u, a.shape[1]
        if self.loss.chain_rule:
            n_sums = 1 if self.loss.squares else n_sums  # squares are summed in double
            return float(np.sum((np.abs(slope) + E_slope) * E_off)) + c_u * n_sums * terms
        # C_0 is computed from z; its slope there is a_j - y_j.
        size = terms + float(np.sum(np.abs(z * self.y) + np.maximum(1, np.abs(slope))))
        return float(np.sum(np.maximum(1, np.abs(slope) + E_a) * E_z)) + c_u * n_sums * size


def worst_case(net: Any, X: ArrayLike, y: ArrayLike) -> WorstCase:
    """The errors of a pass of `net`, and the numbers that it should come to."""
    config, spec = net._model.config(), Specification.of(net)
    formulas = SimpleNamespace(
        activations=[*config["activation"], config["output_activation"]], loss=config["loss"]
    )
    model = WorstCase(formulas, net.dtype, spec.w[1:], spec.b[1:])
    model.operand_error = 1 / 257 if net.compute == "bfloat16" else 0.0
    model.put(X, rows_of(y, net.sizes[-1]))
    model.forward()
    model.backward()
    model.accumulate()
    return model


def rounding_bounds(net: Any, X: ArrayLike, y: ArrayLike) -> Bounds:
    """Bounds for predict, loss_value and gradients of `net` on a batch."""
    model = worst_case(net, X, y)
    m, bounds = len(model.y), model.bounds
    means = ([bound / m for bound in layers] for layers in (bounds.dw, bounds.db))
    return Bounds(bounds.a[-1], model.loss_error(Specification.of(net)) / m, *means)


def bounded_results(net: Any, X: ArrayLike, y: ArrayLike) -> list[tuple[Any, Any, Any]]:
    """(What `net` gives, what the specification does, its bound): of a, C, then the gradients."""
    spec, bounds, g = Specification.of(net), rounding_bounds(net, X, y), net.gradients(X, y)
    C, dC_dw, dC_db = spec.gradient(X, y)
    return [
        (net.predict(X), spec.predict(X), bounds.a),
        (net.loss_value(X, y), C, bounds.C),
        *zip(g.weights, dC_dw[1:], bounds.weights, strict=True),
        *(zip(g.biases, dC_db[1:], bounds.biases, strict=True) if spec.bias else ()),
    ]
