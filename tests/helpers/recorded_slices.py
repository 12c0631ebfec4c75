"""What training really ran: the team and the loops of each slice of work."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple
from unittest.mock import patch

from fastbp._boundary import PATHS
from fastbp.model.training_plan import TrainingPlan
from fastbp.training import fit


class Slice(NamedTuple):
    """One call of ``Program.run``, as it reported: threads asked for, threads that ran, loops, and
    whether the threads had copies of their columns."""

    n_threads: int
    team_size: int
    paths: frozenset[str]
    own_columns: bool


def path_names(paths: int) -> frozenset[str]:
    """The names of the loops whose numbers add up to ``TrainingProgress.paths``."""
    return frozenset(name for name, number in PATHS.items() if paths & number)


@contextmanager
def recorded() -> Iterator[list[Slice]]:
    """A list that gets a row for each slice of every fit in here."""
    slices: list[Slice] = []

    class Recorded(fit.TrainingProgress):
        def __setattr__(self, name: str, value: Any) -> None:
            super().__setattr__(name, value)
            if name == "paths" and self.team_size:  # the last that run writes; not the start's 0
                slices.append(
                    Slice(self.n_threads, self.team_size, path_names(value), self.own_columns)
                )

    with patch.object(fit, "TrainingProgress", Recorded):
        yield slices


@contextmanager
def taking(*paths: str) -> Iterator[None]:
    """The steps of fits in here must take these loops, and no others."""
    with recorded() as slices:
        yield
    assert {path for row in slices for path in row.paths} == {*paths}


@contextmanager
def plans_with(**fields: Any) -> Iterator[None]:
    """The plans of fits in here have these fields."""
    with patch.object(fit, "TrainingPlan", partial(TrainingPlan, **fields)):
        yield


@contextmanager
def gradient_and_update_apart() -> Iterator[None]:
    """Fits in here take the plain loops, whatever others there are."""
    with plans_with(fast_paths=False), taking("plain"):
        yield
