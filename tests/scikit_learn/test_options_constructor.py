"""The constructors: scikit-learn's parameters first, and what comes on top."""

from __future__ import annotations

import inspect
import pickle
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="scikit-learn is not installed")

import sklearn.neural_network as neural
from sklearn.base import clone
from sklearn.utils._param_validation import InvalidParameterError

import fastbp
from fastbp.schedules import Cosine
from fastbp.sklearn import MLPClassifier, MLPRegressor

PAIRS = [(MLPClassifier, neural.MLPClassifier), (MLPRegressor, neural.MLPRegressor)]
X = np.random.default_rng(0).normal(size=(30, 4))
Y = (X[:, 0] > 0).astype(int)

#: A value of each parameter on top, none of them the default.
VALUES: dict[str, Any] = {
    "class_weight": "balanced",
    "loss": "squared_error",
    "optimizer": fastbp.SGD(0.1, momentum=0.9),
    "schedule": Cosine(),
    "dropout": [0.1],
    "ema": 0.9,
    "validation_data": (X, Y),
    "callbacks": [print],
    "transform_layer": -1,
    "scale_target": True,
    "n_threads": 1,
}


def parameters(cls: type) -> dict[str, inspect.Parameter]:
    return dict(inspect.signature(cls).parameters)


def on_top(ours: type, theirs: type) -> list[str]:
    return [name for name in parameters(ours) if name not in parameters(theirs)]


@pytest.mark.parametrize(("ours", "theirs"), PAIRS)
def test_parameters_of_scikit_learn_come_first_in_its_order(ours, theirs):
    expected = parameters(theirs)
    found = {name: parameters(ours)[name] for name in expected}
    assert list(parameters(ours))[: len(expected)] == list(expected)
    for name, parameter in expected.items():
        assert (found[name].default, found[name].kind) == (parameter.default, parameter.kind), name


@pytest.mark.parametrize(("ours", "theirs"), PAIRS)
def test_parameters_on_top_are_keyword_only_and_off(ours, theirs):
    names = on_top(ours, theirs)
    of_other = {"scale_target"} if ours is MLPClassifier else {"loss", "class_weight"}
    assert set(names) == set(VALUES) - of_other
    assert all(parameters(ours)[name].kind is inspect.Parameter.KEYWORD_ONLY for name in names)
    defaults = {name: parameters(ours)[name].default for name in names}
    off = {"dropout": 0.0, "scale_target": False, "loss": "log_loss"}
    assert defaults == {name: off.get(name) for name in names}


@pytest.mark.parametrize(("ours", "theirs"), PAIRS)
def test_an_object_keeps_what_it_was_given(ours, theirs):
    values = {name: VALUES[name] for name in on_top(ours, theirs)}
    estimator = ours(**values)
    given = estimator.get_params()
    for name, value in values.items():
        assert given[name] is value
        assert f"{name}=" in repr(ours(**{name: value}))
    assert ours().set_params(**values).get_params() == given
    twin = clone(estimator).get_params()
    assert twin["optimizer"] == values["optimizer"]
    assert twin["schedule"] == values["schedule"]
    assert np.array_equal(twin["validation_data"][0], X)
    assert pickle.loads(pickle.dumps(estimator)).get_params()["dropout"] == [0.1]


@pytest.mark.parametrize(("ours", "theirs"), PAIRS)
def test_every_parameter_has_a_constraint_and_stands_in_the_docstring(ours, theirs):
    class BadType:
        """Neither a number nor anything else."""

    y = Y if ours is MLPClassifier else Y.astype(float)
    for name in parameters(ours):
        with pytest.raises(InvalidParameterError, match=f"The {name!r} parameter"):
            ours(**{name: BadType()}).fit(X, y)
        assert any(
            name in line.split(" : ")[0].split(", ")
            for line in map(str.strip, ours.__doc__.splitlines())
            if " : " in line
        ), name
    assert "{" not in ours.__doc__.replace('{"', "").replace("{class", "").replace("{array", "")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"activation": "softmax"}, "'activation'"),
        ({"activation": ["relu", "relu"]}, "one for each of the 1 hidden layers"),
        ({"activation": ("elu", -1.0)}, "elu"),
        ({"dropout": 1.0}, "'dropout'"),
        ({"dropout": [0.1, 0.1]}, "dropout"),
        ({"ema": 1.0}, "'ema'"),
        ({"n_threads": 0}, "'n_threads'"),
        ({"optimizer": "best"}, "'optimizer'"),
        ({"optimizer": fastbp.LBFGS()}, "use solver='lbfgs'"),
        ({"optimizer": "lbfgs"}, "use solver='lbfgs'"),
        ({"transform_layer": 0}, "hidden layer, 1 to 1"),
        ({"transform_layer": -2}, "hidden layer, 1 to 1"),
        ({"transform_layer": 1, "hidden_layer_sizes": ()}, "none here"),
    ],
)
def test_a_value_that_makes_no_sense_is_refused_by_fit(values, message):
    settings = {"hidden_layer_sizes": (3,)} | values
    with pytest.raises((ValueError, TypeError), match=message):
        MLPClassifier(**settings).fit(X, Y)
