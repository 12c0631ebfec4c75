"""Axes: grid lines and tick labels."""

from collections.abc import Callable

from fastbp.drawing.markup import Markup, join
from fastbp.drawing.scales import Scale
from fastbp.drawing.shapes import label, line

_EDGE = 6.0, 92.0  # per cent: beyond these a centred number would leave the picture


def tick(value: float) -> str:
    """Write a round number.

    >>> tick(10.0), tick(0.002), tick(5e5)
    ('10', '0.002', '500,000')
    """
    return f"{value:,.10g}" if value >= 1e-4 else f"{value:g}"


def x_axis(
    scale: Scale,
    most: int,
    top: float,
    bottom: float,
    baseline: float,
    write: Callable[[float], str] = tick,
) -> Markup:
    """Draw vertical grid lines, each with its number.

    Parameters
    ----------
    scale : LogScale or LinearScale
        From values to per cent of the width.
    most : int
        Ticks, at the most.
    top, bottom : float
        Where the lines end, in pixels.
    baseline : float
        Of the numbers, in pixels.
    write : callable
        Makes text of a value.
    """
    parts = []
    for value in scale.ticks(most):
        x = scale(value)
        anchor = "end" if x > _EDGE[1] else "middle" if x > _EDGE[0] else ""
        parts.append(line(x, top, x, bottom, "grid"))
        parts.append(label(x, baseline, write(value), "small", anchor))
    return join(parts)


def y_axis(
    scale: Scale, most: int, left: float, right: float, write: Callable[[float], str] = tick
) -> Markup:
    """Draw horizontal grid lines, each with its number at the left.

    Parameters
    ----------
    scale : LogScale or LinearScale
        From values to pixels.
    most : int
        Ticks, at the most.
    left, right : float
        Where the lines end, in per cent of the width.
    write : callable
        Makes text of a value.
    """
    parts = []
    for value in scale.ticks(most):
        y = scale(value)
        parts.append(line(left, y, right, y, "grid"))
        parts.append(label(left - 1, y + 4, write(value), "small", "end"))
    return join(parts)
