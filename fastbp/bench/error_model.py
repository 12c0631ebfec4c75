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
    g'(z_j)  E^2 = (g''(z_j) E(z_j))^2 + (c u)^2; at a kink that lies near z_j as much as the jump
    delta_k  E^2 = (g' E(s))^2 + (s E(g'))^2 + (u delta_k)^2,  s = sum_j w_jk delta_j like z_j
    dC/dw_jk E^2 = (m + 2) (u S)^2 + sum_i (delta_ij E(a_ik))^2 + (a_ik E(delta_ij))^2
    w_jk     E^2 = E(w_jk)^2 + (eta / m E(dC/dw_jk))^2 + 2 (u w_jk)^2

How errors combine, ``sigmas`` to ``largest`` of :class:`ErrorModel` say, and the rules leave it to
them: the tests of the kernels take the worst case, in which errors add up whatever their signs.

Below the smallest normal number errors are no longer relative: every operation may add one unit of
the smallest subnormal. No constant is fitted to what the rungs do.
"""

from dataclasses import replace
from functools import cache, reduce
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from fastbp.bench.problems import Problem
from fastbp.bench.rung import Numbers, Rung, as_float64
from fastbp.inputs import Array
from fastbp.model.named_choice import row_in
from fastbp.operations import ACTIVATIONS, LOSSES, ActivationRow

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


@cache
def is_piecewise_linear(row: ActivationRow) -> bool:
    """Whether g' is one of as many constants as there are pieces between the kinks.

    >>> is_piecewise_linear(ACTIVATIONS["hard_sigmoid"]), is_piecewise_linear(ACTIVATIONS["tanh"])
    (True, False)
    """
    if row.derivative is None:
        return False
    slopes = np.asarray(row.derivative(np, np.linspace(-8.0, 8.0, 1000)))
    return len(np.unique(slopes)) <= len(row.kinks) + 1


class ErrorModel(Rung):
    """A rung in float64 that also tracks the standard deviation of every number in ``dtype``.

    ``values`` and ``bounds`` are Numbers: the expected numbers, and their error bounds.
    """

    sigmas: ClassVar[float] = 10.0  # E, the standard deviations that a number may be off
    function_error: ClassVar[float] = 2.0  # c: E, in u, of an exponential and functions of it
    kink_error: ClassVar[float] = 0.3  # E of a jump of 1; three of them may have correlated errors
    operand_error: float = 0.0  # E, of itself, of a number that is rounded before it is multiplied

    def roundings(self, n: int) -> float:
        """E of n roundings of numbers of size 1."""
        return float(np.sqrt(n)) * self._u

    @staticmethod
    def total(*errors: Array) -> Array:
        """The root of the sum of squares, without under- or overflow."""
        return reduce(np.hypot, errors)

    @staticmethod
    def total_of_products(A: Array, B: Array) -> Array:
        """sqrt(A^2 @ B^2), scaled by rows and columns so that no square underflows."""
        rows = A.max(axis=1, keepdims=True, initial=0.0)
        columns = B.max(axis=0, keepdims=True, initial=0.0)
        A, B = (part / np.where(top > 0, top, 1) for part, top in ((A, rows), (B, columns)))
        return np.asarray(rows * columns * np.sqrt(np.square(A) @ np.square(B)))

    @staticmethod
    def largest(values: Array, E: Array) -> Array:
        """The size of terms of a sum: that of the right ones, to first order in the errors."""
        return np.abs(values)

    def __init__(
        self, problem: Problem, dtype: str, weights: list[Array], biases: list[Array]
    ) -> None:
        self.problem = problem
        self._activations = [row_in(ACTIVATIONS, of_layer) for of_layer in problem.activations]
        self.loss = row_in(LOSSES, problem.loss)
        info = np.finfo(dtype)
        self._u, self._least = unit_roundoff(dtype), float(info.smallest_subnormal)
        self._normal = float(info.smallest_normal)
        w, b = as_float64(weights), as_float64(biases)
        # Numbers; Any, since no list is None once its loop has run.
        self.values: Any = Numbers(w, b)
        self.errors: Any = Numbers([0 * part for part in w], [0 * part for part in b])

    @property
    def bounds(self) -> Numbers:
        """The error bound of each number in ``values``."""
        return Numbers(
            *(
                part and [self.sigmas * error for error in part]
                for part in vars(self.errors).values()
            )
        )

    def margins(self) -> Array:
        """The distance of each row's z to the nearest kink, in error bounds."""
        nearest = [np.full(len(self._X), np.inf)]
        for row, z, E_z in zip(self._activations, self.z, self.E_z, strict=True):
            for kink in row.kinks:
                nearest.append((np.abs(z - kink.z) / (self.sigmas * E_z)).min(axis=1))
        return np.asarray(np.min(nearest, axis=0))

    def _sum(
        self, A: Array, E_A: Array, B: Array, E_B: Array, added: float | Array = 0.0
    ) -> tuple[Array, Array]:
        """A @ B, and its error; ``added`` is the absolute value of what is added to it."""
        n = A.shape[1] + 2
        size_A, size_B = self.largest(A, E_A), self.largest(B, E_B)
        size = size_A @ size_B + added
        return A @ B, self.total(
            self.roundings(n) * size + n * self._least,
            self.total_of_products(E_A, size_B),
            self.total_of_products(np.abs(A), E_B),
        )

    def _products(
        self, A: Array, E_A: Array, B: Array, E_B: Array, added: float | Array = 0.0
    ) -> tuple[Array, Array]:
        """The same, where A and B are rounded before they are multiplied."""
        if self.operand_error:
            E_A, E_B = (
                self.total(E, self.operand_error * self.largest(operand, E))
                for operand, E in ((A, E_A), (B, E_B))
            )
        return self._sum(A, E_A, B, E_B, added)

    def put(self, X: Array, Y: Array) -> None:
        """Take the mini-batch."""
        self._X, self.Y = as_float64([X, Y])

    def forward(self) -> None:
        """a^(1..L), and the slopes that ``backward`` takes."""
        below, E_below = self._X, np.zeros_like(self._X)
        values, errors = self.values, self.errors
        values.a, errors.a, self.z, self.E_z, self._slopes = [], [], [], [], []
        for l, row in enumerate(self._activations):
            w, b, E_w, E_b = values.w[l], values.b[l], errors.w[l], errors.b[l]
            z, E_z = self._products(below, E_below, w.T, E_w.T, np.abs(b))
            z, E_z = z + b, self.total(E_z, E_b)
            below, E_below, slope = self._activate(row, z, E_z)
            values.a.append(below)
            errors.a.append(E_below)
            self.z.append(z)
            self.E_z.append(E_z)
            self._slopes.append(slope)

    def _activate(self, row: ActivationRow, z: Array, E_z: Array) -> tuple[Array, Array, Any]:
        """Give a and its error; and g'(z) and its error, or None where there is no g'."""
        a, c_u = np.asarray(row.g(np, z)), self.function_error * self._u
        if row.derivative is None:
            # e^z_j / sum_i e^z_i; z_j - max z is rounded too, relative to its own size.
            E = self.total(E_z, self._u * (z.max(axis=1, keepdims=True) - z))
            E = E * self.largest(np.ones(()), E)  # e^E - 1, to the same order
            relative = self.total(E, self.total_of_products(a * E, np.ones((a.shape[1], 1))))
            rounding = np.asarray(c_u + self.roundings(a.shape[1]))
            return a, a * self.total(relative, rounding) + self._normal, None
        # g' is farthest from g'(z_j), and steepest, at an end of where z_j may be or on a side of a
        # kink that lies between, with one turn between them at most.
        reach = self.sigmas * E_z
        slope, *ends = (np.asarray(row.derivative(np, z + off)) for off in (0, -reach, reach))
        slope = slope + 0 * z  # NaN has no slope
        steepest = np.max(np.abs([slope, *ends]), axis=0)
        change = np.max(np.abs([end - slope for end in ends]), axis=0) / self.sigmas
        for kink in row.kinks:
            near = np.abs(z - kink.z) <= reach
            for side in (kink.left, kink.right):
                change = np.maximum(change, near * self.kink_error * np.abs(side - slope))
                steepest = np.maximum(steepest, near * abs(side))
        if is_piecewise_linear(row):  # 0, z itself, or z times a constant
            rounded = (change > 0) | ~np.isin(slope, (0, 1))
            E_a, E_slope = rounded * c_u * np.abs(a), rounded * c_u * steepest
        else:
            # g' comes from numbers like 1 - a, which is off by u; it is a factor of a if that goes
            # to 0. A result below the smallest normal number may come out as 0.
            least = np.minimum(np.abs(a), 1) if 0 in row.limits else 1.0
            E_a = c_u * np.abs(a) + self._normal
            E_slope = c_u * np.maximum(steepest, least) + self._normal
        return a, self.total(steepest * E_z, E_a), (slope, self.total(change, E_slope))

    def _times(self, x: Array, E_x: Array, y: Array, E_y: Array) -> tuple[Array, Array]:
        """The products and their errors, including the second-order term."""
        E = self.total(np.abs(x) * E_y, np.abs(y) * E_x, 2 * self._u * np.abs(x * y))
        return x * y, E + self.sigmas * E_x * E_y + self._least

    def loss_slope(self) -> tuple[Array, Array, Array]:
        """dC_0/da_j, or where that cancels g' dC_0/dz_j, its error, and that of a_j - y_j."""
        a, row = self.values.a[-1], self.loss
        c, off = row.c(a.shape[1]), a - self.Y
        E_off = self.total(self.errors.a[-1], self._u * np.abs(off))
        slope = c * np.asarray(row.slope(np, a, self.Y))
        if row.squares or not row.chain_rule:  # a multiple of a_j - y_j
            return slope, c * np.asarray(row.slope(np, E_off, 0.0)), E_off
        # C_0 is convex in a: its slope rises, jumps included.
        reach = self.sigmas * E_off
        low, high = (c * row.slope(np, a + of, self.Y) for of in (-reach, reach))
        E = np.maximum(slope - low, high - slope) / self.sigmas
        return slope, self.total(E, self.function_error * self._u * np.abs(slope)), E_off

    def backward(self) -> None:
        """delta^(L..1)."""
        values, errors = self.values, self.errors
        delta, E, _ = self.loss_slope()
        if self.loss.chain_rule:
            delta, E = self._times(delta, E, *self._slopes[-1])
        values.delta, errors.delta = [delta], [E]
        for l in range(len(values.w) - 1, 0, -1):
            s, E_s = self._products(delta, E, values.w[l], errors.w[l])
            delta, E = self._times(s, E_s, *self._slopes[l - 1])
            values.delta.insert(0, delta)
            errors.delta.insert(0, E)

    def accumulate(self) -> None:
        """Sums over the rows of delta_j a_k and delta_j."""
        values, errors = self.values, self.errors
        values.dw, values.db, errors.dw, errors.db = [], [], [], []
        below, E_below = self._X, np.zeros_like(self._X)
        ones = np.ones((len(self._X), 1))
        for l, (delta, E) in enumerate(zip(values.delta, errors.delta, strict=True)):
            dw, E_dw = self._products(delta.T, E.T, below, E_below)
            db, E_db = self._sum(delta.T, E.T, ones, 0 * ones)
            values.dw.append(dw)
            values.db.append(db[:, 0])
            errors.dw.append(E_dw)
            errors.db.append(E_db[:, 0])
            below, E_below = values.a[l], errors.a[l]

    def update(self) -> None:
        """Move every weight."""
        m, values, errors = len(self._X), self.values, self.errors
        if m == 0:
            return
        rate = self.problem.learning_rate / m
        for name in ("w", "b"):
            old, E_old = getattr(values, name), getattr(errors, name)
            slopes, E_slopes = getattr(values, f"d{name}"), getattr(errors, f"d{name}")
            moved = [p - rate * slope for p, slope in zip(old, slopes, strict=True)]
            E = [
                self.total(E_p, rate * E_slope, self._u * (np.abs(p) + 2 * rate * np.abs(slope)))
                + 2 * self._least
                for p, E_p, slope, E_slope in zip(old, E_old, slopes, E_slopes, strict=True)
            ]
            setattr(values, name, moved)
            setattr(errors, name, E)

    def read(self) -> Numbers:
        """The current expected numbers; later calls make new arrays."""
        numbers: Numbers = replace(self.values)
        return numbers
