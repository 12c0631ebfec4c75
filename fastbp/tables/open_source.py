"""Opening a file of any format that is read as a Source."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from fastbp.errors import FileFormatError
from fastbp.tables.arff import open_arff
from fastbp.tables.arrow import open_arrow, open_arrow_stream, open_parquet
from fastbp.tables.chunks import Source
from fastbp.tables.delimited import open_delimited
from fastbp.tables.encoding import check_encoding
from fastbp.tables.excel import open_xls, open_xlsx
from fastbp.tables.file_formats import ENDINGS, FileFormat, recognise
from fastbp.tables.libsvm import open_libsvm
from fastbp.tables.read_options import ReadOptions
from fastbp.tables.source import TextSource, open_bytes
from fastbp.tables.unfolding import unfold

__all__ = ["ReadOptions", "open_source"]

_DEFAULTS = ReadOptions()
_TEXT = "text"
_GZIP = "gzip"


class Reader(NamedTuple):
    """How files of a format are read.

    Attributes
    ----------
    name : str
        The format, in messages.
    open : callable
        Opens one.
    takes : tuple of str
        The options that mean something there.
    """

    name: str
    open: Callable[[TextSource, ReadOptions], Source]
    takes: tuple[str, ...] = ()


_OF_SHEETS = ("header", "skip", "sheet")
#: By the key of the table of formats.
READERS: dict[str, Reader] = {
    _TEXT: Reader("delimited text", open_delimited, ("delimiter", "header", "skip")),
    "arff": Reader("an ARFF file", open_arff, ("skip",)),
    "libsvm": Reader("a libsvm file", open_libsvm, ("skip", "base")),
    "zip": Reader("an Excel workbook", open_xlsx, _OF_SHEETS),
    "xls": Reader("an Excel workbook", open_xls, _OF_SHEETS),
    "parquet": Reader("a Parquet file", open_parquet),
    "arrow": Reader("an Arrow file", open_arrow),
    "arrow stream": Reader("an Arrow file", open_arrow_stream),
}
#: Those that read text, which has no byte 0.
_OF_TEXT = frozenset({_TEXT, "arff", "libsvm"})


def open_source(path: str | os.PathLike[str], options: ReadOptions = _DEFAULTS) -> Source:
    """Open a file of a table, whatever its format is.

    Parameters
    ----------
    path : str or os.PathLike
        The file; ``-``: standard input.
    options : ReadOptions
        How it is read.

    Returns
    -------
    Source
        The table, with its names; its rows are read when its chunks are asked for.

    Raises
    ------
    FileFormatError
        If the format is not read, the file is not what its format says, or an option means nothing
        there.
    OSError
        If it cannot be opened or read.
    """
    path = Path(path)
    look = _Look(path)
    text = open_bytes(path, look)
    if look.key == _GZIP:
        text = unfold(text, look)
        if look.key == _GZIP:
            raise FileFormatError(f"{text.label} is a gzip file in a gzip file; unpack it first")
    reader = READERS[look.key]
    _check_options(options, reader, text.label)
    return reader.open(text, options)


def _check_options(options: ReadOptions, reader: Reader, label: str) -> None:
    """Raise for an option that would be left out without a word."""
    for name in ("delimiter", "header", "skip", "base", "sheet"):
        if getattr(options, name) != getattr(_DEFAULTS, name) and name not in reader.takes:
            taken = " and ".join(f"{taken} (--{taken})" for taken in reader.takes)
            raise FileFormatError(
                f"{label} is {reader.name}, for which {name} (--{name}) means nothing; leave it out"
                + f" (it takes {taken})" * bool(taken)
            )


class _Look:
    """The look at a file's first bytes."""

    def __init__(self, path: Path) -> None:
        endings = [suffix.lower() for suffix in path.suffixes]
        if endings and endings[-1] == ".gz":
            endings.pop()
        self._ending = endings[-1] if endings else ""
        self.key = _TEXT

    def __call__(self, start: bytes, label: str, path: Path | None) -> bool:
        """Set the key of the reader; say whether the file is text, or raise if it is not read."""
        form = recognise(start)
        if form is None:
            check_encoding(start, label, path)
            self.key = ENDINGS.get(self._ending, _TEXT)
        elif form.key in READERS or form.key == _GZIP:
            self.key = form.key
        else:
            raise _not_read(form, label)
        return self.key in _OF_TEXT


def _not_read(form: FileFormat, label: str) -> FileFormatError:
    return FileFormatError(f"{label} is {form.name}, which is not read; {form.remedy}")
