"""What a model must beat: the commonest class or the mean, and a linear model."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastbp.network import Network
from fastbp.optimizers import Adam
from fastbp.schedules import Cosine
from fastbp.tables.typed import Target
from fastbp.tabular.evaluation.scores import Score, class_scores, number_scores
from fastbp.tabular.number_unit import exponent_of
from fastbp.training.side_by_side import ignoring_training_warnings

#: What a linear model is made of: at most so many weights, and inputs; and so many numbers of its
#: training rows, 100,000 rows of 200 inputs, drawn at random of more.
MOST_WEIGHTS, MOST_INPUTS, MOST_NUMBERS = 20_000, 2000, 20_000_000
_BATCH, _RATE, _LEAST_STEPS = 256, 0.01, 2000
_PENALTY = 1.0


def constant_outputs(training: Target, n: int) -> NDArray[np.float64]:
    """What is predicted of n rows without their cells: the classes' shares, or the mean.

    >>> constant_outputs(Target("y", np.array([0, 0, 0, 1]), ("a", "b")), 1)
    array([[0.75, 0.25]])
    """
    if training.classes:
        shares = np.bincount(training.values, minlength=len(training.classes)) / len(
            training.values
        )
        return np.broadcast_to(shares, (n, len(shares)))
    exponent = exponent_of(training.values)
    mean = np.ldexp(np.mean(np.ldexp(training.values, -exponent)), exponent)
    return np.full(n, float(mean))


def linear_outputs(
    X: NDArray[Any],
    training: Target,
    X_held_out: NDArray[Any],
    rng: np.random.Generator,
    n_threads: int | None = None,
) -> NDArray[np.float64] | None:
    """What a linear model predicts that learns from the same encoded inputs.

    For numbers it is ridge regression with penalty 1: w = (X'X + I)^-1 X'y of centred X and y. For
    classes it is a network without hidden layers, softmax(x w + b), trained on the cross-entropy
    with the same penalty (l2 = 1 / n of the mean) by Adam at 0.01, falling as a cosine.

    Parameters
    ----------
    X, X_held_out : ndarray of float, shape (m, d) and (n, d)
        Encoded rows, with columns of like size; rows to train on and rows held out.
    training : Target
        The targets of the rows to train on.
    rng : Generator
        Draws the rows of a large table, and the network's seed.
    n_threads : int, optional
        For the training.

    Returns
    -------
    ndarray of float64, shape (n, K) or (n,), or None
        None where there are more than 2,000 inputs or 20,000 weights: such a model would take
        longer than what it is compared with.
    """
    n_inputs = X.shape[1]
    if not 0 < n_inputs <= MOST_INPUTS or n_inputs * len(training.classes) > MOST_WEIGHTS:
        return None
    values = training.values
    if len(X) > MOST_NUMBERS // n_inputs:
        rows = np.sort(rng.choice(len(X), MOST_NUMBERS // n_inputs, replace=False))
        X, values = X[rows], values[rows]
    if training.classes:
        return _logistic(
            X, values.astype(np.int64), len(training.classes), X_held_out, rng, n_threads
        )
    return _ridge(X, values, X_held_out)


def _ridge(X: NDArray[Any], y: NDArray[Any], X_held_out: NDArray[Any]) -> NDArray[np.float64]:
    X = np.asarray(X, np.float64)
    exponent = exponent_of(y)
    y = np.ldexp(y, -exponent)
    means, mean = X.mean(axis=0), float(y.mean())
    scale = float(y.std()) or 1.0
    X = X - means
    w = np.linalg.solve(X.T @ X + _PENALTY * np.eye(X.shape[1]), X.T @ ((y - mean) / scale))
    outputs = mean + scale * ((X_held_out - means) @ w)
    largest = np.finfo(np.float64).max
    with np.errstate(over="ignore"):
        return np.asarray(np.clip(np.ldexp(outputs, exponent), -largest, largest))


def _logistic(
    X: NDArray[Any],
    codes: NDArray[np.int64],
    n_classes: int,
    X_held_out: NDArray[Any],
    rng: np.random.Generator,
    n_threads: int | None,
) -> NDArray[np.float64]:
    batch = min(_BATCH, len(X))
    steps_an_epoch = -(-len(X) // batch)
    net = Network(
        [X.shape[1], n_classes],
        output_activation="softmax",
        loss="cross_entropy",
        seed=int(rng.integers(2**31)),
    )
    with ignoring_training_warnings():  # which would seem to be about the model
        net.fit(
            np.ascontiguousarray(X, np.float32),
            codes,
            epochs=-(-_LEAST_STEPS // steps_an_epoch),
            batch_size=batch,
            optimizer=Adam(_RATE, schedule=Cosine()),
            l2=_PENALTY / len(X),
            progress=False,
            n_threads=n_threads,
        )
    return net.predict(np.ascontiguousarray(X_held_out, np.float32)).astype(np.float64)


def scores_of(outputs: NDArray[Any], target: Target) -> dict[str, Score]:
    """The scores of probabilities or numbers, by the kind of the target."""
    if target.classes:
        return class_scores(outputs, target.values.astype(np.int64, copy=False))
    return number_scores(outputs, target.values.astype(np.float64, copy=False))
