"""What ``fastbp train`` says of a training that has ended."""

from __future__ import annotations

import math
import sys
from argparse import Namespace

import numpy as np

from fastbp import History, Network
from fastbp.cli.problem import Problem
from fastbp.cli.words import say
from fastbp.curve import draw, plot
from fastbp.tables.wording import brief, counted, quoted
from fastbp.text.streams import columns_of
from fastbp.training.progress import can_write, duration


def report(history: History, given: Problem, args: Namespace) -> None:
    """Print the training in a line, and its curve."""
    seconds = float(np.sum(history.seconds))
    epochs = len(history.seconds)
    rate = epochs * len(given.X) / seconds if seconds > 0 else 0.0
    print()
    curve = draw(
        history,
        braille=can_write(sys.stdout, "\u2847└│─"),
        columns=columns_of(sys.stdout),
    )
    if curve:
        print(curve + "\n")
    say(
        "trained",
        f"{counted(epochs, 'epoch')} in {duration(seconds)}: {duration(seconds / epochs)} an "
        f"epoch, {rate:,.0f} samples/s",
    )


def draw_into_file(history: History, given: Problem, args: Namespace) -> None:
    """Draw the curve into a file, if one is named."""
    if args.plot is not None:
        plot(history, args.plot, f"fastbp train: {given.name}")
        say("drawn", str(args.plot))


def result(net: Network, given: Problem) -> str:
    """Return the last line: how well the network does on the rows held out."""
    if given.classifies:
        names, counts = np.unique(given.y_held_out, return_counts=True)
        accuracy = net.score(given.X_held_out, given.y_held_out)
        say(
            "compare",
            f"always answering {quoted(str(names[counts.argmax()]))} would get "
            f"{100 * counts.max() / counts.sum():.2f} % of the held-out rows",
        )
        return f"held-out accuracy {100 * accuracy:.2f} %"
    y = given.preprocessing.predictions(given.y_held_out)
    error = given.preprocessing.predictions(net.predict(given.X_held_out)[:, 0]) - y
    rmse = math.sqrt(np.mean(error**2))
    spread = float(np.mean((y - y.mean()) ** 2))
    say(
        "compare",
        f"held-out RMSE {rmse:.4g} in the unit of {brief(given.preprocessing.target)}; always "
        f"answering the mean of the held-out rows would get {math.sqrt(spread):.4g}",
    )
    if spread == 0:
        return "held-out R2 is not defined: the rows held out have one value only"
    return f"held-out R2 {1 - rmse**2 / spread:.3f}"
