"""A small schema of tables in memory, until that of fastbp.tables is there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from fastbp.errors import FileFormatError
from fastbp.tables.typed import NumberColumn, Target, TypedTable, WordColumn


@dataclass(frozen=True)
class SchemaOptions:
    """As the real one."""

    decimal: str | None = None
    missing: Any = ()
    dates: str | None = None
    ordered: Any = None
    drop: Any = ()
    kinds: Any = None
    task: str = "auto"


def as_source(table: Any) -> dict[str, list[Any]]:
    """Columns by their names."""
    if isinstance(table, tuple):
        X, names = table
        return {name: list(np.asarray(X)[:, i]) for i, name in enumerate(names)}
    return {str(name): list(table[name]) for name in table}


def _is_missing(value: Any) -> bool:
    return value is None or value != value


@dataclass(frozen=True)
class Schema:
    """Columns with their kinds."""

    kinds: dict[str, str]
    target: str
    classes: tuple[str, ...]

    def read(self, source: Mapping[str, list[Any]], *, with_target: bool = False) -> TypedTable:
        """The columns of a table."""
        columns: list[NumberColumn | WordColumn] = []
        n = len(next(iter(source.values())))
        for name, kind in self.kinds.items():
            if name not in source:
                raise ValueError(f"the table has no column {name!r}")
            cells = source[name]
            if kind == "number":
                numbers = [np.nan if _is_missing(v) else float(v) for v in cells]
                columns.append(NumberColumn(name, np.array(numbers)))
            else:
                texts = [None if _is_missing(v) else str(v) for v in cells]
                levels = tuple(sorted({t for t in texts if t is not None}))
                index = {level: i for i, level in enumerate(levels)}
                codes = [-1 if t is None else index[t] for t in texts]
                columns.append(WordColumn(name, np.array(codes, np.int32), levels))
        target = None
        if with_target:
            cells = source[self.target]
            if self.classes:
                of = {c: i for i, c in enumerate(self.classes)}
                target = Target(
                    self.target, np.array([of[str(v)] for v in cells], np.int64), self.classes
                )
            else:
                target = Target(self.target, np.array(cells, np.float64))
        return TypedTable(tuple(columns), np.arange(n), target)

    def explain(self) -> list[Any]:
        """Columns and kinds."""
        return [*self.kinds.items(), (self.target, "target")]

    def to_dict(self) -> dict[str, Any]:
        """In plain values."""
        return {"kinds": self.kinds, "target": self.target, "classes": list(self.classes)}

    @classmethod
    def from_dict(cls, content: Any) -> Schema:
        """Read :meth:`to_dict`'s back."""
        if not isinstance(content, dict) or content.keys() != {"kinds", "target", "classes"}:
            raise FileFormatError("the schema is none")
        return cls(content["kinds"], content["target"], tuple(content["classes"]))


def recognise_and_read(
    source: Mapping[str, list[Any]], target: str, options: SchemaOptions
) -> tuple[Schema, TypedTable]:
    """Find what each column is, and read the table."""
    kinds = {
        name: "number" if all(_is_missing(v) or _is_number(v) for v in cells) else "words"
        for name, cells in source.items()
        if name != target and name not in options.drop
    }
    cells = source[target]
    numbers = all(map(_is_number, cells))
    classes: tuple[str, ...] = ()
    if options.task == "classify" or (options.task == "auto" and not numbers):
        classes = tuple(sorted(set(map(str, cells))))
    schema = Schema(kinds, target, classes)
    return schema, schema.read(source, with_target=True)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
