"""Estimates of a run's duration, from the size of each problem, for the progress bar.

The constants are rough, fitted to runs of the default ladder: a bar needs only the proportions.
"""

from collections.abc import Iterable
from math import sqrt

from fastbp.bench.problems import Problem

START_SECONDS = 0.3  # imports and first step of a rung's process
PROOF_SECONDS, PROOF_FLOPS = 0.1, 4e6  # of a proof; operations of a step that double it
TURN_OVERHEAD, TURN_FLOPS = 0.02, 60e6  # of a turn, besides its timing; the same
WARMUP_TURNS = 3  # calibration and warm-up, in turns
MIN_SHARE_DONE = 0.05  # of the work, before the bar extrapolates the time left


def proof_seconds(problem: Problem) -> float:
    """Estimate a proof: a fixed part for the small cases, and one for the problem itself.

    >>> from fastbp.bench.problems import make_problem
    >>> proof_seconds(make_problem((2, 2))) < proof_seconds(make_problem((784, 512, 512, 10)))
    True
    """
    return PROOF_SECONDS * (1 + sqrt(problem.flops("step") / PROOF_FLOPS))


def turn_seconds(problem: Problem, seconds: float) -> float:
    """Estimate a rung's turn in a round, of which `seconds` are timed."""
    return (TURN_OVERHEAD + seconds) * (1 + sqrt(problem.flops("step") / TURN_FLOPS))


def rung_seconds(problems: Iterable[Problem], seconds: float, turns: int) -> float:
    """Estimate one rung's run: its start, and for each problem its proof and its turns."""
    return START_SECONDS + sum(
        proof_seconds(problem) + turns * turn_seconds(problem, seconds) for problem in problems
    )
