"""Layers: activations of their own, biases of three kinds, and live views."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from drawn import BIASES, DTYPES, EVERY_HIDDEN
from small_tasks import curve_samples, regressor
from tolerances import assert_close, unit_roundoff

import fastbp
from fastbp import SGD, Activation, Adam, Network
from fastbp.errors import PerformanceWarning
from fastbp.model.activation_choice import formulas_of

pytestmark = pytest.mark.kernels


def test_each_hidden_layer_can_have_its_own_activation() -> None:
    names = list(EVERY_HIDDEN)
    net = Network([2, *[3] * len(names), 2], activation=names, dtype="float64", seed=0)
    a = x = np.array([[0.4, -0.7]])
    for w, b, name in zip(net.weights, net.biases, [*names, "sigmoid"], strict=True):
        a = formulas_of(name).g(a @ w.T + b)
    assert_close(net.predict(x), a)


@pytest.mark.parametrize("bias", BIASES)
def test_a_bias_is_trained_fixed_or_absent(bias: Any) -> None:
    X, y = curve_samples()
    net = regressor(bias=bias)
    for b in net.biases:
        b[...] = 0.5
    net.fit(X, y, epochs=1)
    assert [len(b) for b in net.biases] == ([0, 0] if bias is False else [6, 2])
    moved = [bool(np.any(b != 0.5)) for b in net.biases]
    assert moved == [bias is True] * 2
    assert len(net.parameters) == 24 + 12 + (0 if bias is False else 8)


def test_views_are_live_and_writable() -> None:
    net = regressor()
    net.weights[0][2, 1] = 7.0
    assert net.layer(1).w[2, 1] == 7.0
    net.layer(2).b[1] = -3.0
    assert net.biases[1][1] == -3.0
    assert net.parameters[2 * 4 + 1] == 7.0
    assert net.parameters[-1] == -3.0
    before = net.parameters
    before[:] = 0.0
    assert net.parameters.any(), "parameters is a copy"


def views_of(net: Network) -> list[Any]:
    return [
        *(net.weights[0], net.weights[-1], *net.weights[:], *net.weights),
        *(net.biases[0], net.biases[-1], *net.biases[:], *net.biases),
        *(net.layer(1).w, net.layer(1).b),
    ]


CALLS = {
    "trace": lambda net, X, y: [net.trace(X[0], y[0]).w[l].tolist() for l in (1, 2)],
    "explain": lambda net, X, y: str(fastbp.explain(net, X[0], y[0])),
    "copy": lambda net, X, y: net.copy().predict(X).tolist(),
    "pickle": lambda net, X, y: pickle.loads(pickle.dumps(net)).predict(X).tolist(),
    "parameters": lambda net, X, y: net.parameters.tolist(),
    "gradients": lambda net, X, y: [w.tolist() for w in net.gradients(X, y).weights],
    "layer": lambda net, X, y: (net.layer(1).w.tolist(), net.layer(1).b.tolist()),
    "views": lambda net, X, y: [array.tolist() for array in views_of(net)],
    "assignment": lambda net, X, y: (
        net.weights.__setitem__(0, np.ones((6, 4))),
        net.biases.__setitem__(0, np.ones(6)),
        net.predict(X).tolist(),
    ),
    "repr": lambda net, X, y: (repr(net), repr(net.weights), repr(net.biases)),
    "fit": lambda net, X, y: (net.fit(X, y, epochs=2).loss, net.parameters.tolist()),
}


@pytest.mark.filterwarnings("ignore:Setting the (shape|dtype):DeprecationWarning")
@pytest.mark.parametrize("call", CALLS)
def test_what_a_caller_sets_of_a_view_is_that_views_own(call: str) -> None:
    X, y = curve_samples()
    net = regressor()
    for view in views_of(net):
        view.dtype = np.int64
        view.flags.writeable = False
        if view.ndim == 1:
            view.shape = (1, *view.shape)
    assert CALLS[call](net, X, y) == CALLS[call](regressor(), X, y)


def custom_regressor(g: Any, derivative: Any, **options: Any) -> Any:
    with pytest.warns(PerformanceWarning, match="activation"):
        return regressor(activation=Activation(g, derivative), **options)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", EVERY_HIDDEN, ids=str)
def test_a_custom_activation_equals_the_built_in_one(name: Any, dtype: str) -> None:
    row, bound = formulas_of(name), 2e3 * unit_roundoff(dtype)
    X, y = (values.astype(dtype) for values in curve_samples())
    built_in = regressor(activation=name, dtype=dtype)
    custom = custom_regressor(row.g, row.derivative, dtype=dtype)
    custom.parameters = built_in.parameters
    assert_close(custom.predict(X), built_in.predict(X), bound)
    assert_close(custom.loss_value(X, y), built_in.loss_value(X, y), bound)
    actual, expected = custom.gradients(X, y), built_in.gradients(X, y)
    for l in range(2):
        assert_close(actual.weights[l], expected.weights[l], bound)
        assert_close(actual.biases[l], expected.biases[l], bound)
    settings: dict[str, Any] = {
        "epochs": 2,
        "batch_size": 7,
        "shuffle": False,
        "optimizer": SGD(0.005, momentum=0.5),
        "l2": 0.01,
    }
    histories = [net.fit(X, y, **settings) for net in (custom, built_in)]
    assert_close(histories[0].loss, histories[1].loss, 10 * bound)
    assert_close(custom.parameters, built_in.parameters, 10 * bound)


def test_a_network_with_an_activation_of_one_s_own_trains() -> None:
    X, y = curve_samples()
    net = custom_regressor(np.sin, np.cos)
    history = net.fit(X, y, epochs=20, optimizer=Adam(0.01))
    assert history.loss[-1] < history.loss[0]


def test_a_network_with_a_custom_activation_has_no_description() -> None:
    with pytest.raises(ValueError, match="activation"):
        custom_regressor(np.sin, np.cos)._model.config()


def test_a_function_that_writes_into_its_z_is_found_out() -> None:
    net = custom_regressor(lambda z: np.tanh(z, out=z), lambda z: 1 - np.tanh(z) ** 2)
    with pytest.raises(ValueError, match="read-only"):
        net.predict(np.ones((2, 4)))


def test_copies_of_a_network_with_its_own_activation_do_not_warn_again() -> None:
    net = custom_regressor(np.sin, np.cos)
    assert np.array_equal(net.copy().parameters, net.parameters)
