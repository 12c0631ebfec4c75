"""transform: the activations of a hidden layer."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="scikit-learn is not installed")

from scipy.sparse import csr_matrix
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

from fastbp.sklearn import MLPClassifier, MLPRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

RNG = np.random.default_rng(5)
X = RNG.normal(size=(60, 4))
Y = RNG.integers(0, 3, 60)
METHODS = ("transform", "fit_transform", "get_feature_names_out", "set_output")


def classifier(**parameters):
    settings = {"hidden_layer_sizes": (7, 5, 6), "activation": "tanh", "max_iter": 3}
    return MLPClassifier(**settings | {"random_state": 0} | parameters)


def hidden(estimator, l):
    """a^(l) by the textbook."""
    a = X
    for w, b in list(zip(estimator.coefs_, estimator.intercepts_, strict=True))[:l]:
        a = np.tanh(a @ w + b)
    return a


@pytest.mark.parametrize(("layer", "l"), [(1, 1), (2, 2), (3, 3), (-1, 3), (-2, 2), (-3, 1)])
def test_it_gives_the_chosen_layer(layer, l):
    estimator = classifier(transform_layer=layer).fit(X, Y)
    a = estimator.transform(X)
    assert a.dtype == np.float64
    np.testing.assert_allclose(a, hidden(estimator, l), rtol=1e-13, atol=1e-15)


def test_layers_with_activations_and_dropout_of_their_own():
    settings = {"activation": ["relu", "gelu", "tanh"], "dropout": 0.5, "transform_layer": 1}
    estimator = classifier(**settings).fit(X, Y)
    expected = np.maximum(X @ estimator.coefs_[0] + estimator.intercepts_[0], 0)
    np.testing.assert_allclose(estimator.transform(X), expected, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("method", METHODS)
def test_there_is_none_without_a_layer(method):
    for estimator in (classifier(), MLPRegressor()):
        assert not hasattr(estimator, method)
        assert hasattr(estimator.set_params(transform_layer=-1), method)
    with pytest.raises(AttributeError, match=method):
        getattr(classifier(), method)


def test_it_follows_the_parameters_of_the_moment():
    estimator = classifier(transform_layer=-1).fit(X, Y)
    before = estimator.transform(X)
    estimator.partial_fit(X, Y)
    np.testing.assert_allclose(estimator.transform(X), hidden(estimator, 3), rtol=1e-13, atol=1e-15)
    assert not np.array_equal(estimator.transform(X), before)
    estimator.coefs_ = [2 * w for w in estimator.coefs_]
    np.testing.assert_allclose(estimator.transform(X), hidden(estimator, 3), rtol=1e-13, atol=1e-15)
    estimator.set_params(transform_layer=1)
    np.testing.assert_allclose(estimator.transform(X), hidden(estimator, 1), rtol=1e-13, atol=1e-15)


def test_copies_sparse_rows_and_float32():
    estimator = classifier(transform_layer=2).fit(X, Y)
    a = estimator.transform(X)
    assert np.array_equal(pickle.loads(pickle.dumps(estimator)).transform(X), a)
    np.testing.assert_allclose(estimator.transform(csr_matrix(X)), a, rtol=1e-12)
    single = classifier(transform_layer=2).fit(X.astype(np.float32), Y)
    assert single.transform(X.astype(np.float32)).dtype == np.float32
    with pytest.raises(NotFittedError):
        clone(estimator).transform(X)


def test_frames_and_names():
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    frame = pandas.DataFrame(X, columns=list("abcd"))
    estimator = classifier(transform_layer=2).set_output(transform="pandas")
    a = estimator.fit_transform(frame, Y)
    assert list(a.columns) == [f"mlpclassifier{j}" for j in range(5)]
    assert list(estimator.get_feature_names_out()) == list(a.columns)
    assert np.array_equal(a, estimator.set_output(transform="default").transform(frame))
    with pytest.raises(ValueError, match="feature names"):
        estimator.transform(frame[["b", "a", "c", "d"]])


def test_it_is_a_step_of_a_pipeline():
    learnt = classifier(transform_layer=-1, solver="lbfgs", max_iter=50)
    pipeline = make_pipeline(StandardScaler(), learnt, LogisticRegression()).fit(X, Y)
    assert pipeline[:-1].transform(X).shape == (60, 6)
    assert pipeline.score(X, Y) > 0.5
    union = FeatureUnion([("a", learnt), ("b", StandardScaler())]).fit(X, Y)
    assert union.transform(X).shape == (60, 10)


@pytest.mark.parametrize(
    ("cls", "n_more"), [(MLPClassifier, 6), (MLPRegressor, 6)], ids=["classifier", "regressor"]
)
@pytest.mark.slow
def test_scikit_learn_checks_it_as_a_transformer(cls, n_more):
    plain = check_estimator(cls(), on_skip=None)
    results = check_estimator(cls(transform_layer=-1), on_skip=None)
    assert len(results) == len(plain) + n_more
