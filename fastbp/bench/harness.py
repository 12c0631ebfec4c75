"""Proves rungs right against the specification, and times those that are, in turns."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median
from time import perf_counter

import numpy as np

from fastbp.bench.problems import Problem, Task, make_task
from fastbp.bench.rungs import Rung, Specification
from fastbp.validation import Array

MakeRung = Callable[[Task], Rung]

# Number type -> largest error, relative to how far the specification moved the weights. The first
# is 5,000 roundings; the second leaves room for weights 1,000 times as large as their change.
BOUNDS = {"float64": 1e-12, "float32": 1e-4}
CHECKED_STEPS = 2  # the second shows what the first left behind in a buffer
BATCHES = 64  # in the timed data: epochs long enough, and no cache holds the widest
ROUNDS = 7


@dataclass(frozen=True)
class Verdict:
    """What the check of one rung found: the largest error of each number type."""

    errors: Mapping[str, float]

    @property
    def right(self) -> bool:
        """True if every error is within its bound; NaN is within none."""
        return all(self.errors[dtype] <= bound for dtype, bound in BOUNDS.items())


def relative_error(after: Array, expected: Array, before: Array) -> float:
    """|after - expected| / |expected - before|: 1 for weights that never moved, inf if no match.

    >>> before, expected = np.zeros(2), np.array([3.0, 4.0])
    >>> relative_error(before, expected, before)
    1.0
    """
    if after.shape != expected.shape:
        return float("inf")
    return float(np.linalg.norm(after - expected) / np.linalg.norm(expected - before))


def prove(make_rung: MakeRung, problem: Problem) -> Verdict:
    """Compare two steps of a rung with the specification's, on this problem and its odd twin.

    Parameters
    ----------
    make_rung : callable
        From a Task to a Rung.
    problem : Problem
        What will be timed.

    Returns
    -------
    Verdict
    """
    errors = dict.fromkeys(BOUNDS, 0.0)
    for candidate in (problem, problem.odd()):
        moved = {}
        for dtype in BOUNDS:
            task = make_task(candidate, dtype, batches=CHECKED_STEPS, shuffle=False)
            rung = make_rung(task)
            before = rung.parameters()
            rung.run(CHECKED_STEPS)
            moved[dtype] = (before, rung.parameters())
        specification = Specification(task)  # Python's floats, so float64 whatever the task's
        before = specification.parameters()
        specification.run(CHECKED_STEPS)
        expected = specification.parameters()
        for dtype, (_, after) in moved.items():
            error = relative_error(after, expected, before)
            errors[dtype] = float(np.maximum(errors[dtype], error))  # keeps NaN, max() would not
    return Verdict(errors)


def interleave(rungs: Mapping[str, Rung], seconds: float) -> dict[str, float]:
    """Median seconds of a step of each rung, over rounds in which every rung has its turn.

    A disturbance of the machine then falls on all of them. The specification's turn is one step,
    so a round may last longer than its share.
    """
    share = seconds / ROUNDS / max(1, len(rungs))
    steps = {}
    for name, rung in rungs.items():
        rung.run(1)  # warms caches and allocates what is allocated once
        steps[name] = max(1, int(share / _time(rung, 1)))
    times: dict[str, list[float]] = {name: [] for name in rungs}
    for _ in range(ROUNDS):
        for name, rung in rungs.items():
            times[name].append(_time(rung, steps[name]))
    return {name: median(values) for name, values in times.items()}


def _time(rung: Rung, steps: int) -> float:
    start = perf_counter()
    done = rung.run(steps)
    return (perf_counter() - start) / done


@dataclass(frozen=True)
class Result:
    """A rung's verdict on one problem, and its seconds a step if it was right."""

    verdict: Verdict
    seconds: float | None


def climb(problem: Problem, rungs: Mapping[str, MakeRung], seconds: float) -> dict[str, Result]:
    """Prove every rung on a problem, then time those that are right.

    Parameters
    ----------
    problem : Problem
        The step to do.
    rungs : mapping of str to callable
        Name -> from a Task to a Rung.
    seconds : float
        About how long to time, all rungs together.

    Returns
    -------
    dict of str to Result
        In the order of ``rungs``.
    """
    verdicts = {name: prove(make_rung, problem) for name, make_rung in rungs.items()}
    task = make_task(problem, "float32", batches=BATCHES, shuffle=True)
    right = {name: rungs[name](task) for name, verdict in verdicts.items() if verdict.right}
    times = interleave(right, seconds)
    return {name: Result(verdict, times.get(name)) for name, verdict in verdicts.items()}
