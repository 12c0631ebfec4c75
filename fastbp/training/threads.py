"""The number of threads for training and prediction: of as many as there are cores, the fastest.

What is measured (thread_trials.py) is shared by all networks with the same sizes, batch size, dtype
and update rule.
"""

import os
import sys
import threading
from functools import lru_cache
from pathlib import Path
from time import perf_counter

from fastbp._boundary import MOST_THREADS, use_one_core
from fastbp.inputs import check_integer
from fastbp.model.program import n_weights, rows_of_one_thread
from fastbp.training.thread_trials import Chooser, StepwiseChooser

#: Multiply-adds of a step below which threads are not tried. Two do pay from a quarter of this on,
#: by a fifth and on an idle machine; but a step has at least two barriers, and where one thread has
#: to wait for a core such a step takes twice as long before that is noticed.
#: A step that is a call of its own has no copies of columns: two threads took 1.04 to 1.5 times as
#: long as one with up to 4 million, and 0.87 times with 20 million.
MIN_WORK, MIN_STEP_WORK = 400_000, 8_000_000
#: Multiply-adds of a step or prediction from which on all threads are used without a trial: it
#: takes a millisecond or more on one. More threads nearly always pay, and trials would be a large
#: part of a short training.
LONG_WORK = 1 << 26
#: For how many seconds a prediction or a single step takes the limit from an earlier one.
RECENT_LIMIT = 50e-3

_LIMITS = ("FASTBP_NUM_THREADS", "OMP_NUM_THREADS")


def available() -> int:
    """The cores that this process may use: by affinity, cgroup and environment.

    FASTBP_NUM_THREADS, or else OMP_NUM_THREADS (which joblib sets in its workers), is an upper
    limit. One that is no positive integer is ignored, and the next one counts. Without any a task
    of Dask's has one core: its worker runs as many tasks at a time as it was given cores.
    """
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    for limit in (_quota(), _environment() or _dask()):
        cores = min(cores, limit or cores)
    return max(1, min(cores, MOST_THREADS))


class _RecentLimit(threading.local):
    """What :func:`available` said a moment ago in this Python thread, or says now.

    To ask takes 30 to 50 us where the caches hold what was predicted before.
    """

    cores, until = 1, 0.0

    def __call__(self) -> int:
        if perf_counter() > self.until:
            self.cores, self.until = available(), perf_counter() + RECENT_LIMIT
            if self.cores == 1:
                use_one_core(RECENT_LIMIT)
        return self.cores


_recent_limit = _RecentLimit()


def _environment() -> int | None:
    for name in _LIMITS:
        value = os.environ.get(name, "").split(",")[0].strip()
        digits = value.lstrip("0")
        if digits.isdecimal():
            # A few digits suffice, and int() refuses thousands.
            return int(digits[:9])
    return None


def _dask() -> int | None:
    """1 in a task of Dask's, one of as many as its worker has threads.

    Workers that are processes mostly have OMP_NUM_THREADS=1 from their nanny. Those that are
    threads of a process (``LocalCluster(processes=False)``) or have no nanny have nothing.
    """
    worker = sys.modules.get("distributed.worker")
    return 1 if hasattr(getattr(worker, "thread_state", None), "execution_state") else None


@lru_cache
def _quota(root: Path = Path("/sys/fs/cgroup")) -> int | None:
    """Whole cores' worth of time that a container's limit allows, at least 1; read once."""
    try:
        quota, period = (root / "cpu.max").read_text().split()
    except (OSError, ValueError):
        try:
            names = ("cpu.cfs_quota_us", "cpu.cfs_period_us")
            quota, period = ((root / "cpu" / name).read_text().strip() for name in names)
        except OSError:
            return None
    if not quota.isdecimal() or not period.isdecimal() or int(period) == 0:
        return None  # "max", or -1: no limit
    return max(1, int(quota) // int(period))


class Exactly(int):
    """A fixed number of threads, for tests and measurements: ``fit(n_threads=Exactly(3))``.

    A plain number is a limit, as more threads can make small networks many times slower.
    """


def check_threads(n_threads: object) -> int | None:
    """Return n_threads, limited to MOST_THREADS; None if there is no limit."""
    if n_threads is None:
        return None
    number = min(check_integer("n_threads", n_threads, low=1), MOST_THREADS)
    return Exactly(number) if isinstance(n_threads, Exactly) else number


def chooser(
    n_threads: int | None,
    sizes: tuple[int, ...],
    batch_size: int,
    *kind: str,
    stepwise: bool = False,
) -> Chooser:
    """The Chooser for such steps, each a call of its own if ``stepwise``.

    Equal arguments share one.
    """
    made = StepwiseChooser if stepwise else Chooser
    if isinstance(n_threads, Exactly):
        return made(n_threads)
    work = 3 * batch_size * n_weights(sizes)
    limit, least = (_recent_limit, MIN_STEP_WORK) if stepwise else (available, MIN_WORK)
    most = limit() if n_threads != 1 and work >= least else 1
    most = min(most, n_threads or most)
    if most == 1:
        return made(1)
    return _shared_chooser(made, most, work >= LONG_WORK, sizes, batch_size, *kind)


class PredictionThreads:
    """Context manager that times a prediction of m rows, made on the number of threads it gives.

    They are at most ``n_threads``, unless that is None. Few rows get more than one only where they
    follow other ones at once, so that the threads of those still wait.
    """

    __slots__ = ("_chooser", "_is_small", "_m", "_n_threads", "_start")

    def __init__(
        self, sizes: tuple[int, ...], m: int, *kind: str, n_threads: int | None = None
    ) -> None:
        close, alone = rows_of_one_thread(sizes)
        most = _recent_limit() if n_threads != 1 and m > close else 1
        most = min(most, n_threads or most)
        self._m, self._chooser = m, None
        if most > 1:
            is_long = m * n_weights(sizes) >= LONG_WORK
            self._is_small = m <= alone
            self._chooser = _shared_chooser(
                StepwiseChooser, most, is_long, sizes, m.bit_length(), *kind
            )

    def __enter__(self) -> int:
        self._n_threads, self._start = 1, perf_counter()
        if self._chooser is not None:
            follows = self._chooser.follows_closely()
            if self._is_small and not follows:
                self._m = 0  # its time says nothing of those that do
            else:
                self._n_threads, _ = self._chooser.next()
        return self._n_threads

    def __exit__(self, error: object, *_: object) -> None:
        if self._chooser is not None and error is None:
            self._chooser.record(self._n_threads, perf_counter() - self._start, self._m)


@lru_cache(maxsize=256)
def _shared_chooser(made: type[Chooser], most: int, is_long: bool, *key: object) -> Chooser:
    return made(1, most, begin_with_most=is_long)
