"""Opening a file of any format that is read as a Source."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

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

Reader = Callable[[TextSource, ReadOptions], Source]

#: By the key of the table of formats.
READERS: dict[str, Reader] = {
    _TEXT: open_delimited,
    "arff": open_arff,
    "libsvm": open_libsvm,
    "zip": open_xlsx,
    "xls": open_xls,
    "parquet": open_parquet,
    "arrow": open_arrow,
    "arrow stream": open_arrow_stream,
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
        If the format is not read, or the file is not what its format says.
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
    return READERS[look.key](text, options)


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
