"""The text of a table, which can be read repeatedly from a file or a pipe.

A table is read more than once: for its layout, for its cells, and for the text of an invalid cell
in an error. A pipe gives its bytes once, so they are copied first: into memory while
they are few, into a temporary file without a name beyond that.
"""

from __future__ import annotations

import errno
import io
import os
import re
import shutil
import stat
import sys
import tempfile
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from fastbp.errors import FileFormatError
from fastbp.tables.encoding import remedy
from fastbp.text.formatting import quote, shell_quote
from fastbp.text.printable import printable

#: The path that means standard input or output. A file of that name is given as an absolute path.
STANDARD_STREAM = Path("-")

# The most frequent encoding of text that is not UTF-8; only the user knows it.
_OLD_ENCODING = "WINDOWS-1252"

_BLOCK = 1 << 16
#: So many bytes at a time stay in a core's cache when they are looked at several times.
CACHED = 1 << 17
_NEWLINE = b"\n"
# Of a pipe's copy; most tables are smaller, and then no disk is touched.
_IN_MEMORY = 16 << 20
# The share of the disk that a copy leaves to others.
_FREE = 0.05
#: The longest line that is read, in characters: a row of some million numbers.
LONGEST_LINE = 1 << 25
_OPEN_FILE = re.compile(r"/dev/(std(in|out|err)|fd/\d+)|/proc/\w+/fd/\d+")
_NAMELESS_STEM = "table"


class TextSource:
    """The text of a table, checked for zero bytes; or the bytes of one that is no text.

    Attributes
    ----------
    label : str
        Its name in messages, safe to show.
    path : Path or None
        The file; None for a pipe.
    """

    def __init__(self, label: str, path: Path | None, copy: Any = None) -> None:
        self.label = label
        self.path = path
        self._copy = copy
        if copy is not None:
            weakref.finalize(self, copy.close)

    def lines(self, start: int = 0) -> Iterator[str]:
        """Yield its lines from the one after `start` on, each with its end as it is.

        Raises
        ------
        FileFormatError
            If it is not UTF-8 text; the message gives the position.
        OSError
            If it cannot be opened or read.
        """
        try:
            with io.TextIOWrapper(self.binary(), encoding="utf-8-sig", newline="") as file:
                lines = iter(lambda: file.readline(LONGEST_LINE), "")
                for number, line in enumerate(lines, start=1):
                    if len(line) == LONGEST_LINE:
                        raise self.line_too_long(number)
                    if number > start:
                        yield line
        except UnicodeDecodeError as error:
            raise self.not_utf8() from error

    def not_utf8(self) -> FileFormatError:
        """Return the error for the first byte that is not UTF-8."""
        offset = 0
        with self.binary() as file:
            for line, raw in enumerate(file, start=1):
                try:
                    raw.decode("utf-8")
                except UnicodeDecodeError as error:
                    return FileFormatError(
                        f"{self.label}, line {line}: byte 0x{raw[error.start]:02x} at offset "
                        f"{offset + error.start:,} is not UTF-8; "
                        + remedy(_OLD_ENCODING, self.path, "if it was written on Windows")
                    )
                offset += len(raw)
        return self.changed()

    def changed(self) -> FileFormatError:
        """Return the error for a file that changed between two readings."""
        return FileFormatError(f"{self.label} changed while it was read; run the command again")

    def line_too_long(self, line: int) -> FileFormatError:
        """Return the error for a line that no table has."""
        return FileFormatError(
            f"{self.label}, line {line}: the line has more than {LONGEST_LINE:,} characters; "
            "expected a table with one row a line"
        )

    def binary(self, *, text: bool = True) -> io.BufferedReader:
        """Open its bytes at the first one, checked for zeros if they are text."""
        # The reader closes what is its own.
        file = self._copy if self.path is None else open(self.path, "rb", buffering=0)  # noqa: SIM115
        check = _ZeroCheck(self.label, self.path) if text else None
        return io.BufferedReader(_Reader(file, self, check, shared=self.path is None), _BLOCK)


def count_byte(text: bytes, byte: bytes) -> int:
    """Count a byte that is frequent, where bytes.count is slow."""
    characters, mark = np.frombuffer(text, dtype=np.uint8), byte[0]
    return sum(
        int(np.count_nonzero(characters[start : start + CACHED] == mark))
        for start in range(0, len(characters), CACHED)
    )


class _ZeroCheck:
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
            line = self._lines_above() + block.count(_NEWLINE, 0, i)
            raise FileFormatError(
                f"{self._label}, line {line}: byte 0x00 at offset {self.offset + i:,}; a table is "
                f"text, which has none: {remedy}, if the rest is as it should be"
            )
        if self._path is None:
            self._line += count_byte(block, _NEWLINE)
        self.offset += len(block)

    def _lines_above(self) -> int:
        """The number of the line where the present block begins; of a file, found only here."""
        if self._path is None:
            return self._line
        with open(self._path, "rb") as file:
            blocks = iter(lambda: file.read(min(_BLOCK, self.offset - file.tell())), b"")
            return 1 + sum(block.count(_NEWLINE) for block in blocks)


class _Reader(io.RawIOBase):
    """Read a file from its start, at a position of its own where others read it too."""

    def __init__(
        self, file: Any, source: TextSource, check: _ZeroCheck | None, *, shared: bool
    ) -> None:
        self._file = file
        self._source = source  # whose end is the end of the file that is shared
        self._shared = shared
        self._check = check
        self._offset = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self._check is None

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        # What checks for zeros has to see each byte, in order.
        if self._check is not None:
            raise io.UnsupportedOperation("seek")
        if whence == os.SEEK_CUR:
            offset += self._offset
            whence = os.SEEK_SET
        self._offset = self._file.seek(offset, whence)
        return self._offset

    def readinto(self, buffer: Any) -> int:
        if self._shared:
            self._file.seek(self._offset)
        block = self._file.read(len(buffer))
        self._offset += len(block)
        if self._check is not None:
            self._check.add(block)
        buffer[: len(block)] = block
        return len(block)

    def close(self) -> None:
        if not self._shared:
            self._file.close()
        super().close()


def open_bytes(path: Path, is_text: Callable[[bytes, str, Path | None], bool]) -> TextSource:
    """Find the bytes of a table: in a file, in standard input (``-``), or in another pipe.

    Parameters
    ----------
    path : Path
        The file, or ``-``.
    is_text : callable
        Gets the first bytes, the label and the path (None for a pipe); says whether they are text,
        which has no byte 0, or raises FileFormatError if they are nothing that is read.

    Raises
    ------
    FileFormatError
        If it is a folder or a device.
    OSError
        If it cannot be opened or read, or there is no room for the copy of a pipe.
    """
    if path == STANDARD_STREAM:
        stream = getattr(sys.stdin, "buffer", None)
        if stream is None:
            raise FileFormatError("standard input is closed; give the name of a file instead of -")
        return copied(stream, "standard input", is_text)
    label = printable(path)
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode) or stat.S_ISBLK(mode):
        kind = "a folder" if stat.S_ISDIR(mode) else "a disk"
        raise FileFormatError(f"{label} is {kind}; expected a file with a table (CSV)")
    with open(path, "rb") as stream:
        # On some systems the files of /dev/fd, regular or not, share one position.
        if not stat.S_ISREG(mode) or is_open_file(path):
            return copied(stream, label, is_text)
        is_text(stream.read(_BLOCK), label, path)
    return TextSource(label, path)


def table_stem(path: Path) -> str:
    """Return a file's name without its ending; ``table`` for a pipe, which has no name."""
    return _NAMELESS_STEM if path == STANDARD_STREAM or is_open_file(path) else path.stem


def is_open_file(path: Path) -> bool:
    """Whether a path names what a process has open: /dev/stdin, /dev/fd/63, /proc/self/fd/0."""
    return _OPEN_FILE.fullmatch(path.as_posix()) is not None


class _Stream(Protocol):
    """What can be copied."""

    def read(self, size: int, /) -> bytes:
        """Return that many bytes, fewer at the end."""


def copied(
    stream: _Stream,
    label: str,
    is_text: Callable[[bytes, str, Path | None], bool],
    *,
    has_end: bool = False,
) -> TextSource:
    """Read a pipe to its end; look at its first bytes before waiting for the others.

    Unless it is known to have an end, one that only repeats a line is taken to have none.
    """
    block = stream.read(_BLOCK)
    check = _ZeroCheck(label, None) if is_text(block, label, None) else None
    line = block[: block.find(_NEWLINE) + 1]
    size, repeats = 0, bool(line) and check is not None and not has_end
    # Freed and deleted with the source; it never has a name that a killed process could leave.
    copy = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115
    source = TextSource(label, None, copy)
    while block:
        if check is not None:
            check.add(block)
        size += len(block)
        repeats = repeats and block.count(line) * len(line) > len(block) - 2 * len(line)
        try:
            copy.write(block)
            if size > _IN_MEMORY:
                if repeats:
                    raise FileFormatError(
                        f"{label}: the first {size:,} bytes repeat one line, "
                        f"{quote(line.decode(errors='replace').strip())}; expected a table that "
                        "has an end. If it is one, write it to a file, and give that"
                    )
                _check_room()
        except OSError as error:
            raise OSError(
                error.errno,
                f"{error.strerror}: a table from a pipe is copied there, since it is read more "
                "than once; set TMPDIR to a folder with more room, or give a file",
                tempfile.gettempdir(),
            ) from error
        block = stream.read(_BLOCK)
    return source


def _check_room() -> None:
    """Raise before the disk is so full that other programs fail; a pipe need not end."""
    disk = shutil.disk_usage(tempfile.gettempdir())
    if disk.free < _FREE * disk.total:
        raise OSError(errno.ENOSPC, f"less than {_FREE:.0%} of the disk is free")
