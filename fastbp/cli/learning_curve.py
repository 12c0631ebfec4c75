"""Learning curves, as text for a terminal or as a matplotlib figure in a file."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fastbp.model_file.atomic_write import replace_file
from fastbp.text.formatting import loss_text, spans_decades
from fastbp.training.history import History

_HEIGHT = 6
_WIDTH = 38
_LABEL_WIDTH = 8
# A braille character is two dots wide and four high; these are its bits, row by row.
_BRAILLE = 0x2800
_DOTS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]])
_PICTURES = (".svg", ".png", ".pdf")


def draw(history: History, *, braille: bool = True, columns: int = 80) -> str:
    """Draw the learning curve in at most 80 columns, or nothing for fewer than two epochs.

    Parameters
    ----------
    history : History
        What `fit` returned.
    braille : bool
        Whether to use braille and box characters; plain ASCII otherwise.
    columns : int
        How many there are: where two panels of 38 do not fit, one stands below the other.

    Returns
    -------
    str
        Lines without a newline after the last; empty if there is no curve to draw.
    """
    panels: list[tuple[str, Sequence[float], Callable[[float], str]]]
    panels = [("loss", history.loss, loss_text)]
    if history.validation_accuracy:
        panels.append(("held-out accuracy", history.validation_accuracy, _percent))
    elif history.validation_loss:
        panels.append(("held-out loss", history.validation_loss, loss_text))
    if len(history.loss) < 2 or not all(np.isfinite(values).all() for _, values, _ in panels):
        return ""
    texts = [_panel(*panel, braille=braille) for panel in panels]
    if columns < len(texts) * (_WIDTH + 2) - 2:
        return "\n\n".join("\n".join(line.rstrip() for line in panel) for panel in texts)
    rows = zip(*texts, strict=True)
    return "\n".join("  ".join(cell.ljust(_WIDTH) for cell in row).rstrip() for row in rows)


def check_plot(path: Path) -> None:
    """Raise now if `plot` could not write to this path after the training.

    Raises
    ------
    ValueError
        If the ending is none of .svg, .png and .pdf, or matplotlib is not installed.
    """
    if path.suffix.lower() not in _PICTURES:
        endings = ", ".join(_PICTURES)
        raise ValueError(f"--plot is {str(path)!r}; its ending must be one of {endings}")
    try:
        import matplotlib.figure  # noqa: F401 - only checks that it is installed
    except ImportError as error:
        raise ValueError(
            "a plot needs matplotlib, which is not installed: pip install 'fastbp[plot]'"
        ) from error


def plot(history: History, path: Path, title: str = "") -> None:
    """Draw the learning curve into an SVG, PNG or PDF file, with matplotlib."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 3.2), layout="constrained")
    epochs = range(1, len(history.loss) + 1)
    graphs = [("loss", history.loss, history.validation_loss)]
    if history.accuracy or history.validation_accuracy:
        graphs.append(("accuracy", history.accuracy, history.validation_accuracy))
    for i, (name, training, held_out) in enumerate(graphs, start=1):
        axes = figure.add_subplot(1, len(graphs), i)
        for values, label in ((training, "training"), (held_out, "held out")):
            if values:
                axes.plot(epochs, values, label=label)
        axes.set(xlabel="epoch", ylabel=name)
        axes.legend()
    if title:
        figure.suptitle(title)
    picture = io.BytesIO()
    figure.savefig(picture, format=path.suffix[1:].lower())
    replace_file(path, [picture.getbuffer()])


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _panel(
    name: str, values: Sequence[float], text: Callable[[float], str], *, braille: bool
) -> list[str]:
    """Draw one curve with its name, its scale and its axes, as lines of equal number."""
    y = np.asarray(values, dtype=np.float64)
    logarithmic = spans_decades(values)
    if logarithmic:
        y = np.log(y)
    columns = _WIDTH - _LABEL_WIDTH - 2
    dots = _canvas(y, columns * (2 if braille else 1), _HEIGHT * (4 if braille else 1))
    rows = _braille_rows(dots) if braille else ["".join(" *"[dot] for dot in row) for row in dots]
    corner, side, floor = "└│─" if braille else "+|-"
    labels = [text(max(values)), *[""] * (_HEIGHT - 2), text(min(values))]
    last = f"epoch {len(y)}"
    return [
        f"{'':{_LABEL_WIDTH}} {name}{' (log scale)' if logarithmic else ''}",
        *(f"{label:>{_LABEL_WIDTH}} {side}{row}" for label, row in zip(labels, rows, strict=True)),
        f"{'':{_LABEL_WIDTH}} {corner}{floor * columns}",
        f"{'':{_LABEL_WIDTH}}  1{last:>{columns - 1}}",
    ]


def _canvas(y: NDArray[np.float64], width: int, height: int) -> NDArray[np.int64]:
    """Draw a curve as dots (1) on a ground of zeros, without gaps, shape (height, width)."""
    values = np.interp(np.linspace(0, len(y) - 1, width), np.arange(len(y)), y)
    low, high = y.min(), y.max()
    # A flat curve lies on the floor.
    rows = np.rint((values - low) / (high - low if high > low else 1.0) * (height - 1)).astype(int)
    dots = np.zeros((height, width), dtype=np.int64)
    previous = rows[0]
    for column, row in enumerate(rows):
        # From beside the last dot to this one, so that steep parts stay connected.
        start = previous + np.sign(row - previous)
        bottom, top = sorted((int(start), int(row)))
        dots[height - 1 - top : height - bottom, column] = 1
        previous = row
    return dots


def _braille_rows(dots: NDArray[np.int64]) -> list[str]:
    """Pack the dots, four rows and two columns a character."""
    height, width = dots.shape
    cells = dots.reshape(height // 4, 4, width // 2, 2)
    codes = _BRAILLE + np.einsum("rick,ik->rc", cells, _DOTS)
    return ["".join(map(chr, row)) for row in codes]
