"""Reading a whole Source, and writing the file that it is read from."""

from pathlib import Path

import numpy as np

from fastbp.tables.open_source import ReadOptions, open_source


def source_of(content, name="table.csv", **options):
    """Write a file into the folder where the test runs, and open it."""
    path = Path(name)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return open_source(path, ReadOptions(**options))


def columns_of(source, columns=None, as_text=()):
    """Read all chunks: a list of cells for each name."""
    chunks = list(source.chunks(columns, as_text))
    names = [name for name in source.names if columns is None or name in columns]
    return {
        name: [cell for chunk in chunks for cell in chunk.columns[i].tolist()]
        for i, name in enumerate(names)
    }


def lines_of(source):
    return [int(line) for chunk in source.chunks() for line in chunk.lines]


def bits(chunks):
    """What chunks hold, comparable to the bit; with the type of each column."""
    return [
        (
            [
                (str(column.dtype), column.view(np.int64).tolist())
                if column.dtype.kind == "f"
                else (str(column.dtype), column.tolist())
                for column in chunk.columns
            ],
            chunk.lines.tolist(),
        )
        for chunk in chunks
    ]
