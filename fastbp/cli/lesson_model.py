"""The network of a model file for commands that show how one learns, and rows of a table for it."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastbp import Ensemble, Network, TableModel
from fastbp.cli.table_options import open_for
from fastbp.tables.as_source import as_source
from fastbp.tables.chunks import Source
from fastbp.tables.schema import Schema
from fastbp.tables.source_views import RowSource, count_rows
from fastbp.tables.typed import NumberColumn, TypedTable
from fastbp.tabular.member import Member
from fastbp.tabular.open_model import open_model
from fastbp.text.formatting import list_names, plural, quote


@dataclass(frozen=True)
class TableNetwork:
    """A member of a model of tables: its network, and how rows become its inputs."""

    schema: Schema
    member: Member

    @property
    def columns(self) -> list[str]:
        """The table's columns that it needs."""
        return list(self.schema.kinds)

    @property
    def inputs(self) -> tuple[str, ...]:
        """The names of the network's inputs."""
        return self.member.encoder.inputs

    def transform(self, typed: TypedTable) -> NDArray[np.float32]:
        """Return the inputs of rows."""
        return self.member.encoder.transform(typed.columns)

    def target(self, text: str) -> Any:
        """Return a target as the network learns it, from the text of a cell; None if it is none."""
        schema = self.schema.target
        values, bad = schema.parse([text.strip()])
        if bad[0] or (values[0] == -1 and schema.classes):
            return None
        if self.member.scale is not None:
            return self.member.scale.standardised(values)
        return schema.classes[values[0]] if self.member.network.classes else int(values[0])

    def cells(self, typed: TypedTable) -> dict[str, float]:
        """Return the numbers of the first row, by the names of inputs."""
        return {
            column.name: float(column.values[0])
            for column in typed.columns
            if isinstance(column, NumberColumn)
        }


@dataclass(frozen=True)
class LessonModel:
    """A network that a command teaches with.

    Attributes
    ----------
    path : Path
        Its file.
    net : Network
        The network: the first of several.
    n_networks : int
        How many the file holds.
    table : TableNetwork or None
        What a table's rows mean to it, if it was trained on one.
    """

    path: Path
    net: Network
    n_networks: int = 1
    table: TableNetwork | None = None

    @classmethod
    def load(cls, path: Path) -> LessonModel:
        """Load a file of any kind; raises FileFormatError or OSError if that cannot be."""
        model = open_model(path)
        if isinstance(model, Network):
            return cls(path, model)
        if isinstance(model, Ensemble):
            return cls(path, model.networks[0], len(model))
        return cls._of_table(path, model)

    @classmethod
    def _of_table(cls, path: Path, model: TableModel) -> LessonModel:
        assert model.schema is not None, "a model of a file has a schema"
        member = model.fitted_members[0]
        table = TableNetwork(model.schema, member)
        return cls(path, member.network, len(model.networks), table)

    def which(self) -> str:
        """Say which of several networks is shown; empty for one that is alone."""
        if self.n_networks == 1:
            return ""
        return (
            f"The model has {self.n_networks} networks, whose outputs are averaged; this is the "
            "first."
        )

    def open(self, path: Path, args: Namespace) -> tuple[TableNetwork, Source]:
        """Open a table for it.

        Raises
        ------
        ValueError
            If the model knows no table, or the table does not fit it.
        """
        if self.table is None:
            raise ValueError(
                f"{self.path} knows no table's columns, since it was not saved by fastbp train; "
                "give its inputs in another way"
            )
        return self.table, open_for(self.table.schema, path, args)

    def row(self, path: Path, number: int, args: Namespace) -> tuple[TypedTable, str | None]:
        """Read a row, from 1, and the text of its target where the table has that column."""
        table, source = self.open(path, args)
        row = RowSource(source, number - 1)
        typed = table.schema.read(row)
        if not len(typed):
            raise ValueError(
                f"--row is {number}, and {path} has {plural(count_rows(source), 'row')}"
            )
        target = table.schema.target_column(source)
        if target is None:
            return typed, None
        cell = next(row.chunks([target], [target])).columns[0][0]
        return typed, None if cell is None else str(cell)

    def of_cells(self, texts: list[str]) -> TypedTable:
        """Read a row from the command line: a cell for each of the columns, in their order."""
        assert self.table is not None
        columns = self.table.columns
        cells = ",".join(texts).split(",")
        if len(cells) != len(columns):
            cells = " ".join(texts).replace(",", " ").split()
        if len(cells) != len(columns):
            raise ValueError(
                f"--input holds {plural(len(cells), 'cell')}, and the model has "
                f"{plural(len(columns), 'column')}: {list_names(columns)}; give one for each"
            )
        row = {name: [cell.strip()] for name, cell in zip(columns, cells, strict=True)}
        typed = self.table.schema.read(as_source(row), mark=True)
        if typed.unreadable:
            bad = typed.unreadable[0]
            raise ValueError(f"--input, column {quote(bad.column)}: {bad.complaint}")
        return typed

    def expected_target(self) -> str:
        """Describe the targets that the network can have."""
        n_L = self.net.sizes[-1]
        if self.table is not None and self.table.schema.target.classes:
            return f"one of {list_names(self.table.schema.target.classes)}"
        if self.net.classes is not None:
            return f"one of {list_names(self.net.classes)}"
        if n_L == 1:
            return "a number"
        return f"a class, 0 to {n_L - 1}, or {n_L} numbers with commas between them"

    def no_target(self, text: str) -> ValueError:
        """Return the error for text that is no target."""
        return ValueError(f"--target is {quote(text)}; expected {self.expected_target()}")
