"""Rows to train on and rows held out: at random, by time, or by group.

Every function takes arrays of one entry a row and gives a `Split` of row numbers in rising order.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fastbp.inputs import check_number
from fastbp.inputs.splitting import split_rows
from fastbp.tabular.folds import group_counts
from fastbp.text.formatting import plural

#: Random orders of the groups, of which the one whose held-out part fits best is taken.
_N_ORDERS = 32


@dataclass(frozen=True)
class Split:
    """Which rows are trained on and which are held out.

    Attributes
    ----------
    training, held_out : ndarray of int64
        Row numbers, in rising order, from 0.
    description : str
        How they were chosen, for a report: ``20 % at random, stratified``.
    notes : tuple of str
        What the user should know of it, such as rows in neither part.
    """

    training: NDArray[np.int64]
    held_out: NDArray[np.int64]
    description: str
    notes: tuple[str, ...] = ()


def random_split(
    n: int, share: float, rng: np.random.Generator, codes: NDArray[np.int64] | None = None
) -> Split:
    """Hold out about ``share * n`` rows at random; with ``codes`` every class gives its share.

    Parameters
    ----------
    n : int
        The number of rows.
    share : float
        Between 0 and 1.
    rng : Generator
        Chooses the rows.
    codes : ndarray of int64, shape (n,), optional
        The class of each row. The last row of a class is never held out.

    Raises
    ------
    ValueError
        If a part would be empty, or no class has a row to spare.

    Examples
    --------
    >>> codes = np.repeat([0, 1], [15, 5])
    >>> split = random_split(20, 0.2, np.random.default_rng(0), codes)
    >>> codes[split.held_out].tolist(), split.description
    ([0, 0, 0, 1], '20 % of the rows, at random, stratified by class')
    """
    share = check_number("share", share, above=0, below=1)
    if not 0 < round(share * n) < n:
        raise ValueError(
            f"{100 * share:g} % of {plural(n, 'row')} with a target leaves no row to train on, or "
            "none to hold out; give share=0.5 (--test-fraction 0.5), or train without a test "
            "(--test-fraction 0)"
        )
    if codes is not None and len(np.unique(codes)) == n:
        raise ValueError(
            f"each of the {n:,} rows has a class of its own, so none can be held out; give a table "
            "with more rows of each class, or train without a test (--test-fraction 0)"
        )
    training, held_out = split_rows(n, share, codes, rng)
    by_class = "" if codes is None else ", stratified by class"
    return Split(training, held_out, f"{100 * share:g} % of the rows, at random{by_class}")


def time_split(times: NDArray[np.float64], share: float, column: str = "time") -> Split:
    """Hold out the last rows by time, so that a model is judged on what came after it learnt.

    Rows of one time stay on one side, the side that comes nearer to the share. Rows without a time
    (NaN) are in neither part, and a note counts them.

    Parameters
    ----------
    times : ndarray of float64, shape (n,)
        When each row was: any numbers that grow with time; NaN where it is not known.
    share : float
        How much of the rows with a time is held out, between 0 and 1.
    column : str
        The column's name, for the description.

    Raises
    ------
    ValueError
        If there are no two times that differ.

    Examples
    --------
    >>> split = time_split(np.array([3.0, 1, 2, 2, np.nan, 4]), 0.4, "day")
    >>> split.training.tolist(), split.held_out.tolist()
    ([1, 2, 3], [0, 5])
    >>> split.notes
    ("1 row without a time in 'day' is neither trained on nor held out",)
    """
    share = check_number("share", share, above=0, below=1)
    known = np.flatnonzero(~np.isnan(times))
    ordered = np.sort(times[known])
    # A part begins where the time changes.
    starts = np.flatnonzero(ordered[1:] != ordered[:-1]) + 1
    if not len(starts):
        raise ValueError(
            f"column {column!r} cannot split the rows by time: "
            + (
                f"its {plural(len(known), 'row')} with a time all have the same"
                if len(known)
                else "it has no time in any row"
            )
            + "; name a column whose values grow with time, or split at random"
        )
    start = starts[np.abs(starts - (1 - share) * len(ordered)).argmin()]
    is_late = times >= ordered[start]
    n_without = len(times) - len(known)
    notes = []
    if n_without:
        are = "is" if n_without == 1 else "are"
        notes.append(
            f"{plural(n_without, 'row')} without a time in {column!r} {are} neither trained on nor "
            f"held out"
        )
    n_held = len(ordered) - int(start)
    if abs(n_held / len(ordered) - share) > share / 2:
        notes.append(
            f"rows of one time stay together, so {100 * n_held / len(ordered):.0f} % of the rows "
            f"are held out in place of {100 * share:g} %"
        )
    return Split(
        known[~is_late[known]],
        known[is_late[known]],
        f"the last {100 * n_held / len(ordered):.3g} % of the rows by {column!r}",
        tuple(notes),
    )


def group_split(
    groups: NDArray[np.int64],
    share: float,
    rng: np.random.Generator,
    codes: NDArray[np.int64] | None = None,
    column: str = "group",
) -> Split:
    """Hold out whole groups at random, so that no group is on both sides.

    Of 32 random orders of the groups, each cut where its rows come nearest to the share, the one
    is taken whose held-out part is nearest to the share and, with ``codes``, to the classes'
    shares in the table: the sum of the absolute differences of counts is least.

    Parameters
    ----------
    groups : ndarray of int64, shape (n,)
        The group of each row; -1 where it is missing: such rows are one group.
    share : float
        Between 0 and 1.
    rng : Generator
        Chooses the groups.
    codes : ndarray of int64, shape (n,), optional
        The class of each row.
    column : str
        The column's name, for the description.

    Raises
    ------
    ValueError
        If there are no two groups.

    Examples
    --------
    >>> groups = np.repeat(np.arange(10), 3)
    >>> split = group_split(groups, 0.2, np.random.default_rng(0), column="patient")
    >>> len(np.unique(groups[split.held_out])), set(groups[split.held_out]) & set(
    ...     groups[split.training])
    (2, set())
    """
    share = check_number("share", share, above=0, below=1)
    ids, places = np.unique(groups, return_inverse=True)
    check_groups(len(ids), 2, column)
    counts = group_counts(places, codes)
    wanted = share * counts.sum(axis=0)

    best, best_distance = np.array([0]), np.inf
    for _ in range(_N_ORDERS):
        order = rng.permutation(len(ids))
        held = counts[order].cumsum(axis=0)[:-1]
        distances = np.abs(held - wanted).sum(axis=1) + np.abs(
            held.sum(axis=1) - wanted.sum()
        )  # at least one group a side
        cut = int(distances.argmin())
        if distances[cut] < best_distance:
            best, best_distance = order[: cut + 1], distances[cut]
    is_held = np.isin(places, best)
    notes = missing_group_notes(groups, column)
    held_share = is_held.mean()
    if abs(held_share - share) > share / 2:
        notes.append(
            f"groups stay together, so {100 * held_share:.0f} % of the rows are held out in place "
            f"of {100 * share:g} %"
        )
    return Split(
        np.flatnonzero(~is_held),
        np.flatnonzero(is_held),
        f"{len(best):,} of {len(ids):,} groups of {column!r}, {100 * held_share:.3g} % of the rows",
        tuple(notes),
    )


def check_groups(n_groups: int, least: int, column: str) -> None:
    """Raise if there are too few groups to be on ``least`` sides."""
    if n_groups < least:
        raise ValueError(
            f"column {column!r} has {plural(n_groups, 'group')}, and at least {least} are needed; "
            f"name another column, or split at random"
        )


def missing_group_notes(groups: NDArray[np.int64], column: str) -> list[str]:
    """Say how many rows have no group."""
    n_missing = int((groups < 0).sum())
    if not n_missing:
        return []
    are = "is" if n_missing == 1 else "are"
    return [f"{plural(n_missing, 'row')} without a value in {column!r} {are} one group together"]
