"""Several trainings at a time, each on threads of its own."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import TypeVar

from fastbp.errors import TrainingWarning
from fastbp.training.history import History

T = TypeVar("T")

#: Seconds between looks at signals, which some systems do not let a waiting thread see.
_PATIENCE = 0.1

#: Seconds between looks at the jobs that have been told to end.
_POLL = 0.005


class Stopped(Exception):  # noqa: N818 - it is no error of the training that it ends
    """Raised within a training that is to end because another one failed or was interrupted."""


class Stop:
    """Whether trainings are to end, which is asked for by ``stop.requested = True``.

    That is one assignment, which a second Ctrl-C cannot come before or into: a call, such as that
    of a threading.Event's method, it can. ``early = True`` asks them to end with their present
    epoch, and to keep what they have learnt.
    """

    requested = False
    early = False


class Watch:
    """A reporter for ``fit(progress=...)`` that counts samples and lets a training be stopped.

    Parameters
    ----------
    count : callable, optional
        ``count(samples)`` is called with the samples that were trained on since the last call, by
        the thread that trains.
    stop : Stop, optional
        Once that is requested, the training ends with :class:`Stopped`.
    """

    def __init__(
        self, count: Callable[[int], object] | None = None, stop: Stop | None = None
    ) -> None:
        self._count = count
        self._stop = stop
        self._samples = self._done = 0

    def begin(self, epochs: int, samples: int) -> None:
        """Training starts; an epoch has so many samples."""
        self._samples = samples

    def advance(self, samples_done: int) -> None:
        """So many samples of the present epoch are done."""
        if self._stop is not None and self._stop.requested:
            raise Stopped
        if self._count is not None and samples_done > self._done:
            self._count(samples_done - self._done)
        self._done = samples_done

    def epoch_end(self, history: History) -> None:
        """An epoch has ended."""
        if self._count is not None and self._samples > self._done:
            self._count(self._samples - self._done)
        self._done = 0

    def finish(self) -> None:
        """Training has ended."""


def side_by_side(
    jobs: Sequence[Callable[[Stop], T]], n_workers: int, stop: Stop | None = None
) -> list[T]:
    """Call each job, up to ``n_workers`` at a time, and return what they return, in their order.

    A job is called with a :class:`Stop`, and is to end soon once that is requested: it is when
    another job raises, and when the caller's thread is interrupted. The exception of that job, or
    the KeyboardInterrupt, is raised when all have ended.
    """
    stop = stop or Stop()
    stop.requested = False  # by a call before
    if n_workers == 1 or len(jobs) == 1:
        return [job(stop) for job in jobs]
    return _in_threads(jobs, n_workers, stop)


def _in_threads(jobs: Sequence[Callable[[Stop], T]], n_workers: int, stop: Stop) -> list[T]:
    pool = ThreadPoolExecutor(min(n_workers, len(jobs)), "fastbp")
    futures: list[Future[T]] = []
    running: list[object] = []

    def run(job: Callable[[Stop], T]) -> T:
        # In this order: whoever requests the stop and then looks at `running` misses no job.
        running.append(job)
        try:
            if stop.requested:
                raise Stopped
            return job(stop)
        finally:
            running.remove(job)

    try:
        for job in jobs:
            futures.append(pool.submit(run, job))
        waiting = set(futures)
        while waiting:
            done, waiting = wait(waiting, _PATIENCE, FIRST_EXCEPTION)
            if any(future.exception() is not None for future in done):
                break
    finally:
        stop.requested = True
        _end(pool, running)
    for future in futures:
        error = None if future.cancelled() else future.exception()
        if error is not None and not isinstance(error, Stopped):
            raise error
    return [future.result() for future in futures]


def _end(pool: ThreadPoolExecutor, running: Sequence[object]) -> None:
    """Wait until no job runs, whatever interrupts come meanwhile; raise the last of these.

    Where a second one came through, a training would go on beside the program, and at its end.
    Neither futures nor threads tell: an interrupt within ``submit`` loses the future of a job that
    runs, and Python takes a thread whose join is interrupted for one that has ended.
    """
    interrupt = None
    while True:
        try:
            pool.shutdown(wait=False, cancel_futures=True)
            while running:
                time.sleep(_POLL)
            pool.shutdown()
            break
        except KeyboardInterrupt as again:
            interrupt = again
    if interrupt is not None:
        raise interrupt


@contextmanager
def warning_once(stacklevel: int) -> Iterator[None]:
    """Give the TrainingWarnings of several trainings at the end, equal ones once.

    They are the caller's, ``stacklevel`` frames above the one that has the ``with``.
    """
    with warnings.catch_warnings(record=True) as records:
        warnings.simplefilter("always", TrainingWarning)
        yield
    seen = set()
    for record in records:
        key = record.category, str(record.message)
        if key in seen:
            continue
        seen.add(key)
        if issubclass(record.category, TrainingWarning):
            warnings.warn(record.message, stacklevel=stacklevel + 2)
        else:
            warnings.warn_explicit(record.message, record.category, record.filename, record.lineno)


@contextmanager
def ignoring_training_warnings() -> Iterator[None]:
    """Train without looking for the causes of TrainingWarnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TrainingWarning)
        yield
