"""The test cases of the proof: awkward sizes, empty batches, extreme numbers.

Every case has the activations and the loss of the timed problem, and small sizes, since the
specification is slow. The last case is the timed problem itself.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from fastbp.bench.error_model import COARSE_BOUND, ErrorModel, tells_apart
from fastbp.bench.problems import KERNELS, Problem
from fastbp.bench.rung import Orders, mini_batches
from fastbp.inputs import Array

LEARNING_RATE = 0.2  # large, so that a missing step shows
SEEDS = 100
FINE_BOUND = 1e-3  # largest norm of bounds of ordinary cases, relative to that of the values
POOL = 4  # samples drawn for each that the timed case needs

# sizes and m: size one, primes, odd sizes, and more than a vector or tile holds
SHAPES = (
    ((1, 1, 2), 1), ((7, 3), 4), ((13, 7, 5), 11), ((5, 33, 17, 3), 3), ((67, 65, 3), 9),
    ((2, 1, 3, 2), 16),
)  # fmt: skip

LOOPS = KERNELS[:-1]
ALL_ACTIONS = ("put", *LOOPS, "step", "train")


class Training(NamedTuple):
    """Arguments of ``train``: the samples, and the orders of each of its calls."""

    X: Array
    Y: Array
    calls: tuple[Sequence[Array], ...]


@dataclass(frozen=True)
class Case:
    """Initial parameters, samples, and the actions to run on them.

    Parameters
    ----------
    name : str
        Its description, for messages.
    problem : Problem
        ``batch_size`` is the rung's batch size.
    weights, biases : list of ndarray
        (n_l, n_(l-1)) and (n_l,), of ``dtype``.
    X, Y : ndarray, (m, n_0) and (m, n_L)
        The mini-batch of the loops and of the first step.
    training : Training or None
        Arguments of ``train``, called after that.
    actions : tuple of str
        A subset of ``ALL_ACTIONS``, in order.
    has_nan : bool
        Whether a sample holds a NaN, which must propagate through a step.
    subnormal : bool
        Whether it needs subnormal numbers.
    ordinary : bool
        Whether its errors are reported; its bounds are then small enough to be conclusive.
    """

    name: str
    problem: Problem
    dtype: str
    weights: list[Array]
    biases: list[Array]
    X: Array
    Y: Array
    training: Training | None = None
    actions: tuple[str, ...] = ALL_ACTIONS
    has_nan: bool = False
    subnormal: bool = False
    ordinary: bool = False

    def __str__(self) -> str:
        return f"{self.problem.shape}, batch {len(self.X)}, {self.dtype}, {self.name}"

    def walk(self) -> Iterator[tuple[str, str, tuple[Any, ...]]]:
        """Its actions: a label, the rung's method and the arguments."""
        steps = 0
        for method in self.actions:
            if method == "train" and self.training is not None:
                X, Y, calls = self.training
                for orders in calls:
                    steps += mini_batches(orders, self.problem.batch_size)
                    yield _steps_label(steps), method, (X, Y, orders)
            elif method == "step":
                steps += 1
                yield _steps_label(steps), method, (self.X, self.Y)
            elif method != "train":
                yield method, method, (self.X, self.Y) if method == "put" else ()

    def arrays(self) -> list[Array]:
        """All arrays that the rung receives."""
        training = self.training[:2] if self.training else ()
        return [*self.weights, *self.biases, self.X, self.Y, *training]

    def batches(self) -> Iterator[tuple[Array, Array]]:
        """The mini-batches of its steps, in order."""
        size = self.problem.batch_size
        for _, method, arguments in self.walk():
            if method == "step":
                yield arguments
            for order in arguments[2] if method == "train" else ():
                for start in range(0, len(order) - size + 1, size):
                    rows = order[start : start + size]
                    yield arguments[0][rows], arguments[1][rows]


def _steps_label(steps: int) -> str:
    return "one step" if steps == 1 else f"{steps} steps"


def draw_case(
    problem: Problem, dtype: str, seed: int, name: str = "", m: int | None = None
) -> Case:
    """Draw a case: weights of both signs, a mini-batch and epochs of two; or m rows and no epochs.

    A second call of ``train`` has orders that are not whole epochs and have rows left over. It
    takes as many steps as the first, so a rung that compiles for their number does so once. The
    numbers are the same in float32 and in float64.
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
        part, full = Orders(2 * size, epochs=2, seed=seed + SEEDS)
        pieces = [part[: size + size // 2], full, part[size:]]
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


def conclusive_case(problem: Problem, dtype: str) -> Case:
    """Draw an ordinary case with conclusive bounds: no layer is dead or cancels.

    The numbers are the same in float32 and in float64.

    Raises
    ------
    ValueError
        If no seed has one.
    """
    return draw_case(problem, dtype, _conclusive_seed(problem))


@cache  # asked for in both number types
def _conclusive_seed(problem: Problem) -> int:
    for seed in range(SEEDS):
        if why_inconclusive(draw_case(problem, "float32", seed), FINE_BOUND) is None:
            return seed
    raise ValueError(f"no proof can tell right from wrong in {problem}")


def why_inconclusive(case: Case, max_share: float = COARSE_BOUND) -> str | None:
    """The reason why a wrong rung could pass this case; None if every error bound is small.

    The norm of a bound must be at most ``max_share`` of the norm of the values, for weights
    and biases at most a tenth of the distance that they move.
    """
    model = ErrorModel(case.problem, case.dtype, case.weights, case.biases)
    for X, Y in case.batches():
        first = {"w": model.values.w, "b": model.values.b}
        model.step(X, Y)
        deltas = enumerate(model.values.delta or (), start=1)
        dead = [l for l, delta in deltas if not delta.any()]
        if dead:
            return f"no gradient reaches layer {dead[-1]}; take a larger batch, or fewer layers"
        bounds = vars(model.bounds)
        for name, values in vars(model.values).items():
            for l, value in enumerate(values):
                moved = name in first
                size = value - first[name][l] if moved else value
                share = COARSE_BOUND if moved else max_share
                if not (size.any() and tells_apart(bounds[name][l], size, share)):
                    return "rounding can hide a mistake; take float64, or fewer layers"
    return None


def small_cases(problem: Problem, dtype: str) -> Iterator[Case]:
    """The cases for all problems with these activations and this loss."""
    n_L = 1 if problem.sizes[-1] == 1 else None
    for (*below, n), m in SHAPES:
        yield conclusive_case(replace(problem, sizes=(*below, n_L or n), batch_size=m), dtype)
    usual = replace(problem, sizes=(6, 5, 4, n_L or 3), batch_size=7)
    yield draw_case(usual, dtype, 1, "no rows", m=0)
    yield draw_case(usual, dtype, 2, "fewer rows than it was made for", m=4)
    yield from extreme_cases(usual, dtype)


def extreme_cases(problem: Problem, dtype: str) -> Iterator[Case]:
    """Rows of zeros, numbers that overflow e^x, NaN, and subnormal numbers."""
    case = draw_case(problem, dtype, 3, "rows of zeros")
    case.X[::2] = 0
    yield case

    case = draw_case(problem, dtype, 4, "z of +-1000")
    yield replace(case, X=1000 * case.X, training=None)

    case = draw_case(problem, dtype, 5, "NaN in row 1")
    case.X[1, 2] = np.nan
    yield replace(case, training=None, actions=("put", *LOOPS), has_nan=True)

    # Without biases, so that z, a and delta are subnormal too.
    tiny = np.finfo(dtype).smallest_normal / 64
    case = draw_case(problem, dtype, 6, "subnormal samples")
    biases = [0 * b for b in case.biases]
    yield replace(case, X=case.X * tiny, biases=biases, subnormal=True)

    case = draw_case(problem, dtype, 7, "subnormal weights")
    weights = [case.weights[0] * tiny, *case.weights[1:]]
    yield replace(case, weights=weights, biases=biases, subnormal=True)


def timed_case(problem: Problem, dtype: str, m: int, seed: int = 0) -> Case:
    """The timed problem itself, with its first weights and mini-batches of m rows.

    If m is less than the problem's batch size, it is for a slow rung, which trains one step only;
    its loops are checked after the rounds.
    Where z is so close to a kink that rounding decides the slope, no comparison is possible: of a
    pool of samples, those farthest from a kink are taken.
    """
    slow = m < problem.batch_size
    problem = replace(problem, batch_size=m)
    weights, biases = problem.first_parameters(dtype, seed)
    steps = 1 if slow else 3
    pool_X, pool_Y = problem.draw(dtype, POOL * steps * m, seed=11 + seed)
    remaining = np.arange(len(pool_X))
    model, row_sets = ErrorModel(problem, dtype, weights, biases), []
    for _ in range(steps):
        model.put(pool_X[remaining], pool_Y[remaining])
        model.forward()
        chosen = np.sort(np.argsort(-model.margins(), kind="stable")[:m])
        row_sets.append(remaining[chosen])
        remaining = np.delete(remaining, chosen)
        model.step(pool_X[row_sets[-1]], pool_Y[row_sets[-1]])
    # The rows are arranged so that the order of the epoch yields the chosen batches.
    trained = np.concatenate(row_sets if slow else row_sets[1:])
    orders = Orders(len(trained), epochs=1, seed=0)
    rows = np.empty_like(trained)
    rows[orders[0]] = trained
    return Case(
        f"weights of seed {seed}" if seed else "its first weights",
        problem,
        dtype,
        weights,
        biases,
        pool_X[row_sets[0]],
        pool_Y[row_sets[0]],
        Training(pool_X[rows], pool_Y[rows], (orders,)),
        ("train",) if slow else ALL_ACTIONS,
        ordinary=True,
    )
