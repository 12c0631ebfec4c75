"""label_smoothing and class_weight of fit: what they make of targets and of weights.

Of a sample with the target y, s = label_smoothing and class weights w_c, cross_entropy has

    y'_c = (1 - s) y_c + s / K,    C_0 = -sum_c w_c y'_c ln a_c,    n = sum_c w_c y_c,

and C of a batch is the sum of its C_0 by the sum of its n. With t_c = w_c y'_c and their sum S,
C_0 is S times the cross entropy of the target t / S: a sample with the weight S, which divides by
n. Where the row has a single class and there is no smoothing, S is n, and t / S is y.
"""

from typing import Any, NamedTuple

import numpy as np

from fastbp import _boundary
from fastbp.inputs import (
    Array,
    Targets,
    as_class_weights,
    balanced_weights,
    classes_of,
    scaled_together,
    target_blocks,
)
from fastbp.model.model import Model
from fastbp.operations import LOSSES


class Softening(NamedTuple):
    """t_j = scale_j y_j + shift_j of a target, by its sum over j where ``normalizes``."""

    scale: Array
    shift: Array
    normalizes: bool

    def of(self, y: Array) -> Array:
        """What targets (m, n_L), or labels (m,), become: float64, (m, n_L)."""
        rows = y
        if y.ndim == 1:
            rows = np.zeros((len(y), len(self.scale)))
            rows[np.arange(len(y)), y] = 1
        t = self.scale * rows + self.shift
        if not self.normalizes:
            return np.asarray(t)
        total = t.sum(axis=1, keepdims=True)
        return np.asarray(np.divide(t, total, out=np.zeros_like(t), where=total > 0))

    def padded(self, dtype: np.dtype[Any]) -> Array:
        """The two rows that the kernels read."""
        n_L = len(self.scale)
        rows = np.zeros((2, _boundary.leading_dimension(n_L, dtype.itemsize)), dtype)
        with np.errstate(under="ignore"):
            rows[:, :n_L] = self.scale, self.shift
        return rows


class Softened(NamedTuple):
    """What training takes in place of the samples' weights."""

    weights: Array | None
    divisors: Array | None  # None: the weights
    softening: Softening | None


def soften(
    model: Model,
    y: Targets,
    rows: Array | None,
    sample_weights: Array | None,
    label_smoothing: float,
    class_weight: Any,
) -> Softened:
    """Apply both options to the targets of those rows, which are trained on."""
    targets = model.architecture.loss_row.targets
    if label_smoothing and targets == "numbers":
        takers = " and ".join(name for name, row in LOSSES.items() if row.targets != "numbers")
        raise ValueError(
            f"label_smoothing is for {takers}; the network's loss is "
            f"{model.architecture.loss!r}: leave it out, or build the network with one of "
            f"those"
        )
    n_L = model.output["n_L"]
    even = 1 / n_L if targets == "shares" else 0.5  # of labels, each for itself
    scale, shift = np.full(n_L, 1 - label_smoothing), np.full(n_L, label_smoothing * even)
    smoothing = Softening(scale, shift, False) if label_smoothing else None
    if class_weight is None:
        return Softened(sample_weights, None, smoothing)
    w = _class_weights(model, y, rows, sample_weights, class_weight)
    n = _divisors(y, w)
    if sample_weights is not None:
        n *= sample_weights
    if not (n if rows is None else n[rows]).any():
        raise ValueError(
            "class_weight leaves nothing to train on: every sample's weight is 0. Give a class "
            "that occurs a weight above 0"
        )
    if targets != "shares" or not (label_smoothing or _has_shares(y.array)):
        return Softened(scaled_together(n)[0], None, smoothing)
    smallest = np.finfo(model.architecture.dtype).tiny
    if (small := (w > 0) & (w < smallest)).any():
        raise ValueError(
            f"class_weight must not have weights that differ by a factor of more than "
            f"{1 / smallest:.2g} with label_smoothing or soft labels; class "
            f"{int(small.argmax())} has {w[small][0]:.2g} of the largest"
        )
    softening = Softening(scale * w, shift * w, True)
    if not label_smoothing:
        return Softened(scaled_together(n)[0], None, softening)
    weights = label_smoothing * w.mean()
    weights = weights if sample_weights is None else weights * sample_weights
    weights, divisors = scaled_together((1 - label_smoothing) * n + weights, n)
    return Softened(weights, divisors, softening)


def _class_weights(
    model: Model, y: Targets, rows: Array | None, sample_weights: Array | None, class_weight: Any
) -> Array:
    """The weights of all classes, the largest of them from 1/2 to 1."""
    if y.kind in ("multilabel", "numbers"):
        what = "numbers" if y.kind == "numbers" else "several labels a row"
        raise ValueError(
            f"class_weight needs targets of one class a row, and these are {what}; for a weight of "
            f"each row pass sample_weight"
        )
    n_classes = max(model.output["n_L"], 2)
    if class_weight == "balanced":
        w = balanced_weights(_counts(y.array, n_classes, rows, sample_weights))
    else:
        w = as_class_weights(class_weight, n_classes, model.classes)
    return scaled_together(w)[0] if w.any() else w


def _counts(y: Array, n_classes: int, rows: Array | None, weights: Array | None) -> Array:
    """How many of those rows have each class, or the sum of their weights."""
    if weights is not None and rows is not None:
        weights = weights[rows]
    part = y if rows is None else y[rows]
    if y.ndim == 1 or n_classes != y.shape[1]:
        return np.bincount(classes_of(part), weights, n_classes).astype(np.float64)
    total = np.zeros(n_classes)
    for start, block in target_blocks(part):
        of_block = 1.0 if weights is None else weights[start : start + len(block), None]
        total += (of_block * np.nan_to_num(block.astype(np.float64))).sum(axis=0)
    return total


def _divisors(y: Targets, w: Array) -> Array:
    """sum_c w_c y_c of every row; NaN where y is, for which fit has an error of its own."""
    if y.array.ndim == 1 or y.array.shape[1] != len(w):
        return np.asarray(w[classes_of(y.array).astype(np.intp)])
    n = np.empty(len(y.array))
    for start, block in target_blocks(y.array):
        n[start : start + len(block)] = block.astype(np.float64) @ w
    return n


def _has_shares(y: Array) -> bool:
    """Whether any row has more than one class."""
    if y.ndim == 1:
        return False
    # Every row has at least one number that is not 0: they sum to 1.
    return any(np.count_nonzero(block) > len(block) for _, block in target_blocks(y))
