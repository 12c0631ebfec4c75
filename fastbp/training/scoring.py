"""Classes and scores from a network's outputs."""

from collections.abc import Callable, Iterator
from typing import Any, NoReturn

import numpy as np

from fastbp.inputs import (
    DROP_ROWS,
    Array,
    Rows,
    Targets,
    check_finite,
    classes_of,
    correct_rows,
    numbers_in,
    rows_in_block,
    with_weight,
)
from fastbp.model.model import Model
from fastbp.model.row_slices import slices
from fastbp.training.metrics import r2
from fastbp.training.samples import batch

Predict = Callable[[Any], Array]

_ROWS_NAMED = 5


def predicted_classes(model: Model, predict: Predict, X: Any) -> Array:
    """The class of every row (m,), or with several labels a row zeros and ones (m, n_L)."""
    architecture = model.architecture
    n_L = architecture.sizes[-1]
    if n_L == 1 and architecture.names[-1] != "sigmoid":
        raise ValueError(
            f"predict_classes needs several outputs or one sigmoid output; this network has "
            f"one {architecture.names[-1]} output. Use predict"
        )
    is_large = isinstance(X, np.ndarray) and X.ndim == 2 and len(X) > rows_in_block(n_L)
    if not is_large:
        return _classes_of(model, predict, X)
    X = batch(model, X)
    return np.concatenate([_classes_of(model, predict, X, rows) for rows in _slices(model, X)])


def _classes_of(model: Model, predict: Predict, X: Any, rows: slice | None = None) -> Array:
    a = predict(X if rows is None else X[rows])
    if _has_nan(a):
        _refuse_nan(model, predict, batch(model, X))
    classes, _, kind = model.state.learned
    is_multilabel = kind == "multilabel"
    labels = np.asarray(a >= 0.5 if is_multilabel else classes_of(a)).astype(np.intp, copy=False)
    return labels if is_multilabel or classes is None else np.array(classes)[labels]


def _slices(model: Model, X: Rows) -> Iterator[slice]:
    """Rows of X that are predicted together: all of an X may give more than memory holds."""
    return slices(len(X), rows_in_block(model.architecture.sizes[-1]))


def score(
    model: Model, predict: Predict, X: Rows, targets: Targets, weights: Array | None = None
) -> float:
    """The accuracy, or R^2 where the targets are numbers."""
    if not targets.has_accuracy:
        return _r2(model, predict, X, targets.array, weights)
    correct, total = 0.0, 0.0
    for rows in _slices(model, X):
        a, y = predict(X[rows]), targets.array[rows]
        if _has_nan(a):
            _refuse_nan(model, predict, X)
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


def _r2(model: Model, predict: Predict, X: Rows, y: Array, weights: Array | None) -> float:
    n, residual, y_sum, w_sum = 0, np.zeros(1), np.zeros(1), 0.0
    origin: Array | None = None
    for rows in _slices(model, X):
        a = predict(X[rows])
        if _has_nan(a):
            _refuse_nan(model, predict, X)
        if not np.isfinite(y[rows]).all():
            check_finite(y, "y", DROP_ROWS)
        y_rows, w, kept = _numbers(y, weights, rows)
        n += len(y_rows)
        if len(y_rows) == 0:
            continue
        if w is None:
            # Outputs near the largest float64 are infinitely far off.
            with np.errstate(all="ignore"):
                residual = residual + ((y_rows - a) ** 2).sum(axis=0)
                y_sum = y_sum + y_rows.sum(axis=0)
            continue
        # From y_0 on, or rounding would make equal targets differ from their mean.
        origin = y_rows[0] if origin is None else origin
        with np.errstate(all="ignore"):
            residual = residual + (w * (y_rows - (a if kept is None else a[kept])) ** 2).sum(axis=0)
            y_sum, w_sum = y_sum + (w * (y_rows - origin)).sum(axis=0), w_sum + w.sum()
    if n < 2:
        return float("nan")
    with np.errstate(all="ignore"):
        mean = y_sum / n if origin is None else origin + y_sum / w_sum
        total = np.zeros(1)
        for rows in _slices(model, X):
            y_rows, w, _ = _numbers(y, weights, rows)
            square = (y_rows - mean) ** 2
            total = total + (square if w is None else w * square).sum(axis=0)
        return float(r2(residual, total))


def _numbers(y: Array, weights: Array | None, rows: slice) -> tuple[Array, Array | None, Any]:
    """Some targets with their weights as a column, those of weight 0 left out; which were kept."""
    y = y[rows]
    kept = w = None
    if weights is not None:
        w = weights[rows]
        if (kept := with_weight(w)) is not None:
            y, w = y[kept], w[kept]
        w = w.reshape(-1, 1)
    return y.astype(np.float64, order="C"), w, kept  # one order of summation, however y lies


def _has_nan(a: Array) -> bool:
    """Whether an output is NaN, in a third of the time that ``any`` takes for a few rows."""
    return bool(np.count_nonzero(np.isnan(a)))


def _refuse_nan(model: Model, predict: Predict, X: Rows) -> NoReturn:
    """Raise ValueError with the rows whose output is NaN, and the reason."""
    blocks = [
        part.start + np.flatnonzero(np.isnan(predict(X[part])).any(axis=1))
        for part in _slices(model, X)
    ]
    rows = np.concatenate(blocks)
    row_list = ", ".join(map(str, rows[:_ROWS_NAMED].tolist()))
    row_list += ", ..." * (len(rows) > _ROWS_NAMED)
    if not model.state.parameters.all_finite():
        reason = (
            "the network's weights or biases are not finite. Train a new network, or load a file "
            "that was saved earlier"
        )
    elif not all(
        np.isfinite(numbers_in(X[part])).all()
        for part in np.array_split(rows, 1 + len(rows) // 1024)
    ):
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
        f"({len(rows)} of {len(X)}) {'are' if plural else 'is'} NaN: {reason}"
    )
