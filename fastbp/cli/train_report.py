"""The report of ``fastbp train``: speed, learning curve and held-out score."""

from __future__ import annotations

import math
import sys
from argparse import Namespace

import numpy as np

from fastbp import History, Network
from fastbp.cli.learning_curve import draw, plot
from fastbp.cli.messages import print_item
from fastbp.cli.train_data import TrainingData
from fastbp.text.formatting import duration, plural, quote, truncate
from fastbp.text.streams import can_write, columns_of


def report(history: History, data: TrainingData, args: Namespace) -> None:
    """Print the training in a line, and its curve."""
    seconds = float(np.sum(history.seconds))
    epochs = len(history.seconds)
    rate = epochs * len(data.X) / seconds if seconds > 0 else 0.0
    print()
    curve = draw(
        history,
        braille=can_write(sys.stdout, "\u2847└│─"),
        columns=columns_of(sys.stdout),
    )
    if curve:
        print(curve + "\n")
    print_item(
        "trained",
        f"{plural(epochs, 'epoch')} in {duration(seconds)}: {duration(seconds / epochs)} an "
        f"epoch, {rate:,.0f} samples/s",
    )


def draw_into_file(history: History, data: TrainingData, args: Namespace) -> None:
    """Draw the curve into the file of ``--plot``, if given."""
    if args.plot is not None:
        plot(history, args.plot, f"fastbp train: {data.name}")
        print_item("drawn", str(args.plot))


def result(net: Network, data: TrainingData) -> str:
    """Return the last line: the score on the held-out rows."""
    if data.classifies:
        names, counts = np.unique(data.y_held_out, return_counts=True)
        accuracy = net.score(data.X_held_out, data.y_held_out)
        print_item(
            "compare",
            f"always answering {quote(str(names[counts.argmax()]))} would get "
            f"{100 * counts.max() / counts.sum():.2f} % of the held-out rows",
        )
        return f"held-out accuracy {100 * accuracy:.2f} %"
    y = data.preprocessing.predictions(data.y_held_out)
    error = data.preprocessing.predictions(net.predict(data.X_held_out)[:, 0]) - y
    rmse = math.sqrt(np.mean(error**2))
    spread = float(np.mean((y - y.mean()) ** 2))
    print_item(
        "compare",
        f"held-out RMSE {rmse:.4g} in the unit of {truncate(data.preprocessing.target)}; always "
        f"answering the mean of the held-out rows would get {math.sqrt(spread):.4g}",
    )
    if spread == 0:
        return "held-out R2 is not defined: the rows held out have one value only"
    return f"held-out R2 {1 - rmse**2 / spread:.3f}"
