"""Ctrl-C, or another handler of a signal, at a chosen instant of a call."""

from __future__ import annotations

import linecache
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import fastbp

needs_alarms = pytest.mark.skipif(
    not hasattr(signal, "setitimer"), reason="needs a timer that sends a signal"
)


@contextmanager
def _unreported() -> Iterator[None]:
    """Keep off the screen, and out of pytest's errors, what Ctrl-C does inside Python itself.

    Raised in a finalizer it reaches no caller; and it may come between the opening of a file and
    the `with` that would close it, whose finalizer then warns.
    """

    def hook(unraisable: Any) -> None:
        if not isinstance(unraisable.exc_value, (KeyboardInterrupt, ResourceWarning)):
            report(unraisable)

    report, sys.unraisablehook = sys.unraisablehook, hook
    try:
        yield
    finally:
        sys.unraisablehook = report


def with_alarm(call: Callable[[], Any], seconds: float, ring: Callable[[], Any]) -> Any:
    """What `call` returns, while after so many seconds `ring` is called once, if it still runs."""
    armed = [True]

    def handler(*_: Any) -> None:
        if armed:
            armed.clear()
            ring()

    before = signal.signal(signal.SIGALRM, handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, seconds)
        result = call()
        armed.clear()
        return result
    finally:
        armed.clear()
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def is_interrupted(call: Callable[[], Any], seconds: float) -> bool:
    """Whether Ctrl-C, so many seconds after the start, ended `call` before it returned."""

    def ring() -> None:
        raise KeyboardInterrupt

    def interrupted() -> bool:
        try:
            with_alarm(call, seconds, ring)
        except KeyboardInterrupt:
            return True
        return False

    with _unreported():  # until the frames of the exception are gone
        return interrupted()


_LIBRARY = str(Path(fastbp.__file__).parent)


def at_each_line(call: Callable[[], Any], look: Callable[[], Any], *files: str) -> Any:
    """What `call` returns, while `look` is called at every line of some files of fastbp.

    Those of a `with` are left out: no handler runs between its block and `__exit__`, where a line
    begins all the same. So are those that say that no handler runs there.
    """
    paths = {f"{_LIBRARY}/{name}" for name in files}

    def of_lines(frame: FrameType, event: str, argument: Any) -> Any:
        if event == "line":
            line = linecache.getline(frame.f_code.co_filename, frame.f_lineno)
            if not line.lstrip().startswith("with ") and "# no handler runs" not in line:
                look()
        return of_lines

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        return of_lines if frame.f_code.co_filename in paths else None

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        return call()
    finally:
        sys.settrace(before)


def is_interrupted_at_line(call: Callable[[], Any], count: int, *files: str) -> bool:
    """Whether Ctrl-C came at the count-th line of these files of fastbp that `call` goes through.

    Anything else that `call` raises comes out.
    """
    left = [count]

    def ring() -> None:
        left[0] -= 1
        if left[0] == 0:
            raise KeyboardInterrupt

    try:
        at_each_line(call, ring, *files)
    except KeyboardInterrupt:
        return True
    return False
