"""A field of coloured cells over two axes, with a key of its colours beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fastbp.drawing.axes import x_axis, y_axis
from fastbp.drawing.markup import Markup, join, tag, text
from fastbp.drawing.raster import Colour, image, png
from fastbp.drawing.scales import LinearScale
from fastbp.drawing.shapes import label, truncate

_LEFT, _TOP, _BOTTOM, _KEY = (
    62.0,
    10.0,
    40.0,
    132.0,
)  # pixels around the cells; the key at the right
_KEY_GAP, _KEY_BAR = 18.0, 14.0


@dataclass(frozen=True)
class Field:
    """Where things are: from the axes' values to pixels.

    Parameters
    ----------
    x_range, y_range : (float, float)
        The values at the edges.
    width, height : float
        Of the whole picture in pixels.
    """

    x_range: tuple[float, float]
    y_range: tuple[float, float]
    width: float
    height: float

    @property
    def x(self) -> LinearScale:
        """From a value to pixels."""
        return LinearScale(*self.x_range, _LEFT, self.width - _KEY)

    @property
    def y(self) -> LinearScale:
        """From a value to pixels; upward."""
        return LinearScale(*self.y_range, self.height - _BOTTOM, _TOP)

    def cells(
        self, width: int, height: int, indices: bytes, palette: Sequence[Colour], name: str
    ) -> Markup:
        """Draw the cells, whose rows come from the top."""
        x, y = self.x, self.y
        file = png(width, height, indices, palette)
        return image(x.start, y.end, x.end - x.start, y.start - y.end, file, name)

    def axes(self, x_name: str, y_name: str) -> Markup:
        """Draw a frame with ticks and names."""
        x, y = self.x, self.y
        # Shapes have x in per cent of the width.
        percent = LinearScale(*self.x_range, 100 * x.start / self.width, 100 * x.end / self.width)
        middle = (y.start + y.end) / 2
        return join(
            [
                y_axis(y, 7, percent.start, percent.end, _tick),
                x_axis(percent, 7, y.end, y.start, y.start + 15, _tick),
                tag(
                    "rect",
                    x=x.start,
                    y=y.end,
                    width=x.end - x.start,
                    height=y.start - y.end,
                    class_="frame",
                ),
                label(
                    (percent.start + percent.end) / 2,
                    self.height - 6,
                    truncate(x_name, 40),
                    "small",
                    "middle",
                ),
                tag(
                    "text",
                    text(truncate(y_name, 40)),
                    x=12,
                    y=middle,
                    class_="small middle",
                    transform=f"rotate(-90 12 {middle:g})",
                ),
            ]
        )

    def colour_bar(
        self, palette: Sequence[Colour], marks: Sequence[tuple[float, str]], name: str
    ) -> Markup:
        """Draw the palette from the bottom up, with texts at shares of its height."""
        x, y = self.x, self.y
        left, top, bottom = x.end + _KEY_GAP, y.end + 18, y.start
        n = len(palette)
        file = png(1, n, bytes(range(n))[::-1], palette)
        parts = [
            image(left, top, _KEY_BAR, bottom - top, file, name),
            tag("rect", x=left, y=top, width=_KEY_BAR, height=bottom - top, class_="frame"),
            tag("text", text(name), x=left, y=y.end + 10, class_="small"),
        ]
        for share, words in marks:
            place = bottom - share * (bottom - top)
            parts.append(
                tag("text", text(words), x=left + _KEY_BAR + 6, y=place + 4, class_="small")
            )
        return join(parts)

    @property
    def key_left(self) -> float:
        """Where the key begins, in pixels."""
        return self.x.end + _KEY_GAP


def _tick(value: float) -> str:
    """Write a tick's number: a multiple of 0.1 is not always round."""
    return f"{float(f'{value:.10g}') + 0.0:g}".replace("-", "−")
