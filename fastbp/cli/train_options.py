"""The command-line options of ``fastbp train`` and their defaults."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path

from fastbp.cli.arg_types import (
    add_table_arguments,
    columns,
    fraction,
    path_or_dash,
    real_number,
    whole_number,
    widths,
)
from fastbp.inputs import check_epochs
from fastbp.optimizers import OPTIMIZERS, as_optimizer
from fastbp.tables.preprocessing import fill_value
from fastbp.training.options import BATCH_SIZE

# scikit-learn's own defaults for width and learning rate; they suit the digits (40 epochs of 45
# steps) and small tables alike.
_HIDDEN = [100]
# name -> default learning rate, of those that have one
RATES = {
    name: as_optimizer(name).learning_rate
    for name, kind in sorted(OPTIMIZERS.items())
    if kind.compiled
}
_rates = ", ".join(f"{rate} for {name}" for name, rate in RATES.items())
_FULL_BATCH = [name for name in RATES if as_optimizer(name).rule.full_batch]
# Without --epochs there are 40, and more where a table is so small that they make few steps.
FEWEST_EPOCHS, MOST_EPOCHS = 40, 400
_TEST_FRACTION = 0.2

# task -> output activation and loss
OUTPUTS = {
    "classify": ("softmax", "cross_entropy"),
    "regress": ("identity", "mean_squared_error"),
}

# Options that need a table, and their defaults.
TABLE_OPTIONS = {
    "target": None,
    "task": None,
    "drop": None,
    "fill": None,
    "delimiter": None,
    "header": None,
    "standardize": True,
    "test_fraction": _TEST_FRACTION,
}


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options of ``fastbp train``."""
    parser.epilog = (
        "Without FILE.csv the 1,797 handwritten digits that come with fastbp are learnt."
    )
    parser.add_argument(
        "file",
        nargs="?",
        type=path_or_dash,
        metavar="FILE.csv",
        help="a table to learn, or - for standard input",
    )

    table = parser.add_argument_group("the table")
    table.add_argument(
        "--target",
        metavar="COLUMN",
        help="the column to predict: its name, or "
        "its number (from 1) if the file has no header line",
    )
    table.add_argument(
        "--task",
        choices=tuple(OUTPUTS),
        help="classes or a number (decided from the target's values)",
    )
    table.add_argument(
        "--drop", action="append", type=columns, metavar="COL,COL", help="columns to leave out"
    )
    table.add_argument(
        "--fill",
        type=_fill,
        metavar="mean|median|NUMBER",
        help="fill cells that are missing or not numbers (they are refused)",
    )
    table.add_argument(
        "--no-standardize",
        dest="standardize",
        action="store_false",
        help="take the numbers as they are, not (number - mean) / deviation",
    )
    table.add_argument(
        "--test-fraction",
        type=fraction,
        default=_TEST_FRACTION,
        metavar="SHARE",
        help="the share of the rows that is held out (%(default)s)",
    )
    add_table_arguments(table)

    network = parser.add_argument_group("the network and its training")
    network.add_argument(
        "--hidden",
        type=widths,
        default=_HIDDEN,
        metavar="64,32",
        help="widths of the hidden layers, or none (100)",
    )
    network.add_argument(
        "--activation", default="relu", metavar="NAME", help="of the hidden layers (%(default)s)"
    )
    network.add_argument(
        "--epochs",
        type=_epochs,
        metavar="N",
        help=f"how often every row is seen ({FEWEST_EPOCHS}; up to "
        f"{MOST_EPOCHS} for a small table)",
    )
    network.add_argument(
        "--batch-size",
        type=whole_number(1),
        metavar="N",
        help=f"rows in a step ({BATCH_SIZE}; all with {' or '.join(_FULL_BATCH)})",
    )
    network.add_argument(
        "--optimizer",
        choices=tuple(RATES),
        default="adam",
        help="how a step moves the weights (%(default)s)",
    )
    network.add_argument(
        "--learning-rate",
        type=real_number(0),
        metavar="RATE",
        help=f"how far a step goes ({_rates})",
    )
    network.add_argument(
        "--l2",
        type=real_number(0),
        default=0.0,
        metavar="LAMBDA",
        help="weight decay by the penalty of L2 (%(default)s)",
    )
    network.add_argument(
        "--class-weight",
        choices=("balanced",),
        help="let every class count as much as another, however few rows it has",
    )
    network.add_argument(
        "--seed",
        type=whole_number(0),
        default=0,
        metavar="N",
        help="of weights, order and held-out rows (%(default)s)",
    )

    output = parser.add_argument_group("what comes out")
    output.add_argument(
        "--model", type=Path, metavar="PATH", help="where to save (NAME.safetensors in this folder)"
    )
    output.add_argument(
        "--force", action="store_true", help="save even over a file that is not a fastbp model"
    )
    output.add_argument(
        "--plot",
        type=Path,
        metavar="FILE",
        help="draw the learning curve too (.svg, .png, .pdf; needs matplotlib)",
    )
    output.add_argument("--quiet", action="store_true", help="print the last line only")


def _epochs(text: str) -> int:
    try:
        return check_epochs(whole_number(1)(text))
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from error


def _fill(text: str) -> str:
    try:
        return fill_value(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from error
