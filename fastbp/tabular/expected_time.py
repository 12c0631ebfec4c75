"""How long a training will take, from a short one that is measured."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from fastbp.tables.typed import Target
from fastbp.tabular.encoder import Column, Encoder
from fastbp.tabular.folds import Fold
from fastbp.tabular.member import new_network
from fastbp.tabular.recipe import Recipe
from fastbp.training.options import BATCH_SIZE
from fastbp.training.side_by_side import ignoring_training_warnings

# Rows that tell how wide the inputs will be.
_ROWS = 2_000
# A trial takes about so many multiply-adds of a forward pass, some hundredths of a second.
_WORK = 100_000_000
#: What a validation pass over a row takes of a training pass, which is three such products.
_VALIDATION = 0.4


def expected_seconds(
    columns: Sequence[Column],
    target: Target,
    parts: Sequence[Fold],
    recipe: Recipe,
    n_workers: int,
) -> float:
    """About how long the members will take to train, all epochs of each.

    A network of each view is trained on a few batches of random numbers, which takes some
    hundredths of a second; that time is taken for all rows and epochs. Early stopping makes it
    less, and so do further cores that a single member finds.
    """
    n = len(target.values)
    sample = np.unique(np.linspace(0, n - 1, min(n, _ROWS)).astype(np.intp))
    costs = {}
    total = longest = 0.0
    for i, fold in enumerate(parts):
        piecewise = recipe.piecewise and i % 2 == 1
        if piecewise not in costs:
            width = Encoder.fit(columns, sample, piecewise=piecewise).width
            costs[piecewise] = _seconds_a_row(recipe, width, target.task, target.classes)
        rows = len(fold.training) + _VALIDATION * len(fold.validation)
        seconds = costs[piecewise] * rows * recipe.epochs_for(len(fold.training))
        total += seconds
        longest = max(longest, seconds)
    return max(total / n_workers, longest)


def _seconds_a_row(recipe: Recipe, width: int, task: str, classes: Sequence[str]) -> float:
    """Train a network of such inputs on a few batches, and measure."""
    rng = np.random.default_rng(0)
    net = new_network(recipe, width, task, classes, rng)
    batch = recipe.batch_size or BATCH_SIZE
    work = sum(weights.size for weights in net.weights)
    n = max(min(_WORK // work, 16 * batch) // batch, 1) * batch
    X = rng.standard_normal((n, width), np.float32)
    y = rng.integers(0, len(classes), n) if classes else rng.standard_normal(n)
    if classes:
        y[: len(classes)] = np.arange(len(classes))[:n]
    seconds = []
    for _ in range(2):
        start = time.perf_counter()
        with ignoring_training_warnings():  # these are random numbers
            net.fit(X, y, epochs=1, batch_size=batch, n_threads=1)
        seconds.append(time.perf_counter() - start)
    return min(seconds) / n
