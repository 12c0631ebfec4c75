"""Where the nodes and lines of a diagram are, in pixels; of large layers and many, some."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from fastbp.pictures.drawing import INNER

#: Layers side by side; of more the first four and the last three, with a gap between.
MOST_COLUMNS = 8
TOP, BOTTOM = 48.0, 34.0  # above the nodes and below, for the words of each layer
_SIDE, _NAMES = 30.0, 126.0  # at the sides, where nodes have no names and where they have
_BIAS = 14.0  # below a node, for its bias
# Of layers up to so many nodes: from node to node, and whether there is room for a bias.
_SPACING = ((3, 92.0, True), (5, 64.0, True), (8, 44.0, False), (math.inf, 34.0, False))
_MOST_COLUMNS_WITH_ROOM = 6
# Numbers on the lines: their height, the length that a line needs for one, and the most of a layer.
_NUMBER_HEIGHT, _NUMBER_LENGTH, _MOST_NUMBERS = 14.0, 95.0, 24
# Where on a line its number may stand, as a share of the way; the best one is taken.
_SHARES = (0.5, 0.3, 0.27, 0.22, 0.7, 0.73, 0.78, 0.36, 0.64)

Point = tuple[float, float]


@dataclass(frozen=True)
class Column:
    """A layer, or with ``l`` None a gap between layers: node -> its y, and that of an ellipsis."""

    l: int | None
    x: float
    places: dict[int, float]
    ellipsis: float | None


@dataclass(frozen=True)
class Line:
    """The line of w_jk^(l)."""

    l: int
    j: int
    k: int
    start: Point
    end: Point

    def along(self, share: float) -> Point:
        """The point that is such a share of the way along."""
        (x, y), (x_end, y_end) = self.start, self.end
        return x + share * (x_end - x), y + share * (y_end - y)


class Layout:
    """The columns of a network.

    Parameters
    ----------
    sizes : sequence of int
        The widths.
    most : int
        The most nodes of a layer that are drawn, from 3; an ellipsis takes the place of one.
    named : (bool, bool)
        Whether the inputs have names, and the outputs.
    """

    def __init__(self, sizes: Sequence[int], most: int, named: tuple[bool, bool]) -> None:
        shown = [_shown(n, most) for n in sizes]
        tallest = max(len(nodes) + gap for nodes, gap in shown)
        self.spacing, room = next((px, room) for n, px, room in _SPACING if tallest <= n)
        layers: list[int | None] = list(range(len(sizes)))
        if len(layers) > MOST_COLUMNS:
            layers = [*layers[:4], None, *layers[-3:]]
        self.shows_biases = room and len(layers) <= _MOST_COLUMNS_WITH_ROOM
        self.is_crowded = len(layers) > _MOST_COLUMNS_WITH_ROOM
        self.radius = min(15.0, 0.4 * self.spacing)
        middle = TOP + self.radius + (tallest - 1) / 2 * self.spacing
        self.height = 2 * middle - TOP + BOTTOM + _BIAS * self.shows_biases
        left, right = (_NAMES if there else _SIDE for there in named)
        step = (INNER - left - right) / (len(layers) - 1)
        self.columns = []
        for i, l in enumerate(layers):
            nodes, gap = ([], True) if l is None else shown[l]
            n = len(nodes) + gap
            slots = [middle + (slot - (n - 1) / 2) * self.spacing for slot in range(n)]
            # The ellipsis stands before the last node.
            ellipsis = slots.pop(-2 if nodes else 0) if gap else None
            places = dict(zip(nodes, slots, strict=True))
            self.columns.append(Column(l, left + i * step, places, ellipsis))

    def lines(self) -> Iterator[Line]:
        """The lines between neighbouring layers, from and to nodes that are drawn."""
        for below, column in pairwise(self.columns):
            if column.l is None or below.l is None:
                continue
            for j, y in column.places.items():
                for k, y_below in below.places.items():
                    start, end = (below.x + self.radius, y_below), (column.x - self.radius, y)
                    yield Line(column.l, j, k, start, end)


def _shown(n: int, most: int) -> tuple[list[int], bool]:
    """The nodes that are drawn, and whether there is an ellipsis."""
    return (list(range(n)), False) if n <= most else ([*range(most - 2), n - 1], True)


def share_for_numbers(lines: Sequence[Line]) -> float | None:
    """Where on a layer's lines numbers are farthest apart; None if they would touch."""
    if not lines or len(lines) > _MOST_NUMBERS:
        return None
    if lines[0].end[0] - lines[0].start[0] < _NUMBER_LENGTH:
        return None

    def gap(share: float) -> float:
        heights = sorted(line.along(share)[1] for line in lines)
        return min((high - low for low, high in pairwise(heights)), default=math.inf)

    best = max(_SHARES, key=gap)
    return best if gap(best) >= _NUMBER_HEIGHT else None
