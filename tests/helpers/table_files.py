"""Writing a table to a file and reading it back as columns."""

from pathlib import Path

from fastbp.tables.columns import read_columns
from fastbp.tables.reading import open_table


def write(content: str | bytes) -> Path:
    """Write a table into the folder where the test runs."""
    path = Path("table.csv")
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def columns_of(path, *, target=None, **how):
    table = open_table(path, **how)
    features = [i for i, name in enumerate(table.names) if name != target]
    at = None if target is None else table.names.index(target)
    return table, read_columns(table, features, at)
