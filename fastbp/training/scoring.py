"""Classes and scores from a network's outputs."""

from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from fastbp.inputs import (
    DROP_ROWS,
    Array,
    Targets,
    check_finite,
    classes_of,
    correct_rows,
    with_weight,
)
from fastbp.model.model import Model
from fastbp.training.samples import batch

Predict = Callable[[Any], Array]

#: Rows predicted together: bounds the memory that a score takes.
_BLOCK = 65_536
_ROWS_NAMED = 5


def predicted_classes(model: Model, predict: Predict, X: Any) -> Array:
    """The class of every row (m,), or with several labels a row zeros and ones (m, n_L)."""
    architecture = model.architecture
    if architecture.sizes[-1] == 1 and architecture.names[-1] != "sigmoid":
        raise ValueError(
            f"predict_classes needs several outputs or one sigmoid output; this network has "
            f"one {architecture.names[-1]} output. Use predict"
        )
    a = predict(X)
    if _has_nan(a):
        _refuse_nan(model, batch(model, X), a)
    classes, _, kind = model.state.learned
    is_multilabel = kind == "multilabel"
    labels = np.asarray(a >= 0.5 if is_multilabel else classes_of(a)).astype(np.intp, copy=False)
    return labels if is_multilabel or classes is None else np.array(classes)[labels]


def score(
    model: Model, predict: Predict, X: Array, targets: Targets, weights: Array | None = None
) -> float:
    """The accuracy, or R^2 where the targets are numbers."""
    if not targets.has_accuracy:
        return _r2(model, predict, X, targets.array, weights)
    correct, total = 0.0, 0.0
    for start in range(0, len(X), _BLOCK):
        rows = slice(start, start + _BLOCK)
        a, y = predict(X[rows]), targets.array[rows]
        if _has_nan(a):
            _refuse_nan(model, X, predict(X))  # to name the rows of all blocks
        # Soft labels in the network's number type, as training reads them: ties are the same.
        y = y if y.ndim == 1 else y.astype(model.architecture.dtype, copy=False)
        is_correct = correct_rows(a, y, targets.count_id)
        if weights is None:
            correct += np.count_nonzero(is_correct)
            total += len(a)
        else:  # summed alike, so that no more is correct than there is
            correct += (weights[rows] * is_correct).sum()
            total += weights[rows].sum()
    return float(correct / total)


def _r2(model: Model, predict: Predict, X: Array, y: Array, weights: Array | None) -> float:
    a = predict(X)
    if _has_nan(a):
        _refuse_nan(model, X, a)
    check_finite(y, "y", DROP_ROWS)
    if weights is not None and (rows := with_weight(weights)) is not None:
        a, y, weights = a[rows], y[rows], weights[rows]
    if len(y) < 2:
        return float("nan")
    y = y.astype(np.float64, order="C")  # one order of summation, however y lies in memory
    w = None if weights is None else weights.reshape(-1, 1)
    with np.errstate(all="ignore"):  # outputs near the largest float64 are infinitely far off
        if w is None:
            residual = ((y - a) ** 2).sum(axis=0)
            total = ((y - y.mean(axis=0)) ** 2).sum(axis=0)
        else:
            residual = (w * (y - a) ** 2).sum(axis=0)
            # From y_0 on, or rounding would make equal targets differ from their mean.
            mean = y[0] + (w * (y - y[0])).sum(axis=0) / w.sum()
            total = (w * (y - mean) ** 2).sum(axis=0)
        constant = total == 0
        shares = 1 - residual / np.where(constant, 1, total)
        return float(np.where(constant, np.where(residual == 0, 1.0, 0.0), shares).mean())


def _has_nan(a: Array) -> bool:
    """Whether an output is NaN, in a third of the time that ``any`` takes for a few rows."""
    return bool(np.count_nonzero(np.isnan(a)))


def _refuse_nan(model: Model, X: Array, a: Array) -> NoReturn:
    """Raise ValueError with the rows whose output is NaN, and the reason."""
    rows = np.flatnonzero(np.isnan(a).any(axis=1))
    row_list = ", ".join(map(str, rows[:_ROWS_NAMED].tolist()))
    row_list += ", ..." * (len(rows) > _ROWS_NAMED)
    if not model.state.parameters.all_finite():
        reason = (
            "the network's weights or biases are not finite. Train a new network, or load a file "
            "that was saved earlier"
        )
    elif not np.isfinite(X[rows]).all():
        reason = (
            "X holds NaN or infinities there. Fill them or leave those rows out, of an array by "
            "X[np.isfinite(X).all(axis=1)]; predict gives NaN for them"
        )
    else:
        dtype = model.architecture.dtype
        reason = (
            f"their numbers are too large for {dtype} and this network's weights. Scale X"
            + ", or build the network with dtype='float64'" * (dtype == np.float32)
        )
    plural = len(rows) > 1
    raise ValueError(
        f"the output{'s' * plural} of row{'s' * plural} {row_list} of X "
        f"({len(rows)} of {len(a)}) {'are' if plural else 'is'} NaN: {reason}"
    )
