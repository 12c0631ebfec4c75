"""Rows 33 to 36: NaN and infinity in data, in weights, and in what training makes of them."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import pytest
from drawn import EVERY_HIDDEN
from ways_in import WITH_Y, bits, network, samples

import fastbp
from fastbp.errors import DivergenceError
from fastbp.model.activation_choice import formulas_of

pytestmark = pytest.mark.kernels

X, Y = samples()
DTYPES = ["float32", "float64"]
LINEAR = {"activation": "identity", "output_activation": "identity"}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("source", DTYPES)
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize(("row", "column"), [(0, 0), (7, 2), (11, 1)])
def test_row_33_not_finite_at_fit(
    bad: float, row: int, column: int, source: str, dtype: str
) -> None:
    place_and_value = rf"row {row}, column {column}\b.* {bad}\b"
    for index, name in enumerate("Xy"):
        data = [X.astype(source), Y.astype(source)]
        data[index][row, column] = bad
        net = network(dtype=dtype, seed=3)
        for call in ("fit", "train_step"):
            with pytest.raises(ValueError, match=rf"\b{name}\b.*{place_and_value}"):
                WITH_Y[call](net, *data)
        with pytest.raises(ValueError, match=rf"{name}\b.*{place_and_value}"):
            net.fit(X, Y, epochs=1, validation=tuple(data))
        twin = network(dtype=dtype, seed=3)
        assert bits(net.parameters) == bits(twin.parameters)
        assert net.fit(X, Y).loss == twin.fit(X, Y).loss  # the order of the samples is as at first


def test_row_33_not_finite_in_one_output_and_in_a_large_batch() -> None:
    x, y = np.tile(X, (200, 1)), np.tile(Y[:, 0], 200)
    y[2111] = np.nan
    with pytest.raises(ValueError, match=r"\by\b.*row 2111\b"):
        network((4, 1)).fit(x, y, batch_size=2400)
    x[2300, 3] = -np.inf
    with pytest.raises(ValueError, match=r"\bX\b.*row 2300, column 3"):
        network((4, 1)).fit(x, np.zeros(2400), batch_size=7)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_row_33_unchecked_input_propagates_as_far_as_c(bad: float) -> None:
    for index in (0, 1):
        data = [X.copy(), Y.copy()]
        data[index][7, 2] = bad
        net = network()
        with pytest.raises(DivergenceError, match="epoch"):
            net.fit(*data, check_input=False)
        assert bits(net.parameters) == bits(network().parameters)
    with pytest.raises(ValueError, match="expected 4"):  # shapes and labels are still checked
        network().fit(X[:, :3], Y, check_input=False)
    with pytest.raises(ValueError, match=r"\by\b.*\b3\b"):
        network().fit(X, np.full(12, 3), check_input=False)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("activation", EVERY_HIDDEN, ids=str)
def test_row_34_a_nan_row_gives_a_nan_row(activation: Any, dtype: str) -> None:
    for output in (activation, "softmax"):
        loss = "cross_entropy" if output == "softmax" else "squared_error"
        net = network(
            (4, 5, 3), dtype=dtype, activation=activation, output_activation=output, loss=loss
        )
        for row, column in ((0, 0), (5, 3), (11, 1)):
            with_nan = X.copy()
            with_nan[row, column] = np.nan
            predicted = net.predict(with_nan)
            assert np.isnan(predicted[row]).all()
            others = np.arange(12) != row
            assert bits(predicted[others]) == bits(net.predict(X)[others])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("activation", EVERY_HIDDEN, ids=str)
def test_row_35_no_activation_hides_nan(activation: Any, dtype: str) -> None:
    net = network((4, 5, 3), dtype=dtype, activation=activation, output_activation="identity")
    net.weights[0][2, 1] = np.nan  # a live view: what is written there is not checked
    assert np.isnan(net.predict(X)).all()
    assert math.isnan(net.loss_value(X, Y))
    gradients = net.gradients(X, Y)
    assert np.isnan(gradients.weights[0]).all()
    assert np.isnan(gradients.biases[0]).all()
    assert np.isnan(gradients.weights[1]).all()
    assert np.isnan(gradients.biases[1]).all()
    trace = net.trace(X[0], Y[0])
    assert np.isnan([trace.z[1][2], trace.a[1][2], trace.delta[1][2], trace.C_0]).all()
    assert math.isnan(formulas_of(activation).g(np.array([np.nan]))[0])


def tiny_step_diverges() -> tuple[fastbp.Network, np.ndarray, np.ndarray]:
    """Linear least squares with a learning rate a little too large: it takes many epochs."""
    return network((4, 3), **LINEAR), X * 4, Y


def test_row_36_divergence_restores_the_last_good_epoch_end() -> None:
    net, x, y = tiny_step_diverges()
    ends: list[np.ndarray] = []
    with pytest.raises(DivergenceError) as caught:
        net.fit(
            x,
            y,
            epochs=10_000,
            batch_size=12,
            optimizer=fastbp.SGD(1.0),
            callbacks=[lambda n, epoch, history: ends.append(n.parameters)],
        )
    error = caught.value
    assert len(ends) > 3
    assert error.epoch == len(ends)
    assert math.isfinite(error.loss)
    assert error.learning_rate == 1.0
    message = (
        rf"epoch {len(ends)}\b.*loss.*{re.escape(f'{error.loss:.3g}'[:3])}.*learning.rate.* 1\b"
    )
    assert re.search(message, str(error)), str(error)
    assert np.isfinite(net.parameters).all()
    assert bits(net.parameters) == bits(ends[-1])
    assert net._model.state.description()["epochs"] == len(ends)
    net.parameters = network((4, 3), **LINEAR).parameters
    net.fit(x, y, epochs=2, optimizer=fastbp.SGD(1e-3))


@pytest.mark.parametrize("check_input", [True, False])
@pytest.mark.parametrize("optimizer", [fastbp.SGD(1e307), fastbp.SGD(1e307, momentum=0.9)])
def test_row_36_an_update_that_overflows_is_seen_in_its_own_epoch(
    optimizer: Any, check_input: bool
) -> None:
    net, x, _ = tiny_step_diverges()
    y = np.full((12, 3), 1e3)
    with pytest.raises(DivergenceError, match=r"epoch 0\b.*learning.rate.*1e\+307"):
        net.fit(x, y, epochs=1, batch_size=12, optimizer=optimizer, check_input=check_input)
    assert bits(net.parameters) == bits(network((4, 3), **LINEAR).parameters)
    assert np.isfinite(net.fit(x, y, epochs=1, optimizer=fastbp.SGD(1e-6)).loss).all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_row_36_a_c_that_is_not_finite_never_reaches_the_weights(dtype: str) -> None:
    x = X * (1e30 if dtype == "float32" else 1e200)  # finite, and its square is not
    y = np.full((12, 3), float(np.finfo(dtype).max))
    net = network((4, 3), dtype=dtype, **LINEAR)
    for call in ("fit", "train_step"):
        with pytest.raises(DivergenceError, match=r"(?i)learning.rate"):
            WITH_Y[call](net, x * 1e8 if dtype == "float32" else x, -y)
        assert bits(net.parameters) == bits(network((4, 3), dtype=dtype, **LINEAR).parameters)
