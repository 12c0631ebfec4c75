"""The parameters on top together, and in scikit-learn's searches, copies and pipelines."""

from __future__ import annotations

import pickle
from copy import deepcopy
from functools import partial

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="scikit-learn is not installed")

from scipy.sparse import csr_matrix
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score

import fastbp
from fastbp import schedules
from fastbp.interchange import from_sklearn
from fastbp.sklearn import MLPClassifier, MLPRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

RNG = np.random.default_rng(7)
X = np.where(RNG.random((80, 5)) < 0.5, 0, RNG.normal(size=(80, 5)))
CLASSES = RNG.integers(0, 3, 80)
LABELS = RNG.integers(0, 2, (80, 2))
NUMBERS = 100 + 10 * RNG.normal(size=(80, 2))
WEIGHTS = RNG.integers(0, 3, 80).astype(float)

ALL = {
    "hidden_layer_sizes": (8, 6),
    "activation": ["gelu", ("elu", 0.5)],
    "optimizer": fastbp.AdamW(0.01),
    "schedule": schedules.Cosine(warmup=0.1),
    "dropout": [0.0, 0.2],
    "ema": 0.9,
    "transform_layer": -1,
    "n_threads": 1,
    "random_state": 0,
    "max_iter": 6,
    "batch_size": 25,
}


def never_stops(estimator, epoch, history):
    return len(history.loss) != epoch + 1


CASES = {
    "classes": (partial(MLPClassifier, class_weight="balanced"), CLASSES),
    "labels": (partial(MLPClassifier, class_weight="balanced"), LABELS),
    "numbers": (partial(MLPRegressor, scale_target=True, loss="log_cosh"), NUMBERS),
}


@pytest.mark.parametrize("kind", CASES)
@pytest.mark.parametrize("early_stopping", [False, True])
def test_all_of_them_go_together(kind, early_stopping):
    cls, y = CASES[kind]
    estimator = cls(**ALL, early_stopping=early_stopping, callbacks=never_stops)
    data = (X[:20], y[:20], WEIGHTS[:20])
    estimator.fit(X, y, WEIGHTS, validation_data=data)
    assert len(estimator.loss_curve_) == len(estimator.validation_loss_curve_) == 6
    assert all(map(np.isfinite, estimator.loss_curve_ + estimator.validation_loss_curve_))
    assert estimator.transform(X).shape == (80, 6)
    if early_stopping:
        score = estimator.score(*data)
        assert score == pytest.approx(max(estimator.validation_scores_), rel=1e-9)

    same = clone(estimator).fit(X, y, WEIGHTS, validation_data=data)
    copies = pickle.loads(pickle.dumps(estimator)), same
    for copy in copies:
        assert copy.loss_curve_ == estimator.loss_curve_
        assert copy.validation_loss_curve_ == estimator.validation_loss_curve_
        assert np.array_equal(copy.predict(X), estimator.predict(X))
        assert np.array_equal(copy.transform(X), estimator.transform(X))

    # CSR rows are summed in another order.
    sparse = clone(estimator).fit(csr_matrix(X), y, WEIGHTS, validation_data=data)
    np.testing.assert_allclose(sparse.loss_curve_, estimator.loss_curve_, rtol=1e-9)

    single = clone(estimator).fit(X.astype(np.float32), y, WEIGHTS, validation_data=data)
    assert single.coefs_[0].dtype == np.float32
    # Six epochs of an optimizer that divides by roots of gradients: a thousand roundings of 6e-8.
    np.testing.assert_allclose(single.loss_curve_, estimator.loss_curve_, rtol=1e-3)

    estimator.set_params(warm_start=True).fit(X, y, WEIGHTS, validation_data=data)
    assert len(estimator.loss_curve_) == len(estimator.validation_loss_curve_) == 12


@pytest.mark.parametrize("kind", CASES)
def test_partial_fit_takes_all_but_what_needs_the_whole(kind):
    cls, y = CASES[kind]
    settings = {"schedule": schedules.Cosine(steps=20), "validation_data": (X[:20], y[:20])}
    estimator = cls(**ALL | settings)
    kwargs = {}
    if kind != "numbers":
        estimator.set_params(class_weight=[{0: 2.0}, {1: 3.0}] if kind == "labels" else {0: 2.0})
        kwargs["classes"] = np.arange(2 if kind == "labels" else 3)
    for start in range(0, 80, 40):
        part = slice(start, start + 40)
        estimator.partial_fit(X[part], y[part], WEIGHTS[part], **kwargs)
    assert len(estimator.loss_curve_) == len(estimator.validation_loss_curve_) == 2
    assert estimator._engine.model.state.steps == 4
    with pytest.raises(ValueError, match="partial_fit does not support early_stopping=True"):
        estimator.set_params(early_stopping=True).partial_fit(X, y)


def test_searches_choose_among_them():
    grid = {
        "activation": ["gelu", ["relu", "tanh"]],
        "optimizer": [None, fastbp.SGD(0.1, momentum=0.9)],
        "schedule": [None, schedules.Cosine()],
        "class_weight": [None, "balanced"],
    }
    search = GridSearchCV(MLPClassifier((6, 5), max_iter=2, random_state=0), grid, cv=2)
    search.fit(X, CLASSES)
    assert len(search.cv_results_["params"]) == 16
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    scores = cross_val_score(
        MLPRegressor(hidden_layer_sizes=(6,), scale_target=True, max_iter=3), X, NUMBERS, cv=3
    )
    assert np.isfinite(scores).all()


def test_no_bit_depends_on_n_threads():
    rng = np.random.default_rng(0)
    rows, y = rng.normal(size=(600, 200)), rng.integers(0, 3, 600)
    settings = {"hidden_layer_sizes": (256,), "max_iter": 2, "random_state": 0}
    one, other = (MLPClassifier(**settings, n_threads=n).fit(rows, y) for n in (1, 3))
    assert one.loss_curve_ == other.loss_curve_
    assert np.array_equal(one.coefs_[0], other.coefs_[0])
    assert np.array_equal(one.predict_proba(rows), other.predict_proba(rows))


@pytest.mark.parametrize("name", ["optimizer", "schedule", "ema", "dropout", "callbacks"])
def test_lbfgs_names_what_it_does_not_take(name):
    values = ALL | {"callbacks": never_stops}
    estimator = MLPClassifier((8, 6), solver="lbfgs", **{name: values[name]})
    with pytest.raises(ValueError, match=f"solver='lbfgs' takes no {name}"):
        estimator.fit(X, CLASSES)
    assert not hasattr(estimator, "coefs_")


def test_an_estimator_becomes_a_network_with_what_is_on_top():
    estimator = MLPRegressor(**ALL, scale_target=True, loss="huber").fit(X, NUMBERS)
    net = from_sklearn(estimator)
    np.testing.assert_allclose(net.predict(X), estimator.predict(X), rtol=1e-12)
    assert net.activations == ("gelu", "elu", "identity")
    assert net.dropout == (0.0, 0.2)
    expected = fastbp.AdamW(0.01, schedule=ALL["schedule"], ema=0.9)
    assert net.optimizer == expected


def test_a_tuple_for_the_loss_is_refused_in_scikit_learns_words():
    with pytest.raises(ValueError, match="The 'loss' parameter of MLPRegressor must be"):
        MLPRegressor((10,)).fit(X, NUMBERS)  # of which the first is the loss, unlike a classifier's


REFUSED_LATE = {
    "activation": ["relu", "relu"],
    "dropout": [0.1, 0.2],
    "loss": ("huber", -1.0),
    "callbacks": [5],
    "class_weight": {0: -1.0},
    "validation_data": (np.zeros((2, 3)), [7, 8]),
}


@pytest.mark.parametrize("name", REFUSED_LATE)
@pytest.mark.parametrize("fitted_before", [False, True])
def test_a_fit_that_is_refused_leaves_no_first_weights(name, fitted_before):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(20, 3)), np.arange(20) % 2
    classifier = MLPClassifier((4,), max_iter=2)
    if fitted_before:
        classifier.fit(X, y)
    classifier.set_params(**{name: REFUSED_LATE[name]})
    with pytest.raises((ValueError, TypeError)):
        classifier.fit(X, y)
    with pytest.raises(NotFittedError):
        classifier.predict(X)
    classifier.set_params(**{name: MLPClassifier().get_params()[name]}).fit(X, y).predict(X)


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_a_fit_that_is_refused_at_once_leaves_the_one_before(solver):
    X, y = np.random.default_rng(0).normal(size=(20, 3)), np.arange(20) % 2
    classifier = MLPClassifier((4,), solver=solver, max_iter=2).fit(X, y)
    before = classifier.predict_proba(X)
    for twin in (classifier, deepcopy(classifier)):
        with pytest.raises(ValueError, match="NaN"):
            twin.fit(np.full_like(X, np.nan), y)
        assert np.array_equal(twin.predict_proba(X), before)


def test_a_fit_that_diverges_leaves_an_estimator_that_is_not_fitted():
    X = np.random.default_rng(0).normal(size=(20, 3))
    regressor = MLPRegressor(solver="sgd", learning_rate_init=1e3, random_state=0)
    with pytest.raises(ValueError, match="non-finite"):
        regressor.fit(X, 1e9 * X[:, 0])
    with pytest.raises(NotFittedError):
        regressor.predict(X)
