"""Scales, logarithmic and linear, and label positions that do not overlap."""

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class _Scale:
    """Map values from [low, high] to [start, end]."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Return the position; values off the scale are clipped."""
        share = self._share(min(max(value, self.low), self.high))
        return self.start + share * (self.end - self.start)

    def _share(self, value: float) -> float:
        """Which part of the way from low to high a value lies at."""
        raise NotImplementedError


class LogScale(_Scale):
    """Map values from [low, high] to [start, end], logarithmically.

    >>> LogScale(1.0, 100.0, 0.0, 50.0)(10.0)
    25.0
    """

    def _share(self, value: float) -> float:
        return math.log(value / self.low) / math.log(self.high / self.low)

    def ticks(self, most: int) -> list[float]:
        """Return round numbers for at most ``most`` ticks: powers of ten, if there are two.

        Else 1, 2 and 5 times each: a scale that ends at five times its beginning has two of them.

        >>> LogScale(0.5, 2000.0, 0.0, 1.0).ticks(3)
        [1.0, 100.0]
        >>> LogScale(60.0, 700.0, 0.0, 1.0).ticks(5)
        [100.0, 200.0, 500.0]
        """
        first = math.ceil(math.log10(self.low) - 1e-9)
        last = math.floor(math.log10(self.high) + 1e-9)
        if last > first:
            stride = math.ceil((last - first + 1) / most)
            return [10.0**power for power in range(first, last + 1, stride)]
        low, high = self.low * (1 - 1e-9), self.high * (1 + 1e-9)
        steps = (k * 10.0**power for power in range(first - 1, last + 1) for k in (1, 2, 5))
        return [value for value in steps if low <= value <= high]


class LinearScale(_Scale):
    """Map values from [low, high] to [start, end] in proportion.

    >>> LinearScale(1.0, 3.0, 0.0, 50.0)(2.0)
    25.0
    """

    def _share(self, value: float) -> float:
        # Each is divided first: the difference of two large numbers may be infinite.
        width = self.high / 2 - self.low / 2
        return (value / 2 - self.low / 2) / width if width else 0.5

    def ticks(self, most: int) -> list[float]:
        """Return round numbers for at most ``most`` ticks: multiples of 1, 2 or 5 times 10^k.

        >>> LinearScale(0.0, 9.0, 0.0, 1.0).ticks(6)
        [0.0, 2.0, 4.0, 6.0, 8.0]
        """
        step = round_step(self.low, self.high, most)
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        return [multiple * step for multiple in range(first, last + 1)]


Scale = LogScale | LinearScale


def round_step(low: float, high: float, most: int) -> float:
    """Return the smallest of 1, 2 and 5 times 10^k that divides a range into few enough parts.

    >>> round_step(0.0, 9.0, 6), round_step(0.0, 0.3, 6)
    (2.0, 0.1)
    """
    least = (high / 2 - low / 2) / max(most - 1, 1) * 2 or 1.0
    power = 10.0 ** math.floor(math.log10(least))
    return next(k * power for k in (1.0, 2.0, 5.0, 10.0) if k * power >= least * (1 - 1e-9))


def spread(positions: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Move positions as little as possible so that any two are ``gap`` apart, within [low, high].

    Neighbours that are too close become a block around their mean, and overlapping blocks are
    merged. Where there is no room for all, the gap shrinks.

    >>> spread([10.0, 11.0, 50.0], 8.0, 0.0, 100.0)
    [6.5, 14.5, 50.0]
    """
    if len(positions) > 1:
        gap = min(gap, (high - low) / (len(positions) - 1))
    order = sorted(range(len(positions)), key=positions.__getitem__)
    blocks: list[tuple[float, int]] = []  # first position, count
    for i in order:
        first, count = _inside(positions[i], 1, gap, low, high), 1
        while blocks and blocks[-1][0] + blocks[-1][1] * gap > first:
            start, n = blocks.pop()
            # The mean of the two blocks' preferred starts, weighted by their counts.
            mean = (start * n + (first - n * gap) * count) / (n + count)
            count += n
            first = _inside(mean, count, gap, low, high)
        blocks.append((first, count))
    spread_positions = [first + k * gap for first, count in blocks for k in range(count)]
    result = [0.0] * len(positions)
    for i, position in zip(order, spread_positions, strict=True):
        result[i] = position
    return result


def _inside(first: float, count: int, gap: float, low: float, high: float) -> float:
    return max(low, min(first, high - (count - 1) * gap))
