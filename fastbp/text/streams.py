"""Standard streams that may be missing, closed or replaced by other objects.

A daemon and a window without a console have none (``sys.stdout`` is None), a shell closes one with
``>&-``, and a program may replace it with anything that `print` takes: an object with ``write``.
"""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import sys
from collections.abc import Iterator
from typing import TextIO

# In the order of their descriptors.
_STANDARD = (("stdin", "r"), ("stdout", "w"), ("stderr", "w"))


class NullStream(io.TextIOBase):
    """A text stream that keeps nothing, as ``os.devnull``, without a file to close."""

    def write(self, text: str) -> int:
        """Take the text and forget it."""
        return len(text)


def standard_output() -> TextIO:
    """Standard output, or `NullStream` where there is none or it is closed."""
    stream: TextIO | None = sys.stdout
    return NullStream() if stream is None or is_closed(stream) else stream  # type: ignore[return-value]


def is_closed(stream: TextIO) -> bool:
    """Whether a stream is closed."""
    return bool(getattr(stream, "closed", False))


def is_terminal(stream: TextIO) -> bool:
    """Whether a stream is a terminal that can move its cursor."""
    return is_tty(stream) and os.environ.get("TERM") != "dumb"


def is_tty(stream: TextIO) -> bool:
    """Whether a stream goes to a terminal of any kind, where people read what is written."""
    isatty = getattr(stream, "isatty", None)
    return bool(isatty and isatty())


def columns_of(stream: TextIO) -> int:
    """How many columns of text a stream can show: a terminal's, and any number elsewhere."""
    return shutil.get_terminal_size().columns if is_terminal(stream) else sys.maxsize


def encoding_of(stream: TextIO | None) -> str | None:
    """The encoding of a stream; None where it has none, or there is no stream."""
    return getattr(stream, "encoding", None)


def can_write(stream: TextIO, text: str) -> bool:
    """Whether a stream's encoding has these characters."""
    return can_encode(encoding_of(stream), text)


def can_encode(encoding: str | None, text: str) -> bool:
    """Whether an encoding has these characters; an unknown one is taken for ASCII."""
    try:
        text.encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def flush(stream: TextIO) -> None:
    """Flush a stream, if it can be flushed."""
    if callable(getattr(stream, "flush", None)):
        stream.flush()


def silence(stream: TextIO) -> None:
    """Discard what a stream still buffers, since flushing it would fail again.

    Python does at its end, and multiprocessing before it starts a process.
    """
    with (
        contextlib.suppress(AttributeError, OSError, ValueError),
        open(os.devnull, "wb") as nowhere,
    ):
        os.dup2(nowhere.fileno(), stream.fileno())


def print_to_stderr(text: str) -> None:
    """Print to standard error, if that can be.

    A log that is closed, or on a disk that is full, is no reason to stop what is to be done.
    """
    stream: TextIO | None = sys.stderr
    if stream is None:  # print() would take standard output
        return
    try:
        print(text, file=stream)
        flush(stream)
    except (OSError, ValueError):  # ValueError: the stream is closed
        silence(stream)


@contextlib.contextmanager
def standard_streams() -> Iterator[None]:
    """Put ``os.devnull`` in the place of each standard stream that is missing or closed.

    Without it `print(..., file=sys.stderr)` would write to standard output where ``sys.stderr`` is
    None, and the next file to be opened would get the descriptor of the stream that is closed.

    Examples
    --------
    >>> import sys
    >>> before, sys.stderr = sys.stderr, None
    >>> with standard_streams():
    ...     print("an error", file=sys.stderr)
    >>> sys.stderr is None
    True
    >>> sys.stderr = before
    """
    with contextlib.ExitStack() as stack:
        for descriptor, (name, mode) in enumerate(_STANDARD):
            if not _is_open(descriptor):
                _open_nowhere(descriptor, stack)
            stream = getattr(sys, name)
            if stream is None or is_closed(stream):
                nowhere = stack.enter_context(open(os.devnull, mode, encoding="utf-8"))
                stack.callback(setattr, sys, name, stream)
                setattr(sys, name, nowhere)
        yield


def _is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


def _open_nowhere(descriptor: int, stack: contextlib.ExitStack) -> None:
    """Open ``os.devnull`` under this descriptor, for this process and those that it starts."""
    opened = os.open(os.devnull, os.O_RDWR)
    if opened != descriptor:  # another thread has just closed a lower one
        os.dup2(opened, descriptor)
        os.close(opened)
    os.set_inheritable(descriptor, True)
    stack.callback(os.close, descriptor)
