"""``fastbp predict``: apply a model made by ``fastbp train`` to a table."""

from __future__ import annotations

import csv
import io
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from fastbp import TableModel
from fastbp.cli.arg_types import columns, path_or_dash
from fastbp.cli.messages import note
from fastbp.cli.output_files import check_not_read, check_outputs
from fastbp.cli.table_options import add_reading_arguments, open_for
from fastbp.model_file.atomic_write import replace_file
from fastbp.tables.chunks import Source
from fastbp.tables.schema_options import find_column
from fastbp.tables.source import STANDARD_STREAM, is_open_file
from fastbp.tables.typed import TypedTable
from fastbp.tabular.open_model import open_table_model
from fastbp.text.formatting import plural, quote
from fastbp.text.printable import printable
from fastbp.text.streams import is_tty

# Half a surrogate pair, which a model's class name can hold, has no bytes in UTF-8.
_ERRORS = "backslashreplace"
_STANDARD_OUTPUT = (STANDARD_STREAM, Path("/dev/stdout"))
_ROWS = 1 << 14  # that are written at a time
_MOST_NOTED = 3

Rows = Iterator[Sequence[str]]


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options of ``fastbp predict``."""
    parser.add_argument("model", type=Path, metavar="MODEL", help="a file saved by fastbp train")
    parser.epilog = (
        "A row with a cell that does not fit its column gets an empty prediction. On a terminal, "
        "control characters in class names are shown as escapes; a file or a pipe gets the names "
        "as they are, in UTF-8."
    )
    parser.add_argument(
        "file",
        type=path_or_dash,
        metavar="FILE",
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
    parser.add_argument(
        "--id",
        action="extend",
        type=columns,
        metavar="COL,COL",
        help="columns of the table to write in front, as they are, such as an identifier",
    )
    add_reading_arguments(parser)


def run(args: Namespace) -> int:
    """Write one prediction a row, as CSV; return the exit code."""
    model = open_table_model(args.model)
    if args.probabilities and not model.classes:
        raise ValueError(f"--probabilities is for classes; {args.model} predicts a number")
    if args.output in _STANDARD_OUTPUT:
        args.output = None
    if args.output is not None:
        if _is_stream(args.output):
            check_not_read(args.output, "--output", args.model, args.file)
        else:
            check_outputs({"--output": args.output}, [args.model, args.file])
    assert model.schema is not None, "a model of a file has a schema"
    source = open_for(model.schema, args.file, args)
    ids = [
        find_column(name, source.names, source.named, source.label, "--id")
        for name in args.id or []
    ]
    typed = model.schema.read(source, mark=True)
    for text in typed.notes:
        note(text)
    _note_unreadable(typed)
    # All of them before anything is written, for a prediction can fail.
    outputs = model.outputs(typed)
    rows = _rows(model, typed, outputs, _cells(source, ids), args.probabilities)
    heading = [*ids, "prediction"]
    heading += [f"P({name})" for name in model.classes if args.probabilities]
    if args.output is None:
        _print(heading, rows)
    else:
        _write(args.output, heading, rows)
    return 0


def _note_unreadable(typed: TypedTable) -> None:
    """Say which rows cannot be predicted, and why the first of them."""
    rows = {cell.row: cell for cell in sorted(typed.unreadable, key=lambda c: c.row, reverse=True)}
    if not rows:
        return
    cells = sorted(rows.values(), key=lambda cell: cell.row)
    shown = [
        (f"line {cell.line:,}" if cell.line is not None else f"row {cell.row + 1:,}")
        + f", column {quote(cell.column)}: {cell.complaint}"
        for cell in cells[:_MOST_NOTED]
    ]
    more = f"; and {len(cells) - _MOST_NOTED:,} more" if len(cells) > _MOST_NOTED else ""
    note(
        f"{plural(len(cells), 'row')} of {typed.n_source_rows:,} cannot be predicted, and "
        f"{'its prediction is' if len(cells) == 1 else 'their predictions are'} empty: "
        + "; ".join(shown)
        + more
    )


def _cells(source: Source, names: Sequence[str]) -> list[list[str]]:
    """Read columns as they are written; a missing value of the table itself is empty."""
    if not names:
        return []
    order = [name for name in source.names if name in names]
    parts: list[list[str]] = [[] for _ in order]
    for chunk in source.chunks(order, order):
        for part, cells in zip(parts, chunk.columns, strict=True):
            part += ["" if cell is None or cell != cell else str(cell) for cell in cells.tolist()]
    return [parts[order.index(name)] for name in names]


def _rows(
    model: TableModel,
    typed: TypedTable,
    outputs: NDArray[np.float64],
    ids: Sequence[Sequence[str]],
    probabilities: bool,
) -> Rows:
    """Yield the cells of every row of the table; those of one that is not predicted are empty."""
    n_cells = 1 + len(model.classes) * probabilities
    places = np.full(typed.n_source_rows, -1)
    places[typed.rows] = np.arange(len(typed))
    names: Any = np.array(model.classes, object)
    for start in range(0, len(places), _ROWS):
        of_block = places[start : start + _ROWS]
        block = outputs[of_block[of_block >= 0]]
        if model.classes:
            predicted = names[block.argmax(axis=1)].tolist()
        else:
            predicted = list(map(repr, block.tolist()))
        shares = block.tolist() if probabilities else [()] * len(block)
        written = ([first, *map(repr, rest)] for first, rest in zip(predicted, shares, strict=True))
        for i, place in enumerate(of_block.tolist(), start):
            before = [cells[i] for cells in ids]
            yield before + (next(written) if place >= 0 else [""] * n_cells)


def _print(heading: Sequence[str], rows: Rows) -> None:
    """Write to standard output: safe to show on a terminal, the bytes of a file elsewhere."""
    stream = sys.stdout
    if is_tty(stream):
        heading, rows = [*map(printable, heading)], ([*map(printable, row)] for row in rows)
    elif isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(encoding="utf-8", errors=_ERRORS, newline="\n")
    _write_csv(stream, heading, rows)


def _write(path: Path, heading: Sequence[str], rows: Rows) -> None:
    """Write to a file: a regular one is replaced as a whole, a pipe or device is written to."""
    text = io.TextIOWrapper(io.BytesIO(), "utf-8", _ERRORS, newline="")
    _write_csv(text, heading, rows)
    text.flush()
    content = text.detach().getbuffer()
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
        replace_file(path, [content])


def _is_stream(path: Path) -> bool:
    """Whether a path is a pipe, a device or an open file, and no file with an old content."""
    return is_open_file(path) or (path.exists() and not path.is_file())


def _write_csv(stream: IO[str], heading: Sequence[str], rows: Rows) -> None:
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(heading)
    writer.writerows(rows)
