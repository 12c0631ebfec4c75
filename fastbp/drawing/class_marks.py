"""Colours and shapes of classes: neither is needed alone to tell two of them apart."""

from fastbp.drawing.markup import Markup, tag
from fastbp.drawing.raster import HUES

_SHAPES = (
    "m-4.2 0a4.2 4.2 0 1 0 8.4 0a4.2 4.2 0 1 0 -8.4 0z",  # a disc
    "m-3.8 -3.8h7.6v7.6h-7.6z",  # a square
    "m0 -5l4.8 8.6h-9.6z",  # a triangle
    "m0 -5.4l5.4 5.4l-5.4 5.4l-5.4 -5.4z",  # a diamond
    "m0 5l4.8 -8.6h-9.6z",  # a triangle on its tip
    "m-1.7 -5h3.4v3.3h3.3v3.4h-3.3v3.3h-3.4v-3.3h-3.3v-3.4h3.3z",  # a cross
)
#: The same for matplotlib.
MATPLOTLIB_MARKERS = "os^DvP"


def hue(c: int) -> tuple[int, int, int]:
    """The colour of class c; of more than eight, the ninth has the first one's again."""
    return HUES[c % len(HUES)]


def outline(c: int, x: float, y: float) -> str:
    """The path of class c's mark; the seventh has the first one's again.

    >>> outline(1, 10, 20)
    'M10.0 20.0m-3.8 -3.8h7.6v7.6h-7.6z'
    """
    return f"M{x:.1f} {y:.1f}{_SHAPES[c % len(_SHAPES)]}"


def class_mark(c: int, x: float, y: float) -> Markup:
    """Draw the mark of class c at a place in pixels."""
    red, green, blue = hue(c)
    return tag(
        "path", d=outline(c, x, y), class_="point", style=f"fill: rgb({red}, {green}, {blue})"
    )
