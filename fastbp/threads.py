"""How many threads train: as many as are asked for, or what turns out to be fastest.

A number of threads changes no bit of a result, so it may change while training runs. The choice
goes by measuring: slices of training alternate between one thread and all of them at first, and the
loser gets another try now and then, the more seldom the more often it lost. A busy neighbour on the
machine makes the threads wait for each other; then their slices become slow, and one thread wins.
"""

import os
from pathlib import Path

from fastbp._boundary import MOST_THREADS
from fastbp.validation import check_integer

#: Multiply-adds of a step below which threads are not tried. Two do pay from a quarter of this on,
#: by a fifth and on a calm machine; but their members meet 2 L times in a step, and where one of
#: them has to wait for a core such a step takes twice as long before that is noticed.
LEAST_WORK = 1_000_000
#: What training is cut into, in the boundary's slices of work (some 5 ms each), and for a trial:
#: starting and ending a team costs some 50 microseconds.
SLICE, TRIAL = 8.0, 0.5
#: Slices before the loser's next trial, and the most that this grows to.
PATIENCE, MOST_PATIENCE = 8, 64
#: How much faster more threads must be: less is noise.
MARGIN = 1.05

_LIMITS = ("FASTBP_NUM_THREADS", "OMP_NUM_THREADS")


def available() -> int:
    """The cores that this process may use: by affinity, cgroup and environment.

    FASTBP_NUM_THREADS, or else OMP_NUM_THREADS (which joblib sets in its workers), is an upper
    limit; one that is no positive integer is ignored.
    """
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    for limit in (_quota(), _environment()):
        cores = min(cores, limit or cores)
    return max(1, min(cores, MOST_THREADS))


def _environment() -> int | None:
    for name in _LIMITS:
        value = os.environ.get(name, "").split(",")[0].strip()
        if value.isdecimal() and int(value) > 0:
            return int(value)
    return None


def _quota(root: Path = Path("/sys/fs/cgroup")) -> int | None:
    """Whole cores' worth of time that a container's limit allows, at least 1."""
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


def check_threads(n_threads: object) -> int | None:
    """Return n_threads, at most what a team may have; None where the choice is ours."""
    if n_threads is None:
        return None
    return min(check_integer("n_threads", n_threads, low=1), MOST_THREADS)


class Chooser:
    """Says for every slice of training how many threads it gets, and learns how long it took."""

    def __init__(self, n_threads: int | None, step_work: int) -> None:
        self.step_work = step_work
        self._asked = n_threads
        most = available() if n_threads is None and step_work >= LEAST_WORK else 1
        self._times: dict[int, float] = {}  # threads -> seconds a sample, when last tried
        self._candidates = [1] if most == 1 else [1, most]
        # Twice: memory and caches are cold in the first trial, whose time the second one replaces.
        self._trials = 2 * self._candidates if most > 1 else []
        self._patience, self._slices = PATIENCE, 0

    def next(self) -> tuple[int, float]:
        """The number of threads for what comes next, and how many slices of work that should be."""
        if self._asked is not None:
            return self._asked, SLICE
        if self._trials:
            return self._trials[0], TRIAL
        return self._best(), SLICE

    def saw(self, threads: int, seconds: float, samples: int) -> None:
        """Learn from a slice."""
        if len(self._candidates) == 1 or self._asked is not None or samples <= 0:
            return
        before = self._best() if len(self._times) > 1 else None
        self._times[threads] = seconds / samples
        if self._trials:
            self._trials.pop(0)
            if not self._trials and before is not None:
                again = self._best() == before
                self._patience = min(2 * self._patience, MOST_PATIENCE) if again else PATIENCE
            return
        self._slices += 1
        if self._best() != threads or self._slices >= self._patience:
            self._slices = 0
            self._trials = [one for one in self._candidates if one != threads]

    def _best(self) -> int:
        """Fewest threads, unless more are clearly faster."""
        best = 1
        for threads in self._times:
            if self._times[threads] * MARGIN < self._times[best]:
                best = threads
        return best
