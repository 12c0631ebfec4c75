"""Writing a table to a file and reading it back, cell by cell."""

from pathlib import Path

from fastbp.tables.open_source import open_source
from fastbp.tables.read_options import ReadOptions


def write(content: str | bytes) -> Path:
    """Write a table into the folder where the test runs."""
    path = Path("table.csv")
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def open_table(path, **how):
    return open_source(path, ReadOptions(**how))


def records(source):
    """Every row as (line, cells as text)."""
    return [
        (int(line), list(cells))
        for chunk in source.chunks(as_text=source.names)
        for line, *cells in zip(chunk.lines, *chunk.columns, strict=True)
    ]
