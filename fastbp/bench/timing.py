"""Rounds of timings: their lengths, medians, confidence intervals and comparisons."""

from collections.abc import Callable, Sequence

import numpy as np

from fastbp.inputs import Array

ROUNDS = 9  # with fewer, bootstrap intervals cover the median less often than 95%
SLOW_ROUNDS = 3  # of a rung too slow for its batch, which is far from all others
SECONDS = 20.0  # of all rounds of all rungs, by default
TURN = 0.1  # seconds of one rung in a round, at most, by default
LONGEST_TURN = 25.0  # at most: a calibration takes several turns within one timeout
LONGEST_STEP = 0.15  # seconds; a rung whose step takes longer runs smaller batches
RESAMPLES = 2000
NOISY = 0.1  # width of an interval, relative to its median, that shows a busy machine


def turn(seconds: float | None, rungs: int) -> float:
    """Seconds of a rung's turn in each round, such that all turns take ``seconds``.

    None stands for at most ``SECONDS``, and less for few rungs.

    >>> turn(None, 2), turn(ROUNDS, 2), turn(0.0, 2)
    (0.1, 0.5, 0.0)
    """
    share = (SECONDS if seconds is None else seconds) / ROUNDS / max(1, rungs)
    return min(TURN if seconds is None else LONGEST_TURN, share)


def rows_in_time(
    step_seconds: Callable[[int], float], batch_size: int, limit: float
) -> tuple[int, ...]:
    """The batch sizes to run: the full one, or two small ones if its step exceeds the limit.

    A step of m rows takes c + r m: a fixed cost, mostly the update, and a cost per row. Both follow
    from a batch of 1 row and one of k, the largest power of two that takes no longer than the
    limit, or than three times the single row. The powers are tried in ascending order, while the
    next one is expected to be short enough, so that a disturbed measurement cannot start a batch
    that takes minutes.

    Parameters
    ----------
    step_seconds : function
        Returns the seconds of a step of so many rows.

    Examples
    --------
    >>> rows_in_time(lambda m: 0.01 * m, 32, limit=1), rows_in_time(lambda m: 9 * m, 32, limit=1)
    ((32,), (1, 2))
    >>> rows_in_time(lambda m: 0.1 * m, 32, limit=1), rows_in_time(lambda m: 0.1, 32, limit=1)
    ((1, 8), (32,))
    """
    single_row = step_seconds(1)
    if batch_size * single_row <= limit or batch_size <= 2:
        return (batch_size,)
    rows, last, most = 1, single_row, max(limit, 3 * single_row)
    per_row = 0.0  # the cost of a row, as estimated so far
    while (
        2 * rows < batch_size
        and last + rows * per_row <= most
        and (doubled := step_seconds(2 * rows)) <= most
    ):
        per_row = (doubled - last) / rows
        rows, last = 2 * rows, doubled
    if 2 * rows >= batch_size and step_of(batch_size, (1, rows), (single_row, last)) <= limit:
        return (batch_size,)
    return (1, max(2, rows))


def step_of(m: int, rows: Sequence[int], seconds: Sequence[float]) -> float:
    """Seconds of a step of m rows: measured, or extrapolated on a line through two other batches.

    >>> step_of(32, (32,), (0.5,)), step_of(32, (1, 8), (0.25, 1.125))
    (0.5, 4.125)
    """
    if len(rows) == 1:
        return seconds[0]
    per_row = max(0.0, (seconds[1] - seconds[0]) / (rows[1] - rows[0]))
    return seconds[0] + per_row * (m - rows[0])


def _resampled(samples: Array, statistic: Callable[..., Array]) -> tuple[float, float]:
    """The 95% bootstrap interval of a statistic."""
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


def ratio(first: Sequence[float], second: Sequence[float]) -> float:
    """The median of the ratios of two rungs, paired by round: drift cancels.

    >>> ratio([2.0, 4.0, 9.0], [1.0, 2.0, 3.0])
    2.0
    """
    return float(np.median(_ratios(first, second)))


def ratio_interval(first: Sequence[float], second: Sequence[float]) -> tuple[float, float]:
    """The 95% bootstrap interval of that.

    >>> ratio_interval([2.0, 4.0, 6.0], [1.0, 2.0, 3.0])
    (2.0, 2.0)
    """
    return _resampled(_ratios(first, second), np.median)


def _ratios(first: Sequence[float], second: Sequence[float]) -> Array:
    rounds = min(len(first), len(second))
    return np.divide(first[:rounds], second[:rounds])


def distinguishable(first: Sequence[float], second: Sequence[float]) -> bool:
    """Whether the two differ significantly: the interval of their ratio excludes 1.

    >>> distinguishable([1.0, 1.1, 1.0], [1.0, 1.0, 1.1])
    False
    """
    low, high = ratio_interval(first, second)
    return not low <= 1 <= high
