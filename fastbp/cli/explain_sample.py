"""The model and the sample of ``fastbp explain``, from its command-line arguments."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastbp import Network
from fastbp.cli.arg_types import TableRow
from fastbp.cli.predict import column_positions
from fastbp.lessons.document import Cell, Document
from fastbp.lessons.formulas import Formula, Node, Part, Words
from fastbp.model.trace import Trace
from fastbp.tables.cells import is_number
from fastbp.tables.columns import check_cells, check_marks, read_columns
from fastbp.tables.preprocessing import Preprocessing
from fastbp.tables.reading import Table, open_table
from fastbp.text.formatting import list_names, plural, quote, truncate
from fastbp.text.page import number
from fastbp.text.printable import printable

_SHOWN = 10  # inputs that are listed; of more, the first ones
_REMEDY = "Choose another row with --row, or give the numbers with --input"


@dataclass(frozen=True)
class Sample:
    """A model with a sample, before and after preprocessing.

    ``cells`` are the numbers before the model's preprocessing; ``target`` is the target as text.
    """

    net: Network
    preprocessing: Preprocessing | None
    title: str
    cells: NDArray[np.float64]
    x: NDArray[np.float64]
    y: Any
    target: str


def from_command_line(args: Namespace) -> Sample:
    """Load the model and read its sample.

    Raises
    ------
    ValueError
        If an option is missing, or does not fit the model or the table.
    OSError
        If a file cannot be read.
    """
    file, row = _place(args)
    net = Network.load(args.model)
    preprocessing = Preprocessing.of(net.preprocessing, net.sizes[0])
    if args.input is not None:
        if file is not None or row is not None:
            raise ValueError(
                "--input is the sample itself; leave it out, or leave out FILE.csv and --row"
            )
        title = f"{args.model} on numbers of the command line"
        cells, target = _numbers(args.input, net, preprocessing), None
    elif file is None:
        raise ValueError(
            "there is no sample; name a table (fastbp explain MODEL --row FILE.csv:3), or give the "
            "numbers with --input and --target"
        )
    else:
        title = f"{args.model} on row {row or 1} of {file}"
        cells, target = _row(args, file, row or 1, preprocessing)
    text = args.target if args.target is not None else target
    if text is None:
        raise ValueError(f"--target is missing; say what the answer should be: {_expected(net)}")
    values = cells[np.newaxis]
    x = values if preprocessing is None else preprocessing.inputs(values)
    if not np.isfinite(x).all():
        raise ValueError(f"{title}: a number is missing, or too large for the model")
    return Sample(
        net, preprocessing, title, cells, x[0], parse_target(text, net, preprocessing), text.strip()
    )


def describe(page: Document, sample: Sample, trace: Trace) -> None:
    """Write the origin of the sample and the network's prediction for it."""
    net, preprocessing = sample.net, sample.preprocessing
    page.heading(Words(printable(sample.title)))
    labels = [trace.label(l) for l in range(1, trace.L + 1)]
    names = ", ".join(dict.fromkeys([*labels, trace.loss_label]))
    page.text(
        Words(f"{'-'.join(map(str, net.sizes))}, {names}, saved in {net.dtype}. "),
        "What follows is computed from its parameters in float64, so that the checks at the end "
        "have their digits.",
    )
    if preprocessing is not None:
        page.gap()
        rows: list[list[Cell]] = [["k", "column", "number", Words("x_k")]]
        columns = zip(preprocessing.columns, sample.cells, sample.x, strict=True)
        for k, (name, cell, x) in enumerate(islice(columns, _SHOWN)):
            rows.append([Node(k), Words(printable(truncate(name))), f"{cell:.7g}", number(x)])
        page.table(rows, "><>>", head=True)
        if (n_others := len(sample.x) - _SHOWN) > 0:
            page.text(f"... and {n_others:,} more")
    page.gap()
    page.text(Words(f"Target: {printable(truncate(sample.target))}. "), *_prediction(sample, trace))


def _prediction(sample: Sample, trace: Trace) -> tuple[Part, ...]:
    """Describe the prediction, with the class names and the unit of the table."""
    a, net = np.asarray(trace.a[trace.L]), sample.net
    if sample.preprocessing is not None and sample.preprocessing.task == "regress":
        value = float(sample.preprocessing.predictions(a)[0])
        unit = f" = {number(a[0])} in its own unit)."
        return f"The network answers {value:.7g} (", Formula("a_0^(L)"), unit
    if len(a) == 1:
        name = f"{truncate(net.classes[int(a[0] >= 0.5)])}: " if net.classes else ""
        return Words(f"The network answers {printable(name)}"), f"a_0^(L) = {number(a[0])}."
    if not isinstance(sample.y, (str, int)):
        return ("The network's answer is a^(L), below.",)
    best = int(a.argmax())
    name = truncate(net.classes[best]) if net.classes else str(best)
    largest = f"a_{best}^(L) = {number(a[best])} is its largest output."
    return Words(f"The network answers {printable(name)}: "), largest


def _place(args: Namespace) -> tuple[Path | None, int | None]:
    """The table and the row: FILE.csv --row 3, or --row FILE.csv:3."""
    row: TableRow | None = args.row
    if row is None or row.file is None:
        return args.file, None if row is None else row.number
    if args.file is not None:
        raise ValueError(
            f"--row names {row.file}, and {args.file} is named too; leave one of them out"
        )
    return row.file, row.number


def _numbers(
    texts: list[str], net: Network, preprocessing: Preprocessing | None
) -> NDArray[np.float64]:
    """Parse ``--input``."""
    cells = _floats(",".join(texts), "--input")
    if len(cells) != net.sizes[0]:
        names = "" if preprocessing is None else f": {list_names(preprocessing.columns)}"
        raise ValueError(
            f"--input holds {plural(len(cells), 'number')}, and the model has "
            f"{plural(net.sizes[0], 'input')}{names}; give one number for each"
        )
    return np.array(cells)


def _floats(text: str, option: str) -> list[float]:
    tokens = text.replace(",", " ").split()
    for token in tokens:
        if not is_number(token) or not np.isfinite(float(token)):
            raise ValueError(f"{option}: {token!r} is not a finite number")
    return [float(token) for token in tokens]


def _row(
    args: Namespace, path: Path, row: int, preprocessing: Preprocessing | None
) -> tuple[NDArray[np.float64], str | None]:
    """Read the cells of a row, and its target where the table has one."""
    if preprocessing is None:
        raise ValueError(
            f"{args.model} knows no table's columns, since it was not saved by fastbp train; give "
            "its inputs with --input, and --target"
        )
    table = open_table(path, args.delimiter, args.header, preprocessing.columns)
    target_at = target_position(table, preprocessing)
    columns = read_columns(table, column_positions(table, preprocessing, args), target_at, row)
    if not len(columns.lines):
        n = sum(1 for _ in table.records())
        raise ValueError(f"--row is {row}, and {path} has {plural(n, 'row')}")
    check_marks(table, columns)
    if preprocessing.fill is None:
        check_cells(table, columns, _REMEDY)
    return preprocessing.filled(columns.values)[0], columns.target[0] if columns.target else None


def target_position(table: Table, preprocessing: Preprocessing) -> int | None:
    """Find the target's column: by its name, or as the only one that is no input; or None."""
    if preprocessing.target in table.names:
        return table.names.index(preprocessing.target)
    non_inputs = set(range(preprocessing.width)) - set(preprocessing.positions)
    has_names = preprocessing.header and table.header
    if has_names or len(table.names) != preprocessing.width or len(non_inputs) != 1:
        return None
    return non_inputs.pop()


def parse_target(text: str, net: Network, preprocessing: Preprocessing | None) -> Any:
    """Parse a target as `Network.trace` takes it: a class, or numbers."""
    n_L = net.sizes[-1]
    if net.classes is not None:
        if (name := _class(text.strip(), net.classes)) is not None:
            return name
    else:
        values = _floats(text, "--target")
        if preprocessing is not None and preprocessing.task == "regress" and len(values) == 1:
            return preprocessing.targets(np.array(values))
        if len(values) == n_L:
            return np.array(values)
        if len(values) == 1 and values[0] in range(n_L):
            return int(values[0])
    raise ValueError(f"--target is {quote(text)}; expected {_expected(net)}")


def _class(text: str, classes: tuple[str, ...]) -> str | None:
    """Find a class by its name, or by its number where both are numbers: 01 is 1."""
    if text in classes:
        return text
    equal_names = [
        name
        for name in classes
        if is_number(text) and is_number(name) and float(name) == float(text)
    ]
    return equal_names[0] if len(equal_names) == 1 else None


def _expected(net: Network) -> str:
    """Describe the targets that the network can have."""
    n_L = net.sizes[-1]
    if net.classes is not None:
        return f"one of {list_names(net.classes)}"
    if n_L == 1:
        return "a number"
    return f"a class, 0 to {n_L - 1}, or {n_L} numbers with commas between them"
