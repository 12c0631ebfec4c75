"""The size of delta by layer: whether it vanishes or explodes on its way back."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from fastbp.drawing.markup import Markup, join, tag
from fastbp.drawing.picture import Picture
from fastbp.drawing.scales import LinearScale, LogScale, Scale
from fastbp.drawing.shapes import label, line, truncate, with_tip
from fastbp.inputs import check_integer, spread_rows
from fastbp.model.model import Model
from fastbp.model.trace import trace_sample
from fastbp.pictures.drawing import INNER, number, style
from fastbp.text.formatting import plural
from fastbp.training.samples import evaluated_samples

MOST_SAMPLES = 500
_MOST_LAYERS = 40
_ROW, _BAR, _LEFT, _RIGHT, _TOP = 26.0, 16.0, 118.0, 140.0, 8.0  # pixels
_LOG_FROM = 20.0  # ratio of the largest to the smallest


class DeltaProfile:
    """Means over samples and nodes of |delta_j^(l)|, for l = 1..L.

    Attributes
    ----------
    means : ndarray (L,)
        Of layers 1 to L.
    zeros : ndarray (L,)
        The share of the deltas that are 0, as behind relu nodes that are off.
    """

    def __init__(self, model: Model, X: Any, y: Any, samples: Any = MOST_SAMPLES) -> None:
        """Trace the samples; of more than ``samples`` that many, spread over all."""
        most = check_integer("samples", samples, low=1)
        X, targets, _ = evaluated_samples(model, X, y)
        n = len(X)
        rows = range(n) if n <= most else sorted(map(int, spread_rows(n, most)))
        sizes = model.architecture.sizes
        sums, zeros = np.zeros(len(sizes) - 1), np.zeros(len(sizes) - 1)
        for i in rows:
            one = targets._replace(array=targets.array[i : i + 1])
            trace = trace_sample(model, X[i : i + 1], one)
            sums += [np.abs(delta, dtype=np.float64).mean() for delta in trace.delta]
            zeros += [np.mean(delta == 0) for delta in trace.delta]
        self.n, self.n_all = len(rows), n
        self.means, self.zeros = sums / self.n, zeros / self.n
        self.labels = model.architecture.labels

    @property
    def _title(self) -> str:
        return f"Mean |delta| by layer, of {plural(self.n, 'sample')}"

    def is_log(self) -> bool:
        """Whether the axis is logarithmic: where the means differ by more than a factor of 20."""
        shown = self.means[np.isfinite(self.means) & (self.means > 0)]
        return bool(len(shown)) and float(shown.max()) > _LOG_FROM * float(shown.min())

    def scale(self) -> Scale:
        """From a mean to pixels."""
        shown = self.means[np.isfinite(self.means) & (self.means > 0)]
        high = float(shown.max()) if len(shown) else 1.0
        if self.is_log():
            # Neither it nor high / low may leave the range of numbers.
            low = max(10.0 ** (math.floor(math.log10(shown.min())) - 0.5), high / 1e300, 1e-307)
            return LogScale(low, high, _LEFT, INNER - _RIGHT)
        return LinearScale(0.0, high, _LEFT, INNER - _RIGHT)

    def picture(self) -> Picture:
        """Draw as SVG: a bar for each layer, the output's first, as deltas go."""
        L, scale = len(self.means), self.scale()
        layers = list(range(L, 0, -1))
        if L > _MOST_LAYERS:
            layers = [*layers[: _MOST_LAYERS // 2], *layers[-_MOST_LAYERS // 2 :]]
        parts = [style()]
        for i, l in enumerate(layers):
            parts += self._bar(l, _TOP + i * _ROW, scale)
        bottom = _TOP + len(layers) * _ROW
        ticks = scale.ticks(5)
        axis = [
            join(
                [
                    line(
                        100 * scale(value) / INNER, _TOP, 100 * scale(value) / INNER, bottom, "grid"
                    ),
                    label(
                        100 * scale(value) / INNER, bottom + 15, number(value), "small", "middle"
                    ),
                ]
            )
            for value in ticks
        ]
        words = "mean |delta|" + ", log scale" * self.is_log()
        axis.append(
            label(100 * (_LEFT + INNER - _RIGHT) / 2 / INNER, bottom + 32, words, "small", "middle")
        )
        notes = ["It starts at the output layer and goes back, from the top down."]
        if self.n < self.n_all:
            notes.append(f"{self.n:,} of {self.n_all:,} samples, spread over all.")
        if L > _MOST_LAYERS:
            notes.append(f"{_MOST_LAYERS} of {L:,} layers are shown, the last and the first.")
        return Picture(
            name="deltas",
            title=self._title,
            description="; ".join(
                f"layer {l}: {self.means[l - 1]:.4g}" for l in layers[:_MOST_LAYERS]
            ),
            height=bottom + 40,
            body=join([*axis, *parts]),
            how="A bar is the mean over samples and nodes of |delta_j| = |dC_0/dz_j|.",
            notes=notes,
            columns=["layer", "mean |delta|", "share of zeros"],
            rows=[[str(l), number(self.means[l - 1]), f"{self.zeros[l - 1]:.0%}"] for l in layers],
        )

    def _bar(self, l: int, y: float, scale: Scale) -> list[Markup]:
        mean, zeros = float(self.means[l - 1]), float(self.zeros[l - 1])
        end = scale(mean) if math.isfinite(mean) and mean > 0 else _LEFT
        words = number(mean) + (f"  ({zeros:.0%} are 0)" if zeros else "")
        bar = tag("rect", x=_LEFT, y=y + 5, width=end - _LEFT, height=_BAR, class_="bar a")
        return [
            label(
                100 * (_LEFT - 8) / INNER,
                y + 17,
                f"layer {l} {truncate(self.labels[l - 1], 9)}",
                "name",
                "end",
            ),
            with_tip(f"layer {l}: mean |delta| = {mean:.6g}", bar),
            label(100 * (end + 6) / INNER, y + 17, words, "small"),
        ]

    def draw(self, ax: Any) -> None:
        """Draw on a matplotlib Axes."""
        layers = np.arange(1, len(self.means) + 1)
        ax.barh(layers, self.means)
        if self.is_log():
            ax.set_xscale("log")
        if len(layers) <= _MOST_LAYERS:
            ax.set_yticks(layers)
        ax.set(xlabel="mean |delta|", ylabel="layer", title=self._title)
