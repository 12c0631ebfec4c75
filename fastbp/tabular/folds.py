"""Which rows each member learns from, and which it validates on."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastbp.inputs.object_arrays import is_missing
from fastbp.inputs.splitting import split_rows

#: The share of the rows that a single member validates on.
HELD_OUT = 0.2

Rows = NDArray[np.intp]


class Fold(NamedTuple):
    """The rows of a member, in rising order; it may validate on none."""

    training: Rows
    validation: Rows


def folds(
    n: int,
    members: int,
    rng: np.random.Generator,
    *,
    labels: NDArray[np.int64] | None = None,
    groups: NDArray[Any] | None = None,
) -> list[Fold]:
    """Divide n rows into parts, and leave another one out for each member.

    A single member leaves a fifth of the rows out. With ``labels``, each part has its share of
    every class, to within one row; with ``groups``, rows of one group are in one part.

    Parameters
    ----------
    n : int
        At least 1. Of fewer than 4 rows none is left out: a member needs two to validate on.
    members : int
        At least 1. If there are too few rows (or groups) for a part each, members share parts.
    rng : numpy.random.Generator
        Shuffles them.
    labels : ndarray of int, shape (n,), optional
        The classes of the rows.
    groups : ndarray, shape (n,), optional
        Anything that is equal for rows of one group.

    Returns
    -------
    list of Fold

    Raises
    ------
    ValueError
        If there are fewer than two groups.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> for training, validation in folds(6, 3, rng, labels=np.array([0, 0, 0, 1, 1, 1])):
    ...     print(training.tolist(), validation.tolist())
    [0, 1, 4, 5] [2, 3]
    [1, 2, 3, 4] [0, 5]
    [0, 2, 3, 5] [1, 4]
    """
    if groups is None and members == 1:
        return [_one(n, rng, labels)]
    parts = members if members > 1 else round(1 / HELD_OUT)
    if groups is None:
        part_of = _of_rows(n, max(min(parts, n // 2), 1), rng, labels)
    else:
        part_of = _of_groups(groups, parts, rng)
        if part_of.max() < 1:
            raise ValueError(
                "groups must have at least two different groups: members validate on groups that "
                "they do not learn from"
            )
    n_parts = int(part_of.max()) + 1
    if n_parts == 1:
        return [Fold(np.arange(n), np.arange(0))] * members
    return [
        Fold(np.flatnonzero(part_of != i % n_parts), np.flatnonzero(part_of == i % n_parts))
        for i in range(members)
    ]


def _one(n: int, rng: np.random.Generator, labels: NDArray[np.int64] | None) -> Fold:
    """A single member's rows; the last row of a class is not held out where that can be."""
    n_held = max(round(HELD_OUT * n), 2)
    if n < 4:
        return Fold(np.arange(n), np.arange(0))
    try:
        fold = Fold(*split_rows(n, n_held / n, labels, rng))
    except ValueError:  # each class has one row
        fold = Fold(*split_rows(n, n_held / n, None, rng))
    return fold if len(fold.validation) > 1 else Fold(*split_rows(n, n_held / n, None, rng))


def _of_rows(
    n: int, parts: int, rng: np.random.Generator, labels: NDArray[np.int64] | None
) -> NDArray[np.int64]:
    """Deal shuffled rows out like cards, class by class."""
    order = rng.permutation(n)
    if labels is not None:
        order = order[np.argsort(labels[order], kind="stable")]
    part_of = np.empty(n, np.int64)
    part_of[order] = np.arange(n) % parts
    return part_of


def _of_groups(groups: NDArray[Any], parts: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Each group to the smallest part so far, the largest groups first."""
    group_of, sizes = _numbered(groups)
    shuffled = rng.permutation(len(sizes))
    by_size = shuffled[np.argsort(-sizes[shuffled], kind="stable")]
    loads = np.zeros(min(parts, len(sizes)), np.int64)
    part_of_group = np.empty(len(sizes), np.int64)
    for group in by_size.tolist():
        part_of_group[group] = part = int(loads.argmin())
        loads[part] += sizes[group]
    return part_of_group[group_of]


def _numbered(groups: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Each row's group as a number from 0, and the groups' sizes; rows without one are a group."""
    if groups.dtype.kind == "O":
        keys = [None if is_missing(group) else group for group in groups.tolist()]
        distinct = list(dict.fromkeys(key for key in keys if key is not None))
        with suppress(TypeError):  # text beside numbers has no order but that of the rows
            distinct.sort()
        places = {key: i for i, key in enumerate([None, *distinct])}
        groups = np.array([places[key] for key in keys], np.int64)
    _, group_of, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    return group_of.reshape(-1), sizes
