"""docs/coming-from.md: each number of its table, of fastbp itself and of the other libraries.

A cell begins with its numbers, and what follows a semicolon is words. Those of fastbp come from
fastbp, and those of the others from their formulas and, where a library is installed, from it.
"""

from __future__ import annotations

import importlib
import os
import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

import keras_numbers
import numpy as np
import optax_numbers
import pytest
import sklearn_numbers
import torch_numbers
from library_formulas import (
    BELOW_THE_ROOT,
    CLASS_WEIGHTS,
    DECAY_GRADIENTS,
    FORMULAS,
    KERAS,
    LOGITS,
    MISTAKE,
    OPTAX,
    PATIENCE,
    ROWS_OF_DIGITS,
    SIGNS,
    SKLEARN,
    SMOOTHING,
    TARGETS,
    TINY,
    TORCH,
    Formula,
    Numbers,
)
from source_tree import ROOT

from fastbp import SGD, Adagrad, Adam, AdamW, NAdam, Network, RMSprop, RProp
from fastbp.schedules import InverseScaling, ReduceOnPlateau

PAGE = ROOT / "docs" / "coming-from.md"
pytestmark = pytest.mark.skipif(not PAGE.exists(), reason="docs/ is not beside tests/")

# ---------------------------------------------------------------- fastbp


def one_weight(w: float, dtype: str = "float64", **options: Any) -> Network:
    """a = g(w x), the identity if nothing else is asked for."""
    settings: dict[str, Any] = {"output_activation": "identity", "loss": "half_squared_error"}
    net = Network([1, 1], bias=False, dtype=dtype, seed=0, **{**settings, **options})
    net.weights[0][...] = w
    return net


def moves(
    optimizers: Any, gradients: Sequence[float], start: float = 0.0, dtype: str = "float64"
) -> Numbers:
    """Where the weight is after each gradient, (w x - y) x."""
    net, places = one_weight(start, dtype), []
    x = 1e-12 if max(map(abs, gradients)) < 1e-20 else 1.0
    for i, gradient in enumerate(gradients):
        y = net.weights[0][0, 0] * x - gradient / x
        optimizer = optimizers[i] if isinstance(optimizers, list) else optimizers
        net.train_step([[x]], [y], optimizer=optimizer)
        places.append(float(net.weights[0][0, 0]))
    return tuple(places)


def value(activation: str, z: float) -> float:
    return float(one_weight(z, output_activation=activation).predict([[1.0]])[0, 0])


def slopes(activation: str, *places: float) -> Numbers:
    """g'(z) = dC/dw, where a - y = 1."""
    gradients = []
    for z in places:
        net = one_weight(z, output_activation=activation)
        y = value(activation, z) - 1
        gradients.append(float(net.gradients([[1.0]], [y]).weights[0][0, 0]))
    return tuple(gradients)


def clipped() -> Numbers:
    net = Network([2, 1], bias=False, dtype="float64", output_activation="identity", seed=0)
    net.weights[0][...] = 0
    net.train_step([[3.0, 4.0]], [-0.5], optimizer=SGD(1.0, clip_norm=5.0))
    return tuple(float(-w) for w in net.weights[0][0])


def penalty() -> Numbers:
    net = one_weight(1.0)
    net.fit(np.zeros((10, 1)), np.zeros(10), epochs=1, optimizer=SGD(1.0), l2=1.0)
    return (1 - float(net.weights[0][0, 0]),)


def loss_in_training(**options: Any) -> Numbers:
    net = Network(
        [3, 3],
        output_activation="softmax",
        loss="cross_entropy",
        bias=False,
        dtype="float64",
        seed=0,
    )
    net.weights[0][...] = np.eye(3)
    history = net.fit(LOGITS, TARGETS, epochs=1, optimizer=SGD(0.0), **options)
    return (float(history.loss[0]),)


def sample_weighted() -> Numbers:
    net = one_weight(1.0, loss="absolute_error")
    return (float(net.loss_value([[1.0], [2.0]], [0.0, 0.0], sample_weight=[1.0, 3.0])),)


def squared_error() -> Numbers:
    net = Network([1, 2], bias=False, dtype="float64", output_activation="identity", seed=0)
    net.weights[0][...] = [[1.0], [2.0]]
    return (float(net.loss_value([[1.0]], [[0.0, 0.0]])),)


def confident_mistake() -> Numbers:
    net = one_weight(MISTAKE, output_activation="sigmoid", loss="binary_cross_entropy")
    return (float(net.loss_value([[1.0]], [0])),)


def early_stop() -> Numbers:
    net, X, y = one_weight(0.0), np.ones((4, 1)), np.zeros(4)
    history = net.fit(
        X, y, epochs=50, optimizer=SGD(0.0), validation=(X, y), early_stopping=PATIENCE
    )
    return (float(len(history.loss)),)


def plateau() -> Numbers:
    schedule, epochs = ReduceOnPlateau(), 0
    state = schedule.start()
    while state.factor == 1:
        state, epochs = schedule.after_epoch(state, 1.0), epochs + 1
    return (float(epochs),)


def inverse_scaling() -> Numbers:
    schedule = InverseScaling()
    T = schedule.horizon(-(-ROWS_OF_DIGITS // 32))
    assert T is not None
    return (0.1 * float(schedule.factors([T], T)[0]),)


def dropout() -> Numbers:
    net = Network(
        [1, 1, 1],
        activation="identity",
        output_activation="identity",
        bias=False,
        dtype="float64",
        dropout=0.2,
        seed=0,
    )
    for w in net.weights:
        w[...] = 1
    losses = [net.train_step([[1.0]], [0.0], optimizer=SGD(0.0)) for _ in range(20)]
    return (float(max(losses)) ** 0.5,)


def first_weights() -> Numbers:
    return (float(Network([784, 128, 10], "relu", seed=0).weights[0].std() * 28),)


def class_at_half() -> Numbers:
    return (float(one_weight(0.0, output_activation="sigmoid").predict_classes([[1.0]])[0]),)


FASTBP: dict[str, Formula] = {
    "Adam's eps": lambda: (-moves(Adam(), [TINY])[0],),
    "RMSprop's eps": lambda: (-moves(RMSprop(), [TINY])[0],),
    "Adagrad's eps and start": lambda: (-moves(Adagrad(), [TINY])[0],),
    "NAdam's momentum": lambda: (-moves(NAdam(), [1.0])[0],),
    "Rprop at a change of sign": lambda: moves(RProp(), SIGNS),
    "Rprop of tiny gradients": lambda: moves(RProp(), BELOW_THE_ROOT, dtype="float32"),
    "`weight_decay` of SGD": lambda: moves(
        SGD(0.01, 0.9, weight_decay=0.1), DECAY_GRADIENTS, start=1.0
    )[-1:],
    "AdamW": lambda: moves(AdamW(0.01, weight_decay=0.1), DECAY_GRADIENTS, start=1.0)[-1:],
    "AdamW's default decay": lambda: (AdamW().weight_decay,),
    "SGD's default rate": lambda: (SGD().learning_rate,),
    "RMSprop's default rate and rho": lambda: (RMSprop().learning_rate, RMSprop().rho),
    "momentum when the rate changes": lambda: moves(
        [SGD(0.1, momentum=0.9), SGD(0.01, momentum=0.9)], [1.0, 1.0]
    )[-1:],
    "clipping by norm": clipped,
    "L2 penalty": penalty,
    "class weights": lambda: loss_in_training(class_weight=dict(enumerate(CLASS_WEIGHTS))),
    "label smoothing": lambda: loss_in_training(label_smoothing=SMOOTHING),
    "sample weights": sample_weighted,
    "squared error": squared_error,
    "a confident mistake": confident_mistake,
    "early stopping": early_stop,
    "rate on a plateau": plateau,
    "inverse scaling": inverse_scaling,
    "dropout": dropout,
    "first weights": first_weights,
    "leaky_relu's slope": lambda: (-value("leaky_relu", -1.0),),
    "leaky_relu' at 0": lambda: slopes("leaky_relu", 0.0),
    "selu' at 0": lambda: slopes("selu", 0.0),
    "hard_sigmoid' at -3 and 3": lambda: slopes("hard_sigmoid", -3.0, 3.0),
    "absolute error' at 0": lambda: (
        float(one_weight(0.0, loss="absolute_error").gradients([[1.0]], [0.0]).weights[0][0, 0]),
    ),
    "gelu": lambda: (value("gelu", 1.0),),
    "class at an output of 0.5": class_at_half,
}

# ---------------------------------------------------------------- the table

NUMBER = r"-?\d[\d.]*(?:e-?\d+)?"


def table() -> dict[str, dict[str, str]]:
    """The page's first table: row -> column -> cell."""
    if not PAGE.exists():
        return {}
    lines = PAGE.read_text("utf-8").splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("|"))
    end = next(i for i, line in enumerate(lines[start:], start) if not line.startswith("|"))
    head, _, *rows = ([cell.strip() for cell in line.split("|")[1:-1]] for line in lines[start:end])
    assert all(len(row) == len(head) for row in rows)
    return {row[0]: dict(zip(head[1:], row[1:], strict=True)) for row in rows}


TABLE = table()
#: A library's module, and its own numbers by row.
RUNS = {
    TORCH: ("torch", torch_numbers.RUNS),
    KERAS: ("keras", keras_numbers.RUNS),
    OPTAX: ("optax", optax_numbers.RUNS),
    SKLEARN: ("sklearn", sklearn_numbers.RUNS),
}
CELLS = [(row, library) for row, formulas in FORMULAS.items() for library in formulas]


def shown(cell: str) -> list[Decimal]:
    """The numbers that a cell begins with."""
    numbers = re.match(rf"(?:{NUMBER}(?:[ ,]+|$|(?=;)))*", cell)
    return [Decimal(text) for text in re.findall(NUMBER, numbers.group() if numbers else "")]


def assert_shown(cell: str, numbers: Numbers) -> None:
    """The cell's numbers are these, rounded."""
    texts = shown(cell)
    assert len(texts) == len(numbers), (cell, numbers)
    for text, number in zip(texts, numbers, strict=True):
        half = Decimal(5).scaleb(int(text.as_tuple().exponent) - 1)
        assert abs(Decimal(float(number)) - text) <= half, (cell, numbers)


def test_every_row_of_the_table_has_a_test_and_every_test_a_row() -> None:
    assert list(TABLE) == list(FASTBP) == list(FORMULAS)
    for row, cells in TABLE.items():
        libraries = {library for library, cell in cells.items() if shown(cell)}
        assert libraries == {"fastbp", *FORMULAS[row]}, row
    for library, (_, runs) in RUNS.items():
        assert runs.keys() == {row for row in FORMULAS if library in FORMULAS[row]}, library


@pytest.mark.kernels
@pytest.mark.parametrize("row", FASTBP)
def test_fastbps_numbers_are_those_of_the_table(row: str) -> None:
    assert_shown(TABLE[row]["fastbp"], FASTBP[row]())


@pytest.mark.parametrize(("row", "library"), CELLS)
def test_the_others_formulas_give_the_numbers_of_the_table(row: str, library: str) -> None:
    assert_shown(TABLE[row][library], FORMULAS[row][library]())


@pytest.fixture
def in_float64(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Keras runs on JAX, and both in float64."""
    monkeypatch.setitem(os.environ, "KERAS_BACKEND", os.environ.get("KERAS_BACKEND", "jax"))
    try:
        import jax
    except ImportError:
        yield
        return
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    yield
    jax.config.update("jax_enable_x64", before)


@pytest.mark.parametrize(("row", "library"), CELLS)
@pytest.mark.filterwarnings("ignore:__array__ implementation")  # of Keras's variables, on JAX
@pytest.mark.usefixtures("in_float64")
def test_the_others_themselves_give_the_numbers_of_the_table(row: str, library: str) -> None:
    module, runs = RUNS[library]
    pytest.importorskip(module, reason=f"{module} is not installed")
    if library == KERAS:
        keras = importlib.import_module(module)
        keras.config.set_floatx("float64")
    assert_shown(TABLE[row][library], runs[row]())


@pytest.mark.parametrize(
    ("cell", "numbers", "right"),
    [
        ("9.091e-05; words 3", (9.0909e-05,), True),
        ("9.091e-05", (9.0918e-05,), False),
        ("0.01, 0.99", (0.01, 0.99), True),
        ("0.01 0.99", (0.01,), False),
        ("-0.0292", (-0.02922,), True),
        ("-0.0292", (0.0292,), False),
        ("none; 3 words", (), True),
    ],
)
def test_a_cell_is_read_as_it_is_written(cell: str, numbers: Numbers, right: bool) -> None:
    if right:
        assert_shown(cell, numbers)
    else:
        with pytest.raises(AssertionError):
            assert_shown(cell, numbers)
