"""What rounds of timings say: medians, how sure they are, and which two cannot be told apart."""

from collections.abc import Callable, Sequence

import numpy as np

from fastbp.validation import Array

ROUNDS = 7
SECONDS = 30.0  # for all rounds of all rungs, unless another time is asked for
TURN = 0.1  # seconds that one rung is timed for in a round, at most, unless more is asked for
LONGEST_TURN = 30.0  # whatever is asked for: getting ready is some turns and still one answer
LONGEST_STEP = 0.25  # a rung whose step takes longer runs a smaller batch
SOME_ROWS = 8
RESAMPLES = 2000
NOISY = 0.1  # an interval wider than this share of its median says that the machine was busy


def turn(seconds: float | None, rungs: int) -> float:
    """How long a rung is timed for in each round, if all of them are to take so long.

    With None, the usual ``SECONDS`` at most: few rungs need less. What is asked for is given.

    >>> turn(None, 2), turn(ROUNDS, 2), turn(0.0, 2)
    (0.1, 0.5, 0.0)
    """
    share = (SECONDS if seconds is None else seconds) / ROUNDS / max(1, rungs)
    return min(TURN if seconds is None else LONGEST_TURN, share)


def rows_in_time(one: float, some: float, batch_size: int, limit: float) -> int:
    """The batch, or the largest power of two of rows whose step takes no longer than the limit.

    Parameters
    ----------
    one, some : float
        Seconds of a step of one row, and of one of ``SOME_ROWS``: what a step costs whatever it
        has to do, and what a row costs.

    Examples
    --------
    >>> rows_in_time(0.01, 0.08, 32, limit=1), rows_in_time(9, 99, 32, limit=1)
    (32, 1)
    >>> rows_in_time(0.1, 0.8, 32, limit=1), rows_in_time(0.1, 0.1, 32, limit=1)
    (8, 32)
    """
    row = max(0.0, (some - one) / (SOME_ROWS - 1))
    if one + row * (batch_size - 1) <= limit:
        return batch_size
    rows = 1
    while 2 * rows < batch_size and one + row * (2 * rows - 1) <= limit:
        rows *= 2
    return rows


def _resampled(samples: Array, statistic: Callable[..., Array]) -> tuple[float, float]:
    """The middle 95% of what a statistic would be for samples drawn out of these."""
    rng = np.random.default_rng(0)
    drawn = samples[rng.integers(len(samples), size=(RESAMPLES, len(samples)))]
    low, high = np.percentile(statistic(drawn, axis=1), [2.5, 97.5])
    return float(low), float(high)


def interval(samples: Sequence[float]) -> tuple[float, float]:
    """The 95% bootstrap interval of the median.

    >>> interval([1.0, 1.0, 1.0])
    (1.0, 1.0)
    """
    return _resampled(np.asarray(samples), np.median)


def ratio_interval(before: Sequence[float], after: Sequence[float]) -> tuple[float, float]:
    """The same of the ratio of two rungs, round by round: what drifts falls on both.

    >>> ratio_interval([2.0, 4.0, 6.0], [1.0, 2.0, 3.0])
    (2.0, 2.0)
    """
    rounds = min(len(before), len(after))
    return _resampled(np.asarray(before[:rounds]) / np.asarray(after[:rounds]), np.median)


def can_be_told_apart(before: Sequence[float], after: Sequence[float]) -> bool:
    """Whether one of the two is surely the faster one.

    >>> can_be_told_apart([1.0, 1.1, 1.0], [1.0, 1.0, 1.1])
    False
    """
    low, high = ratio_interval(before, after)
    return not low <= 1 <= high
