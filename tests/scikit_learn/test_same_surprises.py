"""What surprises in scikit-learn's MLP and is the same in fastbp.sklearn: docs/scikit-learn.md."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="scikit-learn is not installed")

import sklearn.neural_network as theirs
from sklearn.exceptions import ConvergenceWarning

import fastbp.sklearn as ours
from fastbp.datasets import load_digits

DIGITS, LABELS = load_digits()
DIGITS = DIGITS.astype(np.float64) / 16
X = np.random.default_rng(0).normal(size=(201, 3))
Y = X[:, 0]
X32, Y32 = X.astype(np.float32), Y.astype(np.float32)
PAIRS = np.c_[LABELS % 2 == 0, LABELS % 2 == 1].astype(int)
RATE_OF_NOTHING = 1e-12

both = pytest.mark.parametrize("module", [theirs, ours], ids=["scikit-learn", "fastbp"])
pytestmark = [both, pytest.mark.filterwarnings("ignore")]  # of epochs that did not suffice


def regressor(module: Any, **parameters: Any) -> Any:
    return module.MLPRegressor(**{"hidden_layer_sizes": (5,), "random_state": 0, **parameters})


def classifier(module: Any, **parameters: Any) -> Any:
    return module.MLPClassifier(**{"hidden_layer_sizes": (5,), "random_state": 0, **parameters})


def test_the_penalty_counts_once_per_batch(module: Any) -> None:
    def loss(alpha: float, batch_size: int, weight: float | None = None) -> float:
        estimator = regressor(
            module,
            hidden_layer_sizes=(100,),
            alpha=alpha,
            batch_size=batch_size,
            learning_rate_init=RATE_OF_NOTHING,
            max_iter=1,
        )
        return float(estimator.fit(X, Y, weight and np.full(201, weight)).loss_)

    without = loss(0.0, 201)
    penalty = loss(1.0, 201) - without
    assert loss(0.0, 20) == pytest.approx(without)
    assert loss(1.0, 20) - without == pytest.approx(11 * penalty)
    assert loss(1.0, 201, 2.0) - without == pytest.approx(penalty / 2)
    assert (without, loss(1.0, 201), loss(1.0, 20)) == pytest.approx((0.532, 0.552, 0.752), 1e-3)


def test_a_short_last_batch_takes_l2_stronger(module: Any) -> None:
    def moved(n: int) -> float:
        """By how much a step of n rows of zeros, whose data have no gradient, moves a weight."""
        estimator = regressor(
            module, solver="sgd", momentum=0.0, alpha=1.0, batch_size=n, max_iter=1,
            learning_rate_init=1e-3, activation="identity",
        )  # fmt: skip
        zeros = np.zeros((n, 3)), np.zeros(n)
        before = estimator.partial_fit(*zeros).coefs_[0][0, 0]
        return float((estimator.partial_fit(*zeros).coefs_[0][0, 0] - before) / before)

    assert moved(2) == pytest.approx(100 * moved(200), rel=1e-6)


def test_invscaling_counts_samples(module: Any) -> None:
    for epochs, rate in ((1, 0.00236), (2, 0.00167)):
        estimator = classifier(
            module, solver="sgd", learning_rate="invscaling", learning_rate_init=0.1,
            max_iter=epochs,
        )  # fmt: skip
        estimator.fit(DIGITS, LABELS)
        assert estimator._optimizer.learning_rate == pytest.approx(rate, abs=5e-6)


def test_epochs_until_it_stops(module: Any) -> None:
    assert regressor(module, tol=1e9).fit(X, Y).n_iter_ == 12
    adaptive = classifier(module, solver="sgd", learning_rate="adaptive", tol=1e9)
    assert adaptive.fit(X, Y > 0).n_iter_ == 67
    zeros = np.zeros((30, 2)), np.zeros(30)
    nothing_to_learn = regressor(module, alpha=0.0, tol=0.0, learning_rate_init=RATE_OF_NOTHING)
    flat = nothing_to_learn.set_params(activation="identity", solver="sgd", max_iter=50)
    assert flat.fit(*zeros).n_iter_ == 50


def test_a_warning_that_is_an_error_leaves_what_was_trained(module: Any) -> None:
    for solver in ("sgd", "adam", "lbfgs"):
        expected = regressor(module, solver=solver, max_iter=5).fit(X, Y).predict(X)
        model = regressor(module, solver=solver, max_iter=5)
        with warnings.catch_warnings():
            warnings.simplefilter("error", ConvergenceWarning)
            with pytest.raises(ConvergenceWarning):
                model.fit(X, Y)
        np.testing.assert_allclose(model.predict(X), expected, rtol=1e-12)


def test_number_types(module: Any) -> None:
    of_classifier = classifier(module, max_iter=2).fit(X32, Y > 0)
    assert of_classifier.coefs_[0].dtype == np.float32
    assert type(of_classifier.loss_curve_[0]) is np.float64
    assert of_classifier.predict_proba(X32).dtype == np.float32
    assert of_classifier.predict_proba(X).dtype == np.float64
    for y, batch_size, of_curve in (
        (Y32, "auto", np.float32),
        (Y, "auto", np.float64),
        (Y32, 50, np.float64),
    ):
        curve = regressor(module, max_iter=2, batch_size=batch_size).fit(X32, y).loss_curve_
        assert type(curve[0]) is of_curve
    assert regressor(module, solver="lbfgs").fit(X32, Y32).coefs_[0].dtype == np.float64


def test_two_columns_are_two_labels(module: Any) -> None:
    estimator = classifier(module, max_iter=3).fit(DIGITS, PAIRS)
    assert estimator.out_activation_ == "logistic"
    sums = estimator.predict_proba(DIGITS).sum(axis=1)
    assert np.abs(sums - 1).max() > 0.01
    assert estimator.predict(DIGITS).shape == PAIRS.shape


def test_an_integer_seed_gives_each_partial_fit_the_same_order(module: Any) -> None:
    def ends(random_state: Any) -> list[Any]:
        """The weights after each of three epochs from the same weights, by the order alone."""
        estimator = regressor(
            module, solver="sgd", momentum=0.0, learning_rate_init=0.1, batch_size=1,
            random_state=random_state,
        )  # fmt: skip
        estimator.partial_fit(X, Y)
        start = [array.copy() for array in (*estimator.coefs_, *estimator.intercepts_)]
        found = []
        for _ in range(3):
            for array, value in zip(
                (*estimator.coefs_, *estimator.intercepts_), start, strict=True
            ):
                array[:] = value
            found.append(estimator.partial_fit(X, Y).coefs_[0].copy())
        return found

    first, second, third = ends(0)
    assert np.array_equal(first, second)
    assert np.array_equal(second, third)
    first, second, third = ends(np.random.RandomState(0))
    assert not np.array_equal(first, second)
    assert not np.array_equal(second, third)


@pytest.mark.parametrize(
    ("method", "changed", "counts"),
    [
        ("partial_fit", {"learning_rate_init": 1e-6}, False),
        ("partial_fit", {"momentum": 0.1}, False),
        ("partial_fit", {"hidden_layer_sizes": (9,)}, False),
        ("partial_fit", {"alpha": 100.0}, True),
        ("fit", {"learning_rate_init": 1e-6}, True),
        ("fit", {"hidden_layer_sizes": (9,)}, False),
    ],
    ids=str,
)
def test_parameters_that_change_after_a_first_call(
    module: Any, method: str, changed: dict[str, Any], counts: bool
) -> None:
    def weights(**parameters: Any) -> Any:
        estimator = regressor(module, solver="sgd", warm_start=True, max_iter=1)
        getattr(estimator, method)(X, Y)
        return getattr(estimator.set_params(**parameters), method)(X, Y).coefs_[0]

    assert np.array_equal(weights(**changed), weights()) is not counts


def test_a_probability_of_one_half(module: Any) -> None:
    estimator = classifier(module, max_iter=1).fit(X, Y > 0)
    for array in (*estimator.coefs_, *estimator.intercepts_):
        array[:] = 0
    assert (estimator.predict_proba(X) == 0.5).all()
    assert not estimator.predict(X).any()
