"""Ctrl-C that ends a training early, and keeps what was learnt."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from fastbp.training.side_by_side import Stop


@contextmanager
def ending_early(stop: Stop) -> Iterator[None]:
    """Let the first Ctrl-C set ``stop.early``; the second one interrupts as usual.

    In another thread than the main one, where signals are not handled, nothing changes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGINT)

    def end(number: int, frame: FrameType | None) -> None:
        stop.early = True
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
