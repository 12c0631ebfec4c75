"""The error model: bounds on the rounding error of each number of a training step.

This is running error analysis (Higham, Accuracy and Stability of Numerical Algorithms, chapter 3),
with roundings modelled as independent random variables (Higham and Mary, 2019): each has a
standard deviation of u = 2^-24 or 2^-53, relative to the rounded number, so that variances add,
and a number may be ten standard deviations E off. For sums of up to a hundred terms
that is no less than the worst case; for long ones it is much less, so that the bounds remain
conclusive for wide and deep networks. With S the sum of the terms' absolute values, in
whatever order they are added:

    z_j      E^2 = (n_in + 2) (u S)^2 + sum_k (w_jk E(a_k))^2 + (a_k E(w_jk))^2 + E(b_j)^2
    a_j      E^2 = (g'(z_j) E(z_j))^2 + (c u a_j)^2
    g'(z_j)  E^2 = (g''(z_j) E(z_j))^2 + (c u)^2; at a kink that lies near z_j as much as the jump
    delta_k  E^2 = (g' E(s))^2 + (s E(g'))^2 + (u delta_k)^2,  s = sum_j w_jk delta_j like z_j
    dC/dw_jk E^2 = (m + 2) (u S)^2 + sum_i (delta_ij E(a_ik))^2 + (a_ik E(delta_ij))^2
    w_jk     E^2 = E(w_jk)^2 + (eta / m E(dC/dw_jk))^2 + 2 (u w_jk)^2

How errors combine is no part of the rules: ``sigmas`` to ``largest`` of :class:`ErrorModel` say it,
and a subclass may say otherwise. The tests of the kernels take the worst case, in which errors add
up whatever their signs.

Below the smallest normal number errors are no longer relative: every operation may add one unit of
the smallest subnormal. No constant is fitted to what the rungs do.
"""

from collections.abc import Callable
from functools import cache, reduce
from typing import Any, ClassVar, NamedTuple

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


class Tracked(NamedTuple):
    """Numbers in float64, and the error E of each in the other number type."""

    value: Array
    E: Array

    @property
    def T(self) -> "Tracked":
        """Both transposed."""
        return Tracked(self.value.T, self.E.T)


def exact(values: Array) -> Tracked:
    """Numbers without an error."""
    return Tracked(values, np.zeros_like(values))


class ErrorModel(Rung):
    """A rung in float64 that also tracks the standard deviation of every number in ``dtype``.

    ``values`` and ``bounds`` are Numbers: the expected numbers, and their error bounds.
    """

    sigmas: ClassVar[float] = 10.0  # the bound of a number, in E
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
    def largest(numbers: Tracked) -> Array:
        """The size of the terms of a sum: without their errors, as these are of second order."""
        return np.abs(numbers.value)

    def __init__(
        self, problem: Problem, dtype: str, weights: list[Array], biases: list[Array]
    ) -> None:
        self.problem = problem
        self._activations = [row_in(ACTIVATIONS, of_layer) for of_layer in problem.activations]
        self.loss = row_in(LOSSES, problem.loss)
        info = np.finfo(dtype)
        self._u, self._least = unit_roundoff(dtype), float(info.smallest_subnormal)
        self._normal = float(info.smallest_normal)
        w, b = ([exact(p) for p in as_float64(of)] for of in (weights, biases))
        self.z: list[Tracked] = []
        self._slopes: list[Any] = []  # None of a softmax
        self.tracked: Any = Numbers(w, b)  # type: ignore[arg-type]  # of Tracked, not of arrays

    @property
    def values(self) -> Numbers:
        """The expected numbers; later calls of loops make new arrays."""
        return self._each(lambda numbers: numbers.value)

    @property
    def bounds(self) -> Numbers:
        """The error bound of each number in ``values``."""
        return self._each(lambda numbers: self.sigmas * numbers.E)

    def _each(self, part: Callable[[Tracked], Array]) -> Numbers:
        return Numbers(*(layers and [*map(part, layers)] for layers in vars(self.tracked).values()))

    def read(self) -> Numbers:
        """The same as ``values``."""
        return self.values

    def margins(self) -> Array:
        """The distance of each row's z to the nearest kink, in error bounds."""
        nearest = [np.full(len(self._x.value), np.inf)]
        for row, z in zip(self._activations, self.z, strict=True):
            for kink in row.kinks:
                nearest.append((np.abs(z.value - kink.z) / (self.sigmas * z.E)).min(axis=1))
        return np.asarray(np.min(nearest, axis=0))

    def _sum(self, A: Tracked, B: Tracked, added: float | Array = 0.0) -> Tracked:
        """A @ B; ``added`` is the absolute value of what is added to it."""
        n = A.value.shape[1] + 2
        size = self.largest(A) @ self.largest(B) + added
        E = self.total(
            self.roundings(n) * size + n * self._least,
            self.total_of_products(A.E, self.largest(B)),
            self.total_of_products(np.abs(A.value), B.E),
        )
        return Tracked(A.value @ B.value, E)

    def _products(self, A: Tracked, B: Tracked, added: float | Array = 0.0) -> Tracked:
        """The same, where A and B are rounded before they are multiplied."""
        if self.operand_error:
            A, B = (
                Tracked(of.value, self.total(of.E, self.operand_error * self.largest(of)))
                for of in (A, B)
            )
        return self._sum(A, B, added)

    def put(self, X: Array, Y: Array) -> None:
        """Take the mini-batch."""
        X, self.y = as_float64([X, Y])
        self._x = exact(X)

    def forward(self) -> None:
        """a^(1..L), and the slopes that ``backward`` takes."""
        self.tracked.a, self.z, self._slopes = [], [], []
        a = self._x
        for row, w, b in zip(self._activations, self.tracked.w, self.tracked.b, strict=True):
            z = self._products(a, w.T, np.abs(b.value))
            z = Tracked(z.value + b.value, self.total(z.E, b.E))
            a, slope = self._activate(row, z)
            self.z.append(z)
            self.tracked.a.append(a)
            self._slopes.append(slope)

    def _activate(self, row: ActivationRow, of: Tracked) -> tuple[Tracked, Tracked | None]:
        """Give a = g(z), and g'(z), or None where there is none."""
        z, E_z, c_u = of.value, of.E, self.function_error * self._u
        a = np.asarray(row.g(np, z))
        if row.derivative is None:
            # e^z_j / sum_i e^z_i; z_j - max z is rounded too, relative to its own size.
            E = self.total(E_z, self._u * (z.max(axis=1, keepdims=True) - z))
            E = E * self.largest(Tracked(np.ones(()), E))  # e^E - 1, to the same order
            relative = self.total(E, self.total_of_products(a * E, np.ones((a.shape[1], 1))))
            rounding = np.asarray(c_u + self.roundings(a.shape[1]))
            return Tracked(a, a * self.total(relative, rounding) + self._normal), None
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
        E_a, E_slope = self.total(steepest * E_z, E_a), self.total(change, E_slope)
        return Tracked(a, E_a), Tracked(slope, E_slope)

    def loss_slope(self) -> tuple[Tracked, Array]:
        """dC_0/da_j, or where that cancels g' dC_0/dz_j; and the error of a_j - y_j."""
        (a, E_a), row = self.tracked.a[-1], self.loss
        c, off = row.c(a.shape[1]), a - self.y
        E_off = self.total(E_a, self._u * np.abs(off))
        slope = c * np.asarray(row.slope(np, a, self.y))
        if row.squares or not row.chain_rule:  # a multiple of a_j - y_j
            return Tracked(slope, c * np.asarray(row.slope(np, E_off, 0.0))), E_off
        # C_0 is convex in a: its slope rises, jumps included.
        reach = self.sigmas * E_off
        low, high = (c * row.slope(np, a + of, self.y) for of in (-reach, reach))
        E = np.maximum(slope - low, high - slope)
        E = E * self.kink_error if row.kinks else E / self.sigmas
        return Tracked(slope, self.total(E, self.function_error * self._u * np.abs(slope))), E_off

    def _times(self, p: Tracked, q: Tracked) -> Tracked:
        """The products, number by number; the error has the second-order term."""
        (x, E_x), (y, E_y) = p, q
        E = self.total(np.abs(x) * E_y, np.abs(y) * E_x, 2 * self._u * np.abs(x * y))
        return Tracked(x * y, E + self.sigmas * E_x * E_y + self._least)

    def backward(self) -> None:
        """delta^(L..1)."""
        delta, _ = self.loss_slope()
        if self.loss.chain_rule:
            delta = self._times(delta, self._slopes[-1])
        self.tracked.delta = [delta]
        for w, slope in zip(self.tracked.w[:0:-1], self._slopes[-2::-1], strict=True):
            delta = self._times(self._products(delta, w), slope)
            self.tracked.delta.insert(0, delta)

    def accumulate(self) -> None:
        """Sums over the rows of delta_j a_k and delta_j."""
        self.tracked.dw, self.tracked.db = [], []
        ones = exact(np.ones((len(self.y), 1)))
        for delta, below in zip(self.tracked.delta, [self._x, *self.tracked.a[:-1]], strict=True):
            self.tracked.dw.append(self._products(delta.T, below))
            db = self._sum(delta.T, ones)
            self.tracked.db.append(Tracked(db.value[:, 0], db.E[:, 0]))

    def update(self) -> None:
        """Move every weight."""
        if len(self.y) == 0:
            return
        rate = self.problem.learning_rate / len(self.y)
        for of in ("w", "b"):
            pairs = zip(getattr(self.tracked, of), getattr(self.tracked, f"d{of}"), strict=True)
            setattr(self.tracked, of, [self._moved(*pair, rate) for pair in pairs])

    def _moved(self, p: Tracked, slope: Tracked, rate: float) -> Tracked:
        rounding = self._u * (np.abs(p.value) + 2 * rate * np.abs(slope.value))
        E = self.total(p.E, rate * slope.E, rounding) + 2 * self._least
        return Tracked(p.value - rate * slope.value, E)
