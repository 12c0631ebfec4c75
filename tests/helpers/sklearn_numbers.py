"""The numbers of docs/coming-from.md from scikit-learn itself."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from library_formulas import MISTAKE, PATIENCE, TINY, Formula, Numbers, defaults


def mlp(kind: str, X: Any, y: Any, *, partial: bool = False, **options: Any) -> Any:
    """A fitted multilayer perceptron."""
    import sklearn.neural_network

    model = getattr(sklearn.neural_network, kind)(random_state=0, **options)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it has not converged
        return model.partial_fit(X, y) if partial else model.fit(X, y)


def sklearn_moves(kind: str, gradients: Sequence[float], *rates: float, **numbers: Any) -> Numbers:
    """Its optimizers, which have no public name."""
    from sklearn.neural_network import _stochastic_optimizers

    w = np.zeros(1)
    optimizer = getattr(_stochastic_optimizers, kind)([w], rates[0], **numbers)
    for gradient, rate in zip(gradients, rates, strict=True):
        if kind == "SGDOptimizer":
            optimizer.learning_rate = rate
        optimizer.update_params([w], [np.array([gradient])])
    return (float(w[0]),)


def sklearn_penalty() -> Numbers:
    X, y = np.zeros((10, 1)), np.zeros(10)
    model = mlp(
        "MLPRegressor",
        X,
        y,
        partial=True,
        hidden_layer_sizes=(1,),
        activation="identity",
        solver="sgd",
        momentum=0.0,
        learning_rate_init=0.5,
        alpha=1.0,
    )
    before = model.coefs_[0][0, 0]
    model.partial_fit(X, y)
    return (float((before - model.coefs_[0][0, 0]) / 0.5 / before),)


def sklearn_loss(name: str, y: Any, a: Any, weights: Any = None) -> Numbers:
    """Its losses, which have no public name."""
    from sklearn.neural_network import _base

    return (float(getattr(_base, name)(np.array(y), np.array(a), weights)),)


def sklearn_early_stop() -> Numbers:
    X, y = np.zeros((20, 1)), np.zeros(20)
    options = {"solver": "sgd", "learning_rate_init": 1e-30, "n_iter_no_change": PATIENCE}
    return (float(mlp("MLPRegressor", X, y, **options).n_iter_),)


def sklearn_invscaling() -> Numbers:
    from sklearn.datasets import load_digits

    X, y = load_digits(return_X_y=True)
    model = mlp(
        "MLPClassifier",
        X / 16,
        y,
        solver="sgd",
        learning_rate="invscaling",
        learning_rate_init=0.1,
        max_iter=1,
        hidden_layer_sizes=(2,),
    )
    return (float(model._optimizer.learning_rate),)


def sklearn_first_weights() -> Numbers:
    X, y = np.zeros((2, 784)), np.array([0.0, 1.0])
    options = {"hidden_layer_sizes": (128,), "learning_rate_init": 1e-30, "max_iter": 1}
    return (float(mlp("MLPRegressor", X, y, **options, alpha=0.0).coefs_[0].std() * 28),)


def sklearn_class_at_half() -> Numbers:
    model = mlp("MLPClassifier", [[0.0], [1.0]], [0, 1], max_iter=1)
    for array in (*model.coefs_, *model.intercepts_):
        array[...] = 0
    return (float(model.predict([[0.0]])[0]),)


def _sklearn(name: str) -> Any:
    import sklearn.neural_network

    return getattr(sklearn.neural_network, name)


RUNS: dict[str, Formula] = {
    "Adam's eps": lambda: (-sklearn_moves("AdamOptimizer", [TINY], 0.001)[0],),
    "SGD's default rate": lambda: defaults(_sklearn("MLPClassifier"), "learning_rate_init"),
    "momentum when the rate changes": lambda: sklearn_moves(
        "SGDOptimizer", [1.0, 1.0], 0.1, 0.01, momentum=0.9, nesterov=False
    ),
    "L2 penalty": sklearn_penalty,
    "sample weights": lambda: (
        2 * sklearn_loss("squared_loss", [0, 0], [1, 2**0.5], np.array([1, 3]))[0],
    ),
    "squared error": lambda: sklearn_loss("squared_loss", [[0.0, 0.0]], [[1.0, 2.0]]),
    "a confident mistake": lambda: sklearn_loss(
        "binary_log_loss", [[0.0]], [[1 / (1 + np.exp(-MISTAKE))]]
    ),
    "early stopping": sklearn_early_stop,
    "inverse scaling": sklearn_invscaling,
    "first weights": sklearn_first_weights,
    "class at an output of 0.5": sklearn_class_at_half,
}
