"""Rows 19 to 25: shapes and labels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from ways_in import EVERY_CALL, WITH_Y, bits, network, outcome, samples

import fastbp
from fastbp.errors import ShapeError

pytestmark = pytest.mark.kernels

X, Y = samples()
LABELS = np.arange(len(X)) % 3


@pytest.mark.parametrize("call", EVERY_CALL)
@pytest.mark.parametrize("shape", [(), (4,), (2, 3, 4)])
def test_row_19_x_of_0_1_or_3_dimensions(shape: tuple[int, ...], call: str) -> None:
    with pytest.raises(ShapeError, match=r"(?s)\bX\b.*\breshape\((1, -1|-1, 1|len\(X\), -1)\)"):
        EVERY_CALL[call](network(), np.zeros(shape), Y)


def test_row_19_the_advice_fits_the_network() -> None:
    with pytest.raises(ShapeError, match=r"reshape\(1, -1\)"):
        network().predict(np.zeros(4))
    with pytest.raises(ShapeError, match=r"reshape\(-1, 1\)"):
        network((1, 2)).predict(np.zeros(4))
    for x, y in ((X[:2], Y[0]), (X[0], Y[:2]), (X[0, :3], Y[0]), (X[0], Y[0, :2])):
        with pytest.raises(ShapeError, match=r"\b[xy]\b"):
            network().trace(x, y)


def advice(X: Any, sizes: tuple[int, ...], **options: Any) -> str:
    """The expression that an error about the shape of X advises."""
    net = network(sizes)
    with pytest.raises(ShapeError, match=r"\bX\b.*; use ") as error:
        net.fit(np.zeros((1, sizes[0])), [0], **options) if options else net.predict(X)
    return str(error.value).split("; use ")[1].split(" for ")[0].split(" to ")[0]


IMAGES = np.arange(2 * 8 * 8.0).reshape(2, 8, 8)
# What is not 2-d, the inputs of a network, and what it should have been.
NOT_2_D: dict[str, tuple[Any, int, Any]] = {
    "one sample": (X[0], 4, X[:1]),
    "one sample as a list": (X[0].tolist(), 4, X[:1]),
    "one sample as a tuple": (tuple(X[0].tolist()), 4, X[:1]),
    "one sample as a buffer": (memoryview(X[0].copy()), 4, X[:1]),
    "one feature": (X[:, 0], 1, X[:, :1]),
    "one feature as a list": (X[:, 0].tolist(), 1, X[:, :1]),
    "images": (IMAGES, 64, IMAGES.reshape(2, 64)),
    "images as lists": (IMAGES.tolist(), 64, IMAGES.reshape(2, 64)),
    "one image": (IMAGES[0], 64, IMAGES.reshape(2, 64)[:1]),
    "one image as lists": (IMAGES[0].tolist(), 64, IMAGES.reshape(2, 64)[:1]),
}


@pytest.mark.parametrize("case", NOT_2_D)
def test_row_19_what_the_advice_says_helps(case: str) -> None:
    value, n_0, expected = NOT_2_D[case]
    reshaped = eval(advice(value, (n_0, 3)), {"np": np, "X": value})
    assert bits(network((n_0, 3)).predict(reshaped)) == bits(network((n_0, 3)).predict(expected))
    options = {"validation": (value, [0])}
    assert advice(None, (n_0, 3), **options) == advice(value, (n_0, 3))


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_row_19_the_advice_for_a_series_helps(library: str) -> None:
    series = pytest.importorskip(library, reason=f"{library} is not installed").Series
    for column, n_0, expected in ((X[0], 4, X[:1]), (X[:, 0], 1, X[:, :1])):
        value = series(column)
        reshaped = eval(advice(value, (n_0, 3)), {"np": np, "X": value})
        assert bits(reshaped) == bits(expected)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_row_20_zero_rows(dtype: str) -> None:
    net = network(dtype=dtype)
    assert bits(net.predict(X[:0])) == bits(np.zeros((0, 3), dtype))
    assert net.predict_classes(X[:0]).shape == (0,)
    assert net.predict_classes(X[:0]).dtype == net.predict_classes(X).dtype
    for call in WITH_Y.values():
        with pytest.raises(ValueError, match=r"\bX\b.*(0 rows|no rows|empty|at least (1|one))"):
            call(net, X[:0], Y[:0])
    assert bits(net.parameters) == bits(network(dtype=dtype).parameters)


def test_row_21_zero_columns_or_nodes() -> None:
    for sizes in ([0, 3], [4, 0, 3], [4, 0]):
        with pytest.raises(ValueError, match=r"\bsizes\b.*\b0\b"):
            fastbp.Network(sizes)
    for call in EVERY_CALL.values():
        with pytest.raises(ShapeError, match=r"\bX\b.*expected 4.*got 0"):
            call(network(), np.zeros((12, 0)), Y)


@pytest.mark.parametrize("call", EVERY_CALL)
@pytest.mark.parametrize("features", [783, 785, 1])
def test_row_22_wrong_feature_count(features: int, call: str) -> None:
    net = network((784, 3))
    with pytest.raises(ShapeError, match=rf"\bX\b.*expected 784\b.*got {features}\b"):
        EVERY_CALL[call](net, np.zeros((12, features)), Y)
    assert bits(net.parameters) == bits(network((784, 3)).parameters)


@pytest.mark.parametrize("call", WITH_Y)
def test_row_23_x_and_y_of_different_lengths(call: str) -> None:
    for y in (Y[:11], np.vstack([Y, Y]), LABELS[:11], Y[:1]):
        with pytest.raises(ShapeError, match=rf"\b12\b.*\b{len(y)}\b|\b{len(y)}\b.*\b12\b"):
            WITH_Y[call](network(), X, y)


@pytest.mark.parametrize("call", WITH_Y)
def test_row_23_y_is_never_broadcast(call: str) -> None:
    one_output = network((4, 1))
    for y in (Y[:, 0], Y[:, :1]):
        WITH_Y[call](one_output.copy(), X, y)
    for net, y in (
        (one_output, Y[:, 0].reshape(1, -1)),
        (one_output, Y),
        (network(), Y[:, :1]),
        (network(), Y[:, :2]),
        (network(), Y.T),
        (network(), Y[:, :, None]),
        (network(), np.float64(1.0)),
    ):
        with pytest.raises(ShapeError, match=r"\by\b"):
            WITH_Y[call](net, X, y)
    with pytest.raises(ValueError, match=r"\by\b.*label"):
        WITH_Y[call](network(), X, Y[:, 0])  # 12 fractions are neither labels nor 12 rows


def test_row_23_a_column_and_a_vector_are_the_same_targets() -> None:
    assert outcome(X, Y[:, 0], sizes=(4, 1)) == outcome(X, Y[:, :1], sizes=(4, 1))
    one_hot = np.eye(3)[LABELS]
    net = network()
    assert net.loss_value(X, LABELS) == net.loss_value(X, one_hot)
    assert net.loss_value(X, LABELS.astype(float)) == net.loss_value(X, one_hot)


NO_LABELS = [-1, 3, 10**9, 2**63 - 1, -(2**63), 2**63, 2**64 - 1, 2**70, 2.5, -1.0, 3.0, 1e300]
NO_LABELS += [np.nan, np.inf, -np.inf]


@pytest.mark.parametrize("call", WITH_Y)
@pytest.mark.parametrize("label", NO_LABELS, ids=str)
def test_row_24_a_label_that_is_no_class(label: Any, call: str) -> None:
    labels = [*LABELS.tolist()]
    labels[7] = label
    value = str(label).replace("+", r"\+").removesuffix(".0")
    value = f"{value}|{float(label)!r}".replace("e+", r"e\+")  # beyond 64 bits, a float will do
    for y in (labels, np.array(labels)):
        net = network()
        with pytest.raises(ValueError, match=rf"\by\b.*({value})"):
            WITH_Y[call](net, X, y)
        assert bits(net.parameters) == bits(network().parameters)


def test_row_24_class_names_that_do_not_fit() -> None:
    names = np.array(["ant", "bee", "cat"])[LABELS]
    net = network()
    net.fit(X, names, epochs=1)
    for call in WITH_Y.values():
        with pytest.raises(ValueError, match=r"\by\b.*dog"):
            call(net, X, [*names[:11], "dog"])
    with pytest.raises(ValueError, match=r"\by\b.*\b4\b.*\b3\b|\by\b.*\b3\b.*\b4\b"):
        network().fit(X, [*names[:11], "dog"])
    assert list(net.classes) == ["ant", "bee", "cat"]


@pytest.mark.parametrize("options", [{}, {"output_activation": "softmax", "loss": "cross_entropy"}])
def test_row_25_a_class_missing_from_a_batch_or_the_only_one(options: dict[str, str]) -> None:
    for labels in (np.sort(LABELS), np.full(12, 2), np.zeros(12, int)):
        net = network(**options)
        history = net.fit(X, labels, epochs=3, batch_size=4, shuffle=False)
        net.train_step(X[:1], labels[:1])
        assert np.isfinite([*history.loss, *history.accuracy, net.score(X, labels)]).all()
        assert np.isfinite(net.parameters).all()
