"""Parquet, Feather and Arrow files as a Source, through pyarrow."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Collection, Iterator
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastbp.errors import FileFormatError
from fastbp.tables.cell_columns import text_column
from fastbp.tables.chunks import Chunk
from fastbp.tables.column_names import check_different
from fastbp.tables.limits import MOST_COLUMNS
from fastbp.tables.read_options import ReadOptions
from fastbp.tables.source import TextSource
from fastbp.tables.typed_cells import cell_text
from fastbp.text.formatting import list_names, quote

_CHUNK_ROWS = 1 << 16
_KINDS = {
    "parquet": "a Parquet file",
    "arrow": "an Arrow (Feather) file",
    "arrow stream": "a file of Arrow's stream format",
}


class ArrowSource:
    """A file that pyarrow reads batch by batch.

    Attributes
    ----------
    declared : dict of str to None
        The columns that the file says to be categories.
    """

    #: Its numbers are numbers, and no text that may be read in two ways.
    typed = True
    #: Whether the names are the table's own.
    named = True

    def __init__(self, text: TextSource, kind: str) -> None:
        self._text = text
        #: Its name in messages, safe to show.
        self.label = text.label
        self._kind = kind
        self._pyarrow = _import("pyarrow", text.label, kind)
        with self._text.binary(text=False) as file:
            schema = self._guarded(lambda: self._open(file)[0])
        self.names: tuple[str, ...] = tuple(schema.names)
        is_dictionary = self._pyarrow.types.is_dictionary
        self.declared = {field.name: None for field in schema if is_dictionary(field.type)}
        self._check(schema)

    def description(self) -> str:
        """Describe how it is read."""
        return _KINDS[self._kind]

    def chunks(
        self, columns: Collection[str] | None = None, as_text: Collection[str] = ()
    ) -> Iterator[Chunk]:
        """Yield its rows; see `Source.chunks`."""
        wanted, texts = frozenset(self.names if columns is None else columns), frozenset(as_text)
        names = [name for name in self.names if name in wanted]
        with self._text.binary(text=False) as file:
            batches = self._guarded(lambda: self._open(file)[1](names))
            while (batch := self._guarded(lambda: next(batches, None))) is not None:
                if batch.num_rows:
                    yield self._guarded(partial(self._chunk, batch, names, texts))

    def _chunk(self, batch: Any, names: list[str], as_text: Collection[str]) -> Chunk:
        return Chunk(
            tuple(
                _column(self._pyarrow, batch.column(name), as_text=name in as_text)
                for name in names
            )
        )

    def _open(self, file: Any) -> tuple[Any, Callable[[list[str]], Iterator[Any]]]:
        """Return the schema, and what reads batches of some columns."""
        if self._kind == "parquet":
            parquet = _import("pyarrow.parquet", self.label, self._kind)
            table = parquet.ParquetFile(file)
            return table.schema_arrow, lambda names: table.iter_batches(
                batch_size=_CHUNK_ROWS, columns=names
            )
        ipc = _import("pyarrow.ipc", self.label, self._kind)
        if self._kind == "arrow":
            reader = ipc.open_file(file)
            batches = (reader.get_batch(i) for i in range(reader.num_record_batches))
        else:
            reader = ipc.open_stream(file)
            batches = iter(reader)
        return reader.schema, lambda names: batches

    def _guarded(self, read: Callable[[], Any]) -> Any:
        """Call, and say whatever a broken file leads to as a FileFormatError."""
        try:
            return read()
        except FileFormatError:
            raise
        except Exception as error:  # pyarrow's errors are of many classes, OSError among them
            raise FileFormatError(
                f"{self.label} cannot be read as {_KINDS[self._kind]} "
                f"({quote(f'{type(error).__name__}: {error}')}); write it anew, or export it as CSV"
            ) from error

    def _check(self, schema: Any) -> None:
        """Raise for names that are not different, and for types that are no column of a table."""
        if len(self.names) > MOST_COLUMNS:
            raise FileFormatError(f"{self.label}: more than {MOST_COLUMNS:,} columns; split it")
        check_different(self.names, self.label)
        types = self._pyarrow.types
        nested = [field.name for field in schema if types.is_nested(field.type)]
        if nested:
            raise FileFormatError(
                f"{self.label}: no single value stands in a cell of {list_names(nested)} "
                f"({quote(str(schema.field(nested[0]).type))}); write these as columns of their "
                "own, or leave them out"
            )


def _column(pyarrow: Any, array: Any, *, as_text: bool) -> NDArray[Any]:
    """Return a column of a batch as one of a chunk."""
    types = pyarrow.types
    kind = array.type
    if not as_text:
        if types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind):
            numbers = array.cast(pyarrow.float64(), safe=False)
            return np.array(numbers.to_numpy(zero_copy_only=False), dtype=np.float64)
        if types.is_timestamp(kind) or types.is_date(kind):
            if types.is_timestamp(kind) and kind.tz is not None:
                # The time on the clock there, as of frames and of text.
                array = importlib.import_module("pyarrow.compute").local_timestamp(array)
            moments = array.cast(pyarrow.timestamp("us"), safe=False)
            return np.array(moments.to_numpy(zero_copy_only=False), dtype="datetime64[us]")
        if types.is_null(kind):
            return np.full(len(array), np.nan)
    return text_column([cell_text(cell) for cell in array.to_pylist()])


def _import(module: str, label: str, kind: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise FileFormatError(
            f"{label} is {_KINDS[kind]}, which needs pyarrow: pip install fastbp[tables], or "
            "export it as CSV"
        ) from error


def open_parquet(text: TextSource, options: ReadOptions) -> ArrowSource:
    """Read a Parquet file."""
    return ArrowSource(text, "parquet")


def open_arrow(text: TextSource, options: ReadOptions) -> ArrowSource:
    """Read an Arrow file, as Feather's second version is."""
    return ArrowSource(text, "arrow")


def open_arrow_stream(text: TextSource, options: ReadOptions) -> ArrowSource:
    """Read a file of Arrow's stream format."""
    return ArrowSource(text, "arrow stream")
