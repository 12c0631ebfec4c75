"""The members of a table model: how they are trained together, and what they predict."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from fastbp.tables.typed import Target
from fastbp.tabular.encoder import Column
from fastbp.tabular.expected_time import expected_seconds
from fastbp.tabular.folds import Fold, folds
from fastbp.tabular.member import Member, train_member
from fastbp.tabular.recipe import Recipe
from fastbp.training.side_by_side import (
    Stop,
    ignoring_training_warnings,
    side_by_side,
    warning_once,
)
from fastbp.training.threads import available, check_threads

# Of the stream that shuffles the folds, beside those of the members.
_OF_FOLDS = 17


class MembersReporter(Protocol):
    """The interface of objects that are told how far the training of all members is."""

    def begin(self, samples: int, seconds: float) -> None:
        """Training starts: it passes over so many rows at most, and takes about so long."""

    def advance(self, samples: int) -> None:
        """So many more rows are done; called by one thread at a time."""

    def finish(self) -> None:
        """Training has ended, in whatever way."""


@dataclass(frozen=True)
class Members:
    """Trained members.

    Attributes
    ----------
    members : tuple of Member
    """

    members: tuple[Member, ...]

    def __len__(self) -> int:
        return len(self.members)

    def outputs(self, columns: Sequence[Column], n: int) -> NDArray[np.float64]:
        """Of the n rows of a table, the mean of the members' probabilities, or of their numbers."""
        with np.errstate(over="ignore"):
            total = self._sum(columns, n)
        if np.isfinite(total).all():
            return total / len(self.members)
        return self._sum(columns, n, 1 / len(self.members))  # of numbers beyond 1e305

    def _sum(self, columns: Sequence[Column], n: int, weight: float = 1.0) -> NDArray[np.float64]:
        total = self.members[0].outputs(columns, n) * weight
        for member in self.members[1:]:
            total += member.outputs(columns, n) * weight
        return total


def train_members(
    columns: Sequence[Column],
    target: Target,
    recipe: Recipe,
    *,
    members: int,
    seed: int,
    groups: NDArray[Any] | None = None,
    n_threads: int | None = None,
    progress: MembersReporter | None = None,
    stop: Stop | None = None,
) -> Members:
    """Train the members of a model, several at a time where there are cores.

    Member i has the seed 1000 ``seed`` + i and sees numbers in bins too if i is odd. No bit of the
    result depends on the number of threads.

    Parameters
    ----------
    columns : sequence of NumberColumn or WordColumn
    target : Target
    recipe : Recipe
    members : int
        How many.
    seed : int
        At least 0.
    groups : ndarray, shape (n,), optional
        Anything that is equal for rows of one group, which no member both learns from and
        validates on.
    n_threads : int or None
        The most threads in all; None: as many as this process has cores.
    progress : MembersReporter, optional
    stop : Stop, optional
        Its ``early``, which a signal's handler may set, ends the training: members that have begun
        keep what they have learnt, and there are no others.

    Raises
    ------
    ValueError
        If there is too little to learn from, or a number is infinite.
    """
    n = len(target.values)
    if n == 0:
        raise ValueError("the table has no row with a target, so there is nothing to learn from")
    if len(target.classes) == 1:
        raise ValueError(
            f"the target {target.name!r} is {target.classes[0]!r} in every row; to learn classes "
            f"there must be at least two"
        )
    if recipe.validates:
        rng = np.random.default_rng([_OF_FOLDS, seed])
        labels = target.values.astype(np.int64) if target.classes else None
        parts = folds(n, members, rng, labels=labels, groups=groups)
    else:
        parts = [Fold(np.arange(n), np.arange(0))] * members
    cores = check_threads(n_threads) or available()
    n_workers = min(cores, members)
    count = None
    if progress is not None:
        count = _start(progress, columns, target, parts, recipe, n_workers)

    def job(i: int, fold: Fold) -> Callable[[Stop], Member | None]:
        def train(stop: Stop) -> Member | None:
            if stop.early and i:
                return None
            return train_member(
                columns,
                target,
                fold,
                recipe,
                piecewise=recipe.piecewise and i % 2 == 1,
                seed=1000 * seed + i,
                n_threads=cores // n_workers,
                stop=stop,
                count=count,
            )

        return train

    jobs = [job(i, fold) for i, fold in enumerate(parts)]
    try:
        with _warnings(recipe):
            trained = side_by_side(jobs, n_workers, stop)
            return Members(tuple(member for member in trained if member is not None))
    finally:
        if progress is not None:
            progress.finish()


def _warnings(recipe: Recipe) -> AbstractContextManager[None]:
    """How members warn: not at all where the best epoch on other rows is kept, which tells more."""
    return ignoring_training_warnings() if recipe.keeps_best else warning_once(stacklevel=4)


def _start(
    progress: MembersReporter,
    columns: Sequence[Column],
    target: Target,
    parts: Sequence[Fold],
    recipe: Recipe,
    n_workers: int,
) -> Callable[[int], object]:
    """Begin to report; returns what members call with the rows that they have done."""
    samples = sum(len(fold.training) * recipe.epochs_for(len(fold.training)) for fold in parts)
    progress.begin(samples, expected_seconds(columns, target, parts, recipe, n_workers))
    lock = threading.Lock()

    def count(samples_done: int) -> None:
        with lock:
            progress.advance(samples_done)

    return count
