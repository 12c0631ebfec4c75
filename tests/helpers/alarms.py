"""Ctrl-C, or another handler of a signal, at a chosen instant of a call."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

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
