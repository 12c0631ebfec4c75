"""An estimator of scikit-learn made of a network is a fitted one, whatever is done with it."""

from __future__ import annotations

import pickle
import sys
from itertools import product
from typing import Any

import numpy as np
import pytest
from sklearn_cases import BOUNDS, KINDS, LAYERS, X, fitted, outputs_of, quietly
from tolerances import assert_close

from fastbp import LBFGS, SGD, Adam, AdamW, Network, RMSprop
from fastbp.interchange import from_sklearn, to_sklearn

neural = pytest.importorskip("sklearn.neural_network", reason="scikit-learn is not installed")
from sklearn.base import clone  # noqa: E402 - after the check that it is there
from sklearn.utils.validation import check_is_fitted  # noqa: E402

#: The five combinations -> output and loss, targets, what the network becomes.
COMBINATIONS: dict[str, tuple[dict[str, str], Any, str]] = {
    "numbers": (
        {"output_activation": "identity", "loss": "half_squared_error"},
        X[:, :2],
        "MLPRegressor",
    ),
    "counts": (
        {"output_activation": "exp", "loss": "poisson"},
        np.floor(np.exp(X[:, 0])),
        "MLPRegressor",
    ),
    "binary": (
        {"output_activation": "sigmoid", "loss": "binary_cross_entropy"},
        (X[:, 0] > 0).astype(float),
        "MLPClassifier",
    ),
    "multilabel": (
        {"output_activation": "sigmoid", "loss": "binary_cross_entropy"},
        (X[:, :3] > 0).astype(float),
        "MLPClassifier",
    ),
    "classes": (
        {"output_activation": "softmax", "loss": "cross_entropy"},
        np.digitize(X[:, 0], [-0.5, 0.5]),
        "MLPClassifier",
    ),
}


def trained(combination: str, *, hidden: Any = (5, 3), optimizer: Any = None, **kwargs: Any) -> Any:
    pair, y, _ = COMBINATIONS[combination]
    n_L = 3 if combination == "classes" else y[0].size
    arguments = {"activation": "tanh", "dtype": "float64", "seed": 0, **pair} | kwargs
    net = Network([4, *hidden, n_L], **arguments)
    net.fit(X, y, epochs=4, optimizer=optimizer)
    return net


# ---------------------------------------------------------------- predictions and use


@pytest.mark.parametrize("combination", COMBINATIONS)
def test_the_estimator_predicts_scores_and_trains_on_as_scikit_learn_has_it(
    combination: str,
) -> None:
    net, (_, y, name) = trained(combination), COMBINATIONS[combination]
    estimator = to_sklearn(net)
    assert type(estimator) is getattr(neural, name)
    check_is_fitted(estimator)
    assert repr(estimator).startswith(f"{name}(activation='tanh', hidden_layer_sizes=(5, 3)")
    assert "tanh" in estimator._repr_html_()
    assert_close(outputs_of(estimator), net.predict(X))
    assert estimator.score(X, y) == pytest.approx(net.score(X, y), rel=1e-12)
    if name == "MLPClassifier":
        predicted = estimator.predict(X)
        np.testing.assert_array_equal(predicted, net.predict_classes(X))
        assert_close(np.exp(estimator.predict_log_proba(X)), estimator.predict_proba(X))
    again = pickle.loads(pickle.dumps(estimator))
    np.testing.assert_array_equal(again.predict(X), estimator.predict(X))
    assert not hasattr(clone(estimator), "coefs_")
    before = estimator.score(X, y)
    estimator.set_params(learning_rate_init=0.02, batch_size=10)
    for _ in range(40):
        estimator.partial_fit(X, y)
    assert estimator.score(X, y) > before
    quietly(estimator.set_params(warm_start=True, max_iter=2).fit, X, y)
    quietly(estimator.set_params(solver="lbfgs").fit, X, y)
    quietly(clone(estimator).fit, X, y)


def fitted_names(estimator: Any) -> set[str]:
    return {name for name in vars(estimator) if name.endswith("_") or name.startswith("_")}


@pytest.mark.parametrize("combination", COMBINATIONS)
def test_it_has_the_attributes_that_fit_leaves(combination: str) -> None:
    _, y, name = COMBINATIONS[combination]
    theirs = quietly(getattr(neural, name)(max_iter=2, early_stopping=False).fit, X, y)
    ours = to_sklearn(trained(combination, optimizer=SGD(0.1, 0.9)))
    # The generator is made anew by each call that draws.
    assert fitted_names(theirs) - {"_random_state"} == fitted_names(ours)
    for attribute in ("n_layers_", "n_features_in_", "n_iter_", "t_", "loss_", "n_outputs_"):
        assert np.isscalar(getattr(ours, attribute)), attribute
    assert ours.n_iter_ == 4
    assert [w.shape for w in ours.coefs_] == [(4, 5), (5, 3), (3, ours.n_outputs_)]
    assert all(w.flags.c_contiguous and w.flags.writeable for w in ours.coefs_)


@pytest.mark.parametrize("bias", [False, "fixed"])
def test_biases_are_values_whatever_training_does_with_them(bias: Any) -> None:
    net = trained("classes", bias=bias, initializer="normal", optimizer=SGD(0.1, 0.9))
    estimator = to_sklearn(net)
    assert_close(estimator.predict_proba(X), net.predict(X))
    assert [b.shape for b in estimator.intercepts_] == [(5,), (3,), (3,)]
    estimator.partial_fit(X, COMBINATIONS["classes"][1])


@pytest.mark.parametrize(
    ("activation", "hidden"),
    [*product(["identity", "sigmoid", "tanh", "relu"], [(4,)]), ("gelu", ())],
)
def test_every_hidden_activation_and_none(activation: str, hidden: Any) -> None:
    net = trained("classes", activation=activation, hidden=hidden, dropout=0.5 * bool(hidden))
    assert_close(to_sklearn(net).predict_proba(X), net.predict(X))


def test_a_copy_is_made_and_the_network_left_alone() -> None:
    net = trained("classes", optimizer=Adam())
    before = pickle.dumps(net._model.state)
    estimator = to_sklearn(net)
    estimator.partial_fit(X, COMBINATIONS["classes"][1])
    assert pickle.dumps(net._model.state) == before
    net.weights[0][...] = 0
    assert np.abs(estimator.coefs_[0]).min() > 0


def test_the_average_is_converted_where_the_network_has_one() -> None:
    net = trained("classes", optimizer=SGD(0.1, ema=0.9))
    estimator = to_sklearn(net, like=neural.MLPClassifier())
    assert_close(estimator.predict_proba(X), net.predict(X))


# ---------------------------------------------------------------- classes and columns


def test_class_names_and_column_names_are_kept() -> None:
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    frame = pandas.DataFrame(X, columns=["a", "b", "c", "d"])
    y = np.array(["low", "mid", "top"])[COMBINATIONS["classes"][1]]
    pair = COMBINATIONS["classes"][0]
    net = Network([4, 3], dtype="float64", **pair)
    net.fit(frame, y, epochs=3)
    estimator = to_sklearn(net)
    assert estimator.classes_.tolist() == ["low", "mid", "top"]
    np.testing.assert_array_equal(estimator.predict(frame), net.predict_classes(frame))
    assert list(estimator.feature_names_in_) == ["a", "b", "c", "d"]
    with pytest.raises(ValueError, match="feature names"):
        estimator.predict(frame[["b", "a", "c", "d"]])


@pytest.mark.parametrize("names", [("yes", "no"), ("no", "yes")])
def test_two_classes_in_any_order(names: tuple[str, str]) -> None:
    net = trained("binary")
    net.classes = names
    estimator, y = to_sklearn(net), np.array(names)[COMBINATIONS["binary"][1].astype(int)]
    assert estimator.classes_.tolist() == ["no", "yes"]
    np.testing.assert_array_equal(estimator.predict(X), net.predict_classes(X))
    column = names.index("yes")
    assert_close(estimator.predict_proba(X)[:, 1], np.abs(1 - column - net.predict(X)[:, 0]))
    before = estimator.score(X, y)
    for _ in range(40):
        estimator.set_params(batch_size=5).partial_fit(X, y)
    assert estimator.score(X, y) > max(before, 0.8)


def test_classes_are_sorted_and_the_outputs_with_them() -> None:
    """Scorers of scikit-learn take the order for granted."""
    from sklearn.metrics import get_scorer

    net, labels = trained("classes"), COMBINATIONS["classes"][1]
    net.classes = ("top", "low", "mid")
    estimator, y = to_sklearn(net), np.array(net.classes)[labels]
    assert estimator.classes_.tolist() == ["low", "mid", "top"]
    assert_close(estimator.predict_proba(X), net.predict(X)[:, [1, 2, 0]])
    np.testing.assert_array_equal(estimator.predict(X), net.predict_classes(X))
    assert -get_scorer("neg_log_loss")(estimator, X, y) == pytest.approx(net.loss_value(X, y))


def test_softmax_of_two_classes_becomes_one_logistic_output() -> None:
    pair = COMBINATIONS["classes"][0]
    net, y = Network([4, 5, 2], "relu", dtype="float64", seed=1, **pair), (X[:, 0] > 0).astype(int)
    net.fit(X, y, epochs=3)
    for names in (None, ("yes", "no")):
        net.classes = names
        estimator = to_sklearn(net)
        assert estimator.n_outputs_ == 1
        np.testing.assert_array_equal(estimator.predict(X), net.predict_classes(X))
        columns = slice(None) if names is None else [1, 0]
        assert_close(estimator.predict_proba(X), net.predict(X)[:, columns])
        estimator.partial_fit(X, y if names is None else np.array(names)[y])


# ---------------------------------------------------------------- training on


@pytest.mark.parametrize(
    ("optimizer", "parameters"),
    [
        (
            SGD(0.05, 0.8),
            {
                "solver": "sgd",
                "learning_rate_init": 0.05,
                "momentum": 0.8,
                "nesterovs_momentum": False,
            },
        ),
        (SGD(0.05), {"solver": "sgd", "momentum": 0.0}),
        (SGD(0.05, 0.8, nesterov=True), {"solver": "sgd", "nesterovs_momentum": True}),
        (Adam(0.02, 0.8, beta2=0.99, eps=1e-30), {"beta_1": 0.8, "beta_2": 0.99, "epsilon": 1e-30}),
    ],
)
@pytest.mark.parametrize("combination", COMBINATIONS)
def test_the_solver_goes_on_step_for_step(
    combination: str, optimizer: Any, parameters: dict[str, Any]
) -> None:
    net, y = trained(combination, optimizer=optimizer), COMBINATIONS[combination][1]
    estimator = to_sklearn(net)
    assert parameters.items() <= estimator.get_params().items()
    estimator.set_params(shuffle=False, batch_size=20, alpha=0.1)
    for _ in range(3):
        estimator.partial_fit(X, y)
        net.partial_fit(X, y, batch_size=20, l2=0.1 / 20)
    for l in range(net.L):
        # 9 steps, each as exact as a gradient, and a step of Adam is a quotient of two of those.
        assert_close(estimator.coefs_[l].T, net.weights[l], 1e-10)


def test_parameters_of_like_decide_and_its_own_form_of_the_widths_stays() -> None:
    net = trained("classes", hidden=(5,), optimizer=RMSprop())
    like = neural.MLPClassifier(5, "relu", alpha=0.5, solver="sgd", random_state=4)
    estimator = to_sklearn(net, like=like)
    expected = like.get_params() | {"activation": "tanh"}
    assert estimator.get_params() == expected
    assert not hasattr(estimator, "_optimizer")
    assert not hasattr(like, "coefs_")
    assert to_sklearn(net, like).hidden_layer_sizes == 5


def test_like_may_have_numbers_that_fastbp_does_not_take() -> None:
    net = trained("classes", optimizer=Adam())
    estimator = to_sklearn(net, like=neural.MLPClassifier(epsilon=1e-300))
    assert estimator.epsilon == 1e-300
    estimator.partial_fit(X, COMBINATIONS["classes"][1])


def test_a_subclass_can_be_asked_for() -> None:
    class Mine(neural.MLPClassifier):  # type: ignore[misc, name-defined]
        pass

    net = trained("classes", optimizer=SGD(0.1))
    assert type(to_sklearn(net, Mine)) is Mine
    estimator = to_sklearn(net, Mine(early_stopping=True, warm_start=True, max_iter=3))
    assert estimator.validation_scores_ == []
    quietly(estimator.fit, X, COMBINATIONS["classes"][1])
    assert len(estimator.validation_scores_) == 3


def test_lbfgs_is_a_solver_too() -> None:
    net, y = trained("classes", optimizer=LBFGS(gtol=1e-3)), COMBINATIONS["classes"][1]
    estimator = to_sklearn(net)
    assert (estimator.solver, estimator.tol) == ("lbfgs", 1e-3)
    quietly(estimator.set_params(warm_start=True, max_iter=5).fit, X, y)


# ---------------------------------------------------------------- round trips


@pytest.mark.parametrize(("hidden", "dtype"), LAYERS)
@pytest.mark.parametrize("kind", KINDS)
def test_an_estimator_comes_back_the_same(kind: str, hidden: Any, dtype: str) -> None:
    estimator, y = fitted(kind, dtype=dtype, hidden_layer_sizes=hidden, alpha=0.01), KINDS[kind][1]
    rows, bound = X.astype(dtype), BOUNDS[dtype]
    back = to_sklearn(from_sklearn(estimator), like=estimator)
    assert back.get_params() == estimator.get_params()
    for name in ("coefs_", "intercepts_"):
        for array, old in zip(getattr(back, name), getattr(estimator, name), strict=True):
            np.testing.assert_array_equal(array, old)
            assert array.dtype == old.dtype == dtype
    for name in ("n_layers_", "n_outputs_", "out_activation_", "n_features_in_", "n_iter_"):
        assert getattr(back, name) == getattr(estimator, name)
    # Its products depend on where the arrays lie in memory.
    assert_close(outputs_of(back, rows), outputs_of(estimator, rows), bound)
    if hasattr(estimator, "classes_"):
        np.testing.assert_array_equal(back.classes_, estimator.classes_)
        assert back.classes_.dtype == estimator.classes_.dtype
        np.testing.assert_array_equal(back.predict(rows), estimator.predict(rows))
    back.partial_fit(rows, y)
    estimator.partial_fit(rows, y)  # the same step, with the same moments
    for array, old in zip(back.coefs_, estimator.coefs_, strict=True):
        assert_close(array, old, bound)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("combination", COMBINATIONS)
def test_a_network_comes_back_the_same(combination: str, dtype: str, bias: bool) -> None:
    net = trained(combination, dtype=dtype, bias=bias, optimizer=SGD(0.1, 0.9))
    back = from_sklearn(to_sklearn(net))
    assert (back.sizes, back.activations, back.loss) == (net.sizes, net.activations, net.loss)
    assert (back.classes, back.dtype, back.optimizer) == (net.classes, net.dtype, net.optimizer)
    for l in range(net.L):
        np.testing.assert_array_equal(back.weights[l], net.weights[l])
    np.testing.assert_array_equal(back.predict(X), net.predict(X))
    if combination not in ("numbers", "counts"):
        np.testing.assert_array_equal(back.predict_classes(X), net.predict_classes(X))


# ---------------------------------------------------------------- errors


def architecture(**changes: Any) -> Network:
    return Network([4, 3, 3, 2], **(COMBINATIONS["numbers"][0] | {"activation": "relu"} | changes))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"activation": "gelu"}, "activation must be one of 'identity', 'sigmoid', .*'gelu'"),
        ({"activation": ["relu", "tanh"]}, "in all hidden layers alike.*'relu', 'tanh'"),
        ({"activation": ("leaky_relu", 0.2)}, r"activation must be one of .*leaky_relu\(0.2\)"),
        ({"loss": "squared_error"}, "output_activation='identity' with loss='squared_error' has"),
        ({"output_activation": "tanh"}, "output_activation='tanh' with"),
        ({"loss": ("huber", 2.0)}, "loss='huber'"),
        ({"compute": "bfloat16"}, "compute must be None, got 'bfloat16'"),
    ],
)
def test_what_has_no_words_in_scikit_learn_is_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        to_sklearn(architecture(**changes))


@pytest.mark.filterwarnings("ignore::fastbp.PerformanceWarning")
def test_parts_of_ones_own_are_named() -> None:
    from fastbp import Activation, Loss

    sine = Activation(np.sin, np.cos)
    with pytest.raises(ValueError, match=r"activation must be one of .*custom"):
        to_sklearn(architecture(activation=sine))
    own = Loss(lambda a, y: ((a - y) ** 2).sum(axis=1), lambda a, y: 2 * (a - y))
    with pytest.raises(ValueError, match="loss='custom' has no counterpart"):
        to_sklearn(architecture(loss=own))


def test_the_remedy_for_a_loss_and_for_bfloat16_helps() -> None:
    for changes in ({"loss": "squared_error"}, {"compute": "bfloat16"}):
        net, twin = architecture(seed=1, **changes), architecture(seed=2)
        twin.parameters = net.parameters
        assert_close(to_sklearn(twin).predict(X), twin.predict(X), 1e-5)


@pytest.mark.parametrize(
    "optimizer", [RMSprop(), AdamW(), Adam(clip_norm=1.0), LBFGS(history_size=3)]
)
def test_the_remedy_for_an_optimizer_helps(optimizer: Any) -> None:
    net = architecture()
    net.optimizer = optimizer
    with pytest.raises(
        ValueError, match=r"net.optimizer must be .*like=MLPRegressor\(solver='adam'"
    ):
        to_sklearn(net)
    to_sklearn(net, like=neural.MLPRegressor(solver="adam"))


def test_sigmoid_outputs_that_mean_something_else_are_named() -> None:
    pair = COMBINATIONS["multilabel"][0]
    net = Network([4, 3], **pair)
    net.fit(X, COMBINATIONS["classes"][1], epochs=1)
    with pytest.raises(ValueError, match=r"sigmoid outputs for classes, .*softmax"):
        to_sklearn(net)
    net = Network([4, 1], **pair)
    net.fit(X, np.linspace(0, 1, len(X)), epochs=1)
    with pytest.raises(ValueError, match="fitted on numbers between 0 and 1"):
        to_sklearn(net)
    twin = Network([4, 1], **pair)
    twin.parameters = net.parameters
    assert_close(to_sklearn(twin).predict_proba(X)[:, 1:], net.predict(X), 1e-5)
    net = trained("multilabel")
    net.classes = ["a", "b", "c"]
    with pytest.raises(ValueError, match=r"net.classes must be None"):
        to_sklearn(net)


def test_other_objects_are_named() -> None:
    net = architecture()
    with pytest.raises(TypeError, match=r"net must be a fastbp.Network, got str"):
        to_sklearn("net")
    for like in ("MLPRegressor", dict, neural.BernoulliRBM()):
        with pytest.raises(TypeError, match=r"like must be None, or MLPClassifier"):
            to_sklearn(net, like)
    with pytest.raises(ValueError, match=r"like must be a MLPRegressor .*got MLPClassifier"):
        to_sklearn(net, neural.MLPClassifier)
    net.weights[0][0, 0] = np.nan
    with pytest.raises(ValueError, match="finite parameters"):
        to_sklearn(net)


def test_the_extra_is_named_where_scikit_learn_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("sklearn.base", "sklearn.neural_network"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError, match=r'pip install "fastbp\[sklearn\]"'):
        to_sklearn(architecture())
