"""The table of metrics: numbers beside the loss that fit computes after each epoch.

A row of ``METRICS`` says what a metric is: a term for each sample (and output), their weighted
means over the samples, and what is made of those. So ``evaluation.py`` takes rows block by block.
"""

import re
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from fastbp import _boundary
from fastbp.inputs import KINDS, Array, Targets, classes_of, correct_rows, short_repr
from fastbp.model.model import Model

_CLASSES, _NUMBERS = ("classes", "one_hot"), ("numbers",)


class Metric(NamedTuple):
    """A metric: a row of the table, or a function of the user's own.

    Attributes
    ----------
    name
        Its key in the history.
    mode
        "min" or "max": which is better; "auto" of a function, where it is not known.
    kinds
        The kinds of targets that it is for (:mod:`fastbp.inputs.target_kinds`).
    terms
        ``terms(a, y, count_id)`` for rows of outputs and targets: (rows,) or (rows, n_L).
    finish
        ``finish(means, variances)`` of the terms' means and of the variances of y, (n_L,) both.
    function
        f(y, a) of the user's own, instead of those.
    takes_weights
        Whether that has a parameter ``sample_weight``.
    """

    name: str
    mode: str
    kinds: tuple[str, ...] = tuple(KINDS)
    terms: Callable[[Array, Array, int], Array] | None = None
    finish: Callable[[Array, Array], Any] = lambda means, variances: means.mean()
    function: Callable[..., Any] | None = None
    takes_weights: bool = False


def _correct(a: Array, y: Array, count_id: int) -> Array:
    """1 where a row is right, as :meth:`fastbp.Network.score` counts, else 0."""
    if count_id == _boundary.COUNT_IDS["largest"] and a.shape[1] > 1:
        return _among_largest(a, y, count_id, k=1)
    # Soft labels in the network's number type, as training reads them: ties are the same.
    return correct_rows(a, y.astype(a.dtype, copy=False), count_id)


def _among_largest(a: Array, y: Array, count_id: int, *, k: int) -> Array:
    """Whether fewer than k outputs rank before that of the class: larger, or equal and before.

    By columns: argmax takes four times as long, longer than a prediction by a small network.
    """
    classes = classes_of(y if y.ndim == 1 else y.astype(a.dtype, copy=False))
    columns, own = np.ascontiguousarray(a.T), a[np.arange(len(a)), classes]
    n_before = (columns > own).sum(axis=0, dtype=np.intp)
    is_equal = columns == own
    if np.count_nonzero(is_equal) > len(a):
        is_before = np.arange(len(columns)).reshape(-1, 1) < classes
        n_before += (is_equal & is_before).sum(axis=0, dtype=np.intp)
    return np.asarray(n_before < k)


def _minus_log_share(a: Array, y: Array, count_id: int) -> Array:
    """-sum_j y_j ln p_j, or of one output -(y ln p + (1 - y) ln(1 - p)), with p = a clipped.

    To [eps, 1 - eps], eps of the number type, as in ``sklearn.metrics.log_loss``.
    """
    eps = np.finfo(a.dtype).eps
    p = np.clip(a, eps, 1 - eps).astype(np.float64)
    if y.ndim == 1:
        return -np.log(np.take_along_axis(p, y.reshape(-1, 1), axis=1)[:, 0])
    terms = y * np.log(p)
    if a.shape[1] == 1:
        terms += (1 - y) * np.log1p(-p)
    return np.asarray(-terms.sum(axis=1))


def _error(a: Array, y: Array, count_id: int) -> Array:
    """abs(a_j - y_j)."""
    return np.asarray(np.abs(a.astype(np.float64) - y))


def _squared_error(a: Array, y: Array, count_id: int) -> Array:
    """(a_j - y_j)^2."""
    return np.asarray((a.astype(np.float64) - y) ** 2)


def _root(means: Array, variances: Array) -> Any:
    """The mean over the outputs of sqrt(mean (a_j - y_j)^2), as in scikit-learn."""
    return np.sqrt(means).mean()


def r2(means: Array, variances: Array) -> Any:
    """The mean over the outputs of 1 - mean (a_j - y_j)^2 / mean (y_j - mean y_j)^2; or of sums.

    Of an output whose y is constant: 1 if it is predicted exactly, else 0.
    """
    is_constant = variances == 0
    shares = 1 - means / np.where(is_constant, 1, variances)
    return np.where(is_constant, np.where(means == 0, 1.0, 0.0), shares).mean()


METRICS = {
    row.name: row
    for row in (
        Metric("accuracy", "max", (*_CLASSES, "multilabel"), _correct),
        Metric("log_loss", "min", _CLASSES, _minus_log_share),
        Metric("mae", "min", _NUMBERS, _error),
        Metric("r2", "max", _NUMBERS, _squared_error, r2),
        Metric("rmse", "min", _NUMBERS, _squared_error, _root),
    )
}
_TOP_K = re.compile(r"top_([1-9][0-9]{0,17})", re.ASCII)
_NAMES = ", ".join(map(repr, METRICS)) + ", 'top_3' (or another k)"


def as_metrics(value: Any) -> tuple[Metric, ...]:
    """Check ``fit(metrics=...)``: a name or a function, or several of them.

    Examples
    --------
    >>> [metric.name for metric in as_metrics(["accuracy", "top_5", max])]
    ['accuracy', 'top_5', 'max']
    """
    if isinstance(value, str) or callable(value):
        value = (value,)
    try:
        entries = tuple(value)
    except TypeError:
        raise TypeError(
            f"metrics must be names ({_NAMES}) or functions f(y, a), got {short_repr(value)}"
        ) from None
    metrics = tuple(_as_metric(i, entry) for i, entry in enumerate(entries))
    names = [metric.name for metric in metrics]
    for i, name in enumerate(names):
        if name in names[:i]:
            raise ValueError(
                f"metrics must have different names, got {name!r} twice; name a function by its "
                f"__name__"
            )
    return metrics


def _as_metric(i: int, entry: Any) -> Metric:
    if isinstance(entry, str):
        if entry in METRICS:
            return METRICS[entry]
        if match := _TOP_K.fullmatch(entry):
            terms = partial(_among_largest, k=int(match[1]))
            return Metric(entry, "max", _CLASSES, terms)
        raise ValueError(
            f"metrics[{i}] must be one of {_NAMES}, or a function f(y, a); got {short_repr(entry)}"
        )
    if not callable(entry):
        raise TypeError(
            f"metrics[{i}] must be a name ({_NAMES}) or a function f(y, a), got "
            f"{type(entry).__name__}"
        )
    name = getattr(entry, "__name__", None)
    if not isinstance(name, str) or name == "loss":
        got = "which is the validation loss's" if name == "loss" else "and this one has none"
        raise ValueError(
            f"metrics[{i}]: the history calls a function by its __name__, {got}: set it, "
            f"f.__name__ = 'my_metric'"
        )
    return Metric(name, "auto", function=entry, takes_weights=_takes_weights(entry))


def _takes_weights(function: Callable[..., Any]) -> bool:
    import inspect  # takes milliseconds

    try:
        return "sample_weight" in inspect.signature(function).parameters
    except (TypeError, ValueError):  # a builtin has no signature
        return False


def check_metrics(metrics: tuple[Metric, ...], model: Model, targets: Targets) -> None:
    """Raise ValueError for a metric that does not fit a network and its targets."""
    output, n_L = model.architecture.names[-1], model.architecture.sizes[-1]
    for metric in metrics:
        if targets.kind not in metric.kinds:
            fitting = [row.name for row in METRICS.values() if targets.kind in row.kinds]
            raise ValueError(
                f"metrics: {metric.name!r} is for "
                f"{' or '.join(KINDS[kind].description for kind in metric.kinds)}, but y holds "
                f"{KINDS[targets.kind].description}; choose of {', '.join(map(repr, fitting))}, or "
                f"pass a function f(y, a)"
            )
        if _TOP_K.fullmatch(metric.name) and metric.function is None and n_L == 1:
            raise ValueError(
                f"metrics: {metric.name!r} needs an output for each class, and this network has "
                f"one; choose 'accuracy'"
            )
        is_share = output == "softmax" or (output == "sigmoid" and n_L == 1)
        if metric is METRICS["log_loss"] and not is_share:
            raise ValueError(
                f"metrics: 'log_loss' needs outputs that are shares, softmax or one sigmoid; this "
                f"network has {n_L} {output} outputs. Build it with output_activation='softmax', "
                f"loss='cross_entropy', or choose 'accuracy'"
            )
