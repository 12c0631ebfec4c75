"""Which rung is the fastest, and which cannot be told from it: one rule for all who say so."""

from collections.abc import Sequence
from functools import cache

from fastbp.bench import timing
from fastbp.bench.schema import Result


def can_be_told_apart(one: Result, other: Result) -> bool:
    """Whether one of two rungs of a run is surely the faster one.

    By the interval of their ratio, round by round: what drifts falls on both. A file without
    rounds leaves the intervals of their times, which must not meet.
    """
    if one.samples and other.samples:
        return _rounds_tell(one.samples, other.samples)
    return not meet(one.reach, other.reach)


@cache  # several pictures and tables ask about the same two
def _rounds_tell(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return timing.can_be_told_apart(one, other)


def meet(one: tuple[float, float], other: tuple[float, float]) -> bool:
    """Whether two intervals have a point in common.

    >>> meet((1.0, 2.0), (2.0, 3.0)), meet((1.0, 2.0), (2.1, 3.0))
    (True, False)
    """
    return one[0] <= other[1] and other[0] <= one[1]


def fastest(results: Sequence[Result]) -> list[Result]:
    """The fastest rung of one table, and those that cannot be told from it; empty without any."""
    timed = sorted((one for one in results if one.ns is not None), key=lambda one: one.ns or 0.0)
    return timed[:1] + [one for one in timed[1:] if not can_be_told_apart(timed[0], one)]
