"""Networks between scikit-learn's estimators and those of fastbp.sklearn: training goes on."""

import warnings

import numpy as np
import pytest

pytest.importorskip("sklearn")

import sklearn.neural_network as theirs
from sklearn.datasets import load_iris

import fastbp.sklearn as ours
from fastbp.interchange import from_sklearn, to_sklearn

X, Y = load_iris(return_X_y=True)


def fitted(module, solver):
    settings = {
        "hidden_layer_sizes": (8,), "solver": solver, "random_state": 0, "max_iter": 20,
        "shuffle": False, "batch_size": 150,
    }  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that 20 epochs are few
        return module.MLPClassifier(**settings).fit(X, Y)


@pytest.mark.parametrize("solver", ["adam", "sgd"])
@pytest.mark.parametrize("to", [theirs, ours], ids=["to theirs", "to ours"])
@pytest.mark.parametrize("of", [theirs, ours], ids=["of theirs", "of ours"])
def test_a_converted_estimator_makes_the_same_next_steps(of, to, solver):
    estimator = fitted(of, solver)
    converted = to_sklearn(from_sklearn(estimator), like=fitted(to, solver))
    assert isinstance(converted, to.MLPClassifier)
    for _ in range(3):
        estimator.partial_fit(X, Y)
        converted.partial_fit(X, Y)
    # Sums in another order, three steps of them.
    np.testing.assert_allclose(
        converted.predict_proba(X), estimator.predict_proba(X), rtol=1e-12, atol=0
    )
