"""Rows in k folds, each held out once: stratified by class, or whole groups."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fastbp.inputs import check_integer
from fastbp.tabular.evaluation.splits import (
    Split,
    check_groups,
    missing_group_notes,
)
from fastbp.tabular.folds import deal_groups, shuffled
from fastbp.text.formatting import list_names


def stratified_folds(
    n: int,
    k: int,
    rng: np.random.Generator,
    codes: NDArray[np.int64] | None = None,
    classes: tuple[str, ...] = (),
) -> list[Split]:
    """Deal the rows to k folds at random; each class is dealt evenly, to within one row.

    A class of fewer rows than folds is missing in some folds. The only row of a class is trained
    on in each fold and never held out, for nobody can learn a class from no row.

    Parameters
    ----------
    n, k : int
        The number of rows, and of folds.
    rng : Generator
        Shuffles the rows.
    codes : ndarray of int64, shape (n,), optional
        The place of each row's class in ``classes``; None for numbers.
    classes : tuple of str
        The names of the classes, for the notes.

    Returns
    -------
    list of Split
        The notes are those of the first.

    Raises
    ------
    ValueError
        If there are fewer rows than folds, or no class has two rows.

    Examples
    --------
    >>> codes = np.array([0] * 6 + [1] * 4)
    >>> folds = stratified_folds(10, 2, np.random.default_rng(0), codes)
    >>> [np.bincount(codes[fold.held_out]).tolist() for fold in folds]
    [[3, 2], [3, 2]]
    """
    k = check_integer("folds", k, low=2, high=n)
    order = shuffled(n, rng, codes)
    notes: list[str] = []
    if codes is not None:
        counts = np.bincount(codes, minlength=len(classes))
        notes = _rare_notes(counts, k, classes)
        order = order[counts[codes[order]] > 1]
        if len(order) < k:
            remedy = (
                "ask for fewer folds"
                if len(order) > 1
                else "give more rows, or task='regress' (--task regress) if it is a number; or "
                "leave folds out (--folds), and train without a test (--test-fraction 0)"
            )
            raise ValueError(
                f"{k} folds need {k} rows whose class has another row, and there are {len(order)}; "
                f"{remedy}"
            )
    fold_of = np.full(n, -1)
    fold_of[order] = np.arange(len(order)) % k
    by_class = "" if codes is None else ", stratified by class"
    return _splits(fold_of, f"{k} folds at random{by_class}", notes)


def group_folds(
    groups: NDArray[np.int64],
    k: int,
    rng: np.random.Generator,
    codes: NDArray[np.int64] | None = None,
    column: str = "group",
) -> list[Split]:
    """Deal whole groups to k folds, with about equally many rows of every class in each.

    How `fastbp.tabular.folds.deal_groups` says.

    Parameters
    ----------
    groups : ndarray of int64, shape (n,)
        The group of each row; -1 where it is missing: such rows are one group.
    k : int
        The number of folds, at most the number of groups.
    rng : Generator
        Shuffles the groups.
    codes : ndarray of int64, shape (n,), optional
        The class of each row.
    column : str
        The column's name, for the description.

    Returns
    -------
    list of Split

    Raises
    ------
    ValueError
        If there are fewer groups than folds.

    Examples
    --------
    >>> groups = np.array([0, 0, 0, 1, 1, 2, 2, 3])
    >>> folds = group_folds(groups, 2, np.random.default_rng(0))
    >>> sorted(len(fold.held_out) for fold in folds)
    [4, 4]
    """
    k = check_integer("folds", k, low=2, high=len(groups))
    ids, places = np.unique(groups, return_inverse=True)
    check_groups(len(ids), k, column)
    fold_of = deal_groups(places.reshape(-1), k, rng, codes)
    description = f"{k} folds of the {len(ids):,} groups of {column!r}"
    return _splits(fold_of, description, missing_group_notes(groups, column))


def _splits(fold_of: NDArray[np.int64], description: str, notes: list[str]) -> list[Split]:
    return [
        Split(
            np.flatnonzero(fold_of != fold),
            np.flatnonzero(fold_of == fold),
            description,
            tuple(notes) if fold == 0 else (),
        )
        for fold in range(int(fold_of.max()) + 1)
    ]


def _rare_notes(counts: NDArray[np.int64], k: int, classes: tuple[str, ...]) -> list[str]:
    """Name the classes that have fewer rows than there are folds."""
    names = list(classes) or [str(code) for code in range(len(counts))]
    notes = []
    single = [name for name, count in zip(names, counts, strict=True) if count == 1]
    few = [(name, f"{count:,}") for name, count in zip(names, counts, strict=True) if 1 < count < k]
    if single:
        notes.append(
            f"classes of one row, which is trained on and never held out: {list_names(single)}"
        )
    if few:
        notes.append(
            f"classes with fewer rows than the {k} folds, so not held out in every fold: "
            f"{list_names([name for name, _ in few], [count for _, count in few])}"
        )
    return notes
