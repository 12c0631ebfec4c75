"""The fastest rung, and those not significantly slower: one rule for all reports."""

from collections.abc import Sequence
from functools import cache

from fastbp.bench import timing
from fastbp.bench.schema import Result


def distinguishable(first: Result, second: Result) -> bool:
    """Whether the times of two rungs of a run differ significantly.

    By the interval of their ratio, paired by round: drift cancels. In a file without rounds, the
    intervals of their times must not overlap.
    """
    if first.samples and second.samples:
        return _rounds_distinguishable(first.samples, second.samples)
    return not overlap(first.reach, second.reach)


@cache  # several pictures and tables compare the same two
def _rounds_distinguishable(first: tuple[float, ...], second: tuple[float, ...]) -> bool:
    return timing.distinguishable(first, second)


def overlap(first: tuple[float, float], second: tuple[float, float]) -> bool:
    """Whether two intervals have a point in common.

    >>> overlap((1.0, 2.0), (2.0, 3.0)), overlap((1.0, 2.0), (2.1, 3.0))
    (True, False)
    """
    return first[0] <= second[1] and second[0] <= first[1]


def fastest(results: Sequence[Result]) -> list[Result]:
    """The fastest rung of a table and those indistinguishable from it; empty without any."""
    timed = sorted(
        (result for result in results if result.ns is not None), key=lambda result: result.ns or 0.0
    )
    return timed[:1] + [result for result in timed[1:] if not distinguishable(timed[0], result)]
