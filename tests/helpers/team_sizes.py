"""Training on a number of threads that a test can count on."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from recorded_slices import recorded

from fastbp.training.threads import MOST_THREADS, Exactly

#: Whether there are teams: they need POSIX threads, see src/engine/team.h.
HAS_TEAMS = sys.platform != "win32"


def real_size(n_threads: int) -> int:
    """How many threads a team of so many has."""
    return min(n_threads, MOST_THREADS) if HAS_TEAMS else 1


@contextmanager
def exactly(n_threads: int) -> Iterator[Exactly]:
    """The ``n_threads`` of a fit that must have so many; the team of each slice in here had them.

    A plain number is only a limit: networks as small as those of tests are trained on one thread,
    and what a test says about several would be true of one. The system may also give fewer.
    """
    with recorded() as slices:
        yield Exactly(n_threads)
    assert {row.team_size for row in slices} == {real_size(n_threads)}
