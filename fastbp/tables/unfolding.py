"""Unpacking of gzip files, within bounds."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Callable
from pathlib import Path

from fastbp.errors import FileFormatError
from fastbp.tables.source import TextSource, copied

# A table shrinks to a third or a tenth; what unfolds further than this is no table, beyond a size
# that does no harm.
_LARGEST_RATIO = 200
_HARMLESS = 1 << 28


def unfold(packed: TextSource, is_text: Callable[[bytes, str, Path | None], bool]) -> TextSource:
    """Unpack a gzip file into a copy, as that of a pipe.

    Raises
    ------
    FileFormatError
        If it is no whole gzip file, or unfolds to far more than its own size.
    OSError
        If there is no room for the copy.
    """
    with packed.binary(text=False) as file:
        return copied(_Unfolded(file, packed.label), packed.label, is_text, has_end=True)


class _Unfolded:
    """The unpacked bytes of a gzip file."""

    def __init__(self, file: io.BufferedReader, label: str) -> None:
        self._file = file
        self._stream = gzip.GzipFile(fileobj=file)
        self._label = label
        self._size = 0

    def read(self, size: int) -> bytes:
        """Return that many bytes, fewer at the end."""
        try:
            block = self._stream.read(size)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise FileFormatError(
                f"{self._label}: the gzip file is cut short or altered ({error}); copy it anew, or "
                "test it with gzip -t"
            ) from error
        self._size += len(block)
        if self._size > _HARMLESS and self._size > _LARGEST_RATIO * self._file.tell():
            raise FileFormatError(
                f"{self._label} unfolds to more than {_LARGEST_RATIO} times its own size; if it is "
                "a table all the same, unpack it with gzip -d and give that"
            )
        return block
