"""Rows 51 to 55: the sizes, names and numbers that a Network and its training are given."""

from __future__ import annotations

import json
import math
from functools import partial
from typing import Any

import numpy as np
import pytest
from drawn import optimizer_of
from ways_in import bits, network, samples

import fastbp
from fastbp.operations import ACTIVATIONS, BY_NODE, LOSSES, RULES

X, Y = samples()


@pytest.mark.parametrize(
    "sizes",
    [
        [],
        [3],
        [3, 0, 1],
        [3, -1],
        [3, 2.5],
        ["3", 2],
        "34",
        True,
        [3, True],
        None,
        3,
        [3, None],
        [3, [2]],
        [[3, 2]],
        [3, math.nan],
        [3, 2j],
        {3: 2},
        np.array(3),
        np.array([3.5, 2.0]),
        np.array([True, True]),
        np.array([[3, 2]]),
    ],
    ids=str,
)
def test_row_51_sizes_that_make_no_network(sizes: Any) -> None:
    with pytest.raises((TypeError, ValueError), match=r"\bsizes\b.*got"):
        fastbp.Network(sizes)


@pytest.mark.parametrize(
    "sizes",
    [
        [3, 2],
        (3, 2),
        np.array([3, 2]),
        [np.int64(3), np.uint8(2)],
        np.array([3, 2], ">i2"),
        range(3, 1, -1),
    ],
    ids=str,
)
def test_row_51_sizes_of_any_integer_kind(sizes: Any) -> None:
    net = fastbp.Network(sizes)
    assert list(net.sizes) == [3, 2]
    assert net.L == 1
    assert all(type(n) is int for n in net.sizes)
    assert [w.shape for w in net.weights] == [(2, 3)]
    assert [b.shape for b in net.biases] == [(2,)]


NAMES = {
    "activation": [*BY_NODE],
    "output_activation": [*ACTIVATIONS],
    "loss": [*LOSSES],
    "initializer": ["auto", "glorot_uniform", "he_normal", "lecun_normal", "zeros", "normal"],
    "dtype": ["float32", "float64"],
    "bias": ["True", "False", "fixed"],
}


@pytest.mark.parametrize("option", NAMES)
@pytest.mark.parametrize("name", ["reluu", "", "Sigmoid", "__class__"])
def test_row_52_an_unknown_name_lists_the_valid_ones(option: str, name: str) -> None:
    for value in (name, [name]) if option == "activation" else (name,):
        with pytest.raises(ValueError, match=rf"\b{option}\b") as caught:
            fastbp.Network([3, 4, 2], **{option: value})
        message = str(caught.value)
        assert all(word in message for word in (repr(name), *NAMES[option])), message


def test_row_52_an_unknown_optimizer_lists_the_valid_ones() -> None:
    for call in (
        lambda o: network().fit(X, Y, optimizer=o),
        lambda o: network().train_step(X, Y, optimizer=o),
    ):
        with pytest.raises(ValueError, match=r"\boptimizer\b(?=.*'sgdd')(?=.*'sgd')(?=.*'adam')"):
            call("sgdd")
        for value in (3, fastbp.SGD, ["sgd"], True):
            with pytest.raises((TypeError, ValueError), match=r"\boptimizer\b"):
                call(value)


@pytest.mark.parametrize("option", NAMES)
@pytest.mark.parametrize("value", [None, 3, 2.5, ["relu", 3], {}])
def test_row_52_what_is_no_name(option: str, value: Any) -> None:
    with pytest.raises((TypeError, ValueError), match=rf"\b{option}\b"):
        fastbp.Network([3, 4, 2], **{option: value})


def test_row_52_pairs_and_counts_that_do_not_fit() -> None:
    for output, loss in (
        ("softmax", "squared_error"),
        ("sigmoid", "cross_entropy"),
        ("tanh", "binary_cross_entropy"),
        ("softmax", "binary_cross_entropy"),
    ):
        with pytest.raises(ValueError, match=rf"(?s)(?=.*{output})(?=.*{loss})") as caught:
            fastbp.Network([3, 2], output_activation=output, loss=loss)
        message = str(caught.value)
        assert all(name in message for name in NAMES["loss"]), message
    with pytest.raises(ValueError, match=r"\bactivation\b.*softmax"):
        fastbp.Network([3, 4, 2], activation="softmax")
    for names in (["relu"], ["relu"] * 3, []):
        with pytest.raises(ValueError, match=rf"\bactivation\b.*\b2\b.*\b{len(names)}\b"):
            fastbp.Network([3, 4, 5, 2], activation=names)


@pytest.mark.parametrize("rule", RULES)
def test_row_53_learning_rates(rule: str) -> None:
    make = partial(optimizer_of, rule)
    for rate in (0, 0.0, -0.0):
        net = network()
        if RULES[rule].full_batch:  # its steps have a least length, and take their start from there
            with pytest.raises(ValueError, match=r"\blearning_rate\b.*got"):
                make(rate)
            continue
        net.fit(X, Y, epochs=3, optimizer=make(rate))
        assert bits(net.parameters) == bits(network().parameters)
    for rate in (
        -1,
        -1e-300,
        math.nan,
        math.inf,
        10**400,
        "0.1",
        None,
        True,
        1j,
        [0.1],
        np.array([0.1, 1]),
    ):
        with pytest.raises((TypeError, ValueError), match=r"\blearning_rate\b.*got"):
            make(rate)
    assert json.loads(json.dumps(make(np.float32(0.5)).config())) == make(0.5).config()
    twins = [network(), network()]
    for net, rate in zip(twins, (0.5, np.float32(0.5)), strict=True):
        net.fit(X, Y, epochs=2, optimizer=make(rate))
    assert bits(twins[0].parameters) == bits(twins[1].parameters)


@pytest.mark.parametrize("kind", ["SGD", "Adam"])
def test_row_53_the_other_numbers_of_an_optimizer(kind: str) -> None:
    beyond = {"SGD": {"momentum": 1.1}, "Adam": {"beta1": 1.0, "beta2": 1.0, "eps": 0.0}}
    for name, limit in beyond[kind].items():
        for value in (-0.1, limit, math.nan, math.inf, "0.9", None):
            with pytest.raises((TypeError, ValueError), match=rf"\b{name}\b.*got"):
                getattr(fastbp, kind)(0.1, **{name: value})
    for value in (-1e-9, math.nan, math.inf, "0.1", None):
        with pytest.raises((TypeError, ValueError), match=r"\bl2\b.*got"):
            network().fit(X, Y, l2=value)


def test_row_54_batch_sizes() -> None:
    for batch_size in (0, -1, -(2**70), 2.5, "5", True, [5], math.nan):
        net = network()
        with pytest.raises((TypeError, ValueError), match=r"\bbatch_size\b.*got"):
            net.fit(X, Y, batch_size=batch_size)
        assert bits(net.parameters) == bits(network().parameters)
    results = []
    for batch_size in (12, 13, 10**6, 2**63 - 1, 2**70, np.int32(12)):
        net = network()
        net.fit(X, Y, epochs=2, batch_size=batch_size)
        results.append(bits(net.parameters))
    assert all(result == results[0] for result in results)
    few, none, default = (network() for _ in range(3))
    rows = np.tile(X, (5, 1)), np.tile(Y, (5, 1))
    few.fit(*rows, epochs=1, batch_size=32)
    none.fit(*rows, epochs=1, batch_size=None)
    default.fit(*rows, epochs=1)
    assert bits(none.parameters) == bits(default.parameters) == bits(few.parameters)


def test_row_55_no_epochs() -> None:
    net = network()
    history = net.fit(X, Y, epochs=0, validation=(X, Y), optimizer="adam")
    assert bits(net.parameters) == bits(network().parameters)
    assert history.loss == history.accuracy == history.validation_loss == history.seconds == []
    assert history.validation_accuracy == []
    assert history.epochs == 0
    for epochs in (-1, 1.5, "3", True, None):
        with pytest.raises((TypeError, ValueError), match=r"\bepochs\b.*got"):
            net.fit(X, Y, epochs=epochs)
