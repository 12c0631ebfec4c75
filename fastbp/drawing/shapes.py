"""SVG shapes whose x is in per cent of the width and whose y is in pixels.

One picture so fills any width while its text keeps its size. Classes are those of ``chart.css``.
"""

from collections.abc import Sequence
from itertools import pairwise

from fastbp.drawing.markup import Markup, join, tag, text

_WHISKER = 3.5  # pixels: half the height of a whisker's ends
_RADIUS = 4.5  # pixels of a marker


def at(percent: float) -> str:
    """Write a horizontal position.

    >>> at(12.345)
    '12.35%'
    """
    return f"{percent:.2f}%"


def label(x: float, y: float, content: str, *classes: str, **attributes: object) -> Markup:
    """Write text at a position."""
    class_names = " ".join(classes) or None
    return tag("text", text(content), x=at(x), y=y, class_=class_names, **attributes)


def line(x1: float, y1: float, x2: float, y2: float, class_: str) -> Markup:
    """Draw a straight line."""
    return tag("line", x1=at(x1), y1=y1, x2=at(x2), y2=y2, class_=class_)


def polyline(points: Sequence[tuple[float, float]], class_: str) -> Markup:
    """Connect points: as lines of their own, since SVG's polyline takes no per cent."""
    return join(line(*start, *end, class_) for start, end in pairwise(points))


def bar(end: float, y: float, height: float, classes: str) -> Markup:
    """Draw a horizontal bar from the left edge to ``end``."""
    return tag("rect", x="0%", y=y, width=at(end), height=height, class_=f"bar {classes}")


def whisker(low: float, high: float, y: float) -> Markup:
    """Draw an interval: a horizontal line that is closed at both ends."""
    ends = (line(x, y - _WHISKER, x, y + _WHISKER, "whisker") for x in (low, high))
    return join([line(low, y, high, y, "whisker"), *ends])


def marker(x: float, y: float, classes: str) -> Markup:
    """Draw a dot."""
    return tag("circle", cx=at(x), cy=y, r=_RADIUS, class_=f"dot {classes}")


def with_tip(content: str, *shapes: Markup) -> Markup:
    """Group shapes with a tooltip."""
    return tag("g", tag("title", text(content)), *shapes)


def truncate(name: str, most: int = 19) -> str:
    """Cut a long name.

    >>> truncate("abcdef", 4)
    'abc…'
    """
    return name if len(name) <= most else name[: most - 1] + "…"
