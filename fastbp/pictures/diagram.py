"""The network as a diagram: nodes by layer, and a line for each weight, by sign and size."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from fastbp.drawing.markup import Markup, join, tag, text
from fastbp.drawing.picture import Picture
from fastbp.drawing.raster import NEGATIVE, POSITIVE
from fastbp.drawing.shapes import label, truncate, with_tip
from fastbp.inputs import Array, check_integer
from fastbp.model.model import Model
from fastbp.pictures.diagram_layout import (
    MOST_COLUMNS,
    TOP,
    Column,
    Layout,
    Line,
    share_for_numbers,
)
from fastbp.pictures.drawing import INNER, number, plain, style
from fastbp.text.formatting import plural

MOST_NODES = 10
_WIDEST, _THINNEST = 6.0, 0.4  # pixels, of the largest number's line, and of the smallest one's
_LONGEST_NAME = 14
_LETTER, _INDEX = 6.4, 5.2  # pixels, of a small letter and of an index's


class Diagram:
    """The weights and biases of a network, as they are now."""

    def __init__(self, model: Model, nodes: Any = MOST_NODES) -> None:
        """Check the options and lay the nodes out; ``nodes`` is the most of a layer, from 3."""
        most = check_integer("nodes", nodes, low=3, high=60)
        self.sizes = model.architecture.sizes
        self.labels = ["input", *model.architecture.labels]
        classes = model.classes or ()
        # One output is that of the second of two classes.
        outputs = classes[1:] if self.sizes[-1] == 1 else classes
        self.names = [list(model.state.learned.feature_names or ()), list(outputs)]
        self.layout = Layout(self.sizes, most, (bool(self.names[0]), bool(self.names[1])))
        with model.state_lock.hold():
            parameters = model.state.parameters
            self.lines = [
                (line, float(parameters.weights[line.l - 1][line.j, line.k]))
                for line in self.layout.lines()
            ]
            self.b = [b.astype(np.float64) for b in parameters.biases]
            self.ranges = [_finite_range(w) for w in parameters.weights]
            self.n_wrong = sum(a.size - int(np.isfinite(a).sum()) for _, a in parameters.parts())
        ends = [*self.ranges, *map(_finite_range, self.b)]
        self.largest = max(abs(end) for pair in ends for end in pair)
        self.lines.sort(key=lambda pair: abs(pair[1]))  # the widest lie on top

    def stroke(self, value: float) -> float:
        """The width of a line: in proportion to |w|."""
        return max(_THINNEST, _WIDEST * (abs(value) / self.largest))

    @property
    def title(self) -> str:
        """The widths."""
        sizes = [str(n) for n in self.sizes]
        if len(sizes) > MOST_COLUMNS:
            sizes = [*sizes[:4], "…", *sizes[-3:]]
        return f"A {'-'.join(sizes)} network"

    def _names_of(self, l: int) -> list[str]:
        """The columns' names beside the inputs, and the classes' beside the outputs."""
        return self.names[0] if l == 0 else self.names[1] if l == len(self.sizes) - 1 else []

    # ---------------------------------------------------------------- SVG

    def picture(self) -> Picture:
        """Draw as SVG."""
        layout = self.layout
        parts = [style(), *(self._line(*pair) for pair in self.lines), *self._numbers()]
        for column in layout.columns:
            parts += self._column(column)
        folded = [
            f"layer {column.l} shows {len(column.places)} of {self.sizes[column.l]:,} nodes"
            for column in layout.columns
            if column.l is not None and column.ellipsis is not None
        ]
        has_biases = any(len(b) for b in self.b)
        notes = ["A node's outline is its bias." if has_biases else "There are no biases."]
        if folded:
            notes.append(f"Folded: {'; '.join(folded)}.")
        if self.n_wrong:
            notes.append(f"{plural(self.n_wrong, 'number')} not finite; lines are dotted there.")
        return Picture(
            name="network",
            title=self.title,
            description=f"{self._summary()} The largest weight or bias is {self.largest:.3g}.",
            height=layout.height,
            body=join(parts),
            how="Solid blue is positive, dashed orange is negative; the width goes with the size, "
            f"up to {number(self.largest)}.",
            notes=notes,
            columns=["l", "nodes", "activation", "smallest weight", "largest weight"],
            rows=[
                [str(l), f"{self.sizes[l]:,}", self.labels[l], *map(number, ends)]
                for l, ends in enumerate(self.ranges, 1)
            ],
        )

    def _summary(self) -> str:
        parts = [
            f"{n:,} {'inputs' if l == 0 else self.labels[l]}" for l, n in enumerate(self.sizes)
        ]
        return f"Layers: {', '.join(parts[:MOST_COLUMNS])}{', …' * (len(parts) > MOST_COLUMNS)}."

    def _line(self, line: Line, value: float) -> Markup:
        (x, y), (x_end, y_end) = line.start, line.end
        shape = tag(
            "path",
            d=f"M{x:.1f} {y:.1f}L{x_end:.1f} {y_end:.1f}",
            class_=f"weight {_sign(value)}",
            stroke_width=self._width(value),
        )
        return with_tip(f"{_name(line)} = {value:.6g}", shape)

    def _width(self, value: float) -> float | None:
        return self.stroke(value) if _sign(value) in ("plus", "minus") else None

    def _numbers(self) -> Iterator[Markup]:
        """The weights' indices and numbers on their lines, in the layers that have the room."""
        for l in range(1, len(self.sizes)):
            of_layer = [pair for pair in self.lines if pair[0].l == l]
            share = share_for_numbers([line for line, _ in of_layer])
            for line, w in of_layer if share is not None else []:
                x, y = line.along(share or 0.0)
                indices, value = _indexed("", (line.j, line.k))[1:], f" {number(w)}"
                width = _LETTER * (1 + len(value)) + _INDEX * len(indices)
                # The ground behind it, or its line would strike it through.
                yield tag("rect", x=x - width / 2, y=y - 7, width=width, height=15, class_="ground")
                content = [
                    tag("tspan", text("w")),
                    tag("tspan", text(indices), dy=3, font_size=9),
                    tag("tspan", text(value), dy=-3),
                ]
                yield tag("text", *content, x=x, y=y + 4, class_="small middle")

    def _column(self, column: Column) -> Iterator[Markup]:
        x = 100 * column.x / INNER
        if column.l is None:
            n_between = len(self.sizes) - MOST_COLUMNS + 1
            yield label(x, (column.ellipsis or 0) + 5, "…", "key", "middle")
            yield label(x, 16, f"{n_between:,} more", "small", "middle")
            return
        l, n = column.l, self.sizes[column.l]
        crowded, radius = self.layout.is_crowded, self.layout.radius
        words = "input" if l == 0 else f"layer {l}" if not crowded else f"{l}"
        yield label(x, 16, words, "name", "middle", font_weight=650)
        if l:
            yield label(x, 31, truncate(self.labels[l], 9 if crowded else 15), "small", "middle")
        names = self._names_of(l)
        for j, y in column.places.items():
            yield self._node(column, j, y)
            if names:
                side, anchor = (-1, "end") if l == 0 else (1, "")
                place = 100 * (column.x + side * (radius + 8)) / INNER
                yield label(place, y + 4, truncate(str(names[j]), _LONGEST_NAME), "name", anchor)
            if l and self.layout.shows_biases and len(self.b[l - 1]):
                b = f"b {number(float(self.b[l - 1][j]))}"
                yield label(x, y + radius + 14, b, "small", "middle")
        if column.ellipsis is not None:
            yield with_tip(
                f"{n - len(column.places):,} more nodes",
                label(x, column.ellipsis + 6, "⋮", "key", "middle"),
            )
        if n > 1:
            yield label(x, self.layout.height - 4, f"{n:,} nodes", "small", "middle")

    def _node(self, column: Column, j: int, y: float) -> Markup:
        l = column.l or 0
        has_bias = l > 0 and len(self.b[l - 1]) > 0
        bias = float(self.b[l - 1][j]) if has_bias else 0.0
        symbol = _indexed("b" if has_bias else "a", (j,))
        words = f"{symbol}^({l})" + f" = {bias:.6g}" * has_bias
        sign = _sign(bias) if bias else ""
        ring = tag(
            "circle",
            cx=column.x,
            cy=y,
            r=self.layout.radius,
            class_=f"node {sign}".strip(),
            # As wide as a weight's line of that size, but never lost.
            style=f"stroke-width: {max(1.0, self.stroke(bias)):.2f}px"
            if sign in ("plus", "minus")
            else None,
        )
        font_size = None if j < 1000 else "font-size: 8px"
        index = label(100 * column.x / INNER, y + 4, str(j), "name", "middle", style=font_size)
        return with_tip(words, ring, index)

    # ---------------------------------------------------------------- matplotlib

    def draw(self, ax: Any) -> None:
        """Draw on a matplotlib Axes."""
        colours = {
            sign: tuple(part / 255 for part in hue)
            for sign, hue in (("plus", POSITIVE), ("minus", NEGATIVE))
        }
        for line, value in self.lines:
            sign = _sign(value)
            ax.plot(
                *zip(line.start, line.end, strict=True),
                "--" if sign == "minus" else ":" if sign == "wrong" else "-",
                color=colours.get(sign, "0.6"),
                linewidth=self._width(value) or 0.5,
                zorder=1,
                gid=_name(line),
            )
        for column in self.layout.columns:
            l = column.l
            if l is None:
                ax.text(column.x, column.ellipsis, "...", ha="center", va="center")
                continue
            names = self._names_of(l)
            for j, y in column.places.items():
                bias = float(self.b[l - 1][j]) if l and len(self.b[l - 1]) else 0.0
                ring: dict[str, Any] = {
                    "edgecolor": colours.get(_sign(bias), "0.4"),
                    "boxstyle": "circle",
                }
                if _sign(bias) in colours:
                    ring["linewidth"] = max(1.0, self.stroke(bias))
                ax.text(
                    column.x,
                    y,
                    str(j),
                    ha="center",
                    va="center",
                    fontsize="small",
                    bbox={"facecolor": "white", **ring},
                    color="black",
                )
                if names:
                    side, anchor = (-1, "right") if l == 0 else (1, "left")
                    ax.text(
                        column.x + side * (self.layout.radius + 8),
                        y,
                        plain(truncate(str(names[j]), _LONGEST_NAME)),
                        ha=anchor,
                        va="center",
                        fontsize="small",
                    )
            if column.ellipsis is not None:
                ax.text(column.x, column.ellipsis, "...", ha="center", va="center", rotation=90)
            words = "input" if l == 0 else f"layer {l}"
            ax.text(column.x, TOP - 14, words, ha="center", va="bottom", fontsize="small")
        ax.set_xlim(0, INNER)
        ax.set_ylim(self.layout.height, 0)
        ax.set_axis_off()
        ax.set_title(self.title)


def _sign(value: float) -> str:
    if not math.isfinite(value):
        return "wrong"
    return "plus" if value > 0 else "minus" if value < 0 else "zero"


def _indexed(symbol: str, indices: Sequence[int]) -> str:
    """Write a symbol with its indices, as in ``w_12`` or ``w_3,117``."""
    return f"{symbol}_{(',' if max(indices) > 9 else '').join(map(str, indices))}"


def _name(line: Line) -> str:
    return f"{_indexed('w', (line.j, line.k))}^({line.l})"


def _finite_range(array: Array) -> tuple[float, float]:
    """The smallest and the largest finite number."""
    finite = array[np.isfinite(array)]
    return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
