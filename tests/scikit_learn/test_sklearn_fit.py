"""The specification in sklearn_fit.py computes scikit-learn's bits."""

from __future__ import annotations

import dataclasses
import inspect
import warnings
from functools import partial
from typing import Any

import numpy as np
import pytest
from sklearn_fit import Fitted, Kind, Settings, fit

neural = pytest.importorskip("sklearn.neural_network", reason="scikit-learn is not installed")
threadpoolctl = pytest.importorskip("threadpoolctl", reason="threadpoolctl is not installed")

KINDS: tuple[Kind, ...] = ("binary", "multiclass", "multilabel", "squared_error", "poisson")
#: Settings and whether the samples have weights.
SETTINGS: dict[str, tuple[dict[str, Any], bool]] = {
    "adam": ({}, False),
    "sgd": ({"solver": "sgd", "learning_rate_init": 0.05}, False),
    "plain momentum": (
        {"solver": "sgd", "nesterovs_momentum": False, "learning_rate_init": 0.05},
        False,
    ),
    "invscaling": (
        {"solver": "sgd", "learning_rate": "invscaling", "learning_rate_init": 0.1},
        False,
    ),
    "adaptive": ({"solver": "sgd", "learning_rate": "adaptive", "tol": 0.01}, False),
    "early stopping": ({"early_stopping": True, "validation_fraction": 0.23}, False),
    "logistic, batches of 32": ({"activation": "logistic", "batch_size": 32}, False),
    "tanh, two hidden layers": ({"activation": "tanh", "hidden_layer_sizes": (7, 5)}, False),
    "no hidden layer": ({"activation": "identity", "hidden_layer_sizes": ()}, False),
    "in order": ({"shuffle": False, "alpha": 1.0}, False),
    "a large tol": ({"tol": 0.05, "n_iter_no_change": 2, "alpha": 0.0}, False),
    "weights": ({}, True),
    "weights and early stopping": ({"early_stopping": True}, True),
}
N = 201  # a batch of 200 and one of 1


def samples(kind: Kind, dtype: Any) -> tuple[Any, Any, Any]:
    """X, y as scikit-learn takes it, and y as the specification does."""
    r = np.random.RandomState(11)
    X = r.normal(size=(N, 6)).astype(dtype)
    value = X[:, 0] * X[:, 1] + 0.3 * r.normal(size=N)
    if kind == "binary":
        return X, value > 0, (value > 0)[:, None]
    if kind == "multiclass":
        label = np.digitize(value, [-0.5, 0.5])
        return X, label, np.eye(3, dtype=bool)[label]
    if kind == "multilabel":
        labels = np.column_stack([value > 0, X[:, 2] > 0, X[:, 3] > 1])
        return X, labels.astype(int), labels
    if kind == "squared_error":
        y = np.column_stack([value, X[:, 2] ** 2]).astype(dtype)
        return X, y, y
    counts = r.poisson(np.exp(X[:, 0] / 2)).astype(float)
    return X, counts, counts[:, None]


def both(kind: Kind, dtype: Any, module: Any, name: str, epochs: int) -> tuple[Any, Fitted]:
    """An estimator of ``module`` and the specification, fitted with a setting."""
    X, y, target = samples(kind, dtype)
    more, weighted = SETTINGS[name]
    options = {"hidden_layer_sizes": (9,), "max_iter": epochs, "random_state": 3, **more}
    weights = np.random.RandomState(5).uniform(0.5, 3, N) if weighted else None
    with warnings.catch_warnings(), threadpoolctl.threadpool_limits(1):
        warnings.simplefilter("ignore")  # that it has not converged
        if kind in ("squared_error", "poisson"):
            estimator = module.MLPRegressor(kind, **options)
        else:
            estimator = module.MLPClassifier(**options)
        estimator.fit(X, y, sample_weight=weights)
        return estimator, fit(X, target, kind, Settings(**options), weights)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("kind", KINDS)
def test_the_specification_computes_scikit_learns_bits(kind: Kind, dtype: Any) -> None:
    for name in SETTINGS:
        theirs, ours = both(kind, dtype, neural, name, 15)
        assert ours.n_iter_ == theirs.n_iter_, name
        assert ours.loss_curve_ == theirs.loss_curve_, name
        assert [type(v) for v in ours.loss_curve_] == [type(v) for v in theirs.loss_curve_], name
        for a, b in zip(
            ours.coefs_ + ours.intercepts_, theirs.coefs_ + theirs.intercepts_, strict=True
        ):
            assert a.dtype == b.dtype, name
            np.testing.assert_array_equal(a, b, name)
        if theirs.validation_scores_ is None:
            assert ours.validation_scores_ is None
        else:  # R2 divides in another order: 3 operations of up to 1 ulp, on numbers near 1
            np.testing.assert_allclose(
                ours.validation_scores_, theirs.validation_scores_, rtol=1e-14, atol=0
            )


@pytest.mark.parametrize("kind", KINDS)
def test_fastbp_follows_the_specification(kind: Kind) -> None:
    module = pytest.importorskip("fastbp.sklearn")
    for name in SETTINGS:
        estimator, expected = both(kind, np.float64, module, name, 10)
        assert estimator.n_iter_ == expected.n_iter_, name
        assert (estimator.validation_scores_ is None) == (expected.validation_scores_ is None)
        # What rounding makes of ten epochs here, times 100: see same_seed.py --sensitivity.
        close = partial(np.testing.assert_allclose, rtol=1e-11, atol=1e-13, err_msg=name)
        close(estimator.loss_curve_, expected.loss_curve_)
        close(estimator.validation_scores_ or [], expected.validation_scores_ or [])
        for a, b in zip(
            estimator.coefs_ + estimator.intercepts_,
            expected.coefs_ + expected.intercepts_,
            strict=True,
        ):
            close(a, b)


def test_the_settings_are_scikit_learns() -> None:
    theirs = inspect.signature(neural.MLPClassifier).parameters
    for field in dataclasses.fields(Settings):
        if field.name != "random_state":  # scikit-learn's default is other draws each time
            assert field.default == theirs[field.name].default, field.name
