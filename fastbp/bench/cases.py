"""What a rung is tried on before it is timed: awkward sizes, empty rows, extreme numbers.

Every case has the activations and the loss of what will be timed, and small sizes: the
specification is slow. The last case is the timed problem itself.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from fastbp.bench.problems import Problem
from fastbp.bench.rounding import Twin
from fastbp.bench.rung import Orders
from fastbp.validation import Array

LEARNING_RATE = 0.2  # large, so that a step that is not done shows
SEEDS = 100
FINELY, COARSELY = 1e-3, 0.1  # how large a bound may be, of what it bounds
POOL = 4  # samples drawn for each one that a case of the timed problem needs

# sizes of hidden layers and m: one-sized, prime, odd, and more than any vector or tile has
SHAPES = (((1, 1), 1), ((7,), 4), ((13, 7), 11), ((5, 33, 17), 3), ((67, 65), 9), ((2, 1, 3), 16))
OUTPUTS = (2, 3, 5, 3, 3, 2)
WIDEST_OUTPUT = 33


class Epoch(NamedTuple):
    """What ``train`` is given."""

    X: Array
    Y: Array
    orders: Orders


@dataclass(frozen=True)
class Case:
    """Numbers to start from, samples, and what is done with them.

    Parameters
    ----------
    name : str
        What is special about it, for messages.
    problem : Problem
        ``batch_size`` is what the rung is made for.
    weights, biases : list of ndarray
        (n_l, n_(l-1)) and (n_l,), of ``dtype``.
    X, Y : ndarray, (m, n_0) and (m, n_L)
        The mini-batch of the loops and the first step.
    epoch : Epoch or None
        What ``train`` gets after that.
    steps : bool
        False with NaN: a step would spoil every weight.
    subnormal : bool
        Whether it needs numbers below the smallest normal one.
    ordinary : bool
        Whether its errors are reported, and its bounds are small enough to tell.
    """

    name: str
    problem: Problem
    dtype: str
    weights: list[Array]
    biases: list[Array]
    X: Array
    Y: Array
    epoch: Epoch | None = None
    steps: bool = True
    subnormal: bool = False
    ordinary: bool = False

    def __str__(self) -> str:
        return f"{self.problem.shape}, batch {len(self.X)}, {self.dtype}, {self.name}"

    @property
    def trained(self) -> int:
        """The steps that ``train`` must do."""
        orders = self.epoch.orders if self.epoch else ()
        return sum(len(order) // self.problem.batch_size for order in orders)

    def as_float64(self) -> "Case":
        """The same numbers for the specification."""
        return self._each("float64", lambda array: array.astype(np.float64))

    def copy(self) -> "Case":
        """The same in arrays of its own."""
        return self._each(self.dtype, np.array)

    def _each(self, dtype: str, change: Callable[[Array], Array]) -> "Case":
        epoch = self.epoch
        if epoch is not None:
            epoch = Epoch(change(epoch.X), change(epoch.Y), epoch.orders)
        return replace(
            self,
            dtype=dtype,
            weights=[change(w) for w in self.weights],
            biases=[change(b) for b in self.biases],
            X=change(self.X),
            Y=change(self.Y),
            epoch=epoch,
        )

    def arrays(self) -> list[Array]:
        """All that a rung is given."""
        epoch = [self.epoch.X, self.epoch.Y] if self.epoch else []
        return [*self.weights, *self.biases, self.X, self.Y, *epoch]

    def batches(self) -> Iterator[tuple[Array, Array]]:
        """The mini-batches of its steps, in turn."""
        yield self.X, self.Y
        size = self.problem.batch_size
        if self.epoch is None:
            return
        X, Y, orders = self.epoch
        for order in orders:
            for start in range(0, len(order) - size + 1, size):
                rows = order[start : start + size]
                yield X[rows], Y[rows]


def drawn(problem: Problem, dtype: str, seed: int, name: str = "", m: int | None = None) -> Case:
    """A mini-batch and an epoch of two, or only m rows, and weights of both signs.

    The same numbers in float32 and in float64.
    """
    rng = np.random.default_rng(seed)
    size = problem.batch_size

    def numbers(*shape: int, scale: float = 1.0) -> Array:
        return (scale * rng.uniform(-1, 1, shape)).astype(np.float32).astype(dtype)

    pairs = list(pairwise(problem.sizes))
    weights = [numbers(n_out, n_in, scale=np.sqrt(6 / n_in)) for n_in, n_out in pairs]
    biases = [numbers(n_out, scale=0.5) for _, n_out in pairs]
    rows = 3 * size if m is None else m
    X, (_, Y) = numbers(rows, problem.sizes[0]), problem.draw(dtype, rows, seed)
    epoch = None
    if m is None:
        epoch = Epoch(X[size:], Y[size:], Orders(2 * size, epochs=1, seed=seed))
    return Case(
        name or "ordinary numbers",
        replace(problem, learning_rate=LEARNING_RATE),
        dtype,
        weights,
        biases,
        X[:size],
        Y[:size],
        epoch,
        ordinary=not name,
    )


def telling(problem: Problem, dtype: str) -> Case:
    """An ordinary case whose bounds can tell: the first seed that has no dead or cancelled layer.

    The same numbers in float32 and in float64.

    Raises
    ------
    ValueError
        If there is none.
    """
    for seed in range(SEEDS):
        if can_tell(drawn(problem, "float32", seed), FINELY):
            return drawn(problem, dtype, seed)
    raise ValueError(f"no proof can tell right from wrong in {problem}, {dtype}")


def can_tell(case: Case, share: float = COARSELY) -> bool:
    """Whether each bound, as a whole, is such a share at most of what it bounds: no zeros pass.

    Those of weights and biases are a tenth at most of how far they move.
    """
    twin = Twin(case.problem, case.dtype, case.weights, case.biases)
    for X, Y in case.batches():
        before = {"w": twin.values.w, "b": twin.values.b}
        twin.step(X, Y)
        bounds = vars(twin.bounds)
        for name, values in vars(twin.values).items():
            for l, value in enumerate(values):
                moved = name in before
                size = np.linalg.norm(value - before[name][l] if moved else value)
                largest = (COARSELY if moved else share) * size
                if not np.linalg.norm(bounds[name][l]) <= largest > 0:
                    return False
    return True


def small_cases(problem: Problem, dtype: str) -> Iterator[Case]:
    """The cases for everything that has this problem's activations and loss."""
    n_L = 1 if problem.sizes[-1] == 1 else None
    for (hidden, m), n in zip(SHAPES, OUTPUTS, strict=True):
        sizes = (*hidden, n_L or n)
        yield telling(replace(problem, sizes=sizes, batch_size=m), dtype)
    usual = replace(problem, sizes=(6, 5, 4, n_L or 3), batch_size=7)
    yield drawn(usual, dtype, 1, "no rows", m=0)
    yield replace(drawn(usual, dtype, 2, "fewer rows than it was made for", m=4))
    yield from extreme_cases(usual, dtype)


def extreme_cases(problem: Problem, dtype: str) -> Iterator[Case]:
    """Rows of zeros, numbers that overflow e^x, NaN, and subnormal numbers."""
    case = drawn(problem, dtype, 3, "rows of zeros")
    X = case.X.copy()
    X[::2] = 0
    yield replace(case, X=X, ordinary=False)

    case = drawn(problem, dtype, 4, "z of +-1000")
    yield replace(case, X=1000 * case.X, epoch=None, ordinary=False)

    case = drawn(problem, dtype, 5, "NaN in row 1")
    X = case.X.copy()
    X[1, 2] = np.nan
    yield replace(case, X=X, steps=False, ordinary=False)

    # Without biases, so that z and what is made of it are subnormal too.
    tiny = np.finfo(dtype).smallest_normal / 64
    case = drawn(problem, dtype, 6, "subnormal samples")
    biases = [0 * b for b in case.biases]
    yield replace(case, X=case.X * tiny, biases=biases, subnormal=True, ordinary=False)

    case = drawn(problem, dtype, 7, "subnormal weights")
    weights = [case.weights[0] * tiny, *case.weights[1:]]
    yield replace(case, weights=weights, biases=biases, subnormal=True, ordinary=False)


def timed_case(problem: Problem, dtype: str, m: int) -> Case:
    """The problem itself with its first weights, and mini-batches of m rows.

    Samples whose z lies so near to a kink that rounding decides about the slope are put aside:
    of those that are drawn, the ones farthest away are taken.
    """
    weights, biases = problem.first_parameters(dtype)
    pool_X, pool_Y = problem.draw(dtype, POOL * 3 * m, seed=11)
    left = np.arange(len(pool_X))
    twin, taken = Twin(problem, dtype, weights, biases), []
    for _ in range(3):
        twin.forward(pool_X[left])
        chosen = np.sort(np.argsort(-twin.margins(), kind="stable")[:m])
        taken.append(left[chosen])
        left = np.delete(left, chosen)
        twin.step(pool_X[taken[-1]], pool_Y[taken[-1]])
    # The rows are laid out so that the order of the epoch takes the chosen batches.
    orders = Orders(2 * m, epochs=1, seed=0)
    rows = np.empty(2 * m, np.intp)
    rows[orders[0]] = np.concatenate(taken[1:])
    first = taken[0]
    return Case(
        "its first weights",
        replace(problem, batch_size=m),
        dtype,
        weights,
        biases,
        pool_X[first],
        pool_Y[first],
        Epoch(pool_X[rows], pool_Y[rows], orders),
        ordinary=True,
    )
