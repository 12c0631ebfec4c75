"""Ctrl-C, or another handler of a signal, at a chosen instant of a call."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from typing import Any

import pytest

needs_alarms = pytest.mark.skipif(
    not hasattr(signal, "setitimer"), reason="needs a timer that sends a signal"
)


def with_alarm(call: Callable[[], Any], seconds: float, ring: Callable[[], Any]) -> Any:
    """What `call` returns, while after so many seconds `ring` is called once, if it still runs."""
    armed = [True]

    def handler(*_: Any) -> None:
        if armed:
            armed.clear()
            ring()

    # What is raised inside a finalizer is no exception of the call's, only a note on a screen.
    def ignore_ctrl_c(unraisable: Any) -> None:
        if not isinstance(unraisable.exc_value, KeyboardInterrupt):
            report(unraisable)

    report, sys.unraisablehook = sys.unraisablehook, ignore_ctrl_c
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
        sys.unraisablehook = report


def is_interrupted(call: Callable[[], Any], seconds: float) -> bool:
    """Whether Ctrl-C, so many seconds after the start, ended `call` before it returned."""

    def ring() -> None:
        raise KeyboardInterrupt

    try:
        with_alarm(call, seconds, ring)
    except KeyboardInterrupt:
        return True
    return False
