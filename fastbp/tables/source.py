"""The text of a table, which can be read repeatedly from a file or a pipe.

A table is read more than once: for its layout, for its cells, and for the text of an invalid cell
in an error. A pipe gives its bytes once, so they are copied first: into memory while
they are few, into a temporary file without a name beyond that.
"""

from __future__ import annotations

import errno
import io
import re
import shutil
import stat
import sys
import tempfile
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

from fastbp.errors import FileFormatError
from fastbp.tables.checked_reader import BLOCK, NEWLINE, Reader, ZeroCheck
from fastbp.tables.encoding import remedy
from fastbp.text.formatting import quote
from fastbp.text.printable import printable

#: The path that means standard input or output. A file of that name is given as an absolute path.
STANDARD_STREAM = Path("-")

# The most frequent encoding of text that is not UTF-8; only the user knows it.
_OLD_ENCODING = "WINDOWS-1252"

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
        check = ZeroCheck(self.label, self.path) if text else None
        return io.BufferedReader(Reader(file, self, check, shared=self.path is None), BLOCK)


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
        is_text(stream.read(BLOCK), label, path)
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
    block = stream.read(BLOCK)
    check = ZeroCheck(label, None) if is_text(block, label, None) else None
    line = block[: block.find(NEWLINE) + 1]
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
        block = stream.read(BLOCK)
    return source


def _check_room() -> None:
    """Raise before the disk is so full that other programs fail; a pipe need not end."""
    disk = shutil.disk_usage(tempfile.gettempdir())
    if disk.free < _FREE * disk.total:
        raise OSError(errno.ENOSPC, f"less than {_FREE:.0%} of the disk is free")
