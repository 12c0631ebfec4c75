"""Optimizers are immutable, comparable, checked descriptions."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import pytest

from fastbp import SGD, Adam, Network
from fastbp.optimizers import OPTIMIZERS

pytestmark = pytest.mark.kernels

OPTIONS = {
    SGD: {"learning_rate": 0.3, "momentum": 0.5, "nesterov": True},
    Adam: {"learning_rate": 0.3, "beta1": 0.5, "beta2": 0.7, "eps": 1e-3},
}
DEFAULTS = {
    SGD: {"learning_rate": 0.1, "momentum": 0.0, "nesterov": False},
    Adam: {"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8},
}
BAD = [
    (SGD, "learning_rate", [-0.1, math.nan, math.inf, "0.1", None, True, 1j]),
    (SGD, "momentum", [-0.1, 1.0, 1.5, math.nan, "0.9", None]),
    (SGD, "nesterov", ["yes", 1, None]),
    (Adam, "learning_rate", [-0.1, math.nan, math.inf, "0.1", None]),
    (Adam, "beta1", [-0.1, 1.0, math.nan, "0.9"]),
    (Adam, "beta2", [-0.1, 1.0, math.nan, "0.9"]),
    (Adam, "eps", [-1e-8, math.nan, math.inf, "1e-8"]),
]


@pytest.mark.parametrize("kind", OPTIONS)
def test_optimizers_have_the_documented_defaults(kind: type) -> None:
    assert dataclasses.asdict(kind()) == DEFAULTS[kind]


@pytest.mark.parametrize("kind", OPTIONS)
def test_optimizers_are_immutable(kind: type) -> None:
    optimizer = kind()
    for name in OPTIONS[kind]:
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(optimizer, name, 0.5)


@pytest.mark.parametrize("kind", OPTIONS)
def test_optimizers_compare_by_what_they_describe(kind: type) -> None:
    optimizer = kind(**OPTIONS[kind])
    assert optimizer == kind(**OPTIONS[kind])
    assert hash(optimizer) == hash(kind(**OPTIONS[kind]))
    assert optimizer != kind()
    assert SGD(0.1) != Adam(0.1)
    for name in OPTIONS[kind]:
        if name != "momentum":
            changed = {**OPTIONS[kind], name: DEFAULTS[kind][name]}
            assert kind(**changed) != optimizer


def test_optimizers_show_how_to_make_them() -> None:
    assert repr(SGD(0.3)) == "SGD(learning_rate=0.3, momentum=0.0, nesterov=False)"
    assert repr(Adam()) == "Adam(learning_rate=0.001, beta1=0.9, beta2=0.999, eps=1e-08)"


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [(kind, name, value) for kind, name, values in BAD for value in values],
)
def test_bad_numbers_are_refused_by_name(kind: type, name: str, value: Any) -> None:
    with pytest.raises((TypeError, ValueError), match=name):
        kind(**{name: value})


def test_a_learning_rate_of_zero_moves_nothing() -> None:
    net = Network([2, 3, 1], seed=0, dtype="float64")
    before = net.parameters
    for optimizer in (SGD(0.0), SGD(0.0, momentum=0.9), Adam(0.0)):
        net.train_step(np.ones((4, 2)), np.ones(4), optimizer=optimizer)
        assert np.array_equal(net.parameters, before)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimizer_can_be_named(name: str) -> None:
    X, y = np.ones((4, 2)), np.ones(4)
    by_name, by_object = (Network([2, 3, 1], seed=0) for _ in range(2))
    by_name.fit(X, y, epochs=2, optimizer=name)
    by_object.fit(X, y, epochs=2, optimizer=OPTIMIZERS[name]())
    assert np.array_equal(by_name.parameters, by_object.parameters)
