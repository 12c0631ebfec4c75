"""What the kinds of pictures have in common: how each becomes SVG or is drawn by matplotlib."""

from __future__ import annotations

from typing import Any, Protocol

from fastbp.drawing.colours import inline_colours
from fastbp.drawing.markup import Markup, resource, tag
from fastbp.drawing.picture import MARGIN, WIDTH, Picture

#: Pixels: the width of a picture's shapes.
INNER = WIDTH - 2.0 * MARGIN


class Drawing(Protocol):
    """Numbers of a network, checked and computed, that can be drawn in two ways."""

    def picture(self) -> Picture:
        """Draw as SVG."""

    def draw(self, ax: Any) -> None:
        """Draw on a matplotlib Axes."""


def style() -> Markup:
    """The style sheet of these pictures' own shapes, for the body of each."""
    return tag("style", inline_colours(resource("fastbp.drawing", "network.css")))


def number(value: float, digits: int = 3) -> str:
    """Write a number in so many digits, with a minus sign.

    >>> number(-0.123456), number(20.0)
    ('−0.123', '20')
    """
    return f"{value + 0.0:.{digits}g}".replace("-", "−")


def plain(name: str) -> str:
    r"""Write a name for matplotlib, which takes dollars for formulas and hides names with a _.

    >>> print(plain("a$b$"), plain("_c"))
    a\$b\$  _c
    """
    return " " * name.startswith("_") + name.replace("$", r"\$")
