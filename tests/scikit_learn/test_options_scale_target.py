"""scale_target: training on standardized targets, predictions in y's units."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="scikit-learn is not installed")

from sklearn.model_selection import train_test_split

from fastbp.sklearn import MLPRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

RNG = np.random.default_rng(6)
X = RNG.normal(size=(100, 4))
Y = np.column_stack([5e4 + 1e3 * X[:, 0], -3.0 + 0.01 * np.sin(X[:, 1])])
WEIGHTS = RNG.integers(0, 4, 100).astype(float)


def regressor(**parameters):
    settings = {"hidden_layer_sizes": (6,), "random_state": 0, "max_iter": 10, "batch_size": 32}
    return MLPRegressor(**settings | parameters)


def standardized(y, rows=slice(None), weights=None):
    weights = None if weights is None else weights[rows]
    mean = np.average(y[rows], axis=0, weights=weights)
    scale = np.sqrt(np.average((y[rows] - mean) ** 2, axis=0, weights=weights))
    return (y - mean) / scale, mean, scale


def check(estimator, u, mean, scale, weights=None, **parameters):
    """Whether a regressor without scale_target that is given u has the same training."""
    given = u[:, 0] if u.shape[1] == 1 else u
    expected = regressor(**parameters).fit(X, given, weights)
    np.testing.assert_allclose(estimator.target_mean_, mean, rtol=1e-12)
    np.testing.assert_allclose(estimator.target_scale_, scale, rtol=1e-10)
    for one, other in zip(estimator.coefs_, expected.coefs_, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-7, atol=1e-9)
    predicted = np.reshape(expected.predict(X), u.shape) * scale + mean
    np.testing.assert_allclose(np.reshape(estimator.predict(X), u.shape), predicted, rtol=1e-8)
    return expected


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["no weights", "weights"])
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_it_trains_on_standardized_columns(weights, solver):
    estimator = regressor(scale_target=True, solver=solver).fit(X, Y, weights)
    expected = check(estimator, *standardized(Y, weights=weights), weights, solver=solver)
    assert estimator.loss_ == pytest.approx(expected.loss_, rel=1e-8)  # in units of u


@pytest.mark.parametrize("loss", [("huber", 0.5), "absolute_error", ("quantile", 0.8)])
def test_any_loss_but_poisson_takes_it(loss):
    estimator = regressor(scale_target=True, loss=loss).fit(X, Y[:, 0])
    check(estimator, *standardized(Y[:, :1]), loss=loss)
    with pytest.raises(ValueError, match="does not go with loss='poisson'"):
        regressor(scale_target=True, loss="poisson").fit(X, Y)


def test_early_stopping_scales_by_the_rows_that_are_trained_on():
    estimator = regressor(scale_target=True, early_stopping=True).fit(X, Y[:, 0])
    state = np.random.RandomState(0)
    for shape in [(4, 6), 6, (6, 1), 1]:
        state.uniform(size=shape)
    training, held_out = train_test_split(np.arange(100), random_state=state, test_size=0.1)
    u, mean, scale = standardized(Y[:, :1], training)
    expected = check(estimator, u, mean, scale, early_stopping=True)
    np.testing.assert_allclose(estimator.validation_scores_, expected.validation_scores_, rtol=1e-6)
    score = estimator.score(X[held_out], Y[held_out, 0])
    assert score == pytest.approx(estimator.best_validation_score_, rel=1e-9)


def test_validation_data_are_in_the_units_of_y():
    u, _, _ = standardized(Y)
    data = (X[:30], Y[:30]), (X[:30], u[:30])
    estimator = regressor(scale_target=True).fit(X, Y, validation_data=data[0])
    expected = regressor().fit(X, u, validation_data=data[1])
    np.testing.assert_allclose(
        estimator.validation_loss_curve_, expected.validation_loss_curve_, rtol=1e-8
    )


def test_later_calls_keep_the_numbers_of_the_first():
    estimator = regressor(scale_target=True).partial_fit(X[:50], Y[:50])
    _, mean, scale = standardized(Y[:50])
    estimator.partial_fit(X[50:], Y[50:])
    estimator.set_params(warm_start=True, scale_target=False, max_iter=1).fit(X, Y)
    u = (Y - mean) / scale
    expected = regressor().partial_fit(X[:50], u[:50]).partial_fit(X[50:], u[50:])
    expected.set_params(warm_start=True, max_iter=1).fit(X, u)
    np.testing.assert_allclose(estimator.target_mean_, mean, rtol=1e-12)
    np.testing.assert_allclose(estimator.coefs_[0], expected.coefs_[0], rtol=1e-7, atol=1e-9)
    estimator.set_params(warm_start=False).fit(X, u)
    assert not hasattr(estimator, "target_mean_")


def test_a_constant_column_is_met():
    y = np.column_stack([Y[:, 0], np.full(100, 0.1)])
    estimator = regressor(scale_target=True, max_iter=300).fit(X, y)
    assert estimator.target_scale_[1] == 1.0
    assert np.abs(estimator.predict(X)[:, 1] - 0.1).max() < 0.5
    one = regressor(scale_target=True, batch_size=1).partial_fit(X[:1], Y[:1])
    assert one.target_scale_.tolist() == [1, 1]


def test_number_types_copies_and_shapes():
    single = regressor(scale_target=True).fit(X.astype(np.float32), Y[:, 0].astype(np.float32))
    assert single.predict(X.astype(np.float32)).dtype == np.float32
    assert single.predict(X[:3]).shape == (3,)
    estimator = regressor(scale_target=True).fit(X, Y)
    twin = pickle.loads(pickle.dumps(estimator))
    assert np.array_equal(twin.predict(X), estimator.predict(X))
    assert np.array_equal(twin.target_mean_, estimator.target_mean_)
    whole = regressor(scale_target=True).fit(X, np.arange(100))
    assert whole.target_mean_ == [49.5]


def test_numbers_too_large_are_refused():
    with pytest.raises(ValueError, match="divide y by a power of ten"):
        regressor(scale_target=True).fit(X, 1e300 * Y)
