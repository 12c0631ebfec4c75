"""The loss over a plane through the parameters: theta + alpha d_1 + beta d_2."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from fastbp.drawing.field import Field
from fastbp.drawing.markup import Markup, join, tag, text
from fastbp.drawing.picture import Picture
from fastbp.drawing.raster import HUES, Colour
from fastbp.inputs import Array, as_generator, as_parameter, check_integer, check_number, short_repr
from fastbp.model.model import Model
from fastbp.model.parameters import Parameters
from fastbp.pictures.drawing import INNER, number, style
from fastbp.text.formatting import plural
from fastbp.training.samples import evaluated_samples

_BANDS = 14
_BETWEEN = 6  # cells drawn from one computed point to the next
_HEIGHT = 440.0
_LOG_FROM = 20.0  # ratio of the largest to the smallest loss


class LossSurface:
    """C of samples on a grid of points theta + alpha d_1 + beta d_2.

    Attributes
    ----------
    C : ndarray (points, points)
        ``C[i, k]`` at beta = ``shares[i]``, alpha = ``shares[k]``.
    shares : ndarray (points,)
        From -span to span.
    directions : (ndarray, ndarray)
        Laid out as ``net.parameters``.
    """

    def __init__(
        self,
        model: Model,
        X: Any,
        y: Any,
        directions: Any = None,
        seed: Any = 0,
        span: Any = 1.0,
        points: Any = 31,
    ) -> None:
        """Check the options and compute the grid, on a copy of the model."""
        self.span = check_number("span", span, above=0)
        # An odd number, so that the network itself is one of them.
        n = check_integer("points", points, low=3, high=201) // 2 * 2 + 1
        X, targets, _ = evaluated_samples(model, X, y)
        twin = model.copy()
        parameters = twin.state.parameters
        theta = parameters.dense()
        if directions is None:
            rng = as_generator(seed)
            self.directions = tuple(random_direction(parameters, rng) for _ in range(2))
        else:
            self.directions = _given(directions, theta)
        self.is_random, self.n_samples = directions is None, len(X)
        self.shares = np.linspace(-self.span, self.span, n)
        self.C = np.empty((n, n))
        first, second = self.directions
        for i, beta in enumerate(self.shares):
            for k, alpha in enumerate(self.shares):
                with np.errstate(over="ignore", invalid="ignore"):
                    parameters.scatter(theta + alpha * first + beta * second)
                self.C[i, k] = twin.loss_value(X, targets)

    @property
    def centre(self) -> float:
        """C of the network itself."""
        middle = len(self.shares) // 2
        return float(self.C[middle, middle])

    @property
    def lowest(self) -> tuple[float, float, float]:
        """(C, alpha, beta) at the grid's lowest point."""
        i, k = np.unravel_index(
            np.argmin(np.where(np.isfinite(self.C), self.C, np.inf)), self.C.shape
        )
        return float(self.C[i, k]), float(self.shares[k]), float(self.shares[i])

    def is_log(self) -> bool:
        """Whether the colours are logarithmic: where C differs by more than a factor of 20."""
        low, high = self._ends()
        return low > 0 and high > _LOG_FROM * low

    def _ends(self) -> tuple[float, float]:
        finite = self.C[np.isfinite(self.C)]
        if not finite.size:
            raise ValueError(
                "the loss is not finite anywhere on this surface; give a smaller span, or a "
                "network and samples whose loss_value is finite"
            )
        return float(finite.min()), float(finite.max())

    def indices(self) -> Array:
        """The band of each cell, from the top row down; `_BANDS` where C is not finite.

        Between the grid's points C, or its logarithm, is interpolated bilinearly.
        """
        low, high = self._ends()
        values = np.where(np.isfinite(self.C), self.C, np.nan)
        if self.is_log():
            low, high, values = math.log(low), math.log(high), np.log(values)
        shares = (values - low) / (high - low) if high > low else values * 0.0
        fine = _interpolated(_interpolated(shares).T).T
        bands = np.clip(np.floor(fine * _BANDS), 0, _BANDS - 1)
        cells: Array = np.where(np.isnan(fine), _BANDS, bands).astype(np.uint8)[::-1]
        return cells

    def picture(self) -> Picture:
        """Draw as SVG."""
        field = Field((-self.span, self.span), (-self.span, self.span), INNER, _HEIGHT)
        cells = self.indices()
        side = len(cells)
        shown = "the loss"
        low, high = self._ends()
        C, alpha, beta = self.lowest
        parts = [
            style(),
            field.axes("alpha, along direction 1", "beta, along direction 2"),
            field.cells(side, side, cells.tobytes(), [*_palette(), (0, 0, 0, 0)], shown),
            field.colour_bar(
                _palette(), self._marks(low, high), "C" + ", log scale" * self.is_log()
            ),
            _cross(field, 0.0, 0.0, f"the network: C = {number(self.centre)}"),
        ]
        notes = [f"The cross is the network, C = {number(self.centre)}."]
        if (alpha, beta) != (0.0, 0.0):
            ring = tag("circle", cx=field.x(alpha), cy=field.y(beta), r=6, class_="centre")
            parts.append(tag("g", tag("title", text(f"lowest: C = {number(C)}")), ring))
            notes[0] += f" The ring is the lowest point computed, {number(C)}."
        if self.is_random:
            notes.append(
                "Each direction is random, in each layer as long as the layer's parameters."
            )
        if not np.isfinite(self.C).all():
            notes.append("Where C is not finite, there is no colour.")
        return Picture(
            name="surface",
            title=f"The loss of {plural(self.n_samples, 'sample')} around the network",
            description=f"C is {self.centre:.4g} at the network, {low:.4g} at the lowest and "
            f"{high:.4g} at the highest point.",
            height=_HEIGHT,
            body=join(parts),
            how="C at the parameters theta + alpha d1 + beta d2; the stronger the colour, the "
            "higher.",
            notes=notes,
            columns=["beta", *(number(alpha) for alpha in self.shares)],
            rows=[
                [number(beta), *map(number, row)]
                for beta, row in zip(self.shares, self.C, strict=True)
            ],
        )

    def _marks(self, low: float, high: float) -> list[tuple[float, str]]:
        if high == low:
            return [(0.5, number(low))]
        shares = [i / 4 for i in range(5)]
        values = [
            low * (high / low) ** s if self.is_log() else low + s * (high - low) for s in shares
        ]
        # As many digits as tell them apart, near a minimum.
        texts = next(
            texts
            for digits in range(3, 18)
            if len(set(texts := [number(value, digits) for value in values])) == 5 or digits == 17
        )
        return list(zip(shares, texts, strict=True))

    def draw(self, ax: Any) -> None:
        """Draw on a matplotlib Axes."""
        from matplotlib.colors import LogNorm

        low, high = self._ends()
        C = np.ma.masked_invalid(self.C)
        norm = LogNorm(low, high) if self.is_log() else None
        place = np.geomspace if self.is_log() else np.linspace
        levels = place(low, high, _BANDS + 1) if high > low else None
        shown = ax.contourf(self.shares, self.shares, C, levels=levels, norm=norm, cmap="cividis")
        ticks = None if levels is None else levels[:: _BANDS // 4]
        ax.figure.colorbar(shown, ax=ax, label="C", ticks=ticks, format="%.4g")
        ax.plot([0], [0], "+", color="white", markersize=12)
        ax.set(xlabel="alpha", ylabel="beta", title=f"C of {plural(self.n_samples, 'sample')}")


def random_direction(parameters: Parameters, rng: np.random.Generator) -> Array:
    """Draw a direction, normal, and make it as long as the parameters are, layer by layer.

    Fixed biases stay where they are. Li et al., "Visualizing the loss landscape of neural nets"
    (2018), normalise so by filter; a layer's w and b count as one here.
    """
    parts: list[Array] = []
    with_biases = parameters.bias is True
    for w, b in zip(parameters.weights, parameters.biases, strict=True):
        layer = np.concatenate([w.ravel(), b] if with_biases else [w.ravel()]).astype(np.float64)
        drawn = rng.standard_normal(len(layer))
        parts.append(drawn * (np.linalg.norm(layer) / np.linalg.norm(drawn)))
        if not with_biases:
            parts.append(np.zeros(len(b)))
    return np.concatenate(parts)


def _given(directions: Any, theta: Array) -> tuple[Array, Array]:
    if not isinstance(directions, (tuple, list)) or len(directions) != 2:
        raise TypeError(
            "directions must be two arrays laid out as net.parameters, got "
            f"{short_repr(directions)}"
        )
    first, second = (
        np.array(as_parameter(one, theta, f"directions[{i}]"), np.float64)
        for i, one in enumerate(directions)
    )
    return first, second


def _interpolated(rows: Array) -> Array:
    """Rows with `_BETWEEN` - 1 more between two; beside one that is not finite they are not."""
    places = np.arange((len(rows) - 1) * _BETWEEN + 1)
    low, part = np.divmod(places, _BETWEEN)
    share = (part / _BETWEEN)[:, None]
    high = np.minimum(low + 1, len(rows) - 1)
    between: Array = np.where(share == 0, rows[low], (1 - share) * rows[low] + share * rows[high])
    return between


def _palette() -> list[Colour]:
    return [(*HUES[0], round(255 * (0.04 + 0.96 * i / (_BANDS - 1)))) for i in range(_BANDS)]


def _cross(field: Field, alpha: float, beta: float, words: str) -> Markup:
    x, y = field.x(alpha), field.y(beta)
    path = tag("path", d=f"M{x - 7:.1f} {y:.1f}h14M{x:.1f} {y - 7:.1f}v14", class_="centre")
    return tag("g", tag("title", text(words)), path)
