"""A network made of an estimator of scikit-learn predicts and trains on as that does."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from sklearn_cases import BOUNDS, KINDS, LAYERS, X, fitted, outputs_of
from tolerances import assert_close

from fastbp import LBFGS, SGD, Adam, Network
from fastbp.interchange import from_sklearn

ACTIVATIONS = ["identity", "logistic", "tanh", "relu"]


def needs_sklearn(test: Any) -> Any:
    try:
        import sklearn  # noqa: F401
    except ImportError:
        return pytest.mark.skip(reason="scikit-learn is not installed")(test)
    return test


def lookalike(**changes: Any) -> SimpleNamespace:
    """What a fitted estimator must have, and no more."""
    rng = np.random.default_rng(1)
    attributes = {
        "coefs_": [rng.normal(size=(4, 3)), rng.normal(size=(3, 2))],
        "intercepts_": [rng.normal(size=3), rng.normal(size=2)],
        "out_activation_": "identity",
        "activation": "tanh",
    }
    return SimpleNamespace(**(attributes | changes))


# ---------------------------------------------------------------- predictions


@needs_sklearn
@pytest.mark.parametrize(("hidden", "dtype"), LAYERS)
@pytest.mark.parametrize("kind", KINDS)
def test_the_network_predicts_as_the_estimator(kind: str, hidden: Any, dtype: str) -> None:
    estimator = fitted(kind, dtype=dtype, hidden_layer_sizes=hidden)
    net, rows = from_sklearn(estimator), X.astype(dtype)
    assert net.dtype == estimator.coefs_[0].dtype == dtype
    assert_close(net.predict(rows), outputs_of(estimator, rows), BOUNDS[dtype])
    for l in range(net.L):
        np.testing.assert_array_equal(net.weights[l], estimator.coefs_[l].T)
        np.testing.assert_array_equal(net.biases[l], estimator.intercepts_[l])
    if hasattr(estimator, "predict_proba"):
        expected = estimator.predict(rows)
        if expected.dtype.kind in "bi" and net.classes is not None:
            expected = expected.astype(str)
        np.testing.assert_array_equal(net.predict_classes(rows), expected)


@needs_sklearn
@pytest.mark.parametrize("solver", ["lbfgs", "sgd"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_and_solver_is_taken(activation: str, solver: str) -> None:
    estimator = fitted("multiclass", activation=activation, solver=solver)
    assert_close(from_sklearn(estimator).predict(X), outputs_of(estimator))


@needs_sklearn
@pytest.mark.parametrize("kind", KINDS)
def test_the_network_scores_as_the_estimator_and_survives_a_file(kind: str, tmp_path: Any) -> None:
    estimator, y = fitted(kind), KINDS[kind][1]
    net = from_sklearn(estimator)
    given = y.astype(str) if net.classes and y.dtype.kind in "bi" else y
    assert net.score(X, given) == pytest.approx(estimator.score(X, y), rel=1e-12)
    net.save(tmp_path / "net")
    loaded = Network.load(tmp_path / "net")
    assert loaded.score(X, given) == net.score(X, given)
    assert loaded.optimizer == net.optimizer
    assert pickle.loads(pickle.dumps(net)).classes == net.classes


def test_scikit_learn_is_not_needed_and_out_activation_decides() -> None:
    estimator = lookalike()
    (w1, w2), (b1, b2) = estimator.coefs_, estimator.intercepts_
    z = np.tanh(X @ w1 + b1) @ w2 + b2
    share = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    for out, expected in (
        ("identity", z),
        ("exp", np.exp(z)),
        ("logistic", 1 / (1 + np.exp(-z))),
        ("softmax", share),
    ):
        net = from_sklearn(lookalike(out_activation_=out))
        assert_close(net.predict(X), expected)
    assert from_sklearn(lookalike()).optimizer == Adam()


@pytest.mark.parametrize(
    ("out_activation", "loss", "expected"),
    [
        ("identity", "squared_error", "half_squared_error"),
        ("exp", "poisson", "poisson"),
        ("logistic", "log_loss", "binary_cross_entropy"),
        ("softmax", "log_loss", "cross_entropy"),
    ],
)
def test_the_loss_is_that_whose_gradient_scikit_learn_takes(
    out_activation: str, loss: str, expected: str
) -> None:
    net = from_sklearn(lookalike(out_activation_=out_activation, loss=loss))
    assert net.loss == expected
    # a - y at the outputs, in all four.
    y = np.eye(2)[[0, 1]]
    assert_close(net.gradients(X[:2], y).biases[1], (net.predict(X[:2]) - y).mean(axis=0))


def test_words_of_fastbp_are_taken_too() -> None:
    net = from_sklearn(lookalike(activation=["gelu"], loss="huber"))
    assert net.activations == ("gelu", "identity")
    assert net.loss == "huber"


# ---------------------------------------------------------------- what data taught


@needs_sklearn
@pytest.mark.parametrize(
    ("kind", "classes"),
    [
        ("binary", None),
        ("multiclass", None),
        ("multilabel", None),
        ("numbers", None),
        ("binary strings", ("no", "yes")),
        ("objects", ("a", "bb", "c")),
        ("bools", ("False", "True")),
        ("integers", ("-3", "9", "10")),
    ],
)
def test_classes_become_names_but_for_those_that_count_from_0(kind: str, classes: Any) -> None:
    net = from_sklearn(fitted(kind))
    assert net.classes == classes
    assert all(type(name) is str for name in net.classes or ())


@needs_sklearn
def test_column_names_are_kept_and_checked() -> None:
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    frame = pandas.DataFrame(X, columns=["a", "b", "c", "d"])
    estimator = fitted("numbers", X=frame)
    net = from_sklearn(estimator)
    assert net.feature_names == ("a", "b", "c", "d")
    assert_close(net.predict(frame)[:, 0], estimator.predict(frame))
    with pytest.raises(ValueError, match="another order"):
        net.predict(frame[["b", "a", "c", "d"]])


@needs_sklearn
def test_an_integer_seed_makes_two_networks_alike_and_the_estimator_is_left_alone() -> None:
    estimator = fitted("multiclass")
    before = copy.deepcopy(vars(estimator))
    nets = [from_sklearn(estimator) for _ in range(2)]
    for net in nets:
        net.fit(X, KINDS["multiclass"][1], epochs=2)
    np.testing.assert_array_equal(nets[0].parameters, nets[1].parameters)
    for name in ("coefs_", "intercepts_"):
        for array, old in zip(getattr(estimator, name), before[name], strict=True):
            np.testing.assert_array_equal(array, old)


# ---------------------------------------------------------------- training on


@needs_sklearn
@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, Adam(eps_hat=True)),
        ({"beta_1": 0.5, "beta_2": 0.9, "epsilon": 1e-3, "learning_rate_init": 0.01},
         Adam(0.01, 0.5, beta2=0.9, eps=1e-3, eps_hat=True)),
        ({"solver": "sgd"}, SGD(0.001, 0.9, nesterov=True)),
        ({"solver": "sgd", "momentum": 0.0, "learning_rate_init": 0.1}, SGD(0.1)),
        ({"solver": "sgd", "nesterovs_momentum": False}, SGD(0.001, 0.9)),
        # 60 samples in each of 5 epochs.
        ({"solver": "sgd", "learning_rate": "invscaling"},
         SGD(0.001 / 301**0.5, 0.9, nesterov=True)),
        ({"solver": "lbfgs", "tol": 1e-3}, LBFGS(gtol=1e-3)),
    ],
)  # fmt: skip
def test_the_optimizer_is_the_solver(parameters: dict[str, Any], expected: Any) -> None:
    assert from_sklearn(fitted("multiclass", **parameters)).optimizer == expected


@needs_sklearn
@pytest.mark.parametrize("kind", ["multiclass", "binary", "multilabel", "two outputs", "poisson"])
@pytest.mark.parametrize(
    "parameters",
    [
        {"solver": "sgd", "learning_rate_init": 0.02},
        {"solver": "sgd", "learning_rate_init": 0.02, "nesterovs_momentum": False},
        # Large enough to tell the two forms of Adam apart.
        {"solver": "adam", "learning_rate_init": 0.02, "epsilon": 1e-3},
    ],
    ids=["nesterov", "momentum", "adam"],
)
def test_training_goes_on_step_for_step(kind: str, parameters: dict[str, Any]) -> None:
    """Velocities, moments and the count of steps are the estimator's."""
    estimator = fitted(
        kind, activation="tanh", batch_size=20, shuffle=False, alpha=0.1, **parameters
    )
    net, y = from_sklearn(estimator), KINDS[kind][1]
    assert net._model.state.epochs == 5
    for _ in range(3):
        estimator.partial_fit(X, y)
        net.partial_fit(X, y, batch_size=20, l2=0.1 / 20)
    for l in range(net.L):
        # 9 steps, each as exact as a gradient, and a step of Adam is a quotient of two of those.
        assert_close(net.weights[l], estimator.coefs_[l].T, 1e-10)


@needs_sklearn
def test_moments_of_other_weights_are_left_out() -> None:
    """Early stopping brings the best weights back, but not their moments."""
    net = from_sklearn(fitted("multiclass", early_stopping=True, validation_fraction=0.3))
    assert net._model.state.steps == 0
    assert net._model.state.current.memory == ()


# ---------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"activation": "swish"}, "activation must be one of .*'swish'"),
        ({"out_activation_": "swish"}, "output_activation must be one of .*'swish'"),
        ({"loss": "poisson"}, "'poisson' does not go with output_activation='identity'"),
        ({"coefs_": []}, "coefs_ and estimator.intercepts_ must fit together"),
        ({"coefs_": [np.ones((4, 3)), np.ones((4, 2))]}, "must fit together.*shapes"),
        ({"intercepts_": [np.ones(3)]}, "must fit together"),
        ({"intercepts_": [np.ones(3), np.array([1, np.nan])]}, r"intercepts_\[1\] must be finite"),
        ({"coefs_": [np.ones((4, 3)), np.full((3, 2), np.inf)]}, r"coefs_\[1\] must be finite"),
        ({"coefs_": [np.ones((4, 3)), np.ones((3, 2), complex)]}, "float32 or float64.*complex"),
        ({"solver": "newton"}, "solver must be one of 'sgd', 'adam', 'lbfgs'.*'newton'"),
        ({"solver": "sgd"}, "estimator.solver='sgd' has no counterpart"),
        ({"out_activation_": "softmax", "classes_": [1, 2, 3]}, "classes_ must be 2 classes"),
    ],
)
def test_what_cannot_be_converted_is_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        from_sklearn(lookalike(**changes))


@needs_sklearn
def test_what_is_not_fitted_is_named_and_the_remedy_helps() -> None:
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline

    message = r"fitted MLPClassifier or MLPRegressor, got {} without coefs_.*fit\(X, y\)"
    with pytest.raises(ValueError, match=message.format("MLPClassifier")):
        from_sklearn(MLPClassifier())
    with pytest.raises(TypeError, match=message.format("the class MLPClassifier")):
        from_sklearn(MLPClassifier)
    pipeline = make_pipeline(fitted("multiclass"))
    with pytest.raises(ValueError, match=message.format("Pipeline") + r".*pipeline\[-1\]"):
        from_sklearn(pipeline)
    assert from_sklearn(pipeline[-1]).sizes == (4, 6, 3, 3)


@needs_sklearn
def test_a_single_class_is_refused() -> None:
    from sklearn.neural_network import MLPClassifier

    estimator = MLPClassifier(solver="lbfgs").fit(X, np.zeros(len(X)))
    with pytest.raises(ValueError, match=r"got \[0.0\], a single class"):
        from_sklearn(estimator)


@needs_sklearn
def test_numbers_that_an_optimizer_does_not_take_have_a_remedy() -> None:
    estimator = fitted("multiclass", epsilon=1e-300)
    with pytest.raises(ValueError, match=r"solver='adam' .*eps must be .*set_params"):
        from_sklearn(estimator)
    from_sklearn(estimator.set_params(epsilon=1e-8))


def test_fastbp_imports_neither_the_package_nor_scikit_learn() -> None:
    code = (
        "import sys, fastbp\n"
        "assert 'fastbp.interchange' not in sys.modules\n"
        "fastbp.interchange\n"
        "assert 'fastbp.interchange.scikit_learn' not in sys.modules\n"
        "fastbp.interchange.from_sklearn\n"
        "assert 'sklearn' not in sys.modules\n"
        "assert set(fastbp.interchange.__all__) <= set(dir(fastbp.interchange))"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    with pytest.raises(ImportError, match="from_nothing"):
        from fastbp.interchange import from_nothing  # noqa: F401
