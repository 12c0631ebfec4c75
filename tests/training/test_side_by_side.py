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


def interrupt_the_wait_for_this() -> None:
    for _ in range(3):
        time.sleep(0.1)
        signal.raise_signal(signal.SIGINT)
    time.sleep(0.1)


def no_job_runs() -> bool:
    """Whether the threads of jobs have ended, or do so at once for want of another job."""
    threads = [thread for thread in threading.enumerate() if thread.name.startswith("fastbp")]
    for thread in threads:
        thread.join(1)
    return not any(thread.is_alive() for thread in threads)


def test_interrupts_while_the_others_end_leave_no_thread_behind() -> None:
    def job(stop: Stop) -> None:
        while not stop.requested:  # again, for one within a finalizer reaches no caller
            signal.raise_signal(signal.SIGINT)
            time.sleep(0.1)
        interrupt_the_wait_for_this()

    with pytest.raises(KeyboardInterrupt):
        side_by_side([job, until_asked], 2)
    assert no_job_runs()


def test_an_interrupt_while_a_thread_is_being_started_waits_for_its_job(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def job(stop: Stop) -> None:
        started.set()
        until_asked(stop)
        interrupt_the_wait_for_this()
        ended.append(job)

    def start(thread: threading.Thread) -> None:
        start_unharmed(thread)
        started.wait(60)
        raise KeyboardInterrupt  # before the pool has noted the thread

    started = threading.Event()
    ended: list[object] = []
    start_unharmed = threading.Thread.start
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", start)
        with pytest.raises(KeyboardInterrupt):
            side_by_side([job, job], 2)
    assert ended == [job]
    assert no_job_runs()


def test_a_job_that_fails_stops_the_others_and_is_raised() -> None:
    def fails(stop: Stop) -> None:
        raise ValueError("of the first")

    with pytest.raises(ValueError, match="of the first"):
        side_by_side([fails, until_asked], 2)
