"""What the columns of a table are, found once in training and kept for every prediction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastbp.errors import FileFormatError
from fastbp.tables.chunks import Source, is_typed
from fastbp.tables.column_report import ColumnReport, ColumnReports
from fastbp.tables.kinds.kind import Kind
from fastbp.tables.kinds.number import Number
from fastbp.tables.kinds.words import Ordered, Words
from fastbp.tables.schema_file import schema_dict, schema_fields
from fastbp.tables.schema_options import SchemaOptions
from fastbp.tables.schema_recognition import recognise_and_read
from fastbp.tables.schema_target import TargetSchema
from fastbp.tables.typed import Target, TypedTable, UnreadableCell
from fastbp.tables.typed_reading import Given, read_kinds
from fastbp.text.formatting import list_names, plural, quote


@dataclass(frozen=True)
class Schema:
    """What each column of a table is.

    Attributes
    ----------
    names : tuple of str
        The columns of the table that it was found in.
    named : bool
        Whether these are the table's own names; without them columns go by their position.
    target : TargetSchema
        The target.
    kinds : mapping of str to Kind
        What each feature's column is, in the table's order.
    reasons : mapping of str to str
        What is said of columns that are no plain numbers, and of those that are left out.
    missing : frozenset of str
        Texts that stand for a missing cell beside the usual ones.
    """

    names: tuple[str, ...]
    named: bool
    target: TargetSchema
    kinds: Mapping[str, Kind]
    reasons: Mapping[str, str] = field(default_factory=dict)
    missing: frozenset[str] = frozenset()

    @classmethod
    def recognise(cls, source: Source, target: str, options: SchemaOptions | None = None) -> Schema:
        """Find out what the columns of a table are, from all of its rows.

        Parameters
        ----------
        source : Source
            The table.
        target : str
            The target's name; or its number, from 1, where the columns have no names.
        options : SchemaOptions, optional
            What the user says about the columns.

        Raises
        ------
        ValueError
            If a name does not exist, a cell fits nothing, the cells allow two readings, or there
            is nothing to learn from. Of a file it is a FileFormatError.
        """
        return cls.recognise_and_read(source, target, options)[0]

    @classmethod
    def recognise_and_read(
        cls, source: Source, target: str, options: SchemaOptions | None = None
    ) -> tuple[Schema, TypedTable]:
        """Find out what the columns are, and read them; see `recognise`."""
        options = options or SchemaOptions()
        found = recognise_and_read(source, target, options)
        schema = cls(
            source.names,
            source.named,
            found.target,
            found.kinds,
            found.reasons,
            frozenset(options.missing),
        )
        keep = np.ones(found.n_rows, np.bool_)
        notes = found.target.notes
        return schema, schema.typed(found.values, found.target_values, keep, notes=notes)

    def read(self, source: Source, *, with_target: bool = False, mark: bool = False) -> TypedTable:
        """Read a table whose columns are known.

        Columns go by their names, in any order.

        Parameters
        ----------
        source : Source
            The table.
        with_target : bool
            Whether the target is read too; rows without one are left out then.
        mark : bool
            Whether rows with a cell that does not fit are left out and reported in
            `TypedTable.unreadable`, instead of an error.

        Raises
        ------
        ValueError
            If columns are missing, or a cell does not fit its column (FileFormatError of a file).
        """
        places, notes = self._places(source, with_target)
        kinds = dict(self.kinds)
        if with_target:
            kinds[self.target.name] = _AsKind(self.target)  # type: ignore[assignment]
        as_text = [name for name, kind in self.kinds.items() if _needs_text(kind, source)]
        if with_target and (
            self.target.task == "classify" or _needs_text(self.target.number, source)
        ):
            as_text.append(self.target.name)
        values, rows, unreadable = read_kinds(
            source, places, kinds, Given(self.missing), as_text, to_the_end=mark
        )
        if unreadable and not mark:
            raise self._error(source, min(unreadable, key=lambda cell: cell.row))
        keep = np.ones(rows.n, np.bool_)
        keep[[cell.row for cell in unreadable]] = False
        target_values = values.pop(self.target.name, None) if with_target else None
        return self.typed(values, target_values, keep, tuple(unreadable), notes)

    def typed(
        self,
        values: Mapping[str, NDArray[Any]],
        target_values: NDArray[Any] | None,
        keep: NDArray[np.bool_],
        unreadable: tuple[UnreadableCell, ...] = (),
        notes: tuple[str, ...] = (),
    ) -> TypedTable:
        """Make the features of the values of columns, in the rows that are kept."""
        n = len(keep)
        target = None
        if target_values is not None:
            is_class = self.target.task == "classify"
            missing = target_values == -2 if is_class else np.isnan(target_values)
            n_missing = int((missing & keep).sum())
            if n_missing:
                notes += (
                    f"{plural(n_missing, 'row')} of {n:,} without a target "
                    f"({quote(self.target.name)}) left out",
                )
            keep = keep & ~missing
        all_kept = bool(keep.all())
        rows = np.arange(n) if all_kept else np.flatnonzero(keep)
        if target_values is not None:
            target = Target(
                self.target.name,
                target_values if all_kept else target_values[rows],
                self.target.classes,
            )
        columns = [
            column
            for name, kind in self.kinds.items()
            for column in kind.columns(name, values[name] if all_kept else values[name][rows])
        ]
        return TypedTable(tuple(columns), rows, target, n, unreadable, notes)

    def explain(self) -> ColumnReports:
        """Say what each column was taken for, and why."""
        reports = []
        for name in self.names:
            kind = self.kinds.get(name)
            if name == self.target.name:
                kinds = "a class" if self.target.task == "classify" else "a number"
                reports.append(ColumnReport(name, "target", f"{kinds}: {self.target.reason}", True))
            elif kind is None:
                reports.append(ColumnReport(name, "left out", self.reasons.get(name, ""), True))
            else:
                reason = self.reasons.get(name)
                shown = kind.describe() if reason is None else reason
                # A number of words with or without their list says no more than the kind.
                plain = reason is None or (isinstance(kind, Words) and ";" not in reason)
                reports.append(ColumnReport(name, kind.word, shown, not plain))
        return ColumnReports(reports)

    def to_dict(self) -> dict[str, Any]:
        """Return what a model file keeps of it, for JSON; see :mod:`fastbp.tables.schema_file`."""
        return schema_dict(
            self.names, self.named, self.target, self.kinds, self.reasons, self.missing
        )

    @classmethod
    def from_dict(cls, entries: object) -> Schema:
        """Check what `to_dict` gave, and make the schema of it.

        Raises
        ------
        FileFormatError
            If it is of another version, or not what `to_dict` gives.
        """
        return cls(**schema_fields(entries))

    def _places(self, source: Source, with_target: bool) -> tuple[dict[str, str], tuple[str, ...]]:
        """The source's name of each column, and what is to be said of others."""
        wanted = [*self.kinds, *([self.target.name] if with_target else [])]
        if not self.named:
            own_names = self.names_by_position(source, with_target)
            return dict(zip(own_names, source.names, strict=True)), ()
        if not source.named:
            raise ValueError(
                f"{source.label} has no names of columns, and the model knows its columns by name: "
                f"{list_names(list(self.kinds))}. Give it a header line, or of an array the names: "
                "(X, names)"
            )
        own = set(source.names)
        if missing := [name for name in wanted if name not in own]:
            raise ValueError(
                f"{source.label} lacks {plural(len(missing), 'column')} that the model needs: "
                f"{list_names(missing)}. It has {list_names(source.names)}"
            )
        known = set(self.names)
        unknown = [name for name in source.names if name not in known]
        notes = (
            (f"{plural(len(unknown), 'column')} not used: {list_names(unknown)}",)
            if unknown
            else ()
        )
        return {name: name for name in wanted}, notes

    def target_column(self, source: Source) -> str | None:
        """What a table calls the target's column; None if it has none."""
        if self.named and source.named:
            return self.target.name if self.target.name in source.names else None
        if len(source.names) != len(self.names) or self.target.name not in self.names:
            return None
        return source.names[self.names.index(self.target.name)]

    def names_by_position(self, source: Source, with_target: bool = False) -> tuple[str, ...]:
        """Which of the schema's columns each column of a table is, by its position.

        The table has all columns of the training's, all but the target, or the features alone.

        Raises
        ------
        ValueError
            If it has another number of columns.
        """
        without_target = tuple(name for name in self.names if name != self.target.name)
        for names in (self.names, without_target, tuple(self.kinds)):
            if len(source.names) == len(names) and (not with_target or names is self.names):
                return names
        raise ValueError(
            f"{source.label} has {plural(len(source.names), 'column')}; expected "
            f"{len(self.names):,} as in the table that the model was trained on, or "
            f"{len(without_target):,} without the target"
        )

    def _error(self, source: Source, cell: UnreadableCell) -> ValueError:
        place = f"row {cell.row:,} (from 0)" if cell.line is None else f"line {cell.line:,}"
        message = (
            f"{source.label}, {place}, column {quote(cell.column)}: {cell.complaint}. Correct the "
            "cell, or remove the row"
        )
        return ValueError(message) if cell.line is None else FileFormatError(message)


def _needs_text(kind: Kind, source: Source) -> bool:
    """Whether a column's cells are to be read as they are written."""
    if isinstance(kind, Number):
        return not (kind.spelling.is_plain or is_typed(source))
    return isinstance(kind, (Words, Ordered))


class _AsKind:
    """A target as a kind of column, for reading."""

    def __init__(self, target: TargetSchema) -> None:
        self.markers = target.markers
        self.parse = target.parse
        self._target = target

    def of_numbers(self, numbers: NDArray[np.float64]) -> tuple[NDArray[Any], NDArray[np.bool_]]:
        return numbers, np.isinf(numbers)

    def of_moments(self, moments: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.bool_]]:
        return np.full(len(moments), np.nan), ~np.isnat(moments)

    def complaint(self, text: str) -> str:
        return self._target.number.complaint(text)
