"""The error model: bounds on the rounding error of each number of a training step.

This is running error analysis (Higham, Accuracy and Stability of Numerical Algorithms, chapter 3),
with roundings modelled as independent random variables (Higham and Mary, 2019): each has a
standard deviation of u = 2^-24 or 2^-53, relative to the rounded number, so that variances add,
and a number may be SIGMAS standard deviations E off. For sums of up to a hundred terms
that is no less than the worst case; for long ones it is much less, so that the bounds remain
conclusive for wide and deep networks. With S the sum of the terms' absolute values, in
whatever order they are added:

    z_j      E^2 = (n_in + 2) (u S)^2 + sum_k (w_jk E(a_k))^2 + (a_k E(w_jk))^2 + E(b_j)^2
    a_j      E^2 = (g'(z_j) E(z_j))^2 + (c u a_j)^2
    g'(z_j)  E = |g''(z_j)| E(z_j) + c u; at a kink, where it lies near z_j, as much as the jump
    delta_k  E^2 = (g' E(s))^2 + (s E(g'))^2 + (u delta_k)^2,  s = sum_j w_jk delta_j like z_j
    dC/dw_jk E^2 = (m + 2) (u S)^2 + sum_i (delta_ij E(a_ik))^2 + (a_ik E(delta_ij))^2
    w_jk     E^2 = E(w_jk)^2 + (eta / m E(dC/dw_jk))^2 + 2 (u w_jk)^2

Below the smallest normal number errors are no longer relative: every operation may add one unit of
the smallest subnormal. No constant is fitted to what the rungs do.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from fastbp.bench.problems import Problem
from fastbp.bench.rung import Numbers, Rung, as_float64
from fastbp.inputs import Array
from fastbp.operations import ACTIVATIONS, LOSSES

SIGMAS = 10.0
FUNCTION_ERROR = 2.0  # c: the standard deviation, in u, of an exponential and functions of it
KINK_ERROR = 0.3  # E of a slope that may be 0 or 1; three of them may have correlated errors
COARSE_BOUND = 0.1  # largest norm of bounds, relative to that of the values, that says anything


def unit_roundoff(dtype: npt.DTypeLike) -> float:
    """u, the largest relative error of one rounding: 2^-24 or 2^-53."""
    return float(np.finfo(dtype).eps) / 2


def norm(values: npt.ArrayLike) -> float:
    """The Euclidean norm of all numbers, scaled so that no square overflows or underflows."""
    flat = np.abs(np.asarray(values, np.float64)).ravel()
    largest = float(flat.max(initial=0.0))
    if not 0 < largest < np.inf:
        return largest
    return largest * float(np.sqrt(np.sum((flat / largest) ** 2)))


def tells_apart(bound: npt.ArrayLike, expected: npt.ArrayLike, share: float = COARSE_BOUND) -> bool:
    """Whether a bound for each number is small enough, as a whole, to catch a wrong result."""
    return norm(bound) <= share * norm(expected)


def _hypot_product(A: Array, B: Array) -> Array:
    """sqrt(A^2 @ B^2), scaled by rows and columns so that no square underflows."""
    rows = A.max(axis=1, keepdims=True, initial=0.0)
    columns = B.max(axis=0, keepdims=True, initial=0.0)
    A, B = (part / np.where(top > 0, top, 1) for part, top in ((A, rows), (B, columns)))
    return np.asarray(rows * columns * np.sqrt(np.square(A) @ np.square(B)))


def _hypot(*errors: Array) -> Array:
    """The root of the sum of squares, without under- or overflow."""
    total = np.asarray(errors[0])
    for error in errors[1:]:
        total = np.hypot(total, error)
    return total


# |g''| / g' in terms of a, where it is not 0.
CURVATURES: dict[str, Callable[[Array], Array]] = {
    "sigmoid": lambda a: np.abs(1 - 2 * a),
    "tanh": lambda a: 2 * np.abs(a),
}
Formulas = tuple[Callable[[Array], Array], Callable[[Array, Array], tuple[Array, Array]]]


def _formulas(name: str) -> Formulas:
    row, curvature = ACTIVATIONS[name], CURVATURES.get(name, np.zeros_like)

    def slope_of(z: Array, a: Array) -> tuple[Array, Array]:
        slope = np.ones_like(z) if row.derivative is None else row.derivative(np, z)
        return slope + 0 * z, curvature(a) * slope  # NaN has no slope

    return lambda z: np.asarray(row.g(np, z)), slope_of


#: Name -> g, and from z and a to g' and |g''|.
FORMULAS = {name: _formulas(name) for name in ("identity", "relu", "sigmoid", "tanh", "softmax")}
EXPONENTIAL = ("sigmoid", "tanh", "softmax")


class ErrorModel(Rung):
    """A rung in float64 that also tracks the standard deviation of every number in ``dtype``.

    ``values`` and ``bounds`` are Numbers: the expected numbers, and their error bounds.
    """

    def __init__(
        self, problem: Problem, dtype: str, weights: list[Array], biases: list[Array]
    ) -> None:
        self.problem = problem
        info = np.finfo(dtype)
        self._u, self._least = unit_roundoff(dtype), float(info.smallest_subnormal)
        self._normal = float(info.smallest_normal)
        self._names = problem.activations
        w, b = as_float64(weights), as_float64(biases)
        self.values = Numbers(w, b)
        self._errors = Numbers([0 * part for part in w], [0 * part for part in b])

    @property
    def bounds(self) -> Numbers:
        """The error bound of each number in ``values``."""
        return Numbers(
            *(
                None if part is None else [SIGMAS * error for error in part]  # type: ignore[arg-type]
                for part in vars(self._errors).values()
            )
        )

    def margins(self) -> Array:
        """The distance of each row's z to the nearest kink, in error bounds."""
        nearest = [np.full(len(self._X), np.inf)]
        for name, z, E_z in zip(self._names, self._z, self._E_z, strict=True):
            if name == "relu":
                nearest.append((np.abs(z) / (SIGMAS * E_z)).min(axis=1))
        return np.asarray(np.min(nearest, axis=0))

    def _sum(self, A: Array, E_A: Array, B: Array, E_B: Array, added: Array) -> tuple[Array, Array]:
        """A @ B, and its error; ``added`` is the absolute value of what is added to it."""
        n = A.shape[1]
        size = np.abs(A) @ np.abs(B) + added
        rounding = np.sqrt(n + 2) * self._u * size + (n + 2) * self._least
        return A @ B, _hypot(
            rounding,
            _hypot_product(E_A, np.abs(B)),
            _hypot_product(np.abs(A), E_B),
        )

    def put(self, X: Array, Y: Array) -> None:
        """Take the mini-batch."""
        self._X, self._Y = as_float64([X, Y])

    def forward(self) -> None:
        """a^(1..L)."""
        below, E_below = self._X, np.zeros_like(self._X)
        values, errors = self.values, self._errors
        values.a, errors.a, self._z, self._E_z = [], [], [], []
        for l, name in enumerate(self._names):
            w, b, E_w, E_b = values.w[l], values.b[l], errors.w[l], errors.b[l]
            z, E_z = self._sum(below, E_below, w.T, E_w.T, np.abs(b))
            z, E_z = z + b, _hypot(E_z, E_b)
            below, E_below = self._activate(name, z, E_z)
            values.a.append(below)
            errors.a.append(E_below)
            self._z.append(z)
            self._E_z.append(E_z)

    def _activate(self, name: str, z: Array, E_z: Array) -> tuple[Array, Array]:
        u, (g, slope_of) = self._u, FORMULAS[name]
        a = g(z)
        if name == "softmax":
            # e^z_j / sum_i e^z_i; z_j - max z is rounded too, relative to its own size.
            E = _hypot(E_z, u * (z.max(axis=1, keepdims=True) - z))
            relative = _hypot(E, np.sqrt(np.sum((a * E) ** 2, axis=1, keepdims=True)))
            return a, a * _hypot(
                relative, (FUNCTION_ERROR + np.sqrt(z.shape[1])) * u
            ) + self._normal
        slope, _ = slope_of(z, a)
        if name not in EXPONENTIAL:
            near = np.abs(z) <= SIGMAS * E_z
            return a, np.where(near, 1.0, slope) * E_z
        # A result below the smallest normal number may come out as 0.
        return a, _hypot(slope * E_z, FUNCTION_ERROR * u * np.abs(a)) + self._normal

    def _slope(self, l: int) -> tuple[Array, Array]:
        name, z, E_z = self._names[l], self._z[l], self._E_z[l]
        assert self.values.a is not None
        a = self.values.a[l]
        slope, curvature = FORMULAS[name][1](z, a)
        if name in EXPONENTIAL:  # from a, which is rounded: 1 - a^2 has an absolute error
            largest = np.abs(a) if name == "sigmoid" else np.ones_like(a)
            return slope, _hypot(curvature * E_z, FUNCTION_ERROR * self._u * largest) + self._normal
        return slope, np.where((np.abs(z) <= SIGMAS * E_z) & (name == "relu"), KINK_ERROR, 0.0)

    def _times(self, x: Array, E_x: Array, y: Array, E_y: Array) -> tuple[Array, Array]:
        """The products and their errors, including the second-order term."""
        product = x * y
        E = _hypot(x * E_y, y * E_x, 2 * self._u * product) + SIGMAS * E_x * E_y + self._least
        return product, np.abs(E)

    def backward(self) -> None:
        """delta^(L..1)."""
        values, errors, L = self.values, self._errors, len(self._names)
        assert values.a is not None
        assert errors.a is not None
        off = values.a[-1] - self._Y
        delta, E = off, _hypot(errors.a[-1], self._u * np.abs(off))
        row = LOSSES[self.problem.loss]
        if row.chain_rule:
            c = row.c(off.shape[1]) * row.slope(np, 1.0, 0.0)  # dC_0/da_j = c (a_j - y_j)
            delta, E = self._times(c * off, c * E, *self._slope(L - 1))
        values.delta, errors.delta = [delta], [E]
        for l in range(L - 1, 0, -1):
            s, E_s = self._sum(delta, E, values.w[l], errors.w[l], np.zeros(1))
            delta, E = self._times(s, E_s, *self._slope(l - 1))
            values.delta.insert(0, delta)
            errors.delta.insert(0, E)

    def accumulate(self) -> None:
        """Sums over the rows of delta_j a_k and delta_j."""
        values, errors = self.values, self._errors
        assert values.a is not None
        assert errors.a is not None
        assert values.delta is not None
        assert errors.delta is not None
        values.dw, values.db, errors.dw, errors.db = [], [], [], []
        below, E_below = self._X, np.zeros_like(self._X)
        for l, (delta, E) in enumerate(zip(values.delta, errors.delta, strict=True)):
            dw, E_dw = self._sum(delta.T, E.T, below, E_below, np.zeros(1))
            ones = np.ones((len(delta), 1))
            db, E_db = self._sum(delta.T, E.T, ones, 0 * ones, np.zeros(1))
            values.dw.append(dw)
            values.db.append(db[:, 0])
            errors.dw.append(E_dw)
            errors.db.append(E_db[:, 0])
            below, E_below = values.a[l], errors.a[l]

    def update(self) -> None:
        """Move every weight."""
        m, values, errors = len(self._X), self.values, self._errors
        if m == 0:
            return
        rate = self.problem.learning_rate / m
        for name in ("w", "b"):
            old, E_old = getattr(values, name), getattr(errors, name)
            slopes, E_slopes = getattr(values, f"d{name}"), getattr(errors, f"d{name}")
            moved = [p - rate * slope for p, slope in zip(old, slopes, strict=True)]
            E = [
                _hypot(E_p, rate * E_slope, self._u * (np.abs(p) + 2 * rate * np.abs(slope)))
                + 2 * self._least
                for p, E_p, slope, E_slope in zip(old, E_old, slopes, E_slopes, strict=True)
            ]
            setattr(values, name, moved)
            setattr(errors, name, E)

    def read(self) -> Numbers:
        """The current expected numbers; later calls make new arrays."""
        return replace(self.values)
