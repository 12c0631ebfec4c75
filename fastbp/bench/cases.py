"""What a rung is tried on before it is timed: awkward sizes, empty rows, extreme numbers.

Every case has the activations and the loss of what will be timed, and small sizes: the
specification is slow. The last case is the timed problem itself.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from fastbp.bench.error_model import Twin
from fastbp.bench.problems import Problem
from fastbp.bench.rung import Orders, mini_batches
from fastbp.validation import Array

LEARNING_RATE = 0.2  # large, so that a step that is not done shows
SEEDS = 100
FINELY, COARSELY = 1e-3, 0.1  # how large a bound may be, of what it bounds
POOL = 4  # samples drawn for each one that a case of the timed problem needs

# sizes of hidden layers and m: one-sized, prime, odd, and more than any vector or tile has
SHAPES = (((1, 1), 1), ((7,), 4), ((13, 7), 11), ((5, 33, 17), 3), ((67, 65), 9), ((2, 1, 3), 16))
OUTPUTS = (2, 3, 5, 3, 3, 2)


LOOPS = ("forward", "backward", "accumulate")
EVERYTHING = ("put", *LOOPS, "step", "train")


class Training(NamedTuple):
    """What ``train`` is given: at each of its calls the same samples, and these orders of them."""

    X: Array
    Y: Array
    calls: tuple[Sequence[Array], ...]


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
    training : Training or None
        What ``train`` gets after that.
    does : tuple of str
        What is done, in turn, of ``EVERYTHING``.
    spoils : bool
        Whether a sample has a NaN, which a step must not hide.
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
    training: Training | None = None
    does: tuple[str, ...] = EVERYTHING
    spoils: bool = False
    subnormal: bool = False
    ordinary: bool = False

    def __str__(self) -> str:
        return f"{self.problem.shape}, batch {len(self.X)}, {self.dtype}, {self.name}"

    def walk(self) -> Iterator[tuple[str, str, tuple[Any, ...]]]:
        """All that is done: what it is called, the rung's method, and what that is given."""
        steps = 0
        for method in self.does:
            if method == "train" and self.training is not None:
                X, Y, calls = self.training
                for orders in calls:
                    steps += mini_batches(orders, self.problem.batch_size)
                    yield _so_many(steps), method, (X, Y, orders)
            elif method == "step":
                steps += 1
                yield _so_many(steps), method, (self.X, self.Y)
            elif method != "train":
                yield method, method, (self.X, self.Y) if method == "put" else ()

    def as_float64(self) -> "Case":
        """The same numbers for the specification."""
        return self._each("float64", lambda array: array.astype(np.float64))

    def copy(self) -> "Case":
        """The same in arrays of its own."""
        return self._each(self.dtype, np.array)

    def _each(self, dtype: str, change: Callable[[Array], Array]) -> "Case":
        training = self.training
        if training is not None:
            training = Training(change(training.X), change(training.Y), training.calls)
        return replace(
            self,
            dtype=dtype,
            weights=[change(w) for w in self.weights],
            biases=[change(b) for b in self.biases],
            X=change(self.X),
            Y=change(self.Y),
            training=training,
        )

    def arrays(self) -> list[Array]:
        """All that a rung is given."""
        training = self.training[:2] if self.training else ()
        return [*self.weights, *self.biases, self.X, self.Y, *training]

    def batches(self) -> Iterator[tuple[Array, Array]]:
        """The mini-batches of its steps, in turn."""
        size = self.problem.batch_size
        for _, method, given in self.walk():
            if method == "step":
                yield given
            for order in given[2] if method == "train" else ():
                for start in range(0, len(order) - size + 1, size):
                    rows = order[start : start + size]
                    yield given[0][rows], given[1][rows]


def _so_many(steps: int) -> str:
    return "one step" if steps == 1 else f"{steps} steps"


def drawn(problem: Problem, dtype: str, seed: int, name: str = "", m: int | None = None) -> Case:
    """A mini-batch and some epochs of two, or only m rows, and weights of both signs.

    There is a second call of ``train``, with orders that are no whole epochs and leave rows over,
    and as many steps as the first: what compiles for their number need not do so again. The same
    numbers in float32 and in float64.
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
    training = None
    if m is None:
        epochs = Orders(2 * size, epochs=2, seed=seed)
        part, whole = Orders(2 * size, epochs=2, seed=seed + SEEDS)
        pieces = [part[: size + size // 2], whole, part[size:]]
        training = Training(X[size:], Y[size:], (epochs, pieces))
    return Case(
        name or "ordinary numbers",
        replace(problem, learning_rate=LEARNING_RATE),
        dtype,
        weights,
        biases,
        X[:size],
        Y[:size],
        training,
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
        if doubt(drawn(problem, "float32", seed), FINELY) is None:
            return drawn(problem, dtype, seed)
    raise ValueError(f"no proof can tell right from wrong in {problem}, {dtype}")


def doubt(case: Case, share: float = COARSELY) -> str | None:
    """Why something wrong could pass; None if each bound, as a whole, is small: no zeros pass.

    It is such a share at most of what it bounds. Those of weights and biases are a tenth at most of
    how far they move.
    """
    twin = Twin(case.problem, case.dtype, case.weights, case.biases)
    for X, Y in case.batches():
        before = {"w": twin.values.w, "b": twin.values.b}
        twin.step(X, Y)
        deltas = enumerate(twin.values.delta or (), start=1)
        off = [l for l, delta in deltas if not delta.any()]
        if off:
            return f"no gradient reaches layer {off[-1]}; take a larger batch, or fewer layers"
        bounds = vars(twin.bounds)
        for name, values in vars(twin.values).items():
            for l, value in enumerate(values):
                moved = name in before
                size = np.linalg.norm(value - before[name][l] if moved else value)
                largest = (COARSELY if moved else share) * size
                if not np.linalg.norm(bounds[name][l]) <= largest > 0:
                    return "rounding can hide a mistake; take float64, or fewer layers"
    return None


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
    yield replace(case, X=1000 * case.X, training=None, ordinary=False)

    case = drawn(problem, dtype, 5, "NaN in row 1")
    X = case.X.copy()
    X[1, 2] = np.nan
    loops = ("put", *LOOPS)
    yield replace(case, X=X, training=None, does=loops, spoils=True, ordinary=False)

    # Without biases, so that z and what is made of it are subnormal too.
    tiny = np.finfo(dtype).smallest_normal / 64
    case = drawn(problem, dtype, 6, "subnormal samples")
    biases = [0 * b for b in case.biases]
    yield replace(case, X=case.X * tiny, biases=biases, subnormal=True, ordinary=False)

    case = drawn(problem, dtype, 7, "subnormal weights")
    weights = [case.weights[0] * tiny, *case.weights[1:]]
    yield replace(case, weights=weights, biases=biases, subnormal=True, ordinary=False)


def timed_case(problem: Problem, dtype: str, m: int, seed: int = 0) -> Case:
    """The problem itself with weights as they are drawn first, and mini-batches of m rows.

    Where m is less than the problem's batch it is for a slow rung, which is trained for one step;
    its loops by themselves are looked at after their rounds.
    Samples whose z lies so near to a kink that rounding decides about the slope are put aside:
    of those that are drawn, the ones farthest away are taken.
    """
    slow = m < problem.batch_size
    problem = replace(problem, batch_size=m)
    weights, biases = problem.first_parameters(dtype, seed)
    steps = 1 if slow else 3
    pool_X, pool_Y = problem.draw(dtype, POOL * steps * m, seed=11 + seed)
    left = np.arange(len(pool_X))
    twin, taken = Twin(problem, dtype, weights, biases), []
    for _ in range(steps):
        twin.put(pool_X[left], pool_Y[left])
        twin.forward()
        chosen = np.sort(np.argsort(-twin.margins(), kind="stable")[:m])
        taken.append(left[chosen])
        left = np.delete(left, chosen)
        twin.step(pool_X[taken[-1]], pool_Y[taken[-1]])
    # The rows are laid out so that the order of the epoch takes the chosen batches.
    trained = np.concatenate(taken if slow else taken[1:])
    orders = Orders(len(trained), epochs=1, seed=0)
    rows = np.empty_like(trained)
    rows[orders[0]] = trained
    return Case(
        f"weights of seed {seed}" if seed else "its first weights",
        problem,
        dtype,
        weights,
        biases,
        pool_X[taken[0]],
        pool_Y[taken[0]],
        Training(pool_X[rows], pool_Y[rows], (orders,)),
        ("train",) if slow else EVERYTHING,
        ordinary=True,
    )
