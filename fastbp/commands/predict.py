"""``fastbp predict``: apply a model made by ``fastbp train`` to a table."""

from __future__ import annotations

import csv
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable
from pathlib import Path
from typing import TextIO

import numpy as np

from fastbp import Network
from fastbp.commands.words import add_table_arguments, check_folder, note
from fastbp.errors import FileFormatError
from fastbp.table.columns import Columns, check_cells, read_columns
from fastbp.table.preprocessing import Preprocessing
from fastbp.table.reading import Table, counted, listed, open_table

_REMEDY = "The model was trained without --fill, so it needs a number in every cell of its columns"


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options of ``fastbp predict``."""
    parser.add_argument("model", type=Path, metavar="MODEL", help="a file saved by fastbp train")
    parser.add_argument("file", type=Path, metavar="FILE.csv", help="a table with its columns")
    parser.add_argument("--output", type=Path, metavar="FILE", help="where to write (the terminal)")
    parser.add_argument(
        "--probabilities", action="store_true", help="write the probability of every class too"
    )
    add_table_arguments(parser)


def run(args: Namespace) -> int:
    """Write one prediction a row, as CSV; return the exit code."""
    net, preprocessing = load_model(args.model)
    if args.probabilities and preprocessing.task != "classify":
        raise ValueError(f"--probabilities is for classes; {args.model} predicts a number")
    if args.output is not None:
        check_folder(args.output)
        if args.output.exists() and any(args.output.samefile(p) for p in (args.model, args.file)):
            raise ValueError(f"--output is {args.output}, a file that is read; give another")
    table = open_table(args.file, args.delimiter, args.header, preprocessing.columns)
    columns = read_columns(table, _positions(table, preprocessing, args))
    if preprocessing.fill is None:
        check_cells(table, columns, _REMEDY)
    # All of them before the old output is touched, for a prediction can fail.
    rows = list(_predictions(net, preprocessing, table, columns, args.probabilities))
    if args.output is None:
        _write(sys.stdout, rows)
    else:
        with open(args.output, "w", encoding="utf-8", newline="") as file:
            _write(file, rows)
    return 0


def load_model(path: Path) -> tuple[Network, Preprocessing]:
    """Load a model that knows which columns it wants.

    Raises
    ------
    FileFormatError
        If the file is no model, or one that was not saved by ``fastbp train``.
    """
    net = Network.load(path)
    if net.preprocessing is None:
        raise FileFormatError(
            f"{path} does not know any table's columns, since it was not saved by fastbp train; "
            "use Network.load(path).predict(X) in Python"
        )
    return net, Preprocessing.from_dict(net.preprocessing, net.sizes[0])


def _positions(table: Table, preprocessing: Preprocessing, args: Namespace) -> list[int]:
    """Find where the model's columns are in the table."""
    names = preprocessing.columns
    if not (preprocessing.header and table.header):
        if preprocessing.header and args.header is None:
            raise FileFormatError(
                f"{table.path} has no header line, and the model knows its columns by name: "
                f"{listed(names)}; add one, or give --no-header to take them by position"
            )
        return _positions_by_number(table, preprocessing)
    missing = [name for name in names if name not in table.names]
    if missing:
        raise FileFormatError(
            f"{table.path} lacks {counted(len(missing), 'column')} that the model needs: "
            f"{listed(missing)}. It has {listed(table.names)}"
        )
    known = {*names, preprocessing.target}
    if extra := [name for name in table.names if name not in known]:
        note(f"{counted(len(extra), 'column')} not used: {listed(extra)}")
    return [table.names.index(name) for name in names]


def _positions_by_number(table: Table, preprocessing: Preprocessing) -> list[int]:
    """Find where they are if the table is laid out as in training, or holds just them in order."""
    width = len(table.names)
    if width == preprocessing.width:
        return preprocessing.positions
    if width == len(preprocessing.columns):
        return list(range(width))
    raise FileFormatError(
        f"{table.path} has {counted(width, 'column')}; expected {preprocessing.width} as in the "
        f"table that the model was trained on, or its {len(preprocessing.columns)} features alone"
    )


def _predictions(
    net: Network,
    preprocessing: Preprocessing,
    table: Table,
    columns: Columns,
    probabilities: bool,
) -> Iterable[list[str]]:
    """Yield a heading and then the cells of every row."""
    output = net.predict(preprocessing.inputs(columns.values))
    bad = ~np.isfinite(output).all(axis=1)
    if bad.any():
        raise FileFormatError(
            f"{table.path}, line {columns.lines[bad.argmax()]}: a number is too large for the "
            "model; correct it"
        )
    if preprocessing.task == "regress":
        yield ["prediction"]
        for value in preprocessing.predictions(output[:, 0]):
            yield [f"{value:.7g}"]
        return
    names = [str(name) for name in net.classes or range(output.shape[1])]
    yield ["prediction", *(f"P({name})" for name in names if probabilities)]
    for row, best in zip(output, output.argmax(axis=1), strict=True):
        yield [names[best], *(f"{p:.6g}" for p in row if probabilities)]


def _write(stream: TextIO, rows: Iterable[list[str]]) -> None:
    csv.writer(stream, lineterminator="\n").writerows(rows)
