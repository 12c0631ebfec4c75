"""Scores of predictions on rows that were not trained on, with their standard errors.

With e_i = prediction - y_i of n rows, all means over the rows:

==============  ==============================  ==================================================
score           value                           its standard error
==============  ==============================  ==================================================
``accuracy``    the share of hits               sqrt(q (1 - q) / (n + 4)), q = (hits + 2) / (n + 4)
``log_loss``    L = mean(l_i)                   s(l) / sqrt(n)
``mae``         mean(abs(e_i))                  s(abs(e)) / sqrt(n)
``rmse``        R = sqrt(mean(e_i^2))           s(e^2) / (2 R sqrt(n))
``r2``          1 - A / B, A = mean(e_i^2),     s(d) / sqrt(n),
                B = mean((y_i - y')^2)          d_i = e_i^2 / B - A (y_i - y')^2 / B^2
==============  ==============================  ==================================================

with l_i = -ln max(p_i, 1e-15), p_i the probability that row i's own class was given, y' the mean of
the y_i, and s the standard deviation with division by n - 1. That of the accuracy is Agresti and
Coull's: the binomial one of two hits and two misses more, which is not 0 where all rows are hits.
Those of rmse and r2 are the delta method's: to first order in 1 / sqrt(n), what the value would
scatter with other rows of the same source. None of these counts how the value would change with
other rows to train on.

Of k folds the value is the mean over the folds and its standard error s(values) / sqrt(k). Folds
share most of their training rows, so this one is on the small side.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastbp.tabular.number_unit import exponent_of

#: The least probability whose logarithm is taken: a class that was held impossible costs 34.5.
LEAST_PROBABILITY = 1e-15


@dataclass(frozen=True)
class Score:
    """A score and its standard error.

    Attributes
    ----------
    value : float
        NaN where it is not defined, as R2 of one distinct value.
    standard_error : float
        NaN where it is not known, as of one row.
    """

    value: float
    standard_error: float = float("nan")

    def to_dict(self) -> dict[str, float | None]:
        """Return what JSON can hold: null for NaN."""
        return {"value": or_none(self.value), "standard_error": or_none(self.standard_error)}


def or_none(number: float) -> float | None:
    """A number for JSON, which has no NaN and no infinity."""
    return float(number) if np.isfinite(number) else None


def class_scores(probabilities: NDArray[Any], codes: NDArray[np.int64]) -> dict[str, Score]:
    """Accuracy and log-loss of probabilities.

    Parameters
    ----------
    probabilities : ndarray of float, shape (n, K)
        Of each class; the first largest is the prediction.
    codes : ndarray of int64, shape (n,)
        The column of each row's own class; -1 for a class without one, which no answer hits.

    Returns
    -------
    dict of Score
        ``accuracy`` and ``log_loss``.

    Examples
    --------
    >>> scores = class_scores(np.array([[0.5, 0.5], [0.2, 0.8]]), np.array([1, 1]))
    >>> scores["accuracy"].value, round(scores["log_loss"].value, 4)
    (0.5, 0.4581)
    """
    rows = np.arange(len(codes))
    hits = np.argmax(probabilities, axis=1) == codes
    own = np.where(codes < 0, 0.0, probabilities[rows, codes].astype(np.float64))
    own = np.maximum(own, LEAST_PROBABILITY)
    return {"accuracy": accuracy(hits), "log_loss": _mean(-np.log(own))}


def accuracy(hits: NDArray[np.bool_]) -> Score:
    """The share of hits, with its standard error.

    >>> accuracy(np.array([True, True, True, False]))
    Score(value=0.75, standard_error=0.171...)
    """
    n = len(hits)
    q = (float(np.sum(hits)) + 2) / (n + 4)
    error = float(np.sqrt(q * (1 - q) / (n + 4))) if n > 1 else float("nan")
    return Score(float(np.mean(hits)), error)


def number_scores(predictions: NDArray[Any], y: NDArray[np.float64]) -> dict[str, Score]:
    """R2, RMSE and MAE of predicted numbers.

    Parameters
    ----------
    predictions, y : ndarray of float64, shape (n,)
        In one unit.

    Returns
    -------
    dict of Score
        ``r2``, ``rmse`` and ``mae``.

    Examples
    --------
    >>> scores = number_scores(np.array([1.0, 2.0, 5.0]), np.array([1.0, 2.0, 3.0]))
    >>> round(scores["r2"].value, 4), round(scores["rmse"].value, 4), round(scores["mae"].value, 4)
    (-1.0, 1.1547, 0.6667)
    """
    y, predictions = np.asarray(y, np.float64), np.asarray(predictions, np.float64)
    exponent = exponent_of(y, predictions)
    y = np.ldexp(y, -exponent)
    error = np.ldexp(predictions, -exponent) - y
    squares = error**2
    mean_square = float(squares.mean())
    rmse = float(np.sqrt(mean_square))
    of_square = _mean(squares).standard_error
    spread = (y - y.mean()) ** 2
    variance = float(spread.mean())
    # A deviation that is only the rounding of the mean is none: the rows have one value.
    if variance == 0 or y.max() == y.min():
        r2 = Score(float("nan"))
    else:
        influence = squares / variance - mean_square * (spread / variance) / variance
        r2 = Score(1 - mean_square / variance, _mean(influence).standard_error)
    return {
        "r2": r2,
        "rmse": _times(
            Score(rmse, of_square / (2 * rmse) if rmse > 0 else of_square * 0), exponent
        ),
        "mae": _times(_mean(np.abs(error)), exponent),
    }


def _times(score: Score, exponent: int) -> Score:
    """The score times 2^exponent."""
    value, error = np.ldexp([score.value, score.standard_error], exponent).tolist()
    return Score(value, error)


def over_folds(scores: list[dict[str, Score]]) -> dict[str, Score]:
    """The mean of each score over the folds, with the standard error of that mean.

    >>> over_folds([{"accuracy": Score(0.8)}, {"accuracy": Score(0.9)}])["accuracy"]
    Score(value=0.85..., standard_error=0.0499...)
    """
    return {name: _mean(np.array([fold[name].value for fold in scores])) for name in scores[0]}


def _mean(values: NDArray[np.float64]) -> Score:
    n = len(values)
    error = float(values.std(ddof=1) / np.sqrt(n)) if n > 1 else float("nan")
    return Score(float(values.mean()), error)
