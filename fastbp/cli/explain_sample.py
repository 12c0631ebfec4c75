"""The model and the sample of ``fastbp explain``, from its command-line arguments."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastbp import Network
from fastbp.cli.arg_types import TableRow
from fastbp.cli.lesson_model import LessonModel
from fastbp.lessons.document import Cell, Document
from fastbp.lessons.formulas import Formula, Node, Part, Words
from fastbp.model.trace import Trace
from fastbp.tables.cells import is_number
from fastbp.tables.typed import TypedTable
from fastbp.text.formatting import plural, quote, truncate
from fastbp.text.page import number
from fastbp.text.printable import printable

_SHOWN = 10  # inputs that are listed; of more, the first ones


@dataclass(frozen=True)
class Sample:
    """A model with a sample.

    ``x`` has the network's inputs, ``cells`` those numbers of the table that are inputs by
    themselves, and ``target`` is the target as text.
    """

    model: LessonModel
    title: str
    x: NDArray[np.float64]
    y: Any
    target: str
    cells: dict[str, float] = field(default_factory=dict)

    @property
    def net(self) -> Network:
        """The network."""
        return self.model.net


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
    model = LessonModel.load(args.model)
    typed: TypedTable | None = None
    target = None
    if args.input is not None:
        if file is not None or row is not None:
            raise ValueError(
                "--input is the sample itself; leave it out, or leave out FILE and --row"
            )
        title = f"{args.model} on numbers of the command line"
        if model.table is None:
            x = _numbers(args.input, model.net)
        else:
            typed = model.of_cells(args.input)
    elif file is None:
        raise ValueError(
            "there is no sample; name a table (fastbp explain MODEL --row FILE.csv:3), or give the "
            "numbers with --input and --target"
        )
    else:
        title = f"{args.model} on row {row or 1} of {file}"
        typed, target = model.row(file, row or 1, args)
        _check_target(target, model, args, f"row {row or 1} of {file}")
    text = args.target if args.target is not None else target
    if text is None:
        raise ValueError(
            f"--target is missing; say what the answer should be: {model.expected_target()}"
        )
    cells = {}
    if typed is not None:
        assert model.table is not None, "only a table's model reads rows"
        x = model.table.transform(typed)[0].astype(np.float64)
        cells = model.table.cells(typed)
    return Sample(model, title, x, parse_target(text, model), text.strip(), cells)


def _check_target(target: str | None, model: LessonModel, args: Namespace, place: str) -> None:
    """Raise if a row's own target is none, and no other was given."""
    if args.target is not None or target is None or model.table is None:
        return
    if model.table.target(target) is None:
        raise ValueError(
            f"{place} has the target {quote(target)}; name another --row, or say with --target "
            f"what the answer should be: {model.expected_target()}"
        )


def describe(page: Document, sample: Sample, trace: Trace) -> None:
    """Write the origin of the sample and the network's prediction for it."""
    net, table = sample.net, sample.model.table
    page.heading(Words(printable(sample.title)))
    labels = [trace.label(l) for l in range(1, trace.L + 1)]
    names = ", ".join(dict.fromkeys([*labels, trace.loss_label]))
    which = sample.model.which()
    page.text(
        Words(f"{which} " * bool(which)),
        Words(f"{'-'.join(map(str, net.sizes))}, {names}, saved in {net.dtype}. "),
        "What follows is computed from its parameters in float64, so that the checks at the end "
        "have their digits.",
    )
    if table is not None:
        page.gap()
        rows: list[list[Cell]] = [["k", "input", "number", Words("x_k")]]
        for k, (name, x) in enumerate(islice(zip(table.inputs, sample.x, strict=True), _SHOWN)):
            cell = sample.cells.get(name)
            shown = "" if cell is None else "missing" if np.isnan(cell) else f"{cell:.7g}"
            rows.append([Node(k), Words(printable(truncate(name))), shown, number(x)])
        page.table(rows, "><>>", head=True)
        if (n_others := len(sample.x) - _SHOWN) > 0:
            page.text(f"... and {n_others:,} more")
    page.gap()
    page.text(Words(f"Target: {printable(truncate(sample.target))}. "), *_prediction(sample, trace))


def _prediction(sample: Sample, trace: Trace) -> tuple[Part, ...]:
    """Describe the prediction, with the class names and the unit of the table."""
    a, net = np.asarray(trace.a[trace.L]), sample.net
    table = sample.model.table
    if table is not None and table.member.scale is not None:
        value = float(table.member.scale.numbers(a)[0])
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


def _numbers(texts: list[str], net: Network) -> NDArray[np.float64]:
    """Parse ``--input`` for a network that knows no table."""
    cells = _floats(",".join(texts), "--input")
    if len(cells) != net.sizes[0]:
        raise ValueError(
            f"--input holds {plural(len(cells), 'number')}, and the model has "
            f"{plural(net.sizes[0], 'input')}; give one number for each"
        )
    return np.array(cells)


def _floats(text: str, option: str) -> list[float]:
    tokens = text.replace(",", " ").split()
    for token in tokens:
        if not is_number(token) or not np.isfinite(float(token)):
            raise ValueError(f"{option}: {token!r} is not a finite number")
    return [float(token) for token in tokens]


def parse_target(text: str, model: LessonModel) -> Any:
    """Parse a target as `Network.trace` takes it: a class, or numbers."""
    net = model.net
    if model.table is not None:
        if (target := model.table.target(text)) is None:
            raise model.no_target(text)
        return target
    if net.classes is not None:
        if (name := _class(text.strip(), net.classes)) is not None:
            return name
    else:
        n_L = net.sizes[-1]
        values = _floats(text, "--target")
        if len(values) == n_L:
            return np.array(values)
        if len(values) == 1 and values[0] in range(n_L):
            return int(values[0])
    raise model.no_target(text)


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
