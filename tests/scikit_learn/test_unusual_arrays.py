"""Arrays that scikit-learn takes and few programs have, against its own classes."""

from typing import Any

import numpy as np
import pytest
from array_layouts import ORDERS

pytest.importorskip("sklearn", reason="scikit-learn is not installed")

import sklearn.neural_network as theirs

import fastbp.sklearn as ours

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 3))
Y = X @ [1.0, -2.0, 0.5]
WEIGHTS = RNG.random(60)
unaligned = ORDERS["unaligned"]
pytestmark = pytest.mark.filterwarnings("ignore")  # of epochs that did not suffice


def regressor(module: Any, **parameters: Any) -> Any:
    return module.MLPRegressor(
        **{"hidden_layer_sizes": (4,), "max_iter": 5, "random_state": 0, **parameters}
    )


@pytest.mark.parametrize("parameters", [{}, {"solver": "lbfgs"}, {"early_stopping": True}])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_unaligned_numbers_are_read(dtype: Any, parameters: dict[str, Any]) -> None:
    data = [array.astype(dtype) for array in (X, Y, WEIGHTS)]
    aligned = regressor(ours, **parameters).fit(*data)
    model = regressor(ours, **parameters).fit(*map(unaligned, data))
    expected = aligned.predict(data[0])
    np.testing.assert_array_equal(model.predict(data[0]), expected)
    np.testing.assert_array_equal(model.predict(unaligned(data[0])), expected)
    np.testing.assert_array_equal(model.predict(unaligned(data[0][:1])), model.predict(data[0][:1]))


def test_fields_of_records_are_read() -> None:
    records = np.zeros(60, [("x", "f4", 3), ("kind", "u1"), ("y", "f8"), ("w", "f8")])
    records["x"], records["y"], records["w"] = X, Y, WEIGHTS
    fits = [
        regressor(module).fit(records["x"], records["y"], records["w"]) for module in (theirs, ours)
    ]
    np.testing.assert_allclose(*(fit.loss_curve_ for fit in fits), rtol=1e-5)


def test_long_doubles_are_predicted_from() -> None:
    model = regressor(ours).fit(X.astype(np.longdouble), Y)
    np.testing.assert_array_equal(model.predict(X.astype(np.longdouble)), model.predict(X))


@pytest.mark.parametrize("module", [theirs, ours], ids=["scikit-learn", "fastbp"])
@pytest.mark.parametrize("solver", ["sgd", "adam", "lbfgs"])
@pytest.mark.parametrize("y", [Y.astype(str), np.zeros(60, "M8[D]")], ids=["text", "dates"])
def test_targets_that_are_no_numbers_are_refused(y: Any, solver: str, module: Any) -> None:
    with pytest.raises(TypeError):
        regressor(module, solver=solver).fit(X, y)


@pytest.mark.parametrize("module", [theirs, ours], ids=["scikit-learn", "fastbp"])
def test_text_and_dates_are_not_predicted_from(module: Any) -> None:
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    model = regressor(module).fit(X, Y)
    words = pandas.DataFrame({name: pandas.Categorical(["x", "y"] * 30) for name in "abc"})
    for rows in (words, np.zeros((60, 3), "M8[D]")):
        with pytest.raises(TypeError):
            model.predict(rows)


def test_targets_that_are_bool_have_a_score_of_numbers() -> None:
    fits = [regressor(module, early_stopping=True).fit(X, Y > 0) for module in (theirs, ours)]
    assert fits[0].validation_scores_[0] < 0  # which no accuracy is
    np.testing.assert_allclose(*(fit.validation_scores_ for fit in fits), rtol=1e-9)
    np.testing.assert_allclose(*(fit.predict(X) for fit in fits), rtol=1e-9)


@pytest.mark.parametrize("module", [theirs, ours], ids=["scikit-learn", "fastbp"])
def test_true_is_one_epoch(module: Any) -> None:
    assert regressor(module, max_iter=True).fit(X, Y).n_iter_ == 1
