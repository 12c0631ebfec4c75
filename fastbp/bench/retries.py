"""When a clock may accuse a rung: on a busy machine a single reading proves nothing.

The scheduler hands the core to another process for 3 to 40 ms at a time, in the middle of whatever
is being timed. A rung that cheats is slow in every try; a right one leaves at its first good try.
"""

from collections.abc import Callable
from time import perf_counter
from typing import NamedTuple

try:
    from resource import RUSAGE_THREAD, getrusage
except ImportError:  # Windows has no such module, macOS no count for each thread

    def preemptions() -> int:
        """How often the core was taken away from this thread; always 0 where nobody counts."""
        return 0
else:

    def preemptions() -> int:
        """How often the core was taken away from this thread; always 0 where nobody counts.

        A wait for other work is not counted: the thread gives the core away of its own accord.
        """
        return getrusage(RUSAGE_THREAD).ru_nivcsw


# Beside two or three busy loops, 16 to 39% of single tries of right rungs on 784-512-512-10 failed:
# three in a row in 0.3 to 1.3% of all checks, ten in a row never in 500.
TRIES = 10
MOST_TRIES = 20  # with those in which the core was taken away: on a busy core, that is every one


class Reading(NamedTuple):
    """How long a call took, and whether the core was taken away meanwhile."""

    seconds: float
    preempted: bool


def clocked(call: Callable[[], object]) -> Reading:
    """Time a call.

    >>> clocked(list).seconds >= 0
    True
    """
    lost, start = preemptions(), perf_counter()
    call()
    seconds = perf_counter() - start
    return Reading(seconds, preemptions() > lost)


def persistent(attempt: Callable[[], tuple[str | None, bool]]) -> str | None:
    """Return what every attempt complains of; None as soon as one has nothing to complain of.

    Parameters
    ----------
    attempt : function
        Returns a complaint or None, and whether the core was taken away in what it timed. Such an
        attempt does not count as one of ``TRIES``, but there are never more than ``MOST_TRIES``.

    Examples
    --------
    >>> complaints = iter(["late", "late", None])
    >>> persistent(lambda: (next(complaints), False)) is None
    True
    >>> persistent(lambda: ("late", False))
    'late'
    """
    complaint, counted = None, 0
    for _ in range(MOST_TRIES):
        complaint, preempted = attempt()
        if complaint is None:
            return None
        counted += not preempted
        if counted == TRIES:
            break
    return complaint
