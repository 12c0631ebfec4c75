"""The network as a diagram: nodes by layer, and a line for each weight, by sign and size."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from fastbp.drawing.markup import Markup, join, tag, text
from fastbp.drawing.picture import Picture
from fastbp.drawing.raster import NEGATIVE, POSITIVE
from fastbp.drawing.shapes import label, truncate, with_tip
from fastbp.inputs import Array, check_integer
from fastbp.model.model import Model
from fastbp.pictures.drawing import INNER, number, style
from fastbp.text.formatting import plural

MOST_NODES = 10
_MOST_COLUMNS = 8  # layers side by side; of more the first and the last
_WIDEST, _THINNEST = 6.0, 0.4  # pixels, of the largest weight's line, and of the smallest one's
_TOP, _BOTTOM, _SIDE, _NAMES = 48.0, 34.0, 30.0, 126.0  # pixels around the nodes
_LONGEST_NAME = 14
_LETTER = 6.4  # pixels, of a small one
# Of layers up to so many nodes: pixels from node to node, and whether there is room for a bias.
_SPACING = ((3, 92.0, True), (5, 64.0, True), (8, 44.0, False), (math.inf, 34.0, False))
_LABEL_HEIGHT = 14.0  # pixels
# Where on a line its number may stand, as a share of the way; the best one is taken.
_SHARES = (0.5, 0.3, 0.27, 0.22, 0.7, 0.73, 0.78, 0.36, 0.64)


@dataclass(frozen=True)
class _Column:
    """A layer, or with ``l`` None a gap between layers, and which of its nodes are drawn where."""

    l: int | None
    x: float
    places: dict[int, float]
    ellipsis: float | None


@dataclass(frozen=True)
class Edge:
    """A weight w_jk^(l) and the line that shows it, in pixels."""

    l: int
    j: int
    k: int
    value: float
    start: tuple[float, float]
    end: tuple[float, float]

    @property
    def name(self) -> str:
        return f"{_indexed('w', (self.j, self.k))}^({self.l})"


def _indexed(symbol: str, indices: Sequence[int]) -> str:
    """Write a symbol with its indices, as in ``w_12`` or ``w_3,117``."""
    return f"{symbol}_{(',' if max(indices) > 9 else '').join(map(str, indices))}"


class Diagram:
    """The weights and biases of a network, as they are now."""

    def __init__(self, model: Model, nodes: Any = MOST_NODES) -> None:
        """Check the options and lay the nodes out; ``nodes`` is the most of a layer, from 3."""
        most = check_integer("nodes", nodes, low=3, high=60)
        architecture = model.architecture
        with model.state_lock.hold():
            parameters = model.state.parameters
            self.w = [np.array(w, np.float64) for w in parameters.weights]
            self.b = [np.array(b, np.float64) for b in parameters.biases]
        self.sizes = architecture.sizes
        self.labels = ["input", *architecture.labels]
        names = model.state.learned.feature_names or (), model.classes or ()
        # A network of one output has two classes; that output has no name.
        self.names = [list(n) if len(n) == self.sizes[i] else [] for i, n in zip((0, -1), names)]
        shown = [_shown(n, most) for n in self.sizes]
        tallest = max(len(nodes) + gap for nodes, gap in shown)
        self.spacing, room = next((px, room) for n, px, room in _SPACING if tallest <= n)
        self.has_room = room and len(self.sizes) <= 6
        self.radius = min(15.0, 0.4 * self.spacing)
        self.middle = _TOP + self.radius + (tallest - 1) / 2 * self.spacing
        self.height = 2 * self.middle - _TOP + _BOTTOM + 14 * self.has_room
        self.columns = self._columns(shown)
        finite = [a[np.isfinite(a)] for a in (*self.w, *self.b)]
        self.largest = max((float(np.abs(a).max()) for a in finite if a.size), default=0.0)

    def _columns(self, shown: list[tuple[list[int], bool]]) -> list[_Column]:
        layers: list[int | None] = list(range(len(self.sizes)))
        if len(layers) > _MOST_COLUMNS:
            layers = [*layers[: _MOST_COLUMNS - 4], None, *layers[-3:]]
        left, right = (_NAMES if names else _SIDE for names in self.names)
        step = (INNER - left - right) / (len(layers) - 1)
        columns = []
        for i, l in enumerate(layers):
            nodes, gap = ([], True) if l is None else shown[l]
            n = len(nodes) + gap
            slots = [self.middle + (slot - (n - 1) / 2) * self.spacing for slot in range(n)]
            # The ellipsis stands before the last node.
            ellipsis = slots.pop(-2 if nodes else 0) if gap else None
            columns.append(
                _Column(l, left + i * step, dict(zip(nodes, slots, strict=True)), ellipsis)
            )
        return columns

    def edges(self) -> Iterator[Edge]:
        """The lines, of weights between nodes that are drawn."""
        for below, column in pairwise(self.columns):
            if column.l is None or below.l is None:
                continue
            for j, y in column.places.items():
                for k, y_below in below.places.items():
                    value = float(self.w[column.l - 1][j, k])
                    start, end = (below.x + self.radius, y_below), (column.x - self.radius, y)
                    yield Edge(column.l, j, k, value, start, end)

    def stroke(self, value: float) -> float:
        """The width of a line: in proportion to |w|."""
        return max(_THINNEST, _WIDEST * abs(value) / self.largest)

    @property
    def title(self) -> str:
        sizes = [str(n) for n in self.sizes]
        if len(sizes) > _MOST_COLUMNS:
            sizes = [*sizes[:4], "…", *sizes[-3:]]
        return f"A {'-'.join(sizes)} network"

    # ---------------------------------------------------------------- SVG

    def picture(self) -> Picture:
        """Draw as SVG."""
        edges = sorted(self.edges(), key=lambda edge: abs(edge.value))
        parts = [style(), *map(self._line, edges), *self._numbers(edges)]
        for column in self.columns:
            parts += self._column(column)
        folded = [
            f"layer {column.l} shows {len(column.places)} of {self.sizes[column.l]:,} nodes"
            for column in self.columns
            if column.l is not None and column.ellipsis is not None
        ]
        has_biases = any(len(b) for b in self.b)
        notes = ["A node's outline is its bias." if has_biases else "There are no biases."]
        if folded:
            notes.append(f"Folded: {'; '.join(folded)}.")
        n_wrong = sum(int((~np.isfinite(a)).sum()) for a in (*self.w, *self.b))
        if n_wrong:
            notes.append(f"{plural(n_wrong, 'number')} not finite, drawn dotted.")
        return Picture(
            name="network",
            title=self.title,
            description=f"{self._summary()} The largest weight or bias is {self.largest:.3g}.",
            height=self.height,
            body=join(parts),
            how="Solid orange is positive, dashed blue is negative; the width goes with the size, "
            f"up to {number(self.largest)}.",
            notes=notes,
            columns=["l", "nodes", "activation", "smallest weight", "largest weight"],
            rows=[
                [str(l), f"{self.sizes[l]:,}", self.labels[l], number(w.min()), number(w.max())]
                for l, w in enumerate(self.w, 1)
            ],
        )

    def _summary(self) -> str:
        parts = [
            f"{n:,} {'inputs' if l == 0 else self.labels[l]}" for l, n in enumerate(self.sizes)
        ]
        return f"Layers: {', '.join(parts[:_MOST_COLUMNS])}{', …' * (len(parts) > _MOST_COLUMNS)}."

    def _line(self, edge: Edge) -> Markup:
        (x, y), (x_end, y_end) = edge.start, edge.end
        line = tag(
            "path",
            d=f"M{x:.1f} {y:.1f}L{x_end:.1f} {y_end:.1f}",
            class_=f"weight {_sign(edge.value)}",
            stroke_width=self._width(edge.value),
        )
        return with_tip(f"{edge.name} = {edge.value:.6g}", line)

    def _width(self, value: float) -> float | None:
        return self.stroke(value) if _sign(value) in ("plus", "minus") else None

    def _numbers(self, edges: Sequence[Edge]) -> Iterator[Markup]:
        """The weights' indices and numbers beside their lines, in the layers that have the room."""
        for l in range(1, len(self.sizes)):
            of_layer = [edge for edge in edges if edge.l == l]
            share = _best_share(of_layer)
            for edge in of_layer if share else []:
                x, y = _along(edge, share or 0.0)
                indices, value = _indexed("", (edge.j, edge.k))[1:], f" {number(edge.value)}"
                width = _LETTER * (1 + len(value)) + 5.2 * len(indices)
                # The ground behind it, or its line would strike it through.
                yield tag("rect", x=x - width / 2, y=y - 7, width=width, height=15, class_="ground")
                content = [
                    tag("tspan", text("w")),
                    tag("tspan", text(indices), dy=3, font_size=9),
                    tag("tspan", text(value), dy=-3),
                ]
                yield tag("text", *content, x=x, y=y + 4, class_="small middle")

    def _column(self, column: _Column) -> Iterator[Markup]:
        x = 100 * column.x / INNER
        if column.l is None:
            n_between = len(self.sizes) - _MOST_COLUMNS + 1
            yield label(x, (column.ellipsis or 0) + 5, "…", "key", "middle")
            yield label(x, 16, f"{n_between:,} more", "small", "middle")
            return
        l, n = column.l, self.sizes[column.l]
        crowded = len(self.columns) > 6
        words = "input" if l == 0 else f"layer {l}" if not crowded else f"{l}"
        yield label(x, 16, words, "name", "middle", font_weight=650)
        if l:
            yield label(x, 31, truncate(self.labels[l], 9 if crowded else 15), "small", "middle")
        names = self.names[0] if l == 0 else self.names[1] if l == len(self.sizes) - 1 else []
        for j, y in column.places.items():
            yield self._node(column, j, y)
            if names:
                side, anchor = (-1, "end") if l == 0 else (1, "")
                place = 100 * (column.x + side * (self.radius + 8)) / INNER
                yield label(place, y + 4, truncate(str(names[j]), _LONGEST_NAME), "name", anchor)
            if l and self.has_room and len(self.b[l - 1]):
                b = f"b {number(float(self.b[l - 1][j]))}"
                yield label(x, y + self.radius + 14, b, "small", "middle")
        if column.ellipsis is not None:
            yield with_tip(
                f"{n - len(column.places):,} more nodes",
                label(x, column.ellipsis + 6, "⋮", "key", "middle"),
            )
        if n > 1:
            yield label(x, self.height - 4, f"{n:,} nodes", "small", "middle")

    def _node(self, column: _Column, j: int, y: float) -> Markup:
        l = column.l or 0
        has_bias = l > 0 and len(self.b[l - 1]) > 0
        bias = float(self.b[l - 1][j]) if has_bias else 0.0
        words = f"{_indexed('b', (j,))}^({l}) = {bias:.6g}" if has_bias else f"node {j}"
        if l == 0:
            words = f"{_indexed('a', (j,))}^(0)"
        sign = _sign(bias) if bias else ""
        ring = tag(
            "circle",
            cx=column.x,
            cy=y,
            r=self.radius,
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
        for edge in sorted(self.edges(), key=lambda edge: abs(edge.value)):
            sign = _sign(edge.value)
            ax.plot(
                *zip(edge.start, edge.end, strict=True),
                "--" if sign == "minus" else ":" if sign == "wrong" else "-",
                color=colours.get(sign, "0.6"),
                linewidth=self._width(edge.value) or 0.5,
                zorder=1,
                gid=edge.name,
            )
        for column in self.columns:
            l = column.l
            if l is None:
                ax.text(column.x, column.ellipsis, "...", ha="center", va="center")
                continue
            for j, y in column.places.items():
                ax.text(
                    column.x,
                    y,
                    str(j),
                    ha="center",
                    va="center",
                    fontsize="small",
                    bbox={"boxstyle": "circle", "facecolor": "white", "edgecolor": "0.4"},
                    color="black",
                )
            if column.ellipsis is not None:
                ax.text(column.x, column.ellipsis, "...", ha="center", va="center", rotation=90)
            words = "input" if l == 0 else f"layer {l}"
            ax.text(column.x, _TOP - 14, words, ha="center", va="bottom", fontsize="small")
        ax.set_xlim(0, INNER)
        ax.set_ylim(self.height, 0)
        ax.set_axis_off()
        ax.set_title(self.title)


def _shown(n: int, most: int) -> tuple[list[int], bool]:
    """The nodes that are drawn, and whether an ellipsis, which takes a node's place, is too."""
    if n <= most:
        return list(range(n)), False
    return [*range(most - 2), n - 1], True


def _sign(value: float) -> str:
    if not math.isfinite(value):
        return "wrong"
    return "plus" if value > 0 else "minus" if value < 0 else "zero"


def _along(edge: Edge, share: float) -> tuple[float, float]:
    """The point of a line that is such a share of the way along."""
    (x, y), (x_end, y_end) = edge.start, edge.end
    return x + share * (x_end - x), y + share * (y_end - y)


def _best_share(edges: Sequence[Edge]) -> float | None:
    """Where on their lines the numbers of a layer are farthest apart; None if they would touch."""
    if not edges or len(edges) > 24 or edges[0].end[0] - edges[0].start[0] < 95:
        return None

    def gap(share: float) -> float:
        heights = sorted(_along(edge, share)[1] for edge in edges)
        return min((high - low for low, high in pairwise(heights)), default=math.inf)

    best = max(_SHARES, key=gap)
    return best if gap(best) >= _LABEL_HEIGHT else None
