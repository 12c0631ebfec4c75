"""What is refused, though scikit-learn would train on it, and a word on what it refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from fastbp.inputs import Array


def refuse_other_than_numbers(y: Array) -> None:
    """TypeError for text and dates, which NumPy converts to float64 without a word."""
    if y.dtype.kind not in "biufO":
        since_the_first = "(y - y[0]) / np.timedelta64(1, 'D')"
        remedy = "y.astype(float)" if y.dtype.kind in "US" else since_the_first
        raise TypeError(f"y must hold numbers, got dtype {y.dtype}: use {remedy}")


def refuse_negative_counts(y: Array) -> None:
    """ValueError where poisson's loss, which has ln y, is not defined."""
    if y.size and not y.min() >= 0:
        where = np.argwhere(y < 0)[0].tolist()
        raise ValueError(
            f"loss='poisson' needs y >= 0, and y{where} is {y[tuple(where)]}: use "
            f"loss='squared_error', or leave such rows out"
        )


def refuse_negative_weights(sample_weight: Any) -> None:
    """ValueError where a row would be trained away from its target."""
    weights = np.asarray(sample_weight)
    if weights.ndim == 1 and weights.dtype.kind in "if" and (weights < 0).any():
        i = int((weights < 0).argmax())
        raise ValueError(
            f"sample_weight must hold no negative number; sample_weight[{i}] is {weights[i]}. A "
            f"weight of 0 leaves a row out"
        )


def name_lone_classes(error: ValueError, classes: Array, y: Array) -> None:
    """Note which classes have a single row: scikit-learn names them as it has encoded them."""
    rows = y.sum(axis=0)[0]
    lone = [c for c, n in zip(classes.tolist(), (len(y) - rows, rows), strict=False) if n == 1]
    if lone:
        error.add_note(
            f"The labels of these classes are {lone}. early_stopping=True needs two rows of each, "
            f"one to train on and one to hold out."
        )
