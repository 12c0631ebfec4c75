"""Rows in parts: which each member learns from, and which it validates on."""

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
    every class, to within one row; with ``groups``, as nearly as whole groups allow.

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
        part_of = np.empty(n, np.int64)
        part_of[shuffled(n, rng, labels)] = np.arange(n) % max(min(parts, n // 2), 1)
    else:
        group_of = _numbered(groups)
        n_groups = int(group_of.max()) + 1
        if n_groups < 2:
            raise ValueError(
                "groups must have at least two different groups: members validate on groups that "
                "they do not learn from"
            )
        part_of = deal_groups(group_of, min(parts, n_groups), rng, labels)
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


def shuffled(
    n: int, rng: np.random.Generator, labels: NDArray[np.int64] | None
) -> NDArray[np.int64]:
    """The rows in a random order; with ``labels``, class by class."""
    order = rng.permutation(n)
    return order if labels is None else order[np.argsort(labels[order], kind="stable")]


def deal_groups(
    group_of: NDArray[np.int64],
    parts: int,
    rng: np.random.Generator,
    labels: NDArray[np.int64] | None = None,
) -> NDArray[np.int64]:
    """Deal whole groups to parts: the largest first, each to the part that it evens out most.

    That is the part where the sum over the classes (one for numbers) of the squares of its share of
    the class grows least, so parts have about equally many rows of every class. Equal groups come
    in a random order.

    Parameters
    ----------
    group_of : ndarray of int, shape (n,)
        The group of each row, from 0, all of which have rows.
    parts : int
        At most the number of groups: each part gets one at least.
    rng : numpy.random.Generator
        Shuffles the groups.
    labels : ndarray of int, shape (n,), optional
        The classes of the rows.

    Returns
    -------
    ndarray of int64, shape (n,)
        The part of each row.
    """
    counts = group_counts(group_of, labels)
    shares = counts / counts.sum(axis=0)
    order = rng.permutation(len(counts))
    order = order[np.argsort(-counts[order].sum(axis=1), kind="stable")]
    totals = np.zeros((parts, counts.shape[1]))
    part_of_group = np.empty(len(counts), np.int64)
    n_groups = np.zeros(parts, np.int64)
    for place, group in enumerate(order):
        growth = (2 * totals * shares[group] + shares[group] ** 2).sum(axis=1)
        if len(order) - place <= (n_groups == 0).sum():  # no part stays without a group
            growth[n_groups > 0] = np.inf
        part = int(growth.argmin())
        part_of_group[group] = part
        totals[part] += shares[group]
        n_groups[part] += 1
    return part_of_group[group_of]


def group_counts(
    group_of: NDArray[np.int64], labels: NDArray[np.int64] | None
) -> NDArray[np.float64]:
    """How many rows of each class (a column; one without classes) each group (a row) has."""
    if labels is None:
        return np.bincount(group_of).astype(float)[:, np.newaxis]
    classes, codes = np.unique(labels, return_inverse=True)
    counts = np.zeros((int(group_of.max()) + 1, len(classes)))
    np.add.at(counts, (group_of, codes), 1)
    return counts


def _numbered(groups: NDArray[Any]) -> NDArray[np.int64]:
    """Each row's group as a number from 0; rows without one are a group."""
    if groups.dtype.kind == "O":
        keys = [None if is_missing(group) else group for group in groups.tolist()]
        distinct = list(dict.fromkeys(key for key in keys if key is not None))
        with suppress(TypeError):  # text beside numbers has no order but that of the rows
            distinct.sort()
        places = {key: i for i, key in enumerate([None, *distinct])}
        groups = np.array([places[key] for key in keys], np.int64)
    group_of: NDArray[np.int64] = np.unique(groups, return_inverse=True)[1].reshape(-1)
    return group_of
