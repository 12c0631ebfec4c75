"""What a history looks like: a line of text, curves as SVG or with matplotlib, HTML.

It gets the history's lists by their names, as ``History.to_frame`` has them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from fastbp.drawing.curves import Curve, chart
from fastbp.drawing.html_table import table
from fastbp.drawing.notebook import fragment, inline_chart, paragraph
from fastbp.drawing.picture import MARGIN, WIDTH, Picture
from fastbp.drawing.svg import SVG
from fastbp.inputs import check_choice, check_flag
from fastbp.text.formatting import duration, loss_text, plural, spans_decades

Columns = Mapping[str, Sequence[float]]

_FILE_HEIGHT, _CELL_HEIGHT = 260.0, 200.0  # pixels
_CHART_WIDTH = WIDTH - 2.0 * MARGIN
_LAST_EPOCHS = 5
_MOST_COLUMNS = 12  # of a notebook's table; a caller may have named hundreds of metrics


class _Panel:
    """The curves of one number of each epoch: training's and validation's."""

    def __init__(self, columns: Columns, what: Any, log: Any, best_epoch: int | None) -> None:
        """Check the arguments of :meth:`fastbp.History.plot`."""
        drawable = {name: values for name, values in columns.items() if any(map(_finite, values))}
        if not drawable:
            raise ValueError(
                "this history has no epoch with a finite number to draw; fit(epochs=...) with one "
                "epoch or more gives one that has"
            )
        of_either = [name.removeprefix("validation_") for name in drawable]
        self.what = check_choice("what", what, dict.fromkeys([*of_either, *drawable]))
        self.curves = [
            Curve(label, drawable[name], colour)
            for name, label, colour in (
                (what, "validation" if what.startswith("validation_") else "training", "a"),
                (f"validation_{what}", "validation", "best"),
            )
            if name in drawable
        ]
        values = [v for curve in self.curves for v in curve.values if _finite(v)]
        if log is None:
            first = [v for v in self.curves[0].values if _finite(v)]
            self.log = spans_decades(first) and min(values) > 0
        else:
            self.log = check_flag("log", log)
            if self.log and max(values) <= 0:
                raise ValueError(
                    f"log=True needs a number above 0, and {what!r} has none; leave log out, or "
                    "give log=False"
                )
        self.epochs = max(len(curve.values) for curve in self.curves)
        self.mark = self._mark(best_epoch)

    def _mark(self, best_epoch: int | None) -> tuple[int, float, str] | None:
        """The best epoch, its last curve's number there, and a name."""
        values = self.curves[-1].values
        if best_epoch is None or not 0 <= best_epoch < len(values):
            return None
        return best_epoch, values[best_epoch], f"best epoch: {best_epoch}"

    @property
    def title(self) -> str:
        return f"{self.what} of {plural(self.epochs, 'epoch')}"

    def body(self, height: float) -> Any:
        return chart(
            self.curves,
            "epoch",
            self.what,
            width=_CHART_WIDTH,
            height=height,
            log=self.log,
            mark=self.mark,
        )


def plot(columns: Columns, what: Any, log: Any, best_epoch: int | None, ax: Any) -> Any:
    """Draw with matplotlib where it is installed, else as SVG."""
    panel = _Panel(columns, what, log, best_epoch)
    if ax is None:
        try:
            from matplotlib import pyplot
        except ImportError:
            return _svg(columns, panel)
        _, ax = pyplot.subplots(layout="constrained")
    elif not callable(getattr(ax, "plot", None)):
        raise TypeError(f"ax must be a matplotlib Axes or None, got {type(ax).__name__}")
    for curve, style in zip(panel.curves, ("-", "--"), strict=False):
        ax.plot(range(len(curve.values)), curve.values, style, label=curve.name)
    if panel.mark:
        epoch, value, name = panel.mark
        ax.axvline(epoch, color="0.5", linestyle=":", linewidth=1)
        ax.plot([epoch], [value], "o", color=ax.lines[-2].get_color(), label=name)
    if panel.log:
        ax.set_yscale("log")
    ax.set(xlabel="epoch", ylabel=panel.what)
    ax.legend()
    return ax


def svg(columns: Columns, what: Any, log: Any, best_epoch: int | None) -> SVG:
    """Draw as SVG, whether or not matplotlib is installed."""
    return _svg(columns, _Panel(columns, what, log, best_epoch))


def _svg(columns: Columns, panel: _Panel) -> SVG:
    names = list(columns)
    picture = Picture(
        name="history",
        title=panel.title,
        # Without the time: the same numbers make the same file.
        description=_summary({n: v for n, v in columns.items() if n != "seconds"}, None),
        height=_FILE_HEIGHT,
        body=panel.body(_FILE_HEIGHT),
        how="Epochs count from 0.",
        notes=(),
        columns=["epoch", *names],
        rows=_rows(columns, names, range(_length(columns))[-_LAST_EPOCHS:]),
    )
    return SVG(picture.file(), panel.title)


def text(columns: Columns, best_epoch: int | None) -> str:
    """One line: what ``repr`` shows."""
    return f"History({_summary(columns, best_epoch)})"


def _summary(columns: Columns, best_epoch: int | None) -> str:
    parts = [plural(_length(columns), "epoch")]
    loss = columns.get("loss", ())
    if loss:
        first = f"{_short(loss[0])} -> " * (len(loss) > 1)
        parts.append(f"loss {first}{_short(loss[-1])}")
    accuracy = "validation_accuracy" if "validation_accuracy" in columns else "accuracy"
    parts += [
        f"{name} {_short(columns[name][-1])}"
        for name in ("validation_loss", accuracy)
        if name in columns
    ]
    if best_epoch is not None:
        parts.append(f"best_epoch {best_epoch}")
    if "seconds" in columns:
        parts.append(duration(math.fsum(columns["seconds"])))
    return ", ".join(parts)


def html(columns: Columns, best_epoch: int | None) -> str:
    """A notebook's view: the summary, the curve of the loss, the last epochs."""
    n = _length(columns)
    parts = [paragraph(text(columns, best_epoch), "heading")]
    if n > 1 and any(map(_finite, columns.get("loss", ()))):
        panel = _Panel(columns, "loss", None, best_epoch)
        body = panel.body(_CELL_HEIGHT)
        parts.append(inline_chart(panel.title, body, _CHART_WIDTH, _CELL_HEIGHT))
    if n:
        shown = list(range(n))[-_LAST_EPOCHS:]
        if best_epoch is not None and 0 <= best_epoch < shown[0]:
            shown.insert(0, best_epoch)
        names = list(columns)[:_MOST_COLUMNS]
        headings = ["epoch", *(_heading(name) for name in names)]
        title = "The last epochs" if n > _LAST_EPOCHS else "All epochs"
        rows = _rows(columns, names, shown, best_epoch)
        parts.append(table(headings, rows, title, numbers=[False] + [True] * len(names)))
    return fragment("History", *parts)


def _rows(
    columns: Columns, names: Sequence[str], epochs: Sequence[int], best: int | None = None
) -> list[list[str]]:
    return [
        [f"{i:,}{' (best)' * (i == best)}", *(_cell(name, columns[name], i) for name in names)]
        for i in epochs
    ]


def _heading(name: str) -> str:
    return "time" if name == "seconds" else name.replace("validation_", "validation ", 1)


def _cell(name: str, values: Sequence[float], i: int) -> str:
    if i >= len(values):
        return "–"
    return duration(values[i]) if name == "seconds" else loss_text(values[i])


def _length(columns: Columns) -> int:
    return max(map(len, columns.values()), default=0)


def _finite(value: float) -> bool:
    return math.isfinite(value)


def _short(value: float) -> str:
    return f"{value:.4g}"
