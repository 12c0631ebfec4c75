"""The rounding error of a computed C in float64.

A first-order estimate by the deltas, of rounding errors that are independent (N. J. Higham and
T. Mary, A New Approach to Probabilistic Rounding Error Analysis, SIAM J. Sci. Comput. 41, 2019:
sums of n terms have an error of order sqrt(n) u, not n u):

    E = lambda u sqrt( sum over rows i of e_i^2 ) / m  +  lambda u sqrt(m) |C|
    e_i^2 = sum over l, j of (delta_j (sqrt(n_(l-1)) + 2) (|b_j| + sum_k |w_jk a_k|))^2
            + sum over l, j of (8 |dC_0/da_j| max(1, |a_j|))^2  +  (8 + sqrt(n_L))^2 |C|^2
            + sum over j of (8 delta_j z_j)^2 in the last layer

u = 2^-53, lambda = 6 (their bound then holds but for one case in 10^7), 8 units in the last place
for an activation or a term of the loss.
"""

import numpy as np

from fastbp.inputs import Array
from fastbp.losses import Loss
from fastbp.model.model import Model

U = float(np.finfo(np.float64).eps) / 2
LAMBDA = 6
#: Units in the last place of an activation, and of a term of the loss.
ULPS = 8


def rounding_of_C(
    model: Model, C: float, z: list[Array], a: list[Array], delta: list[Array], y: Array
) -> float:
    """E of a pass: z and delta of layers 1..L, a of layers 0..L, and y, (m, n_L)."""
    m, L = len(y), len(z)
    w, b = model.state.parameters.weights, model.state.parameters.biases
    errors = [ULPS * delta[-1] * z[-1]]
    for l in range(1, L + 1):
        size = np.abs(a[l - 1]) @ np.abs(w[l - 1]).T
        size += np.abs(b[l - 1]) if b[l - 1].size else 0
        errors.append((np.sqrt(w[l - 1].shape[1]) + 2) * size * delta[l - 1])
        slope = _loss_slope(model, a[L], y) if l == L else delta[l] @ w[l]
        errors.append(ULPS * slope * np.maximum(1, np.abs(a[l])))
    terms = (ULPS + np.sqrt(y.shape[1])) * np.sqrt(m) * abs(C)
    norms = np.array([*map(_norm, errors), terms])
    return float(LAMBDA * U * (_norm(norms) / m + np.sqrt(m) * abs(C)))


def _norm(errors: Array) -> float:
    """The root of the sum of squares, which may be too large themselves."""
    largest = float(np.abs(errors).max())
    return largest * float(np.sqrt(np.sum((errors / largest) ** 2))) if largest > 0 else 0.0


def _loss_slope(model: Model, a: Array, y: Array) -> Array:
    """Give dC_0/da_j of the output layer; 0 where the loss is computed from z."""
    architecture = model.architecture
    if isinstance(architecture.loss, Loss):
        return np.asarray(architecture.loss.gradient(a, y), np.float64)
    row = architecture.loss_row
    if not row.chain_rule:
        return np.zeros_like(a)
    return np.asarray(row.c(a.shape[1]) * row.slope(np, a, y), np.float64)
