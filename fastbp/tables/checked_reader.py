"""A table's bytes one after the other: a position for each reading, and no byte 0 in text."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import numpy as np

from fastbp.errors import FileFormatError
from fastbp.text.formatting import shell_quote

NEWLINE = b"\n"
#: The bytes that are read at a time.
BLOCK = 1 << 16
#: So many bytes at a time stay in a core's cache when they are looked at several times.
CACHED = 1 << 17


def count_byte(text: bytes, byte: bytes) -> int:
    """Count a byte that is frequent, where bytes.count is slow."""
    characters, mark = np.frombuffer(text, dtype=np.uint8), byte[0]
    return sum(
        int(np.count_nonzero(characters[start : start + CACHED] == mark))
        for start in range(0, len(characters), CACHED)
    )


class ZeroCheck:
    """Look for the byte 0, which no text holds, in the blocks of a file one after the other."""

    def __init__(self, label: str, path: Path | None) -> None:
        self._label = label
        self._path = path
        self._line = 1
        self.offset = 0

    def add(self, block: bytes) -> None:
        """Raise if the next block has one; the message gives the position."""
        i = block.find(b"\0")
        if i >= 0:
            remedy = "remove it with tr -d '\\000'"
            if self._path is not None:
                remedy += f" < {shell_quote(str(self._path))} > new.csv"
            line = self._lines_above() + block.count(NEWLINE, 0, i)
            raise FileFormatError(
                f"{self._label}, line {line}: byte 0x00 at offset {self.offset + i:,}; a table is "
                f"text, which has none: {remedy}, if the rest is as it should be"
            )
        if self._path is None:
            self._line += count_byte(block, NEWLINE)
        self.offset += len(block)

    def _lines_above(self) -> int:
        """The number of the line where the present block begins; of a file, found only here."""
        if self._path is None:
            return self._line
        with open(self._path, "rb") as file:
            blocks = iter(lambda: file.read(min(BLOCK, self.offset - file.tell())), b"")
            return 1 + sum(block.count(NEWLINE) for block in blocks)


class Reader(io.RawIOBase):
    """Read a file from its start, at a position of its own where others read it too."""

    def __init__(self, file: Any, source: object, check: ZeroCheck | None, *, shared: bool) -> None:
        self._file = file
        self._source = source  # whose end is the end of the file that is shared
        self._shared = shared
        self._check = check
        self._offset = 0

    def readable(self) -> bool:
        """It can be read."""
        return True

    def seekable(self) -> bool:
        """Whether its position can be set."""
        return self._check is None

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Set the position."""
        # What checks for zeros has to see each byte, in order.
        if self._check is not None:
            raise io.UnsupportedOperation("seek")
        if whence == os.SEEK_CUR:
            offset += self._offset
            whence = os.SEEK_SET
        self._offset = self._file.seek(offset, whence)
        return self._offset

    def readinto(self, buffer: Any) -> int:
        """Read up to as many bytes as there is room for."""
        if self._shared:
            self._file.seek(self._offset)
        block = self._file.read(len(buffer))
        self._offset += len(block)
        if self._check is not None:
            self._check.add(block)
        buffer[: len(block)] = block
        return len(block)

    def close(self) -> None:
        """Close the file, unless others read it too."""
        if not self._shared:
            self._file.close()
        super().close()
