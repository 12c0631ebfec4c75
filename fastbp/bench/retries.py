"""Retries of checks by time: on a busy machine a single measurement is no evidence.

The scheduler may give the core to another process for 3 to 40 ms in the middle of a measurement. A
rung that cheats fails in every attempt; a right one passes at its first undisturbed attempt.
"""

from collections.abc import Callable
from time import perf_counter
from typing import NamedTuple

try:
    from resource import RUSAGE_THREAD, getrusage
except ImportError:  # Windows lacks the module, macOS the count per thread

    def preemptions() -> int:
        """Preemptions of this thread so far; always 0 where they are not counted."""
        return 0
else:

    def preemptions() -> int:
        """Preemptions of this thread so far; always 0 where they are not counted.

        Waiting is not counted: those context switches are voluntary.
        """
        return getrusage(RUSAGE_THREAD).ru_nivcsw


# Beside two or three busy loops, 16 to 39% of single tries of right rungs on 784-512-512-10 failed:
# three in a row in 0.3 to 1.3% of all checks, ten in a row never in 500.
TRIES = 10
MAX_TRIES = 20  # including preempted ones: on a busy core, that is every one


class CallTime(NamedTuple):
    """Duration of a call, and whether it was preempted."""

    seconds: float
    preempted: bool


def timed_call(call: Callable[[], object]) -> CallTime:
    """Time a call.

    >>> timed_call(list).seconds >= 0
    True
    """
    preempted_before, start = preemptions(), perf_counter()
    call()
    seconds = perf_counter() - start
    return CallTime(seconds, preemptions() > preempted_before)


def persistent_complaint(attempt: Callable[[], tuple[str | None, bool]]) -> str | None:
    """Retry a check; returns the last complaint, or None as soon as an attempt has none.

    Parameters
    ----------
    attempt : function
        Returns a complaint or None, and whether its measurement was preempted. Such an attempt does
        not count towards ``TRIES``, but there are never more than ``MAX_TRIES``.

    Examples
    --------
    >>> complaints = iter(["late", "late", None])
    >>> persistent_complaint(lambda: (next(complaints), False)) is None
    True
    >>> persistent_complaint(lambda: ("late", False))
    'late'
    """
    complaint, n_counted = None, 0
    for _ in range(MAX_TRIES):
        complaint, preempted = attempt()
        if complaint is None:
            return None
        n_counted += not preempted
        if n_counted == TRIES:
            break
    return complaint
