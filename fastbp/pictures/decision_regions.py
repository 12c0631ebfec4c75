"""What a network of two inputs answers where: regions of classes, or a field of numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastbp.drawing.class_marks import MATPLOTLIB_MARKERS, class_mark, hue
from fastbp.drawing.field import Field
from fastbp.drawing.markup import Markup, join, tag, text
from fastbp.drawing.picture import Picture
from fastbp.drawing.raster import STEPS, ZERO, Colour, signed_palette
from fastbp.drawing.shapes import truncate, with_tip
from fastbp.errors import ShapeError
from fastbp.inputs import Array, check_integer, check_number, numbers_in, short_repr, spread_rows
from fastbp.model.model import Model
from fastbp.pictures.drawing import INNER, number, plain, style
from fastbp.pictures.weight_images import signed_map
from fastbp.training.prediction import outputs
from fastbp.training.samples import batch, evaluated_samples

_HEIGHT = 440.0
_MARGIN = 0.12  # of the samples' range, around them
_MOST_POINTS = 600
_STEPS = 16  # of a class's colour, from undecided to sure
_FAINTEST, _STRONGEST = 0.12, 0.62  # of a class's colour
_MOST_CLASSES = 15  # 16 steps each in a palette of 256
_LONGEST_NAME = 13


class DecisionRegions:
    """Outputs on a grid over two inputs.

    Attributes
    ----------
    x, y : ndarray (points,)
        The inputs at the middle of the cells.
    a : ndarray (points, points, n_L)
        ``a[i, k]`` is a^(L) at ``y[i]``, ``x[k]``.
    """

    def __init__(self, model: Model, X: Any, y: Any, limits: Any = None, points: Any = 160) -> None:
        """Check the arguments and predict the grid."""
        sizes = model.architecture.sizes
        if sizes[0] != 2:
            raise ShapeError(
                f'kind="regions" needs a network of two inputs, and this one has {sizes[0]:,}'
            )
        n = check_integer("points", points, low=2, high=400)
        self.n_L = sizes[-1]
        self.has_classes = self.n_L > 1 or model.architecture.names[-1] == "sigmoid"
        learned = model.state.learned
        self.input_names = tuple(map(str, learned.feature_names or ("input 0", "input 1")))
        n_classes = max(self.n_L, 2)
        if self.has_classes and n_classes > _MOST_CLASSES:
            raise ValueError(
                f'kind="regions" draws up to {_MOST_CLASSES} classes, and this network has '
                f"{n_classes:,}"
            )
        named = model.classes or ()
        self.classes = [
            str(named[c]) if len(named) == n_classes else str(c) for c in range(n_classes)
        ]
        self.points, self.n_samples = np.empty((0, 2)), 0
        self.labels: Array | None = None
        if X is not None:
            self._take_samples(model, X, y)
        elif y is not None:
            raise ValueError("y was given without X; give both, or limits alone")
        self.limits = _limits(limits, self.points)
        (x_low, x_high), (y_low, y_high) = self.limits
        middles = (np.arange(n) + 0.5) / n
        self.x, self.y = x_low + middles * (x_high - x_low), y_low + middles * (y_high - y_low)
        grid = np.stack([axis.ravel() for axis in np.meshgrid(self.x, self.y)], axis=1)
        grid = grid.astype(model.architecture.dtype)
        self.a = np.array(outputs(model, grid), np.float64).reshape(n, n, self.n_L)

    def _take_samples(self, model: Model, X: Any, y: Any) -> None:
        if y is None:
            X = batch(model, X)
        else:
            X, targets, _ = evaluated_samples(model, X, y)
            rows = targets.array
            if rows.ndim == 2:
                rows = rows.argmax(axis=1) if self.n_L > 1 else rows[:, 0]
            rows = rows >= 0.5 if self.has_classes and self.n_L == 1 else rows
            self.labels = np.asarray(rows, np.float64)
        self.n_samples = len(X)
        dense = numbers_in(X) if isinstance(X, np.ndarray) else X.toarray()
        self.points = np.array(dense, np.float64).reshape(-1, 2)
        if len(self.points) > _MOST_POINTS:
            rows = np.sort(spread_rows(len(self.points), _MOST_POINTS))
            self.points = self.points[rows]
            self.labels = None if self.labels is None else self.labels[rows]

    # ---------------------------------------------------------------- colours

    def winners(self) -> Array:
        """The class of each cell: the largest output, or a >= 0.5 of one; -1 of NaN."""
        classes = self.a[:, :, 0] >= 0.5 if self.n_L == 1 else self.a.argmax(axis=2)
        return np.where(np.isnan(self.a).any(axis=2), -1, classes.astype(np.intp))

    def sureness(self) -> Array:
        """0 where the two largest outputs are equal, 1 where they differ by 1 or more."""
        if self.n_L == 1:
            return np.clip(np.abs(2 * self.a[:, :, 0] - 1), 0, 1)
        top = np.sort(self.a, axis=2)
        return np.clip(top[:, :, -1] - top[:, :, -2], 0, 1)

    def indices(self) -> Array:
        """The colour of each cell, from the top row down: _STEPS for each class.

        Of numbers: `ZERO` plus round(`STEPS` a / the largest |a|). NaN has the last colour.
        """
        is_nan = np.isnan(self.a).any(axis=2)
        if self.has_classes:
            steps = np.floor(np.nan_to_num(self.sureness()) * (_STEPS - 1e-9))
            cells = self.winners() * _STEPS + steps
        else:
            cells = ZERO + np.rint(np.nan_to_num(self.a[:, :, 0] / self._largest) * STEPS)
        indices: Array = np.where(is_nan, 255, cells).astype(np.uint8)[::-1]
        return indices

    @property
    def _largest(self) -> float:
        finite = np.abs(self.a[np.isfinite(self.a)])
        return float(finite.max()) if finite.size and finite.max() > 0 else 1.0

    def _palette(self) -> list[Colour]:
        if self.has_classes:
            rise = (_STRONGEST - _FAINTEST) / (_STEPS - 1)
            colours = [
                (*hue(c), round(255 * (_FAINTEST + rise * step)))
                for c in range(len(self.classes))
                for step in range(_STEPS)
            ]
        else:
            colours = signed_palette()
        return colours + [(0, 0, 0, 0)] * (256 - len(colours))

    # ---------------------------------------------------------------- SVG

    @property
    def _title(self) -> str:
        return "Decision regions" if self.has_classes else "The output over two inputs"

    def picture(self) -> Picture:
        """Draw as SVG."""
        field = Field(*self.limits, INNER, _HEIGHT)
        n = len(self.x)
        cells = self.indices().tobytes()
        parts = [
            style(),
            field.axes(*self.input_names),
            field.cells(n, n, cells, self._palette(), self._title),
            *self._markers(field),
        ]
        if self.has_classes:
            parts += [*self._names(field), *self._key(field)]
            how = "Each place has the colour of the class that the network gives it; the stronger, "
            how += "the surer."
        else:
            marks = [(i / 4, number(self._largest * (i / 2 - 1))) for i in range(5)]
            parts.append(field.colour_bar(signed_palette(), marks, "a"))
            how = "The colour is the output: blue above 0, orange below."
        notes = []
        if len(self.points) < self.n_samples:
            notes.append(f"{_MOST_POINTS} of {self.n_samples:,} samples, spread over all.")
        if np.isnan(self.a).any():
            notes.append("Where the output is NaN, there is no colour.")
        rows = self._rows()
        return Picture(
            name="regions",
            title=self._title,
            description="; ".join(f"{name}: {share}" for name, share in rows),
            height=_HEIGHT,
            body=join(parts),
            how=how,
            notes=notes,
            columns=["class" if self.has_classes else "output", "share of the field"],
            rows=rows,
        )

    def _rows(self) -> list[list[str]]:
        if not self.has_classes:
            a = self.a[np.isfinite(self.a)]
            return [["smallest", number(a.min())], ["largest", number(a.max())]] if a.size else []
        winners = self.winners()
        return [[name, f"{(winners == c).mean():.1%}"] for c, name in enumerate(self.classes)]

    def _markers(self, field: Field) -> list[Markup]:
        parts = []
        (x_low, x_high), (y_low, y_high) = self.limits
        for i, (x, y) in enumerate(self.points):
            if not (x_low <= x <= x_high and y_low <= y <= y_high):
                continue
            value = None if self.labels is None else float(self.labels[i])
            is_class = self.has_classes and value is not None
            c = int(value) if is_class and value is not None else 0
            words = f"({x:.4g}, {y:.4g})"
            if value is not None:
                words += f": {self.classes[c] if is_class else f'{value:.4g}'}"
            place = field.x(x), field.y(y)
            ring = tag("circle", cx=place[0], cy=place[1], r=4, class_="centre")
            shape = class_mark(c, *place) if is_class else ring
            parts.append(with_tip(words, shape))
        return parts

    def _names(self, field: Field) -> list[Markup]:
        """Each class's name where its region is widest, so that no colour needs to be known."""
        parts = []
        winners = self.winners()
        for c, name in enumerate(self.classes):
            place = _innermost(winners == c)
            if place is not None:
                x, y = field.x(self.x[place[1]]), field.y(self.y[place[0]])
                words = text(truncate(name, _LONGEST_NAME))
                parts.append(tag("text", words, x=x, y=y + 4, class_="strong middle"))
        return parts

    def _key(self, field: Field) -> list[Markup]:
        parts = []
        for c, name in enumerate(self.classes):
            x, y = field.key_left + 6, field.y.end + 12 + 24 * c
            parts.append(class_mark(c, x, y))
            words = text(truncate(name, _LONGEST_NAME))
            parts.append(tag("text", words, x=x + 12, y=y + 4, class_="name"))
        return parts

    # ---------------------------------------------------------------- matplotlib

    def draw(self, ax: Any) -> None:
        """Draw on a matplotlib Axes."""
        (x_low, x_high), (y_low, y_high) = self.limits
        place = {"origin": "lower", "extent": (x_low, x_high, y_low, y_high), "aspect": "auto"}
        if not self.has_classes:
            shown = ax.imshow(
                self.a[:, :, 0], cmap=signed_map(), vmin=-self._largest, vmax=self._largest, **place
            )
            ax.figure.colorbar(shown, ax=ax, label="a")
        else:
            palette = np.array(self._palette()) / 255
            ax.imshow(palette[self.indices()[::-1]], **place)
        for c, name in enumerate(self.classes if self.has_classes else ["samples"]):
            if not len(self.points):
                break
            chosen = (
                slice(None) if self.labels is None or not self.has_classes else self.labels == c
            )
            ax.scatter(
                *self.points[chosen].T,
                s=22,
                marker=MATPLOTLIB_MARKERS[c % len(MATPLOTLIB_MARKERS)],
                color=[tuple(part / 255 for part in hue(c))],
                edgecolors="white",
                linewidths=0.6,
                label=plain(truncate(name, _LONGEST_NAME)),
            )
            if self.labels is None:
                break
        if self.labels is not None and self.has_classes:
            ax.legend()
        x_name, y_name = map(plain, self.input_names)
        ax.set(xlabel=x_name, ylabel=y_name, title=self._title)


def _limits(limits: Any, points: Array) -> tuple[tuple[float, float], tuple[float, float]]:
    if limits is not None:
        pairs = limits if isinstance(limits, (tuple, list)) else ()
        if len(pairs) != 2 or not all(isinstance(p, (tuple, list)) and len(p) == 2 for p in pairs):
            raise TypeError(
                "limits must be ((x_low, x_high), (y_low, y_high)), got " + short_repr(limits)
            )
        checked = [tuple(check_number("limits", value) for value in pair) for pair in pairs]
        if any(low >= high for low, high in checked):
            raise ValueError(f"limits must rise, got {short_repr(limits)}")
        return (checked[0][0], checked[0][1]), (checked[1][0], checked[1][1])
    finite = points[np.isfinite(points).all(axis=1)]
    if not len(finite):
        raise ValueError(
            'kind="regions" needs samples or limits: net.plot("regions", X, y), or '
            'net.plot("regions", limits=((0, 1), (0, 1)))'
        )
    ends = []
    for column in finite.T:
        low, high = float(column.min()), float(column.max())
        room = _MARGIN * (high - low) or max(abs(low), 1.0) / 2
        ends.append((low - room, high + room))
    return ends[0], ends[1]


def _innermost(region: Array) -> tuple[int, int] | None:
    """The cell that is left last when a region loses its edge again and again."""
    if not region.any():
        return None
    while True:
        padded = np.pad(region, 1)
        inner = region.copy()
        for down, across in ((0, 1), (2, 1), (1, 0), (1, 2)):
            inner &= padded[down : down + region.shape[0], across : across + region.shape[1]]
        if not inner.any():
            rows, columns = np.nonzero(region)
            middle = len(rows) // 2
            return int(rows[middle]), int(columns[middle])
        region = inner
