"""Curves: values over an index that counts from 0, as one chart with axes and a key."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from fastbp.drawing.axes import tick, x_axis, y_axis
from fastbp.drawing.markup import Markup, join, tag
from fastbp.drawing.scales import LinearScale, LogScale, Scale, round_step
from fastbp.drawing.shapes import label, line, marker, truncate

# Pixels around the field of curves: the key above; the ticks' numbers at the left and below.
_TOP, _RIGHT, _BOTTOM, _LEFT = 30.0, 12.0, 36.0, 66.0
# Of a longer curve the lowest and the highest value are drawn for each so many pixels.
_PIXELS_A_PAIR = 3.0
_SAMPLE = 22.0  # pixels of line in the key
_LETTER = 6.5  # pixels, of a usual one
# A logarithmic axis goes down so far; what is lower lies on its end.
_LARGEST_RATIO = 1e30
_LARGEST = sys.float_info.max
_SMALLEST_RANGE = 1e-290  # of values that a linear axis can tell apart, near the smallest number


@dataclass(frozen=True)
class Curve:
    """Values with a name; numbers that are not finite leave a gap.

    Parameters
    ----------
    name : str
        For the key.
    values : sequence of float
        Of the indices 0, 1, ...
    colour : str
        A class of ``chart.css`` for curves: "a", or "best", which is dashed.
    """

    name: str
    values: Sequence[float]
    colour: str


def chart(
    curves: Sequence[Curve],
    x_name: str,
    y_name: str,
    *,
    width: float,
    height: float,
    log: bool = False,
    mark: tuple[int, float, str] | None = None,
) -> Markup:
    """Draw curves in one field.

    Parameters
    ----------
    curves : sequence of Curve
    x_name, y_name : str
        What the index counts, and what the values are.
    width, height : float
        In pixels; the picture must be as wide, or have a view box of this width.
    log : bool
        A logarithmic y axis; values of 0 and less leave a gap.
    mark : (int, float, str), optional
        An index, a value there and a name: a dot, and a line through the field.
    """
    bottom, right = height - _BOTTOM, width - _RIGHT
    n = max((len(curve.values) for curve in curves), default=0)
    ends = 100 * _LEFT / width, 100 * right / width
    x = LinearScale(0.0, max(n - 1, 1), *ends)
    y = _y_scale([v for curve in curves for v in curve.values if _shown(v, log)], log, bottom)
    most = max(2, int(width / 90))
    if n <= most:  # no ticks between two whole numbers
        most = n
    parts = [
        y_axis(y, 6, *ends, _tick),
        x_axis(x, most, _TOP, bottom, bottom + 15, _tick),
        label((ends[0] + ends[1]) / 2, height - 4, x_name, "small", "middle"),
    ]
    if mark:
        parts.append(line(x(mark[0]), _TOP, x(mark[0]), bottom, "edge"))
    for curve in curves:
        n_pairs = int((right - _LEFT) / _PIXELS_A_PAIR)
        runs = _runs(_thinned(curve.values, n_pairs, log))
        places = [[(x(i) * width / 100, y(value)) for i, value in run] for run in runs]
        parts.append(tag("path", d=" ".join(map(_path, places)), class_=f"curve {curve.colour}"))
    if mark and _shown(mark[1], log):
        parts.append(marker(x(mark[0]), y(mark[1]), "best"))
    parts.append(label(ends[1], 16, truncate(y_name, 24) + ", log scale" * log, "small", "end"))
    return join([*parts, _key(curves, mark and mark[2], width)])


def _shown(value: float, log: bool) -> bool:
    return math.isfinite(value) and (value > 0 or not log)


def _tick(value: float) -> str:
    """Write a tick's number: rounded, for a multiple of 0.1 is not always round; short."""
    value = float(f"{value:.10g}") + 0.0
    return tick(value) if 0 <= value < 1e6 else f"{value:g}"


def _y_scale(values: Sequence[float], log: bool, bottom: float) -> Scale:
    """Make a scale that ends at round numbers."""
    low, high = min(values, default=0.0), max(values, default=1.0)
    if log and values:
        low = max(low, high / _LARGEST_RATIO)
        top = _round_log(min(high * 1.001, _LARGEST), up=True)
        return LogScale(_round_log(low, up=False), top, bottom, _TOP)
    largest = max(abs(low), abs(high))
    if high - low <= max(1e-9 * largest, _SMALLEST_RANGE):
        pad = largest / 2 if largest > _SMALLEST_RANGE else 0.5
        low, high = low - pad, high + pad
    step = round_step(low, high, 6)
    # The next round number may be beyond the largest one.
    round_low, round_high = math.floor(low / step) * step, math.ceil(high / step) * step
    return LinearScale(
        max(round_low, -_LARGEST),
        min(round_high, _LARGEST),
        bottom,
        _TOP,
    )


def _round_log(value: float, *, up: bool) -> float:
    """Return the next of 1, 2 and 5 times 10^k.

    >>> _round_log(0.03, up=False), _round_log(7.0, up=True)
    (0.02, 10.0)
    """
    power = math.floor(math.log10(value))
    candidates = [float(f"{k}e{power + i}") for i in (-1, 0, 1) for k in (1, 2, 5)]
    if up:
        return min(min(c for c in candidates if c >= value), _LARGEST)
    return max(c for c in candidates if c <= value)


def _thinned(values: Sequence[float], n_pairs: int, log: bool) -> list[tuple[int, float | None]]:
    """Return (index, value), None where there is a gap: all, or the extremes of equal parts.

    The first and the last value stay.
    """
    n = len(values)
    shown = [value if _shown(value, log) else None for value in map(float, values)]
    if n <= 2 * n_pairs:
        return list(enumerate(shown))
    points = [(0, shown[0])]
    for k in range(n_pairs):
        part = range(k * n // n_pairs, (k + 1) * n // n_pairs)
        there = [(value, i) for i in part if (value := shown[i]) is not None]
        if there:
            (low, i), (high, j) = min(there), max(there)
            points += sorted({(i, low), (j, high)})
        else:
            points.append((part[0], None))
    return [*points, (n - 1, shown[-1])]


def _runs(points: Sequence[tuple[int, float | None]]) -> list[list[tuple[int, float]]]:
    """Split at the gaps."""
    runs = [list(run) for gap, run in groupby(points, lambda point: point[1] is None) if not gap]
    return [[(i, value) for i, value in run if value is not None] for run in runs]


def _path(points: Sequence[tuple[float, float]]) -> str:
    """Write the data of a path; one point alone is a dot, by the round ends of its line."""
    data = "M" + " ".join(f"{x:.1f} {y:.1f}" for x, y in points)
    return data if len(points) > 1 else f"{data}h0"


def _key(curves: Sequence[Curve], mark: str | None, width: float) -> Markup:
    """Name the curves, and the mark, in a line above the field."""
    parts, x = [], _LEFT
    for curve in curves:
        name = truncate(curve.name)
        data = f"M{x:.1f} 12h{_SAMPLE:g}"
        parts.append(tag("path", d=data, class_=f"curve {curve.colour}"))
        x += _SAMPLE + 6
        parts.append(label(100 * x / width, 16, name, "name"))
        x += _LETTER * len(name) + 14
    if mark:
        parts.append(marker(100 * (x + 5) / width, 12, "best"))
        parts.append(label(100 * (x + 15) / width, 16, truncate(mark, 28), "name"))
    return join(parts)
