"""Optimizers are immutable, comparable, checked descriptions."""

from __future__ import annotations

import copy
import dataclasses
import itertools
import json
import math
import pickle
from typing import Any

import numpy as np
import pytest
from drawn import optimizer_of
from tolerances import assert_close

from fastbp import SGD, Adagrad, Adam, AdamW, NAdam, Network, RMSprop, RProp, reference_tables
from fastbp.operations import RULES, Memory
from fastbp.optimizers import OPTIMIZERS, as_optimizer
from fastbp.schedules import Cosine

pytestmark = pytest.mark.kernels

OPTIONS = {
    SGD: {"learning_rate": 0.3, "momentum": 0.5, "nesterov": True},
    Adam: {"learning_rate": 0.3, "beta1": 0.5, "beta2": 0.7, "eps": 1e-3, "eps_hat": True},
    AdamW: {
        "learning_rate": 0.3,
        "beta1": 0.5,
        "beta2": 0.7,
        "eps": 1e-3,
        "eps_hat": True,
        "weight_decay": 0.2,
    },
    NAdam: {"learning_rate": 0.3, "beta1": 0.5, "beta2": 0.7, "eps": 1e-3, "momentum_decay": 0.2},
    RMSprop: {"learning_rate": 0.3, "rho": 0.5, "eps": 1e-3, "momentum": 0.5, "centered": True},
    Adagrad: {"learning_rate": 0.3, "initial_accumulator": 0.5, "eps": 1e-3},
    RProp: {"learning_rate": 0.3, "etas": (0.25, 2.0), "steps": (0.125, 1.0)},
}
DEFAULTS = {
    SGD: {"learning_rate": 0.1, "momentum": 0.0, "nesterov": False},
    Adam: {"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "eps_hat": False},
    AdamW: {
        "learning_rate": 1e-3,
        "beta1": 0.9,
        "beta2": 0.999,
        "eps": 1e-8,
        "eps_hat": False,
        "weight_decay": 0.01,
    },
    NAdam: {
        "learning_rate": 2e-3,
        "beta1": 0.9,
        "beta2": 0.999,
        "eps": 1e-8,
        "momentum_decay": 0.004,
    },
    RMSprop: {"learning_rate": 1e-2, "rho": 0.99, "eps": 1e-8, "momentum": 0.0, "centered": False},
    Adagrad: {"learning_rate": 1e-2, "initial_accumulator": 0.0, "eps": 1e-10},
    RProp: {"learning_rate": 1e-2, "etas": (0.5, 1.2), "steps": (1e-6, 50.0)},
}
WITHOUT_OPTIONS = {
    "schedule": None,
    "weight_decay": 0.0,
    "clip_value": None,
    "clip_norm": None,
    "layer_rates": None,
    "bias_rate": 1.0,
    "ema": None,
}
BAD = [
    (SGD, "schedule", ["cosine", 1, {}, Cosine]),
    (SGD, "clip_value", [0.0, -1.0, math.nan, math.inf, "1"]),
    (Adam, "clip_norm", [0.0, -1.0, math.nan, math.inf, "1", True]),
    (Adam, "weight_decay", [[0.1, -0.1], "12", [None], math.nan]),
    (RProp, "layer_rates", [0.1, [0.1, -1.0], "12", [math.inf], {1: 2}]),
    (RProp, "bias_rate", [-0.1, math.nan, "1", None]),
    (NAdam, "ema", [0.0, 1.0, -0.5, math.nan, "0.9", True]),
    (SGD, "learning_rate", [-0.1, math.nan, math.inf, "0.1", None, True, 1j]),
    (SGD, "momentum", [-0.1, 1.0000001, 1.5, math.nan, "0.9", None]),
    (SGD, "nesterov", ["yes", 1, None]),
    (Adam, "learning_rate", [-0.1, math.nan, math.inf, "0.1", None]),
    (Adam, "beta1", [-0.1, 1.0, math.nan, "0.9"]),
    (Adam, "beta2", [-0.1, 1.0, math.nan, "0.9"]),
    (Adam, "eps", [-1e-8, 0.0, 1e-38, math.nan, math.inf, "1e-8"]),
    (Adam, "eps_hat", ["yes", 1, None]),
    (RMSprop, "learning_rate", [-0.1, math.nan, math.inf, "0.1", None]),
    (RMSprop, "rho", [-0.1, 1.0, math.nan, "0.9"]),
    (RMSprop, "momentum", [-0.1, 1.0, math.nan, "0.9"]),
    (RMSprop, "eps", [-1e-8, 0.0, math.nan, math.inf, "1e-8"]),
    (RMSprop, "centered", ["yes", 1, None]),
    (AdamW, "learning_rate", [-0.1, math.nan, math.inf, "0.1", None]),
    (AdamW, "beta1", [-0.1, 1.0, math.nan, "0.9"]),
    (AdamW, "beta2", [-0.1, 1.0, math.nan, "0.9"]),
    (AdamW, "eps", [-1e-8, 0.0, math.nan, math.inf, "1e-8"]),
    (AdamW, "eps_hat", ["yes", 1, None]),
    (AdamW, "weight_decay", [-0.1, math.nan, math.inf, "0.1", None]),
    (NAdam, "learning_rate", [-0.1, math.nan, math.inf, "0.1", None]),
    (NAdam, "beta1", [-0.1, 1.0, math.nan, "0.9"]),
    (NAdam, "beta2", [-0.1, 1.0, math.nan, "0.9"]),
    (NAdam, "eps", [-1e-8, 0.0, math.nan, math.inf, "1e-8"]),
    (NAdam, "momentum_decay", [-0.1, math.nan, math.inf, "0.1", None]),
    (Adagrad, "learning_rate", [-0.1, math.nan, math.inf, "0.1", None]),
    (Adagrad, "initial_accumulator", [-0.1, math.nan, math.inf, "0.1", None]),
    (RProp, "learning_rate", [-0.1, 0.0, math.nan, math.inf, "0.1", None]),
    (RProp, "etas", [(0.0, 2.0), (1.0, 2.0), (0.5, 1.0), (0.5,), 0.5, "ab", None]),
    (RProp, "steps", [(0.0, 1.0), (2.0, 1.0), (1.0, math.inf), (1.0,), 1.0, None]),
    (Adagrad, "eps", [-1e-8, 0.0, math.nan, math.inf, "1e-8"]),
]


@pytest.mark.parametrize("kind", OPTIONS)
def test_optimizers_have_the_documented_defaults(kind: type) -> None:
    assert dataclasses.asdict(kind()) == WITHOUT_OPTIONS | DEFAULTS[kind]


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


@pytest.mark.parametrize("kind", OPTIONS)
def test_optimizers_are_copied_by_what_they_describe(kind: type) -> None:
    optimizer = kind(**OPTIONS[kind])
    assert optimizer.rule in optimizer.rules  # found once, and kept
    for twin in (
        copy.deepcopy(optimizer),
        pickle.loads(pickle.dumps(optimizer)),
        as_optimizer(json.loads(json.dumps(optimizer.config()))),
    ):
        assert twin == optimizer
        assert twin.numbers == optimizer.numbers
        assert repr(twin) == repr(optimizer)


def test_optimizers_show_how_to_make_them() -> None:
    assert repr(SGD(0.3)) == "SGD(learning_rate=0.3, momentum=0.0, nesterov=False)"
    assert repr(RProp()) == "RProp(learning_rate=0.01, etas=(0.5, 1.2), steps=(1e-06, 50.0))"
    assert repr(Adam()) == "Adam(learning_rate=0.001, beta1=0.9, beta2=0.999, eps=1e-08)"
    assert repr(Adam(eps_hat=True)) == repr(Adam())[:-1] + ", eps_hat=True)"


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [(kind, name, value) for kind, name, values in BAD for value in values],
)
def test_bad_numbers_are_refused_by_name(kind: type, name: str, value: Any) -> None:
    with pytest.raises((TypeError, ValueError), match=name):
        kind(**{name: value})


@pytest.mark.parametrize(("kind", "name", "values"), BAD)
def test_a_subclass_of_another_name_checks_its_numbers_too(
    kind: type, name: str, values: list[Any]
) -> None:
    renamed = dataclasses.dataclass(frozen=True)(type("Renamed", (kind,), {"name": "renamed"}))
    assert renamed().rules == kind.rules
    for value in values:
        with pytest.raises((TypeError, ValueError), match=name):
            renamed(**{name: value})


def test_a_flag_of_numpys_becomes_one_of_pythons() -> None:
    optimizer = SGD(0.1, momentum=0.5, nesterov=np.True_)
    assert optimizer.config()["nesterov"] is True


def test_a_learning_rate_of_zero_moves_nothing() -> None:
    net = Network([2, 3, 1], seed=0, dtype="float64")
    before = net.parameters
    for optimizer in (SGD(0.0), SGD(0.0, momentum=0.9), Adam(0.0)):
        net.train_step(np.ones((4, 2)), np.ones(4), optimizer=optimizer)
        assert np.array_equal(net.parameters, before)


@pytest.mark.parametrize("name", [name for name in OPTIMIZERS if OPTIMIZERS[name].compiled])
def test_an_optimizer_can_be_named(name: str) -> None:
    X, y = np.ones((4, 2)), np.ones(4)
    by_name, by_object = (Network([2, 3, 1], seed=0) for _ in range(2))
    by_name.fit(X, y, epochs=2, optimizer=name)
    by_object.fit(X, y, epochs=2, optimizer=OPTIMIZERS[name]())
    assert np.array_equal(by_name.parameters, by_object.parameters)


@pytest.mark.parametrize("name", RULES)
def test_memories_start_as_in_the_specification(name: str) -> None:
    row = RULES[name]
    optimizer = OPTIMIZERS[row.optimizer](**row.options)  # type: ignore[arg-type]
    assert optimizer.rule is row
    starts = reference_tables.RULES[name][1]
    assert [memory.start for memory in row.memories] == list(starts)
    assert optimizer.starts == tuple(optimizer.numbers.get(start, start) for start in starts)


@pytest.mark.parametrize(("start", "number"), [(0.25, 0.25), ("learning_rate", 0.1)])
def test_a_memory_starts_with_what_its_row_says(
    start: float | str, number: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = RULES["momentum"]._replace(memories=(Memory("velocity", start),))
    monkeypatch.setitem(RULES, "momentum", row)
    net = Network([3, 4, 2], dtype="float64", seed=0)
    X, y = np.random.default_rng(0).random((5, 3)), np.eye(2)[[0, 1, 1, 0, 1]]
    before, gradients = net.copy(), net.gradients(X, y)
    net.train_step(X, y, optimizer=SGD(0.1, momentum=0.9))
    update, _ = reference_tables.RULES["momentum"]
    for kind in ("weights", "biases"):
        for new, old, slopes in zip(
            getattr(net, kind), getattr(before, kind), getattr(gradients, kind), strict=True
        ):
            expected, _ = update(old, (number,), 1, slopes, learning_rate=0.1, momentum=0.9)
            assert_close(new, expected, 1e-14)


def after_steps(optimizer: Any, gradients: tuple[float, ...], dtype: str) -> Any:
    """Where a weight that starts at 1 is after each of these gradients, (w x - y) x."""
    net = Network(
        [1, 1],
        output_activation="identity",
        loss="half_squared_error",
        bias=False,
        dtype=dtype,
        seed=0,
    )
    w = net.weights[0]
    w[...] = 1
    places = []
    for gradient in gradients:
        # In float32 w - (w - 1e-9) is 0, so the sample is small instead.
        x = 1.0 if gradient > 1e-6 else 1e-6
        net.train_step([[x]], [w[0, 0] * x - gradient / x], optimizer=optimizer)
        places.append(float(w[0, 0]))
    return np.array(places)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_no_rule_is_a_silent_copy_of_another(dtype: str) -> None:
    gradients = (1e-3, 5e-4, 2e-3)
    ends: dict[str, float] = {}
    for name, row in RULES.items():
        optimizer = optimizer_of(name, 0.01, eps=1e-6)  # at 1e-8 the two forms of Adam are near
        assert optimizer.rule is row
        ends[name] = after_steps(optimizer, gradients, dtype)[-1]
    in_order = sorted(ends, key=ends.__getitem__)
    for one, other in itertools.pairwise(in_order):
        # Without l2 or decay, sgd and momentum are nearest: 0.9 of a step of 1e-5 and more.
        assert ends[other] - ends[one] > 1e-5, (one, other, ends)


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("gradient", [1e-3, 1e-9])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_tiny_first_gradients_are_taken(name: str, gradient: float, dtype: str) -> None:
    row = RULES[name]
    optimizer = OPTIMIZERS[row.optimizer](**row.options)
    places = after_steps(optimizer, (gradient,) * 3, dtype)
    assert np.isfinite(places).all()
    assert (np.diff([1.0, *places]) <= 0).all()  # downhill, or too little for float32
    if dtype == "float64":
        assert (np.diff([1.0, *places]) < 0).all()
