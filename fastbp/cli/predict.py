"""``fastbp predict``: apply a model made by ``fastbp train`` to a table."""

from __future__ import annotations

import csv
import io
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from fastbp import Network
from fastbp.cli.arg_types import add_table_arguments, path_or_dash
from fastbp.cli.messages import note
from fastbp.cli.output_files import check_not_read, check_outputs
from fastbp.errors import FileFormatError
from fastbp.model_file.atomic_write import replace_file
from fastbp.tables.columns import Columns, check_cells, check_marks, read_columns
from fastbp.tables.preprocessing import Preprocessing
from fastbp.tables.reading import Table, open_table
from fastbp.tables.source import STANDARD_STREAM, is_open_file
from fastbp.text.formatting import list_names, plural
from fastbp.text.printable import printable
from fastbp.text.streams import is_tty

# Half a surrogate pair, which a model's class name can hold, has no bytes in UTF-8.
_ERRORS = "backslashreplace"
_STANDARD_OUTPUT = (STANDARD_STREAM, Path("/dev/stdout"))

_REMEDY = "The model was trained without --fill, so it needs a number in every cell of its columns"


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options of ``fastbp predict``."""
    parser.add_argument("model", type=Path, metavar="MODEL", help="a file saved by fastbp train")
    parser.epilog = (
        "On a terminal, control characters in class names are shown as escapes; a file or a pipe "
        "gets the names as they are, in UTF-8."
    )
    parser.add_argument(
        "file",
        type=path_or_dash,
        metavar="FILE.csv",
        help="a table with its columns, or - for standard input",
    )
    parser.add_argument(
        "--output",
        type=path_or_dash,
        metavar="FILE",
        help="where to write (standard output); an old file is replaced when all is written",
    )
    parser.add_argument(
        "--probabilities", action="store_true", help="write the probability of every class too"
    )
    add_table_arguments(parser)


def run(args: Namespace) -> int:
    """Write one prediction a row, as CSV; return the exit code."""
    net, preprocessing = load_model(args.model)
    if args.probabilities and preprocessing.task != "classify":
        raise ValueError(f"--probabilities is for classes; {args.model} predicts a number")
    if args.output in _STANDARD_OUTPUT:
        args.output = None
    if args.output is not None:
        if _is_stream(args.output):
            check_not_read(args.output, "--output", args.model, args.file)
        else:
            check_outputs({"--output": args.output}, [args.model, args.file])
    table = open_table(args.file, args.delimiter, args.header, preprocessing.columns)
    columns = read_columns(table, column_positions(table, preprocessing, args))
    check_marks(table, columns)
    if preprocessing.fill is None:
        check_cells(table, columns, _REMEDY)
    # All of them before anything is written, for a prediction can fail.
    rows = list(_predictions(net, preprocessing, table, columns, args.probabilities))
    if args.output is None:
        _print(rows)
    else:
        _write(args.output, rows)
    return 0


def load_model(path: Path) -> tuple[Network, Preprocessing]:
    """Load a model and the description of its table.

    Raises
    ------
    FileFormatError
        If the file is no model, or one that was not saved by ``fastbp train``.
    """
    net = Network.load(path)
    preprocessing = Preprocessing.of(net.preprocessing, net.sizes[0])
    if preprocessing is None:
        raise FileFormatError(
            f"{path} does not know any table's columns, since it was not saved by fastbp train; "
            "use Network.load(path).predict(X) in Python"
        )
    return net, preprocessing


def column_positions(table: Table, preprocessing: Preprocessing, args: Namespace) -> list[int]:
    """Find where the model's columns are in the table."""
    names = preprocessing.columns
    if not (preprocessing.header and table.header):
        if preprocessing.header and args.header is None:
            raise FileFormatError(
                f"{table.label} has no header line, and the model knows its columns by name: "
                f"{list_names(names)}; add one, or give --no-header to take them by position"
            )
        return _positions_by_number(table, preprocessing)
    positions = {name: i for i, name in enumerate(table.names)}
    missing_names = [name for name in names if name not in positions]
    if missing_names:
        raise FileFormatError(
            f"{table.label} lacks {plural(len(missing_names), 'column')} that the model needs: "
            f"{list_names(missing_names)}. It has {list_names(table.names)}"
        )
    used_names = {*names, preprocessing.target}
    if unused_names := [name for name in table.names if name not in used_names]:
        note(f"{plural(len(unused_names), 'column')} not used: {list_names(unused_names)}")
    return [positions[name] for name in names]


def _positions_by_number(table: Table, preprocessing: Preprocessing) -> list[int]:
    """Find where they are if the table is laid out as in training, or holds just them in order."""
    width = len(table.names)
    if width == preprocessing.width:
        return preprocessing.positions
    if width == len(preprocessing.columns):
        return list(range(width))
    raise FileFormatError(
        f"{table.label} has {plural(width, 'column')}; expected {preprocessing.width} as in the "
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
            f"{table.label}, line {columns.lines[bad.argmax()]}: a number is too large for the "
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


def _print(rows: list[list[str]]) -> None:
    """Write to standard output: safe to show on a terminal, the bytes of a file elsewhere."""
    stream = sys.stdout
    if is_tty(stream):
        rows = [list(map(printable, row)) for row in rows]
    elif isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(encoding="utf-8", errors=_ERRORS, newline="\n")
    stream.write(_csv(rows))


def _write(path: Path, rows: list[list[str]]) -> None:
    """Write to a file: a regular one is replaced as a whole, a pipe or device is written to."""
    content = _csv(rows).encode("utf-8", _ERRORS)
    if _is_stream(path):
        # An open file goes on where it is; opened once more it would begin anew.
        number = int(path.name) if is_open_file(path) and path.name.isdecimal() else None
        try:
            with open(path if number is None else number, "wb", closefd=number is None) as file:
                file.write(content)
        except OSError as error:
            error.filename = error.filename or str(path)
            raise
    else:
        replace_file(str(path), [memoryview(content)])


def _is_stream(path: Path) -> bool:
    """Whether a path is a pipe, a device or an open file, and no file with an old content."""
    return is_open_file(path) or (path.exists() and not path.is_file())


def _csv(rows: Iterable[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
