"""Attributes and parameters that a program sets itself after a fit, or in place of one."""

import json
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="scikit-learn is not installed")

import sklearn.neural_network as theirs

import fastbp.sklearn as ours

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 3))
CLASSES = X.argmax(axis=1)
PARAMETERS: dict[str, Any] = {"hidden_layer_sizes": (4,), "max_iter": 5, "random_state": 0}
pytestmark = pytest.mark.filterwarnings("ignore")  # of epochs that did not suffice
both = pytest.mark.parametrize("module", [theirs, ours], ids=["scikit-learn", "fastbp"])


def classifier(module: Any, y: Any = CLASSES, **parameters: Any) -> Any:
    return module.MLPClassifier(**{**PARAMETERS, **parameters}).fit(X, y)


@pytest.mark.parametrize("container", [list, tuple, "object"])
@pytest.mark.parametrize("y", [CLASSES, CLASSES > 0], ids=["three classes", "two classes"])
@both
def test_a_model_read_from_json_predicts(module: Any, y: Any, container: Any) -> None:
    fitted = classifier(module, y)
    text = json.dumps([[a.tolist() for a in fitted.coefs_ + fitted.intercepts_]])
    arrays = [np.array(a) for a in json.loads(text)[0]]
    model = module.MLPClassifier(**PARAMETERS)
    for name in ("n_layers_", "n_outputs_", "out_activation_", "_label_binarizer", "classes_"):
        setattr(model, name, getattr(fitted, name))
    for name, part in (("coefs_", arrays[:2]), ("intercepts_", arrays[2:])):
        if container == "object":
            value = np.empty(2, object)
            value[:] = part
        else:
            value = container(part)
        setattr(model, name, value)
    np.testing.assert_allclose(model.predict_proba(X), fitted.predict_proba(X), rtol=1e-12)
    np.testing.assert_array_equal(model.predict(X), fitted.predict(X))
    if y is not CLASSES:
        del model.classes_
        np.testing.assert_allclose(model.predict_proba(X), fitted.predict_proba(X), rtol=1e-12)
    with pytest.raises(ValueError, match="mismatch" if module is theirs else "does not fit"):
        model.predict(X[:, :2])


@both
def test_another_output_activation_gives_logits(module: Any) -> None:
    model = classifier(module)
    probabilities = model.predict_proba(X)
    model.out_activation_ = "identity"
    logits = np.exp(model.predict_proba(X))
    shares = logits / logits.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(shares, probabilities, rtol=1e-12)


@both
def test_another_loss_leaves_predictions(module: Any) -> None:
    model = module.MLPRegressor(**PARAMETERS).fit(X, X[:, 0])
    expected = model.predict(X)
    np.testing.assert_array_equal(model.set_params(loss="poisson").predict(X), expected)


@both
def test_classes_come_from_the_binarizer(module: Any) -> None:
    model = classifier(module)
    expected = model.predict(X)
    model.classes_ = np.array(["a", "b", "c"])
    np.testing.assert_array_equal(model.predict(X), expected)


@pytest.mark.parametrize("solver", ["sgd", "adam"])
@both
def test_a_warm_start_refuses_another_number_of_layers(module: Any, solver: str) -> None:
    model = classifier(module, warm_start=True, solver=solver)
    with pytest.raises((ValueError, TypeError, AttributeError)) as caught:
        model.set_params(hidden_layer_sizes=(4, 4)).fit(X, CLASSES)
    if module is ours:
        assert str(caught.value) == (
            "hidden_layer_sizes has 2 hidden layers now, and the estimator was fitted with 1: use "
            "warm_start=False, or a new estimator"
        )
