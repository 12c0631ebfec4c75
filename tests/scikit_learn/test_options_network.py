"""activation, loss and dropout: fastbp's own, as a Network has them."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="scikit-learn is not installed")

from estimator_twins import SETTINGS, equal_parameters, twin

import fastbp
from fastbp import SGD, Adam
from fastbp.operations import BY_NODE, LOSSES
from fastbp.sklearn import MLPClassifier, MLPRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

RNG = np.random.default_rng(1)
X = RNG.normal(size=(90, 4))
Y = RNG.normal(size=(90, 2))
CLASSES = RNG.integers(0, 3, 90)
ADAM = Adam(0.001, eps_hat=True)
LOSSES_OF_NUMBERS = sorted(
    name
    for name, row in LOSSES.items()
    if "identity" in row.output_activations and name != "squared_error"
)


def square(a, y):
    return ((a - y) ** 2).sum(axis=1)


def slope(a, y):
    return 2 * (a - y)


def cube(z):
    return z**3 / 10


def slope_of_cube(z):
    return 0.3 * z**2


def fitted_twin(activation="relu", factors=None, *, dropout=0.0, loss="half_squared_error"):
    """A network that was trained on the two columns of Y."""
    net = twin(
        [4, 7, 5, 2],
        factors,
        activation=activation,
        output_activation="identity",
        loss=loss,
        dropout=dropout,
    )
    history = net.fit(X, Y, epochs=6, batch_size=20, shuffle=False, optimizer=ADAM)
    return net, np.array(history.loss)


@pytest.mark.parametrize("activation", BY_NODE)
def test_each_activation_is_that_of_a_network(activation):
    factors = [2.0, 2.0, 2.0] if activation == "sigmoid" else None
    net, _ = fitted_twin(activation, factors)
    estimator = MLPRegressor("squared_error", (7, 5), activation, **SETTINGS).fit(X, Y)
    assert equal_parameters(estimator, net)
    assert np.array_equal(estimator.predict(X), net.predict(X))


def test_a_list_has_an_activation_for_each_hidden_layer():
    layers = ["logistic", ("elu", 0.5)]
    net, _ = fitted_twin(["sigmoid", ("elu", 0.5)], [2.0, 6.0, 6.0])
    estimator = MLPRegressor("squared_error", (7, 5), layers, **SETTINGS).fit(X, Y)
    assert equal_parameters(estimator, net)


def test_the_output_layer_is_drawn_as_the_last_hidden_one():
    net, _ = fitted_twin(["tanh", "sigmoid"], [6.0, 2.0, 2.0])
    estimator = MLPRegressor("squared_error", (7, 5), ["tanh", "sigmoid"], **SETTINGS).fit(X, Y)
    assert equal_parameters(estimator, net)


def test_logistic_and_sigmoid_are_the_same():
    one, other = (
        MLPClassifier((6,), name, **SETTINGS).fit(X, CLASSES) for name in ("logistic", "sigmoid")
    )
    assert one.loss_curve_ == other.loss_curve_
    assert np.array_equal(one.coefs_[0], other.coefs_[0])


@pytest.mark.filterwarnings("ignore::fastbp.PerformanceWarning")
def test_an_activation_of_ones_own():
    own = fastbp.Activation(cube, slope_of_cube)
    net, _ = fitted_twin(own)
    estimator = MLPRegressor("squared_error", (7, 5), own, **SETTINGS).fit(X, Y)
    assert equal_parameters(estimator, net)


def test_squared_error_is_scikit_learns_half_mean_over_the_outputs():
    net, losses = fitted_twin()
    estimator = MLPRegressor("squared_error", (7, 5), **SETTINGS).fit(X, Y)
    assert equal_parameters(estimator, net)  # the gradient is that of the sum
    np.testing.assert_allclose(estimator.loss_curve_, losses / 2, rtol=1e-12)


@pytest.mark.parametrize("loss", [*LOSSES_OF_NUMBERS, ("huber", 0.5), ("quantile", 0.9)])
def test_each_loss_is_fastbps_in_steps_and_in_the_curve(loss):
    net, losses = fitted_twin(loss=loss)
    estimator = MLPRegressor(loss, (7, 5), **SETTINGS).fit(X, Y)
    assert equal_parameters(estimator, net)
    np.testing.assert_allclose(estimator.loss_curve_, losses, rtol=1e-12)


@pytest.mark.filterwarnings("ignore::fastbp.PerformanceWarning")
def test_a_loss_of_ones_own():
    own = fastbp.Loss(square, slope)
    net, losses = fitted_twin(loss=own)
    estimator = MLPRegressor(own, (7, 5), **SETTINGS).fit(X, Y)
    assert equal_parameters(estimator, net)
    np.testing.assert_allclose(estimator.loss_curve_, losses, rtol=1e-12)


@pytest.mark.parametrize("loss", ["squared_error", "binary_cross_entropy", ("huber", 0.3)])
def test_a_classifier_of_two_classes_takes_losses_of_a_sigmoid_output(loss):
    y = CLASSES > 0
    net = twin([4, 6, 1], output_activation="sigmoid", loss=loss)
    history = net.fit(
        X, y[:, None].astype(float), epochs=6, batch_size=20, shuffle=False, optimizer=ADAM
    )
    estimator = MLPClassifier((6,), loss=loss, **SETTINGS).fit(X, y)
    assert equal_parameters(estimator, net)
    np.testing.assert_allclose(estimator.loss_curve_, history.loss, rtol=1e-12)
    assert np.array_equal(estimator.predict(X), net.predict(X)[:, 0] > 0.5)


def test_log_loss_of_three_classes_is_cross_entropy():
    ours, theirs = (
        MLPClassifier((6,), loss=loss, **SETTINGS).fit(X, CLASSES)
        for loss in ("log_loss", "cross_entropy")
    )
    np.testing.assert_allclose(ours.loss_curve_, theirs.loss_curve_, rtol=1e-12)


@pytest.mark.parametrize("loss", ["squared_error", "poisson", "binary_cross_entropy"])
def test_a_loss_that_does_not_go_with_softmax_is_refused(loss):
    with pytest.raises(ValueError, match="loss"):
        MLPClassifier((6,), loss=loss).fit(X, CLASSES)


def test_lbfgs_minimizes_the_loss_that_it_is_given():
    settings = {"solver": "lbfgs", "alpha": 0.0, "random_state": 0, "max_iter": 60}
    huber = MLPRegressor(("huber", 0.5), (5,), "gelu", **settings).fit(X, Y)
    squared = MLPRegressor("half_squared_error", (5,), "gelu", **settings).fit(X, Y)

    def mean_huber(estimator):
        e = np.abs(estimator.predict(X) - Y)
        return np.where(e < 0.5, e**2 / 2, 0.5 * (e - 0.25)).sum(axis=1).mean()

    assert mean_huber(huber) == pytest.approx(huber.loss_, rel=1e-12)
    assert mean_huber(huber) < mean_huber(squared)


@pytest.mark.parametrize("dropout", [0.3, [0.0, 0.5]])
def test_dropout_drops_the_nodes_that_a_network_drops(dropout):
    net, losses = fitted_twin(dropout=dropout)
    estimator = MLPRegressor("squared_error", (7, 5), dropout=dropout, **SETTINGS).fit(X, Y)
    assert equal_parameters(estimator, net)
    np.testing.assert_allclose(estimator.loss_curve_, losses / 2, rtol=1e-12)
    assert np.array_equal(estimator.predict(X), net.predict(X))  # which uses every node


def test_fits_with_dropout_repeat_each_other():
    estimator = MLPClassifier((6,), dropout=0.4, random_state=0, max_iter=4)
    first = estimator.fit(X, CLASSES).coefs_[0].copy()
    assert np.array_equal(estimator.fit(X, CLASSES).coefs_[0], first)


def test_partial_fit_goes_on_with_its_memory_where_dropout_ends():
    estimator = MLPRegressor("half_squared_error", (7, 5), batch_size=45, random_state=0)
    estimator.set_params(dropout=0.4).partial_fit(X, Y)
    estimator.set_params(dropout=0.0).partial_fit(X, Y)
    state = estimator._engine.model.state
    assert state.steps == 4
    assert all(memory.any() for memory in state.current.memory)


def test_sgd_of_a_network_is_scikit_learns_solver():
    net = twin([4, 6, 2], output_activation="identity", loss="half_squared_error")
    net.fit(X, Y, epochs=6, batch_size=20, shuffle=False, optimizer=SGD(0.01, 0.9, nesterov=True))
    solver = {"solver": "sgd", "learning_rate_init": 0.01}
    assert equal_parameters(
        MLPRegressor("squared_error", (6,), **SETTINGS, **solver).fit(X, Y), net
    )
