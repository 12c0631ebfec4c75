"""What rounds of timings say: medians, how sure they are, and which two cannot be told apart."""

from collections.abc import Callable, Sequence

import numpy as np

from fastbp.inputs import Array

ROUNDS = 9  # fewer, and the bootstrap's intervals hold the median less often than they say
SLOW_ROUNDS = 3  # of a rung that is too slow for its batch: it is far from all others
SECONDS = 20.0  # for all rounds of all rungs, unless another time is asked for
TURN = 0.1  # seconds that one rung is timed for in a round, at most, unless more is asked for
LONGEST_TURN = 25.0  # whatever is asked for: getting ready is some turns and still one answer
LONGEST_STEP = 0.15  # a rung whose step takes longer runs smaller batches
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


def rows_in_time(pace: Callable[[int], float], batch_size: int, limit: float) -> tuple[int, ...]:
    """The batches to run: the whole one, or two small ones if its step takes longer than the limit.

    A step of m rows takes c + r m: what it costs whatever it has to do, the update above all, and
    what a row costs. A batch of 1 row and one of k, the largest power of two that takes no longer
    than the limit, or than three times the single row, tell both. Each k is tried before a larger
    one, if it can be expected to be short enough: a moment's load must not let a batch seem short
    that takes minutes.

    Parameters
    ----------
    pace : function
        Seconds of a step of so many rows.

    Examples
    --------
    >>> rows_in_time(lambda m: 0.01 * m, 32, limit=1), rows_in_time(lambda m: 9 * m, 32, limit=1)
    ((32,), (1, 2))
    >>> rows_in_time(lambda m: 0.1 * m, 32, limit=1), rows_in_time(lambda m: 0.1, 32, limit=1)
    ((1, 8), (32,))
    """
    one = pace(1)
    if batch_size * one <= limit or batch_size <= 2:
        return (batch_size,)
    rows, last, most = 1, one, max(limit, 3 * one)
    row = 0.0  # what one costs, as far as is known
    while 2 * rows < batch_size and last + rows * row <= most and (more := pace(2 * rows)) <= most:
        row = (more - last) / rows
        rows, last = 2 * rows, more
    if 2 * rows >= batch_size and step_of(batch_size, (1, rows), (one, last)) <= limit:
        return (batch_size,)
    return (1, max(2, rows))


def step_of(m: int, rows: Sequence[int], seconds: Sequence[float]) -> float:
    """Seconds of a step of m rows, from those of one batch of m, or on a line through two others.

    >>> step_of(32, (32,), (0.5,)), step_of(32, (1, 8), (0.25, 1.125))
    (0.5, 4.125)
    """
    if len(rows) == 1:
        return seconds[0]
    row = max(0.0, (seconds[1] - seconds[0]) / (rows[1] - rows[0]))
    return seconds[0] + row * (m - rows[0])


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
