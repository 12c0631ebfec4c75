"""How far rounding can carry each number of a pass, derived beside the pass itself.

This is running error analysis (Higham, Accuracy and Stability of Numerical Algorithms, chapter
3). Let u be the unit roundoff and gamma(n) = n u / (1 - n u). A sum of n products, in any order
and with or without fused multiply-adds, is off by at most gamma(n) times the sum of the products'
absolute values, whatever the terms are: for a layer, gamma(n) (|X| @ |W|). To that every number
adds the errors it was handed:

    z_j      gamma(n_in + 2) (|b_j| + sum_k |w_jk| A_k) + sum_k |w_jk| E(a_k),  A_k = |a_k| + E(a_k)
    a_j      (|g'(z_j)| + E(g'_j)) E(z_j) + c u |a_j|          the mean value theorem, and g itself
    g'(z_j)  how far g' is from g'(z_j) at z_j - E(z_j), at z_j + E(z_j) or on a side of a kink that
             lies between, and c u max(1, |g'|) of g'(z_j) and of its kinks: with one turn between
             them at most, it is farthest at one of those
    delta_k  |g'_k| E(s_k) + E(g'_k) (|s_k| + E(s_k)) + c u |delta_k|,  s_k = sum_j w_jk delta_j

and dC/dw_jk, a mean of products, likewise. No constant is fitted to what the kernels do. With
compute="bfloat16" both numbers of a product are off by up to 1/257 of themselves before (half a
unit in the last of 8 bits, next to a power of two), which adds (1 + 1/257)^2 - 1 to gamma.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from reference_network import Specification, rows_of
from tolerances import unit_roundoff

from fastbp.model.activation_choice import row_of
from fastbp.model.loss_choice import loss_row
from fastbp.operations import Kink

Array = NDArray[np.float64]

FUNCTION = 8
"""c: how many u one evaluation of g, of g' or of a loss's term may be off by."""


@dataclass(frozen=True)
class Bounds:
    """The largest possible errors of a float32 or float64 pass; lists are indexed by l - 1."""

    a: Array
    C: float
    weights: list[Array]
    biases: list[Array]


def gamma(n: int, u: float) -> float:
    return n * u / (1 - n * u)


def rounded_before(net: Any) -> float:
    """By how much of itself a product is off before it goes into a sum."""
    return (1 + 1 / 257) ** 2 - 1 if net.compute == "bfloat16" else 0.0


@dataclass
class Pass:
    """A forward pass in float64 beside the errors of its numbers; lists are indexed by l."""

    a: list[Array]
    z: list[Array | None]
    slope: list[Array | None]
    E_a: list[Array]
    E_z: list[Array | None]
    E_slope: list[Array | None]


def rounding_bounds(net: Any, X: ArrayLike, y: ArrayLike) -> Bounds:
    """Bounds for predict, loss_value and gradients of `net` on a batch."""
    u, spec, loss = unit_roundoff(net.dtype), Specification.of(net), net._model.config()["loss"]
    names = [None, *net._model.config()["activation"], net._model.config()["output_activation"]]
    w = [None, *(np.array(w_l) for w_l in spec.w[1:])]
    before = rounded_before(net)
    forth = _forward(spec, names, w, np.asarray(X, dtype=np.float64), u, before)
    E_C, delta, E_delta = _output(spec, loss, forth, np.array(rows_of(y, net.sizes[-1])), u)
    m, dC_dw, dC_db = len(delta), [], []
    for l in range(len(w) - 1, 0, -1):
        A, D = np.abs(forth.a[l - 1]) + forth.E_a[l - 1], np.abs(delta) + E_delta
        sums = (gamma(m + 3, u) + before) * D.T @ A
        dC_dw.insert(0, (sums + E_delta.T @ A + np.abs(delta).T @ forth.E_a[l - 1]) / m)
        dC_db.insert(0, (gamma(m + 3, u) * D + E_delta).sum(axis=0) / m)
        if l > 1:
            steep, E_steep = np.abs(forth.slope[l - 1]), forth.E_slope[l - 1]
            s = delta @ w[l]
            E_s = (gamma(len(w[l]) + 2, u) + before) * D @ np.abs(w[l]) + E_delta @ np.abs(w[l])
            delta = forth.slope[l - 1] * s
            E_delta = steep * E_s + E_steep * (np.abs(s) + E_s) + FUNCTION * u * np.abs(delta)
    return Bounds(forth.E_a[-1], E_C / m, dC_dw, dC_db)


def _forward(
    spec: Specification, names: Any, w: Any, X: Array, u: float, before: float = 0.0
) -> Pass:
    p = Pass([X], [None], [None], [np.zeros_like(X)], [None], [None])
    for l in range(1, len(w)):
        a, E_a, b, W = p.a[-1], p.E_a[-1], np.array(spec.b[l]), np.abs(w[l])
        z = a @ w[l].T + b
        terms = (np.abs(a) + E_a) @ W.T
        E_z = gamma(W.shape[1] + 2, u) * (terms + np.abs(b)) + before * terms + E_a @ W.T
        p.z.append(z)
        p.E_z.append(E_z)
        p.a.append(np.array([spec.g[l](row) for row in z.tolist()]))
        p.slope.append(_slope(spec.g_prime[l], z))
        row = row_of(names[l])
        assert row is not None
        p.E_slope.append(_slope_error(spec.g_prime[l], row.kinks, z, E_z, p.slope[l], u))
        p.E_a.append(
            _softmax_error(z, p.a[l], E_z, u)
            if names[l] == "softmax"
            else (np.abs(p.slope[l]) + p.E_slope[l]) * E_z + FUNCTION * u * np.abs(p.a[l])
        )
    return p


def _output(
    spec: Specification, loss: Any, p: Pass, Y: Array, u: float
) -> tuple[float, Array, Array]:
    """The error of the sum of the samples' C_0, delta^(L) and its error."""
    z, a, E_a, E_z = p.z[-1], p.a[-1], p.E_a[-1], p.E_z[-1]
    off = a - Y
    terms = sum(
        abs(spec.loss(*row)) for row in zip(z.tolist(), a.tolist(), Y.tolist(), strict=True)
    )
    row = loss_row(loss if isinstance(loss, str) else tuple(loss))
    if not row.chain_rule:
        # C_0 is computed from z; its slope there is a_j - y_j.
        size = terms + float(np.sum(np.abs(z) * np.abs(Y) + np.maximum(1, np.abs(off))))
        E_C = float(np.sum(np.maximum(1, np.abs(off) + E_a) * E_z))
        return E_C + FUNCTION * Y.shape[1] * u * size, off, E_a + u * np.abs(off)
    slope, E_slope, E_off = p.slope[-1], p.E_slope[-1], E_a + u * np.abs(off)
    # C_0 is convex in a: its slope c s rises, jumps included.
    s, low, high = (row.c(Y.shape[1]) * row.slope(np, a + E, Y) for E in (0, -E_off, E_off))
    E_s = np.maximum(s - low, high - s) + FUNCTION * u * np.abs(s)
    n_sums = 1 if row.squares else Y.shape[1]  # squares are summed in double
    E_C = float(np.sum((np.abs(s) + E_s) * E_off)) + FUNCTION * n_sums * u * terms
    delta = s * slope
    E_delta = np.abs(s) * E_slope + (np.abs(slope) + E_slope) * E_s
    return E_C, delta, E_delta + FUNCTION * u * np.abs(delta)


def _slope(g_prime: Any, z: Array) -> Array:
    """g'(z_j); softmax has none, and its delta needs none."""
    return np.zeros_like(z) if g_prime is None else np.array([g_prime(row) for row in z.tolist()])


def _slope_error(
    g_prime: Any, kinks: tuple[Kink, ...], z: Array, E_z: Array, slope: Array, u: float
) -> Array:
    error = np.maximum(*(np.abs(_slope(g_prime, z + E) - slope) for E in (-E_z, E_z)))
    size = np.maximum(1, np.abs(slope))
    for kink in kinks:
        for side in (kink.left, kink.right):
            between = np.abs(z - kink.z) <= E_z
            error = np.where(between, np.maximum(error, np.abs(side - slope)), error)
            size = np.maximum(size, abs(side))
    return error + FUNCTION * u * size


def _softmax_error(z: Array, a: Array, E_z: Array, u: float) -> Array:
    """Errors d in z multiply e^z_j / sum_i e^z_i by at most e^(2 max d); so does z - max z."""
    n, spread = z.shape[1], np.ptp(z, axis=1, keepdims=True)
    d = E_z.max(axis=1, keepdims=True) + u * spread
    return a * (np.expm1(2 * d) + (n + FUNCTION) * u)
