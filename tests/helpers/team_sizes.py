"""Training on a number of threads that a test can count on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from fastbp.training.threads import MOST_THREADS, Chooser, Exactly


@contextmanager
def exactly(n_threads: int) -> Iterator[Exactly]:
    """The ``n_threads`` of a fit that must have so many; each slice of work in here had them.

    A plain number is only a limit: networks as small as those of tests are trained on one thread,
    and what a test says about several would be true of one.
    """
    sizes, original_next = set[int](), Chooser.next

    def recorded(chooser: Chooser) -> tuple[int, float]:
        threads, slices = original_next(chooser)
        sizes.add(threads)
        return threads, slices

    with patch.object(Chooser, "next", recorded):
        yield Exactly(n_threads)
    assert sizes == {min(n_threads, MOST_THREADS)}
