"""The split of scikit-learn's early stopping: ``train_test_split``'s draws, in NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def quotas(counts: Array, wanted: int, draws: np.random.RandomState) -> Array:
    """How many of each class go into ``wanted`` rows: the largest remainders, ties drawn."""
    share = counts / counts.sum() * wanted
    taken = np.floor(share)
    left, remainder = int(wanted - taken.sum()), share - taken
    for value in np.unique(remainder)[::-1]:
        if left <= 0:
            break
        tied = np.flatnonzero(remainder == value)
        n = min(len(tied), left)
        taken[draws.choice(tied, n, replace=False)] += 1
        left -= n
    return taken.astype(int)


def split(
    n: int, fraction: float, draws: np.random.RandomState, binary: Array | None = None
) -> tuple[Array, Array]:
    """Rows to train on and rows to validate on, in the order in which they are used.

    ``binary``, the indicators of two classes, stratifies. The state is the one that has drawn the
    first weights, and draws the order of rows afterwards.
    """
    held = int(np.ceil(fraction * n))
    if binary is None:
        order = draws.permutation(n)
        return order[held:], order[:held]
    classes = [np.flatnonzero(~binary), np.flatnonzero(binary)]
    counts = np.array([len(rows) for rows in classes])
    n_train = quotas(counts, n - held, draws)
    n_held = quotas(counts - n_train, held, draws)
    train: list[int] = []
    validation: list[int] = []
    for rows, a, b in zip(classes, n_train, n_held, strict=True):
        drawn = rows[draws.permutation(len(rows))]
        train += list(drawn[:a])
        validation += list(drawn[a : a + b])
    return draws.permutation(train), draws.permutation(validation)
