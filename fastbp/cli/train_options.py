"""The command-line options of ``fastbp train`` and their defaults."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from pathlib import Path
from typing import Any

from fastbp.cli.arg_types import fraction, path_or_dash, real_number, whole_number, widths
from fastbp.cli.table_options import READING, add_column_arguments, add_reading_arguments
from fastbp.initializers import INITIALIZERS
from fastbp.inputs import check_epochs
from fastbp.optimizers import OPTIMIZERS, as_optimizer
from fastbp.schedules import SCHEDULES
from fastbp.tabular.recipe import RECIPES

TEST_FRACTION = 0.2
_OPTIMIZERS = [name for name, kind in sorted(OPTIMIZERS.items()) if kind.compiled]
_FULL_BATCH = [name for name in _OPTIMIZERS if as_optimizer(name).rule.full_batch]
# A schedule that needs a number of its own is for Python.
_SCHEDULES = [name for name, kind in SCHEDULES.items() if name not in ("step_decay",)]

# Options that need a table.
TABLE_OPTIONS = (
    "target", "task", "drop", "kind", "ordered", "missing", "decimal", "dates", *READING,
    "test_fraction", "split", "group", "folds", "importance",
    "recipe", "members", "schedule", "dropout", "ema", "initializer", "compute", "early_stopping",
)  # fmt: skip
#: Options that become arguments of TableModel under the same name.
_OF_MODEL = (
    "members", "recipe", "seed",
    "hidden", "activation", "epochs", "batch_size", "optimizer", "learning_rate", "schedule",
    "dropout", "ema", "l2", "class_weight", "initializer", "compute", "early_stopping",
)  # fmt: skip


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options of ``fastbp train``."""
    parser.epilog = (
        "Without FILE the 1,797 handwritten digits that come with fastbp are learnt, by the plain "
        "recipe."
    )
    parser.add_argument(
        "file",
        nargs="?",
        type=path_or_dash,
        metavar="FILE",
        help="a table to learn: CSV and the like, ARFF, libsvm, Excel, Parquet (docs/tables.md); "
        "or - for standard input",
    )
    parser.add_argument(
        "--target",
        metavar="COLUMN",
        help="the column to predict: its name, or its number (from 1) if the columns have none",
    )
    add_column_arguments(parser.add_argument_group("what the columns are"))
    add_reading_arguments(parser.add_argument_group("how the file is read"))
    _add_evaluation_arguments(parser.add_argument_group("the rows held out"))
    _add_training_arguments(parser.add_argument_group("the networks and their training"))
    _add_output_arguments(parser.add_argument_group("what comes out"))


def _add_evaluation_arguments(group: Any) -> None:
    group.add_argument(
        "--test-fraction",
        type=_share,
        metavar="SHARE",
        help=f"the share of the rows that is held out, 0 for none ({TEST_FRACTION})",
    )
    group.add_argument(
        "--split",
        nargs=2,
        metavar=("time", "COLUMN"),
        help="time COLUMN: hold out the last rows by a column of times or numbers (at random)",
    )
    group.add_argument(
        "--group",
        metavar="COLUMN",
        help="rows with equal cells here are held out together, or not; the column is no feature",
    )
    group.add_argument(
        "--folds",
        type=whole_number(2),
        metavar="K",
        help="score by K folds, each held out once, and train the model on all rows",
    )
    group.add_argument(
        "--importance",
        action="store_true",
        default=None,
        help="show how much each column counts: what the score loses when it is shuffled",
    )


def _add_training_arguments(group: Any) -> None:
    group.add_argument(
        "--recipe",
        choices=tuple(RECIPES),
        help="how the networks are made and trained, in what no option says (good; "
        "docs/table-models.md)",
    )
    group.add_argument(
        "--members",
        type=whole_number(1),
        metavar="N",
        help="how many networks the model has; 1 is the fastest (5)",
    )
    group.add_argument(
        "--hidden", type=widths, metavar="64,32", help="widths of the hidden layers, or none"
    )
    group.add_argument("--activation", metavar="NAME", help="of the hidden layers")
    group.add_argument("--epochs", type=_epochs, metavar="N", help="how often every row is seen")
    group.add_argument(
        "--batch-size",
        type=whole_number(1),
        metavar="N",
        help=f"rows in a step (all with {' or '.join(_FULL_BATCH)})",
    )
    group.add_argument("--optimizer", choices=_OPTIMIZERS, help="how a step moves the weights")
    group.add_argument(
        "--learning-rate", type=real_number(0), metavar="RATE", help="how far a step goes"
    )
    group.add_argument(
        "--schedule",
        choices=("none", *_SCHEDULES),
        help="how the learning rate changes from step to step",
    )
    group.add_argument(
        "--dropout", type=real_number(0, 1), metavar="RATE", help="of the hidden nodes"
    )
    group.add_argument(
        "--ema",
        type=real_number(0, 1),
        metavar="DECAY",
        help="use a moving average of the weights, such as 0.99",
    )
    group.add_argument(
        "--l2", type=real_number(0), metavar="LAMBDA", help="weight decay by the penalty of L2"
    )
    group.add_argument(
        "--class-weight",
        choices=("balanced",),
        help="let every class count as much as another, however few rows it has",
    )
    group.add_argument(
        "--initializer", choices=("auto", *INITIALIZERS), help="where the first weights come from"
    )
    group.add_argument(
        "--compute", choices=("bfloat16",), help="products of bfloat16 numbers, sums in float32"
    )
    group.add_argument(
        "--early-stopping",
        type=whole_number(1),
        metavar="EPOCHS",
        help="stop a network that has not become better for so many epochs",
    )
    group.add_argument(
        "--seed",
        type=whole_number(0),
        default=0,
        metavar="N",
        help="of weights, order and held-out rows (%(default)s)",
    )


def _add_output_arguments(group: Any) -> None:
    group.add_argument(
        "--model", type=Path, metavar="PATH", help="where to save (NAME.safetensors in this folder)"
    )
    group.add_argument(
        "--force", action="store_true", help="save even over a file that is not a fastbp model"
    )
    group.add_argument(
        "--plot",
        type=Path,
        metavar="FILE",
        help="draw the learning curve too (.svg, .png, .pdf; needs matplotlib)",
    )
    group.add_argument("--quiet", action="store_true", help="print the last line only")


def model_options(args: Namespace) -> dict[str, Any]:
    """Return the options that are arguments of `TableModel`, of those that were given."""
    options = {name: getattr(args, name) for name in _OF_MODEL}
    if options["schedule"] is not None:
        kind = SCHEDULES.get(options["schedule"])
        options["schedule"] = False if kind is None else kind()
    return {name: value for name, value in options.items() if value is not None}


def _epochs(text: str) -> int:
    try:
        return check_epochs(whole_number(1)(text))
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from error


def _share(text: str) -> float:
    return 0.0 if text.strip() in ("0", "0.0") else fraction(text)
