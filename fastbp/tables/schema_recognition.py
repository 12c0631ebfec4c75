"""The recognition of a table's columns: one pass over its rows, or two where texts are many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastbp.errors import FileFormatError
from fastbp.tables.chunks import Source, declared_by, is_typed
from fastbp.tables.column_cells import Cells, Rows, collect
from fastbp.tables.column_in_table import Column
from fastbp.tables.kinds.date import Date, fitted
from fastbp.tables.kinds.kind import Kind
from fastbp.tables.kinds.number import Number
from fastbp.tables.kinds.spellings import Spelling
from fastbp.tables.memory_source import MemorySource
from fastbp.tables.misfits import first_misfit
from fastbp.tables.number_columns import unusual
from fastbp.tables.recognition import Verdict, recognise
from fastbp.tables.schema_options import SchemaOptions, find_column
from fastbp.tables.schema_target import TargetSchema, decide_numbers, decide_target, may_be_classes
from fastbp.tables.typed_reading import Given, read_kinds, values_of_cells
from fastbp.text.formatting import MOST_LISTED, join_some, quote
from fastbp.text.printable import printable

_NUMBER = Number()
_PLAIN = _NUMBER.describe()


@dataclass(frozen=True)
class Recognised:
    """What the columns of a table are, and their values.

    Attributes
    ----------
    target : TargetSchema
        The target.
    kinds : dict of str to Kind
        What each feature's column is.
    reasons : dict of str to str
        What is said of columns.
    values : dict of str to ndarray
        The values of each feature's column.
    target_values : ndarray
        Those of the target.
    n_rows : int
        The table's rows.
    """

    target: TargetSchema
    kinds: dict[str, Kind]
    reasons: dict[str, str]
    values: dict[str, NDArray[Any]]
    target_values: NDArray[Any]
    n_rows: int


def recognise_and_read(source: Source, target: str, options: SchemaOptions) -> Recognised:
    """Find out what the columns of a table are; see `Schema.recognise_and_read`."""
    target, options = _resolved(source, target, options)
    left_out = options.left_out
    names = [name for name in source.names if name not in left_out]
    if len(names) < 2:
        raise ValueError(
            f"{source.label} has no column beside the target {quote(target)} "
            f"({source.description()})"
        )
    given = Given(frozenset(options.missing))
    task = None if options.task == "auto" else options.task
    as_text = {*options.ordered, *(n for n, k in options.kinds.items() if k != "number")}
    if task == "classify" or (not is_typed(source) and _may_be_classes(source, target)):
        as_text.add(target)
    cells, rows = collect(source, names, as_text & set(names), given.texts)
    if not rows.n:
        message = f"{source.label} has no rows; expected one for each example to learn from"
        raise ValueError(message) if isinstance(source, MemorySource) else FileFormatError(message)
    by_points = options.decimal == "," and not is_typed(source)
    again = [n for n in names if _is_mixed(cells[n]) or (by_points and cells[n].has_fractions)]
    if again:
        cells.update(collect(source, again, again, given.texts)[0])
    found = None
    if target not in as_text and not cells[target].has_text:
        found = decide_numbers(target, cells[target].parts, given, task)
    if found is None:
        if target not in as_text:
            cells.update(collect(source, [target], [target], given.texts)[0])
        found = decide_target(Column(source.label, target, cells[target], rows, options), task)
    features = [name for name in names if name != target]
    verdicts = _verdicts(source, features, cells, rows, options)
    return _assembled(source, found, features, cells, rows, verdicts, options, given)


def _resolved(source: Source, target: str, options: SchemaOptions) -> tuple[str, SchemaOptions]:
    """The target and the options with the source's names of columns."""
    own = frozenset(source.names)

    def find(column: str, argument: str) -> str:
        if column in own:  # of 60,000 columns each may be named
            return column
        return find_column(
            column, source.names, source.named, source.label, argument, is_text=not is_typed(source)
        )

    if not isinstance(target, str):
        raise TypeError(
            f"target is {target!r:.80}; expected a column's name, as text; or, where "
            "columns have none, its number as text: '1' is the first"
        )
    target = find(target, "target (--target)")
    resolved = SchemaOptions(
        options.decimal,
        options.missing,
        options.dates,
        {find(name, "ordered (--ordered)"): levels for name, levels in options.ordered.items()},
        [find(name, "drop (--drop)") for name in options.drop],
        {find(name, "kinds (--kind)"): kind for name, kind in options.kinds.items()},
        options.task,
    )
    for name, columns in (
        ("drop", resolved.left_out),
        ("ordered", resolved.ordered),
        ("kinds", resolved.kinds),
    ):
        if target in columns:
            raise ValueError(
                f"{name} names the target, {quote(target)}; name other columns only (task, --task, "
                "says what the target is)"
            )
    return target, resolved


def _may_be_classes(source: Source, target: str) -> bool:
    """Whether the first rows' targets may be classes, whose text counts.

    Numbers that never repeat cost ten times as much as text.
    """
    for chunk in source.chunks([target]):
        return bool(chunk.columns[0].dtype.kind != "f" or may_be_classes(chunk.columns[0]))
    return True


def _is_mixed(cells: Cells) -> bool:
    """Whether cells came as text and as something else, and the texts are no plain numbers."""
    if not cells.has_text or not cells.evidence.n_values:
        return False
    return cells.has_moments or (cells.has_numbers and not cells.evidence.is_plain)


def _verdicts(
    source: Source,
    names: Sequence[str],
    cells: dict[str, Cells],
    rows: Rows,
    options: SchemaOptions,
) -> dict[str, Verdict]:
    declared = declared_by(source)
    # Whole numbers of a file are numbers with a decimal comma too, where the user says so.
    by_commas = options.decimal == "," and not is_typed(source)
    kind = Number(Spelling(",")) if by_commas else _NUMBER
    plain = Verdict(kind, kind.describe())
    verdicts = {}
    for name in names:
        column = cells[name]
        is_told = name in options.kinds or name in options.ordered or name in declared
        if not (is_told or column.has_text or column.has_moments):
            verdicts[name] = plain
        elif options.kinds.get(name) == "number" and not column.has_text:
            verdicts[name] = Verdict(kind, f"{kind.describe()}, as asked")
        else:
            verdicts[name] = recognise(
                Column(source.label, name, column, rows, options, declared.get(name, False))
            )
    return verdicts


def _assembled(
    source: Source,
    target: TargetSchema,
    names: Sequence[str],
    cells: dict[str, Cells],
    rows: Rows,
    verdicts: dict[str, Verdict],
    options: SchemaOptions,
    given: Given,
) -> Recognised:
    kinds: dict[str, Kind] = {}
    reasons = dict.fromkeys(options.left_out, "as asked")
    for name in names:
        verdict = verdicts[name]
        if verdict.kind is not None:
            kinds[name] = verdict.kind
        if verdict.reason != _PLAIN:
            reasons[name] = verdict.reason
    values = _values(source, target, kinds, cells, rows, given)
    target_values = values.pop(target.name)
    _leave_out_unusual(kinds, values, reasons, options)
    for name, kind in kinds.items():
        if isinstance(kind, Date):
            kinds[name] = _fitted(kind, values[name])
            # What varies is known now.
            reasons[name] = kinds[name].describe() + reasons[name].removeprefix(kind.describe())
    if not kinds:
        unused = [printable(f"{quote(name)} ({reason})") for name, reason in reasons.items()]
        raise ValueError(
            f"{source.label} has no column to learn from: {join_some(unused, MOST_LISTED)}. kinds "
            "(--kind NAME=words or NAME=number) takes one in all the same"
        )
    return Recognised(target, kinds, reasons, values, target_values, rows.n)


def _fitted(kind: Date, values: NDArray[Any]) -> Date:
    return kind if bool(np.isnat(values).all()) else fitted(kind.order, values)


def _values(
    source: Source,
    target: TargetSchema,
    kinds: dict[str, Kind],
    cells: dict[str, Cells],
    rows: Rows,
    given: Given,
) -> dict[str, NDArray[Any]]:
    """The values of all columns and of the target."""
    of_target = target.number if target.task == "regress" else target
    all_kinds: dict[str, Any] = {**kinds, target.name: of_target}
    again = {
        name: kind
        for name, kind in all_kinds.items()
        if cells[name].overflowed and cells[name].provisional != kind
    }
    values: dict[str, NDArray[Any]] = {}
    for name, kind in all_kinds.items():
        if name in again:
            continue
        column = cells[name]
        values[name], bad = values_of_cells(kind, column, given)
        column.parts.clear()
        if bool(bad.any()):
            raise first_misfit(source, name, kind, rows, given, is_target=name == target.name)
    if again:
        names = {name: name for name in again}
        found, _, unreadable = read_kinds(source, names, again, given, list(again))
        if unreadable:
            name = unreadable[0].column
            raise first_misfit(
                source, name, again[name], rows, given, is_target=name == target.name
            )
        values |= found
    return values


def _leave_out_unusual(
    kinds: dict[str, Kind],
    values: dict[str, NDArray[Any]],
    reasons: dict[str, str],
    options: SchemaOptions,
) -> None:
    """Leave out columns of numbers that there is nothing to learn from."""
    names = [
        name
        for name, kind in kinds.items()
        if isinstance(kind, Number) and name not in options.kinds
    ]
    found = unusual(names, [values[name] for name in names])
    counting = [name for name, reason in found.items() if reason.startswith("an identifier")]
    if len(found) == len(kinds):
        # Better an identifier than nothing.
        for name in counting:
            reasons[name] = f"plain; {found.pop(name)}, and there is no other column"
    for name, reason in found.items():
        del kinds[name]
        reasons[name] = reason
