"""Small tables read through a schema."""

from fastbp.tables.as_source import as_source
from fastbp.tables.schema import Schema
from fastbp.tables.schema_options import SchemaOptions
from fastbp.tables.typed import NumberColumn


def recognised(table, target="y", **options):
    """The schema of a table, and the table read by it."""
    return Schema.recognise_and_read(as_source(table), target, SchemaOptions(**options))


def kinds(table, target="y", **options):
    """What each column of a table is."""
    schema, _ = recognised(table, target, **options)
    return {report.name: report.kind for report in schema.explain() if report.name != target}


def reason(table, column, target="y", **options):
    """What is said of a column."""
    schema, _ = recognised(table, target, **options)
    return next(report.reason for report in schema.explain() if report.name == column)


def column(typed, name):
    """A column's numbers, or its words, None where one is missing."""
    found = next(column for column in typed.columns if column.name == name)
    if isinstance(found, NumberColumn):
        return found.values.tolist()
    return [None if code < 0 else found.levels[code] for code in found.codes.tolist()]


def with_target(cells, name="x", rows=None):
    """A table of one column, given as often as it takes for a target of two classes."""
    cells = list(cells)
    n = rows or max(len(cells), 20)
    repeated = [cells[i % len(cells)] for i in range(n)]
    return {
        name: repeated,
        "z": [(i * 7) % 5 + 0.5 for i in range(n)],
        "y": ["a", "b"] * (n // 2) + ["a"] * (n % 2),
    }


def target_names(typed):
    """The class of each row, by name."""
    return [typed.target.classes[i] for i in typed.target.values.tolist()]
