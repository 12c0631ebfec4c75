"""The data of ``fastbp train``: the digits or a table, split into training and held-out rows."""

from __future__ import annotations

import math
from argparse import Namespace
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastbp.cli.messages import note, print_item
from fastbp.datasets import digits_split, load_digits
from fastbp.errors import FileFormatError
from fastbp.tables.columns import (
    Columns,
    check_cells,
    check_marks,
    counting_columns,
    drop_option,
    empty_columns,
    read_columns,
)
from fastbp.tables.preprocessing import Preprocessing, fit_preprocessing, mean_and_scale
from fastbp.tables.reading import Table, open_table
from fastbp.tables.source import table_stem
from fastbp.tables.target import (
    Target,
    class_counts,
    classes_of_equal_letters,
    classes_of_equal_value,
    decide_target,
)
from fastbp.text.formatting import list_names, plural, quote, truncate
from fastbp.text.printable import printable
from fastbp.training.splitting import split_rows

_DIGIT_PIXELS = 64
_DIGIT_LARGEST = 16.0

_FILL = "have such cells filled with --fill mean, --fill median or --fill NUMBER"


@dataclass(frozen=True)
class TrainingData:
    """Inputs and targets of a part to train on and of a part held out.

    The targets are labels (integers or class names) to classify and standardised numbers to
    predict; ``preprocessing`` converts predictions back to the target's unit.
    """

    name: str
    X: NDArray[np.float32]
    y: NDArray[Any]
    X_held_out: NDArray[np.float32]
    y_held_out: NDArray[Any]
    n_outputs: int
    preprocessing: Preprocessing

    @property
    def classifies(self) -> bool:
        """Whether the targets are classes."""
        return self.preprocessing.task == "classify"


def digits() -> TrainingData:
    """Load the digits that come with fastbp, in their fixed parts."""
    X, y = load_digits()
    training, held_out = digits_split(y)
    print_item("digits", "1,797 handwritten digits, 8 x 8 pixels (UCI; Alpaydin, Kaynak 1998)")
    print_item(
        "parts", f"{len(training):,} to train on, {len(held_out):,} held out (the same every time)"
    )
    preprocessing = Preprocessing(
        task="classify",
        target="digit",
        columns=[f"pixel_{i // 8}_{i % 8}" for i in range(_DIGIT_PIXELS)],
        positions=list(range(_DIGIT_PIXELS)),
        width=_DIGIT_PIXELS + 1,
        header=False,
        means=[0.0] * _DIGIT_PIXELS,
        scales=[_DIGIT_LARGEST] * _DIGIT_PIXELS,
    )
    return TrainingData(
        "fastbp-digits", X[training], y[training], X[held_out], y[held_out], 10, preprocessing
    )


def from_table(path: Path, args: Namespace) -> TrainingData:
    """Read a table: its rows in two parts, its columns as inputs and target.

    Raises
    ------
    ValueError
        If a column does not exist, or (FileFormatError) the table cannot be learnt from.
    """
    dropped_names = [name for names in args.drop or [] for name in names]
    names = [*dropped_names, *([args.target] if args.target else [])]
    table = open_table(path, args.delimiter, args.header, names)
    if args.target is None:
        raise ValueError(
            f"--target is missing; say which column of {table.label} is to be predicted: "
            f"{list_names(table.names)}"
        )
    target_position = table.index(args.target, "--target")
    dropped_positions = {table.index(name, "--drop") for name in dropped_names}
    if target_position in dropped_positions:
        raise ValueError(f"--drop names the target, {quote(args.target)}; drop other columns only")
    features = [
        i for i in range(len(table.names)) if i != target_position and i not in dropped_positions
    ]
    if not features:
        raise FileFormatError(
            f"{table.label} has no column beside the target ({table.description()}); "
            "--delimiter says what separates its cells"
        )
    columns = read_columns(table, features, target_position)
    target = decide_target(table, columns, table.names[target_position], args.task)
    check_marks(table, columns, ". Or leave the column out with {drop}")
    if args.fill is None:
        check_cells(table, columns, _remedy(columns))
    training, held_out = _split(target, args.test_fraction, args.seed)
    preprocessing = _preprocessing(
        table, columns, target, target_position, features, training, args
    )
    _describe(table, columns, target, preprocessing, training, held_out, args)
    X = preprocessing.inputs(columns.values)
    y = target.y if target.classes else preprocessing.targets(target.y)
    return TrainingData(
        printable(table_stem(path)),
        X[training],
        y[training],
        X[held_out],
        y[held_out],
        len(target.classes) or 1,
        preprocessing,
    )


def _remedy(columns: Columns) -> str:
    """Return the remedy for cells that hold no number; ``{drop}`` as in `check_cells`."""
    empty = empty_columns(columns.names, columns.values)
    if not empty:
        return f"Correct such cells, leave columns out with {{drop}}, or {_FILL}"
    if len(empty) == np.isnan(columns.values).any(axis=0).sum():
        return "Write numbers there (such as 0 and 1 for no and yes), or leave out with {drop}"
    # Where a column has no number at all, there is no mean to fill with.
    option = drop_option(empty).replace("{", "{{").replace("}", "}}")
    return f"Correct such cells, or leave columns out with {{drop}}; or give {option} and {_FILL}"


def _split(
    target: Target, test_fraction: float, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Choose training and held-out rows, the classes in the same proportion in both."""
    n = len(target.y)
    n_held_out = min(math.ceil(n * test_fraction), n - 1)
    if n < 2:
        raise FileFormatError("the table holds one row; at least two are needed, one to hold out")
    labels = target.y if target.classes else None
    if labels is not None and len(set(labels.tolist())) == n:
        raise FileFormatError(
            "every class has one row only; there is none to hold out. Give a table with more rows"
        )
    return split_rows(n, n_held_out / n, labels, np.random.default_rng(seed))


def _preprocessing(
    table: Table,
    columns: Columns,
    target: Target,
    target_position: int,
    features: list[int],
    training: NDArray[np.int64],
    args: Namespace,
) -> Preprocessing:
    """Fit the preprocessing on the training rows alone."""
    values = columns.values[training]
    if empty := empty_columns(columns.names, values):
        raise FileFormatError(
            f"{table.label}: no number to fill with in {list_names(empty)} (in the rows to train "
            f"on); leave out with {drop_option(empty)}"
        )
    means, scales, fill = fit_preprocessing(values, standardize=args.standardize, fill=args.fill)
    target_mean, target_scale = 0.0, 1.0
    if not target.classes:
        mean, scale = mean_and_scale(target.y[training])
        target_mean, target_scale = float(mean), float(scale)
    return Preprocessing(
        target.task,
        table.names[target_position],
        list(columns.names),
        features,
        len(table.names),
        table.header,
        means,
        scales,
        fill,
        target_mean,
        target_scale,
    )


def _describe(
    table: Table,
    columns: Columns,
    target: Target,
    preprocessing: Preprocessing,
    training: NDArray[np.int64],
    held_out: NDArray[np.int64],
    args: Namespace,
) -> None:
    """Print the table, the features, the target and the split."""
    n = len(target.y)
    print_item("table", f"{table.label}: {plural(n, 'row')}, {table.description()}")
    standardised = "standardised" if args.standardize else "as they are"
    print_item("features", f"{len(columns.names):,}, {standardised}: {list_names(columns.names)}")
    if preprocessing.fill is not None:
        n_filled = np.isnan(columns.values).sum(axis=0)
        names = [columns.names[i] for i in np.flatnonzero(n_filled)]
        columns_filled = list_names(names, [f"{n:,}" for n in n_filled[n_filled > 0]])
        value = args.fill if args.fill not in ("mean", "median") else f"the {args.fill}"
        cells = plural(int(n_filled.sum()), "cell")
        print_item("filled", f"{cells} with {value}" + f": {columns_filled}" * bool(names))
    kind = class_counts(target) if target.classes else "a number"
    print_item("target", f"{truncate(preprocessing.target)}, {kind} - {target.reason}")
    stratified = "in the same proportions, " if target.classes else ""
    parts = f"{len(training):,} rows to train on, {len(held_out):,} held out"
    print_item("parts", f"{parts} ({stratified}seed {args.seed})")
    for spellings in classes_of_equal_letters(target):
        note(
            f"the classes {list_names(spellings)} differ in capitals or spaces only and stay "
            "apart; if they are one class, write it in one way"
        )
    for spellings in classes_of_equal_value(target):
        note(
            f"the classes {list_names(spellings)} are one number in {len(spellings)} spellings and "
            "stay apart; if they are one class, write it in one way"
        )
    if names := counting_columns(columns):
        note(
            f"{list_names(names)} only counts the rows; if it is a row number and no measurement, "
            f"leave it out with {drop_option(names)}"
        )
