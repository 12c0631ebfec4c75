"""The learning curve of ``fastbp train``, on a terminal."""

from __future__ import annotations

import sys

import numpy as np

from fastbp import History
from fastbp.cli.learning_curve import draw
from fastbp.cli.messages import print_item
from fastbp.text.formatting import duration, plural
from fastbp.text.streams import can_write, columns_of


def draw_curve(history: History) -> None:
    """Print the curve, if there is one to draw."""
    print()
    curve = draw(
        history,
        braille=can_write(sys.stdout, "\u2847└│─"),
        columns=columns_of(sys.stdout),
    )
    if curve:
        print(curve + "\n")


def print_curve(history: History, n_samples: int) -> None:
    """Print the training of one network: its curve, and its speed in a line."""
    draw_curve(history)
    seconds = float(np.sum(history.seconds))
    epochs = len(history.seconds)
    rate = epochs * n_samples / seconds if seconds > 0 else 0.0
    print_item(
        "trained",
        f"{plural(epochs, 'epoch')} in {duration(seconds)}: {duration(seconds / epochs)} an "
        f"epoch, {rate:,.0f} samples/s",
    )
