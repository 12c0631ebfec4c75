"""How far a run is: what its parts take, reckoned beforehand from the size of each problem.

By and large, from runs of the default ladder: a bar needs to know only which parts are long.
"""

from collections.abc import Iterable
from math import sqrt

from fastbp.bench.problems import Problem

START = 0.3  # seconds of a rung's process: its imports, its first step
PROOF, PROOF_FLOPS = 0.1, 4e6  # seconds of the proof, and the step's operations that double them
BETWEEN, TURN_FLOPS = 0.02, 60e6  # seconds; of a turn, which is longer for slow rungs, the same
READY = 3  # turns that getting ready takes
SURE = 0.05  # what must be done before the rest is reckoned from the time that it took


def proof(problem: Problem) -> float:
    """Seconds that a proof takes: some of the specification's, and some of the problem itself.

    >>> from fastbp.bench.problems import make_problem
    >>> proof(make_problem((2, 2))) < proof(make_problem((784, 512, 512, 10)))
    True
    """
    return PROOF * (1 + sqrt(problem.flops("step") / PROOF_FLOPS))


def turn(problem: Problem, seconds: float) -> float:
    """Seconds that a rung's turn in a round takes, which is to take so many."""
    return (BETWEEN + seconds) * (1 + sqrt(problem.flops("step") / TURN_FLOPS))


def whole(problems: Iterable[Problem], seconds: float, turns: int) -> float:
    """Seconds that one rung takes: it starts, and on each problem is proved and has its turns."""
    return START + sum(proof(of) + turns * turn(of, seconds) for of in problems)
