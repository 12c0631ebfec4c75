"""Trainings side by side, and what ends them."""

from __future__ import annotations

import signal
import threading
import time

import pytest

from fastbp.training.side_by_side import side_by_side


def test_interrupts_while_the_others_end_leave_no_thread_behind() -> None:
    def job(stop: threading.Event) -> None:
        signal.raise_signal(signal.SIGINT)
        assert stop.wait(60)
        for _ in range(20):  # while the caller waits for this to end
            signal.raise_signal(signal.SIGINT)
            time.sleep(0.002)

    with pytest.raises(KeyboardInterrupt):
        side_by_side([job, lambda stop: stop.wait(60)], 2)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("fastbp")]


def test_a_job_that_fails_stops_the_others_and_is_raised() -> None:
    def fails(stop: threading.Event) -> None:
        raise ValueError("of the first")

    with pytest.raises(ValueError, match="of the first"):
        side_by_side([fails, lambda stop: stop.wait(60)], 2)
