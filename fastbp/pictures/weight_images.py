"""The weights into each node of the first layer as an image, for inputs that are pixels."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from fastbp.drawing.markup import Markup, join, tag, text
from fastbp.drawing.picture import Picture
from fastbp.drawing.raster import NEGATIVE, POSITIVE, STEPS, ZERO, image, png, signed_palette
from fastbp.drawing.shapes import label
from fastbp.inputs import Array, check_integer, short_repr
from fastbp.model.model import Model
from fastbp.pictures.drawing import INNER, number, style
from fastbp.text.formatting import plural

MOST_NODES = 40
_GAP, _WORDS = 8.0, 16.0  # pixels between images, and of the index below each
_SMALLEST, _LARGEST = 44.0, 110.0  # pixels, of the longer side of an image
_KEY = 34.0  # pixels of the colours' key


class WeightImages:
    """Images of w_jk^(1), one for each node j; input k is a pixel, row by row."""

    def __init__(self, model: Model, shape: Any = None, nodes: Any = MOST_NODES) -> None:
        """Check the options; ``shape`` is (rows, columns), ``nodes`` the most images."""
        n_0, n_1 = model.architecture.sizes[:2]
        self.shape = _checked_shape(shape, n_0)
        most = check_integer("nodes", nodes, low=1, high=1000)
        with model.state_lock.hold():
            w = np.array(model.state.parameters.weights[0][:most], np.float64)
        self.n_1 = n_1
        self.images = w.reshape(-1, *self.shape)
        finite = np.abs(w[np.isfinite(w)])
        self.largest = float(finite.max()) if finite.size else 0.0

    def indices(self) -> Array:
        """The colour of each weight: `ZERO` plus round(`STEPS` w / the largest |w|)."""
        shares = self.images / (self.largest or 1.0)
        steps = np.where(np.isfinite(shares), np.clip(shares, -1, 1), 0.0) * STEPS
        cells: Array = (ZERO + np.rint(steps)).astype(np.uint8)
        return cells

    @property
    def _title(self) -> str:
        rows, columns = self.shape
        return f"Weights into layer 1, as images of {rows} by {columns}"

    def picture(self) -> Picture:
        """Draw as SVG."""
        n, (rows, columns) = len(self.images), self.shape
        side = min(
            max((INNER - 1 + _GAP) / math.ceil(math.sqrt(1.6 * n)) - _GAP, _SMALLEST), _LARGEST
        )
        width, height = side * min(1.0, columns / rows), side * min(1.0, rows / columns)
        # A long, flat image is still some pixels high.
        width, height = max(width, 6.0), max(height, 6.0)
        across = max(1, int((INNER - 1 + _GAP) // (max(width, 18.0) + _GAP)))
        step_x, step_y = max(width, 18.0) + _GAP, height + _WORDS + _GAP
        palette, parts = signed_palette(), [style()]
        for j, (weights, cells) in enumerate(zip(self.images, self.indices(), strict=True)):
            x, y = j % across * step_x + 0.5, _KEY + j // across * step_y
            words = f"into node {j}: {weights.min():.4g} to {weights.max():.4g}"
            parts.append(
                image(x, y, width, height, png(columns, rows, bytes(cells), palette), words)
            )
            frame = {"width": width, "height": height, "class_": "frame"}
            parts.append(tag("rect", x=x, y=y, **frame))
            place = 100 * (x + width / 2) / INNER
            parts.append(label(place, y + height + 13, str(j), "small", "middle"))
        notes = []
        if n < self.n_1:
            notes.append(f"The first {n:,} of {plural(self.n_1, 'node')}.")
        if not np.isfinite(self.images).all():
            notes.append("Weights that are not finite are left blank.")
        return Picture(
            name="weights",
            title=self._title,
            description=f"An image for each of {plural(n, 'node')}; the largest weight is "
            f"{self.largest:.4g}.",
            height=_KEY + math.ceil(n / across) * step_y,
            body=join([*parts, signed_key(self.largest)]),
            how="Each image has the weights into one node, numbered below it; input 0 is its upper "
            "left pixel. All have one scale.",
            notes=notes,
            columns=["node", "smallest", "largest"],
            rows=[[str(j), number(w.min()), number(w.max())] for j, w in enumerate(self.images)],
        )

    def draw(self, ax: Any) -> None:
        """Draw on a matplotlib Axes: all images in one, with gaps."""
        n, (rows, columns) = len(self.images), self.shape
        across = math.ceil(math.sqrt(n))
        down = math.ceil(n / across)
        whole = np.full((down * (rows + 1) - 1, across * (columns + 1) - 1), np.nan)
        for j, weights in enumerate(self.images):
            y, x = j // across * (rows + 1), j % across * (columns + 1)
            whole[y : y + rows, x : x + columns] = weights
        shown = ax.imshow(whole, cmap=signed_map(), vmin=-self.largest, vmax=self.largest)
        ax.figure.colorbar(shown, ax=ax, label="w")
        ax.set_axis_off()
        ax.set_title(self._title)


def signed_key(largest: float) -> Markup:
    """The colours from the largest negative number to the largest positive one."""
    width, left = 160.0, 66.0
    cells = bytes(range(2 * STEPS + 1))
    shown = image(left, 4, width, 10, png(len(cells), 1, cells, signed_palette()), "colours")
    return join(
        [
            shown,
            tag("rect", x=left, y=4, width=width, height=10, class_="frame"),
            tag("text", text(number(-largest)), x=left - 6, y=13, class_="small end"),
            tag("text", text(number(largest)), x=left + width + 6, y=13, class_="small"),
        ]
    )


def signed_map() -> Any:
    """Matplotlib's form of the same colours, on white."""
    from matplotlib.colors import LinearSegmentedColormap

    ends = [tuple(part / 255 for part in hue) for hue in (NEGATIVE, POSITIVE)]
    return LinearSegmentedColormap.from_list("signed", [ends[0], (1.0, 1.0, 1.0), ends[1]])


def _checked_shape(shape: Any, n_0: int) -> tuple[int, int]:
    if shape is None:
        side = math.isqrt(n_0)
        if side * side != n_0:
            raise ValueError(
                f"shape must be given for {n_0:,} inputs, which make no square; expected (rows, "
                f"columns) with rows * columns = {n_0:,}, such as shape=(1, {n_0})"
            )
        return side, side
    if not isinstance(shape, (tuple, list)) or len(shape) != 2:
        raise TypeError(f"shape must be (rows, columns), got {short_repr(shape)}")
    rows, columns = (check_integer("shape", part, low=1) for part in shape)
    if rows * columns != n_0:
        raise ValueError(
            f"shape must have a pixel for each of the {n_0:,} inputs, got {short_repr(shape)}, "
            f"which has {rows * columns:,}"
        )
    return rows, columns
