"""The correctness check of a rung: each of its numbers is compared with the specification's.

In small cases the expected values come from ``fastbp.reference``. That is too slow for the timed
problem itself, whose expected values come from
:class:`fastbp.bench.error_model.ErrorModel`: the same formulas on float64 arrays, which the tests
compare with the specification. The tolerance of each number is derived there too. A misplaced NaN,
zeros, a doubled number, a wrong sign or a wrong index is always found
(tests/ladder/test_bench_proof.py).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from fastbp.bench.case_runner import Stages, run_stages
from fastbp.bench.cases import (
    FINE_BOUND,
    LEARNING_RATE,
    LOOPS,
    Case,
    small_cases,
    timed_case,
    why_inconclusive,
)
from fastbp.bench.error_model import ErrorModel, norm, tells_apart
from fastbp.bench.problems import Problem
from fastbp.bench.rung import Numbers
from fastbp.bench.rung_server import Traits
from fastbp.bench.rungs.specification import Specification
from fastbp.inputs import Array

# Arrays that are compared after each action; the loops and `put` must not change the weights.
CHECKED_AFTER = {
    "put": ("w", "b"),
    "forward": ("a",),
    "backward": ("delta",),
    "accumulate": ("dw", "db", "w", "b"),
}
CHECKED_AFTER_STEPS = ("w", "b")
DRAWS = 20
MANY_WEIGHTS = 200_000  # a network with as many gets fewer draws
INDICES = {"a": ("row", "j"), "delta": ("row", "j"), "w": ("j", "k"), "dw": ("j", "k")}


@dataclass(frozen=True)
class Verdict:
    """The outcome of comparing a rung's numbers with the expected ones.

    Attributes
    ----------
    why : str or None
        The first wrong number, and where it is; None if all are right.
    ulp : float
        The largest error, in units in the last place of the largest number of its array; 0 if any
        number is wrong.
    norm : float
        The largest error of an array, relative to its norm; likewise.
    """

    why: str | None = None
    ulp: float = 0.0
    norm: float = 0.0

    @property
    def right(self) -> bool:
        """Whether nothing is wrong."""
        return self.why is None

    def merged(self, other: "Verdict") -> "Verdict":
        """Merge the verdicts of two right results: the larger errors."""
        return Verdict(None, max(self.ulp, other.ulp), max(self.norm, other.norm))


@dataclass(frozen=True)
class Expected:
    """The expected numbers of a case, with their error bounds, after each action."""

    case: Case
    stages: list[tuple[str, Numbers, Numbers]]
    twice: bool = True  # whether each loop is called again, which must change nothing


def expect(case: Case, by_specification: bool = True) -> Expected:
    """Compute the expected numbers of a case.

    Parameters
    ----------
    case : Case
        The test case.
    by_specification : bool
        False takes the numbers from the error model, for large problems.
    """
    model = ErrorModel(case.problem, case.dtype, case.weights, case.biases)
    stages = []
    with np.errstate(invalid="ignore"):  # one case has a NaN
        for stage, method, arguments in case.walk():
            getattr(model, method)(*arguments)
            stages.append((stage, model.read(), model.bounds))
    if by_specification:
        arguments = case.problem, case.dtype, 1, case.weights, case.biases
        specified = dict(run_stages(Specification(*arguments), case))
        stages = [(stage, specified[stage], bounds) for stage, _, bounds in stages]
    return Expected(case, stages)


def compare_stages(expected: Expected, stages: Stages, kernels: Sequence[str]) -> Verdict:
    """Compare a rung's numbers with the expected ones, after each action."""
    verdict, numbers = Verdict(), dict(stages)
    for stage, values, bounds in expected.stages:
        if stage in LOOPS and stage not in kernels:
            continue
        location = f"after {stage}; {expected.case}"
        if stage not in numbers:
            return Verdict(f"it did nothing ({location})")
        for name in CHECKED_AFTER.get(stage, CHECKED_AFTER_STEPS):
            comparison = compare_arrays(
                name,
                getattr(numbers[stage], name),
                getattr(values, name),
                getattr(bounds, name),
                expected.case.dtype,
            )
            if comparison.why is not None:
                return Verdict(f"{comparison.why} ({location})")
            if expected.case.ordinary:
                verdict = verdict.merged(comparison)
    return verdict


def compare_arrays(
    name: str,
    arrays: list[Array] | None,
    expected: list[Array],
    bounds: list[Array],
    dtype: str,
) -> Verdict:
    """Compare one kind of numbers, layer by layer.

    Examples
    --------
    >>> right, bound = [np.array([[1.0, 2.0]])], [np.full((1, 2), 1e-6)]
    >>> compare_arrays("w", [np.array([[1.0, -2.0]])], right, bound, "float32").why
    'w(1)[j 0, k 1] is -2, expected 2 within 1e-06'
    """
    if arrays is None or len(arrays) != len(expected):
        count = "nothing" if arrays is None else f"{len(arrays)} layers"
        return Verdict(f"{name} is {count}, expected {len(expected)} layers")
    verdict = Verdict()
    for l, (actual, value, bound) in enumerate(zip(arrays, expected, bounds, strict=True), start=1):
        actual = np.asarray(actual)
        if actual.shape != value.shape:
            return Verdict(f"{name}({l}) has shape {actual.shape}, expected {value.shape}")
        finite = np.isfinite(value)
        with np.errstate(invalid="ignore"):
            error = np.where(finite, np.abs(actual - value), 0.0)
            same = (actual == value) | (np.isnan(actual) & np.isnan(value))
            within = np.where(finite, error <= bound, same)
        if not within.all():
            index = np.unravel_index(_worst(within, error, bound), value.shape)
            return Verdict(_mismatch(f"{name}({l})", name, index, actual, value, bound))
        verdict = verdict.merged(_errors(error, value, bound, dtype))
    return verdict


def _worst(within: Array, error: Array, bound: Array) -> int:
    """The flat index of the worst wrong number: one that is not finite, or the largest error."""
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        excess = np.where(within, -1.0, np.nan_to_num(error / bound, nan=np.inf, posinf=np.inf))
    return int(np.argmax(excess))


def _mismatch(
    array_name: str, name: str, index: Sequence[Any], actual: Array, value: Array, bound: Array
) -> str:
    labels = INDICES.get(name, ("j",))
    index_text = ", ".join(f"{label} {i}" for label, i in zip(labels, index, strict=True))
    within = f" within {bound[index]:.1g}" if np.isfinite(value[index]) else ""
    one = other = ""
    for digits in (7, 10, 17):  # as many as tell the two apart
        if one == other:
            one, other = f"{actual[index]:.{digits}g}", f"{value[index]:.{digits}g}"
    return f"{array_name}[{index_text}] is {one}, expected {other}{within}"


def _errors(error: Array, value: Array, bound: Array, dtype: str) -> Verdict:
    """The relative errors of one array; none if cancellation makes them meaningless."""
    finite = np.where(np.isfinite(value), value, 0.0)
    largest = float(np.max(np.abs(finite), initial=0.0))
    if largest == 0 or not tells_apart(bound, finite, FINE_BOUND):
        return Verdict()
    unit = float(np.spacing(np.dtype(dtype).type(largest)))
    return Verdict(None, float(error.max()) / unit, norm(error) / norm(finite))


class InconclusiveError(ValueError):
    """Raised for a problem whose error bounds are too wide for a proof; says why."""


@lru_cache(maxsize=8)
def expected_small(problem: Problem, dtype: str) -> tuple[Expected, ...]:
    """The expected numbers of the small cases of a problem's formulas."""
    return tuple(expect(case) for case in small_cases(problem, dtype))


def expected_timed(problem: Problem, dtype: str, m: int) -> Expected:
    """The expected numbers of the timed problem, with mini-batches of m rows.

    Raises
    ------
    InconclusiveError
        If some error bound is so wide that a wrong number could pass.
    """
    expected = _timed(problem, dtype, m)
    if isinstance(expected, str):
        raise InconclusiveError(f"no proof can tell right from wrong in it: {expected}")
    return expected


@lru_cache(maxsize=8)
def _timed(problem: Problem, dtype: str, m: int) -> Expected | str:
    """The first conclusive draw of weights and samples, or the most frequent reason against."""
    doubts = []
    for seed in range(max(2, min(DRAWS, MANY_WEIGHTS // problem.weights))):
        case = timed_case(problem, dtype, m, seed)
        why = why_inconclusive(case)
        if why is None:
            return replace(expect(case, by_specification=False), twice=False)
        doubts.append(why)
    return max(doubts, key=doubts.count)


def still_right(case: Case, stages: Stages, kernels: Sequence[str]) -> Verdict:
    """Compare a rung once more, after its rounds, from its weights at that time."""
    for name, layers in (("w", case.weights), ("b", case.biases)):
        for l, array in enumerate(layers, start=1):
            if not np.isfinite(array).all():
                return Verdict(f"{name}({l}) is not finite any more ({case})")
    return compare_stages(expect(case, by_specification=False), stages, kernels)


def prove(call: Callable[..., Any], expected_cases: Iterable[Expected], traits: Traits) -> Verdict:
    """Run a rung on all cases and compare its numbers.

    Parameters
    ----------
    call : Worker or Local
        Calls a :class:`RungServer`.
    expected_cases : iterable of Expected
        The cases, with the expected numbers.
    traits : Traits
        What the rung declares about itself.

    Raises
    ------
    RuntimeError
        If the rung raises, or its process dies.
    """
    verdict = Verdict()
    for expected in expected_cases:
        case = expected.case
        if case.subnormal and not traits.keeps_subnormals:
            continue
        stages, complaint = call("run_case", case, expected.twice)
        # Without stages, the rung does not support this size: two outputs, say.
        comparison = compare_stages(expected, stages, traits.kernels) if stages else Verdict()
        if complaint is not None and (comparison.right or not case.has_nan):
            comparison = Verdict(f"{complaint} ({case})")
        if not comparison.right:
            return comparison
        verdict = verdict.merged(comparison)
    return verdict


def expectations(problem: Problem, dtype: str, rows: Iterable[int] = ()) -> Iterator[Expected]:
    """All cases of a proof: the small ones, and the problem itself at each timed batch size.

    Raises
    ------
    InconclusiveError
        If an error bound is too wide.
    """
    yield from expected_small(_formulas(problem), dtype)
    for m in rows or (problem.batch_size,):
        yield expected_timed(problem, dtype, m)


def _formulas(problem: Problem) -> Problem:
    """A problem that stands for all with the same activations and loss."""
    single = problem.sizes[-1:] if problem.sizes[-1] == 1 else (2,)
    return replace(problem, sizes=single, batch_size=1, learning_rate=LEARNING_RATE)
