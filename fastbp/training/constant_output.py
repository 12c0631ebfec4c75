"""The loss of the best constant output: the baseline that training must beat.

What it is, the targets' mean or another number of theirs, the loss's row says. It is found from
some of the targets.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from fastbp.inputs import Array
from fastbp.model.loss_choice import loss_row
from fastbp.model.named_choice import NamedChoice

_BLOCK = 4096  # rows at a time: bounds the memory, and stays in a cache


class WeightedTargets(NamedTuple):
    """Targets of some rows with their weights, which sum to 1 over the rows.

    Labels become two rows, 0 and 1, with each class's share as the second one's weight: no one-hot
    rows are made of them.
    """

    y: Array
    weights: Array

    def mean(self, formula: Callable[..., Array], *arrays: Array) -> Array:
        """The mean for each output of a formula for rows of y, and of arrays as long as y."""
        total: Array = np.zeros(1)
        for start in range(0, len(self.y), _BLOCK):
            y, weights, *others = (
                array[start : start + _BLOCK] for array in (self.y, self.weights, *arrays)
            )
            values = formula(y.astype(np.float64), *others)
            # A class that no row has costs nothing, 0 times infinity too.
            total = total + (weights * values).sum(axis=0, where=weights > 0)
        return total


class Losses(NamedTuple):
    """C at the end of a fit, that of the best constant, and the least that there is."""

    C: float
    constant: float
    least: float
    are_weighted: bool = False
    unit: float = 1.0  # by which the history's C was multiplied

    @property
    def share(self) -> float:
        """What is left of a constant's excess over the least: 1 where nothing was learnt."""
        most = self.constant - self.least
        return (self.C - self.least) / most if most > 0 else np.inf


def weighted(
    y: Array, n_L: int, rows: Array | None = None, weights: Array | None = None
) -> WeightedTargets:
    """Of targets (m, n_L) or labels (m,), or of some of their rows, which may have weights."""
    part = y if rows is None else y[rows]
    if y.ndim == 1:
        sums = np.bincount(part, weights, n_L)
        shares = sums / sums.sum()
        return WeightedTargets(np.array([[0.0], [1.0]]), np.stack([1 - shares, shares]))
    if weights is None:
        return WeightedTargets(part, np.broadcast_to(1 / len(part), (len(part), 1)))
    return WeightedTargets(part, (weights / weights.sum()).reshape(-1, 1))


def best_constant(loss: NamedChoice, targets: WeightedTargets) -> Array:
    """The output a_j that gets the least C if it is given for all rows."""
    return np.asarray(loss_row(loss).constant.best(np, targets.y, targets.weights))


def loss_of_outputs(loss: NamedChoice, targets: WeightedTargets, a: Array) -> float:
    """C of outputs: one for all rows, or one for each of ``targets.y``.

    Examples
    --------
    >>> import numpy as np
    >>> targets = weighted(np.array([0, 0, 0, 1]), 2)
    >>> C = loss_of_outputs("cross_entropy", targets, best_constant("cross_entropy", targets))
    >>> round(C, 4)  # -3/4 ln 3/4 - 1/4 ln 1/4
    0.5623
    >>> loss_of_outputs("cross_entropy", targets, targets.y)
    0.0
    """
    row = loss_row(loss)
    with np.errstate(divide="ignore", invalid="ignore"):  # 0 ln 0, which the formula sets to 0
        if a.ndim == 1:
            means = targets.mean(lambda y: row.term(np, a, y))
        else:
            means = targets.mean(lambda y, a: row.term(np, a, y), a)
    return float(row.c(len(means)) * means.sum())
