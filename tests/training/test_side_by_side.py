"""Trainings side by side, and what ends them."""

from __future__ import annotations

import signal
import threading
import time

import pytest

from fastbp.training.side_by_side import Stop, side_by_side


def until_asked(stop: Stop) -> None:
    end = time.monotonic() + 60
    while not stop.requested and time.monotonic() < end:
        time.sleep(0.01)
    assert stop.requested


def test_interrupts_while_the_others_end_leave_no_thread_behind() -> None:
    def job(stop: Stop) -> None:
        signal.raise_signal(signal.SIGINT)
        until_asked(stop)
        for _ in range(3):  # while the caller waits for this to end
            time.sleep(0.1)
            signal.raise_signal(signal.SIGINT)
        time.sleep(0.1)

    with pytest.raises(KeyboardInterrupt):
        side_by_side([job, until_asked], 2)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("fastbp")]


def test_a_job_that_fails_stops_the_others_and_is_raised() -> None:
    def fails(stop: Stop) -> None:
        raise ValueError("of the first")

    with pytest.raises(ValueError, match="of the first"):
        side_by_side([fails, until_asked], 2)
