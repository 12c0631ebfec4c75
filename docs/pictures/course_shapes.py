"""What the course's pictures are drawn with: symbols, arrows, boxes, and the file around them.

They are narrower than the other pages' pictures and have larger letters, so that they stand beside
the words on a wide screen and can be read on a narrow one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot

from fastbp.drawing.colours import inline_colours
from fastbp.drawing.markup import Markup, join, resource, tag, text
from fastbp.drawing.picture import STYLE

WIDTH = 460.0  # pixels of a picture
_OWN_STYLE = """
.chart { font-size: 14px; }
.chart .symbol { font: italic 20px Cambria, "STIX Two Text", "Libertinus Serif", Georgia,
  "DejaVu Serif", serif; }
.chart .symbol .index { font-size: 13px; }
.chart .figure { font-size: 14px; stroke: none; }
.chart .figure.long { font-size: 12px; }
.chart .words { font-size: 13px; fill: var(--muted); }
.chart .arrow { stroke: var(--text); stroke-width: 1.4; fill: none; }
.chart .tip { fill: var(--text); }
.chart .link { stroke: var(--muted); stroke-width: 1.3; fill: none; }
.chart .faint { opacity: .6; }
.chart .symbol.plain { stroke: none; }
.chart .symbol.on-link { stroke-width: 7px; }
.chart .chosen { stroke: var(--link); stroke-width: 3.5; fill: none; }
.chart .chosen.tip { fill: var(--link); stroke: none; }
.chart .box { fill: var(--raised); stroke: var(--muted); stroke-width: 1.3; }
.chart .box.reached { fill: var(--tint0); }
.chart .box.loss { fill: var(--tint1); }
"""
_SYMBOL = re.compile(r"(?P<above>\^\(([^)]*)\))|(?P<below>_(\w+))|(?P<base>[^_^]+)")
Point = tuple[float, float]


@dataclass(frozen=True)
class Drawing:
    """Shapes in pixels, with a title and a description for screen readers."""

    name: str
    title: str
    description: str
    height: float
    body: Sequence[Markup]

    def file(self) -> Markup:
        """Make a whole SVG file, light or dark as the reader's system is."""
        style = Markup(f"{STYLE}{resource('fastbp.drawing', 'network.css')}{_OWN_STYLE}")
        return tag(
            "svg",
            tag("title", text(self.title), id=f"{self.name}-title"),
            tag("desc", text(self.description), id=f"{self.name}-description"),
            tag("style", inline_colours(style)),
            tag("rect", width="100%", height="100%", class_="ground"),
            *self.body,
            xmlns="http://www.w3.org/2000/svg",
            class_="chart",
            width=WIDTH,
            height=self.height,
            viewBox=f"0 0 {WIDTH:g} {self.height:g}",
            role="img",
            aria_labelledby=f"{self.name}-title",
            aria_describedby=f"{self.name}-description",
        )


def symbol(at: Point, name: str, anchor: str = "middle", class_: str = "") -> Markup:
    """Write a symbol of the notation, such as ``w_jk^(l)``, or a formula of them."""
    x, y = at
    parts, shift = [], 0
    # In print the layer stands above the indices; one after the other needs no font's widths.
    for match in _SYMBOL.finditer(name):
        content = match["base"] or match[4] or f"({match[2]})"
        level = -7 if match["above"] else 4 if match["below"] else 0
        index = "index" if level else None
        parts.append(tag("tspan", text(content), dy=level - shift, class_=index))
        shift = level
    return tag("text", *parts, x=x, y=y, text_anchor=anchor, class_=f"symbol {class_}".strip())


def words(at: Point, content: str, *classes: str, anchor: str = "middle") -> Markup:
    """Write words."""
    x, y = at
    return tag(
        "text", text(content), x=x, y=y, text_anchor=anchor, class_=" ".join(classes or ["words"])
    )


def figure(at: Point, value: float, digits: int = 3) -> Markup:
    """Write a number, smaller if it would not fit into a node."""
    number = f"{value:.{digits}f}".replace("-", "−")
    return words(at, number, "figure", *(["long"] if len(number) > 5 else []))


def link(start: Point, end: Point, *classes: str, width: float | None = None) -> Markup:
    """Draw a line."""
    (x, y), (x_end, y_end) = start, end
    class_names = " ".join(classes or ["link"])
    return tag(
        "path",
        d=f"M{x:.1f} {y:.1f}L{x_end:.1f} {y_end:.1f}",
        class_=class_names,
        stroke_width=width,
    )


def arrow(start: Point, end: Point, *classes: str, size: float = 8.0) -> Markup:
    """Draw a line with a tip at its end."""
    (x, y), (x_end, y_end) = start, end
    length = hypot(x_end - x, y_end - y)
    across, down = (x_end - x) / length, (y_end - y) / length
    back = x_end - size * across, y_end - size * down
    side = 0.42 * size
    tip = (
        f"M{x_end:.1f} {y_end:.1f}"
        f"L{back[0] - side * down:.1f} {back[1] + side * across:.1f}"
        f"L{back[0] + side * down:.1f} {back[1] - side * across:.1f}Z"
    )
    class_names = " ".join(classes)
    return join(
        [
            link(start, back, *(classes or ["arrow"])),
            tag("path", d=tip, class_=f"tip {class_names}".strip()),
        ]
    )


def box(at: Point, width: float, height: float, *classes: str) -> Markup:
    """Draw a rectangle around a point."""
    x, y = at
    return tag(
        "rect",
        x=x - width / 2,
        y=y - height / 2,
        width=width,
        height=height,
        rx=8,
        class_=" ".join(["box", *classes]),
    )


def circle(at: Point, radius: float, *classes: str) -> Markup:
    """Draw a node."""
    return tag("circle", cx=at[0], cy=at[1], r=radius, class_=" ".join(["box", *classes]))


def between(
    start: Point, end: Point, gap: float, end_gap: float | None = None
) -> tuple[Point, Point]:
    """The ends of a line that keeps a distance from the two points."""
    (x, y), (x_end, y_end) = start, end
    length = hypot(x_end - x, y_end - y)
    across, down = (x_end - x) / length, (y_end - y) / length
    other = gap if end_gap is None else end_gap
    return (x + gap * across, y + gap * down), (x_end - other * across, y_end - other * down)
