"""Lines over numbers: a field with axes, a key and marks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from fastbp.drawing.axes import tick, x_axis, y_axis
from fastbp.drawing.markup import Markup, tag
from fastbp.drawing.picture import MARGIN, WIDTH
from fastbp.drawing.scales import LinearScale, LogScale
from fastbp.drawing.shapes import label, line, marker

INNER = WIDTH - 2 * MARGIN  # pixels: the width of a picture's shapes
_TOP, _RIGHT, _BOTTOM, _LEFT = 34.0, 10.0, 38.0, 44.0  # pixels around the field
_SAMPLE, _LETTER = 20.0, 6.7  # pixels of a line in the key, and of a letter


@dataclass(frozen=True)
class Line:
    """Points with a name; class "a", "b" or "best" of ``chart.css``, which is dashed."""

    name: str
    x: Sequence[float]
    y: Sequence[float]
    colour: str


@dataclass(frozen=True)
class Mark:
    """A dot with a word so many pixels from it, and perhaps a line through the field."""

    x: float
    y: float
    word: str
    anchor: str = ""
    across: float = 9.0
    up: float = 8.0
    upright: bool = False


def graph(
    lines: Sequence[Line],
    x_range: tuple[float, float],
    y_range: tuple[float, float],
    x_name: str,
    y_name: str,
    *,
    left: float = 0.0,
    width: float = INNER,
    height: float = 280.0,
    log: bool = False,
    marks: Sequence[Mark] = (),
) -> Markup:
    """Draw lines in a field; what leaves the ranges is cut off."""
    ends = 100 * _LEFT / width, 100 * (width - _RIGHT) / width
    bottom = height - _BOTTOM
    x = LinearScale(*x_range, *ends)
    y = (LogScale if log else LinearScale)(*y_range, bottom, _TOP)
    parts = [
        y_axis(y, 6, *ends, _power if log else _short),
        x_axis(x, max(4, int(width / 80)), _TOP, bottom, bottom + 15, _short),
    ]
    if x_name:
        parts.append(label(sum(ends) / 2, height - 5, x_name, "small", "middle"))
    if y_name:
        parts.append(label(ends[1], 18, y_name, "small", "end"))
    key = _LEFT
    for one in lines:
        points = [
            f"{x(a) * width / 100:.1f} {y(b):.1f}"
            for a, b in zip(one.x, one.y, strict=True)
            if x_range[0] <= a <= x_range[1] and y_range[0] <= b <= y_range[1]
        ]
        parts.append(tag("path", d="M" + " ".join(points), class_=f"curve {one.colour}"))
        if one.name:
            parts.append(tag("path", d=f"M{key:.1f} 14h{_SAMPLE:g}", class_=f"curve {one.colour}"))
            parts.append(label(100 * (key + _SAMPLE + 5) / width, 18, one.name, "name"))
            key += _SAMPLE + 16 + _LETTER * len(one.name)
    for mark in marks:
        if mark.upright:
            parts.append(line(x(mark.x), _TOP, x(mark.x), bottom, "edge"))
        parts.append(marker(x(mark.x), y(mark.y), "best"))
        place = x(mark.x) + 100 * mark.across / width
        parts.append(label(place, y(mark.y) - mark.up, mark.word, "name", mark.anchor))
    return tag("svg", *parts, x=left, y=0, width=width, height=height)


def _short(value: float) -> str:
    """Write a tick's number: a multiple of 0.1 is not always round."""
    value = float(f"{value:.10g}") + 0.0
    return f"{value:g}" if abs(value) < 1e-3 else "-" * (value < 0) + tick(abs(value))


def _power(value: float) -> str:
    """Write a power of ten."""
    return f"1e{round(math.log10(value))}"


HALF = (INNER - 20) / 2  # pixels: the width of one of two graphs
