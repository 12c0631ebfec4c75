"""One traced step: the bits of train_step, and the numbers before and after it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from drawn import EVERY_OPTIMIZER, build
from kernel_sets import RUNNABLE, forced
from network_state import differences, state_of
from reference_network import Specification, flat
from tolerances import FLOAT64, assert_close, unit_roundoff
from ways_in import NUMBERS

import fastbp
from fastbp import SGD, Activation, Adam, Loss, Network

pytestmark = [
    pytest.mark.kernels,
    pytest.mark.filterwarnings("ignore::fastbp.errors.PerformanceWarning"),
]

SIZES = [4, 6, 5, 3]
X = np.random.default_rng(0).standard_normal((8, 4))
Y = np.random.default_rng(1).random((8, 3))


def made(**options: Any) -> Any:
    options = {"activation": "tanh", "dtype": "float64", "bias": True, **options}
    return build(1, SIZES, **options)


def dense(moment: Any, net: Any) -> Any:
    """The parameters of a moment, as net.parameters has them."""
    parts = [
        part.ravel()
        for l in range(1, net.L + 1)
        for part in (moment.w[l], moment.b[l])[: 1 + bool(net.bias)]
    ]
    return np.concatenate(parts)


@pytest.mark.parametrize("isa", RUNNABLE)
@pytest.mark.parametrize("numbers", NUMBERS)
@pytest.mark.parametrize("optimizer", EVERY_OPTIMIZER, ids=lambda value: value.rule.name)
def test_a_traced_step_is_a_step(isa: str, numbers: str, optimizer: Any) -> None:
    with forced(isa):
        net, twin = (made(**({"dtype": "float32"} | NUMBERS[numbers])) for _ in range(2))
        for x, y in zip(X, Y, strict=True):
            before = twin.parameters
            s = net.trace_step(x, y, optimizer=optimizer)
            C = twin.train_step(x[None], y[None], optimizer=optimizer)
            assert differences(state_of(net), state_of(twin)) == ""
            assert np.array_equal(dense(s.before, net), before)
            assert np.array_equal(dense(s.after, net), twin.parameters)
            assert_close(s.C_0, C, 4 * unit_roundoff(net.dtype))


@pytest.mark.parametrize("optimizer", EVERY_OPTIMIZER, ids=lambda value: value.rule.name)
def test_a_traced_step_follows_the_specification(optimizer: Any) -> None:
    net = made()
    of = Specification.of(net)
    names = optimizer.remembers
    for t, (x, y) in enumerate(zip(X, Y, strict=True), start=1):
        memories = [*of.state]
        _, dC_dw, dC_db = of.gradient(x[None], y[None])
        s = net.trace_step(x, y, optimizer=optimizer)
        assert (s.step, s.optimizer, s.learning_rate) == (t, optimizer, optimizer.learning_rate)
        assert_close(dense(s.before, net), of.parameters())
        gradient = np.concatenate(
            [part.ravel() for l in (1, 2, 3) for part in (s.dC_dw[l], s.dC_db[l])]
        )
        assert_close(gradient, flat(dC_dw, dC_db), FLOAT64)
        of.step(x[None], y[None], optimizer)
        # Adam's first steps divide by a root of the gradient: errors grow with each.
        assert_close(dense(s.after, net), of.parameters(), 1e-10)
        for i, name in enumerate(names):
            after = dense(s.after.memories[name], net)
            assert_close(after, [memory[i] for memory in of.state], 1e-10, label=name)
            if t > 1:
                before = dense(s.before.memories[name], net)
                assert_close(before, [memory[i] for memory in memories], 1e-10, label=name)
        assert set(s.before.memories) == set(s.after.memories) == set(names)


def test_it_is_what_learn_one_does() -> None:
    net, twin = made(), made()
    net.optimizer = twin.optimizer = Adam(0.01)
    for x, y in zip(X, Y, strict=True):
        net.trace_step(x, y)
        twin.learn_one(x, y)
        assert differences(state_of(net), state_of(twin)) == ""


@pytest.mark.parametrize("isa", RUNNABLE)
@pytest.mark.parametrize("numbers", NUMBERS)
@pytest.mark.parametrize("hidden", ["tanh", "gelu", ("leaky_relu", 0.25)])
def test_a_step_with_dropout_shows_the_nodes_that_it_kept(
    isa: str, numbers: str, hidden: Any
) -> None:
    options = {"dtype": "float32"} | NUMBERS[numbers]
    with forced(isa):
        net, twin = (made(activation=hidden, dropout=[0.4, 0.0], **options) for _ in range(2))
        for x, y in zip(X, Y, strict=True):
            s = net.trace_step(x, y, optimizer=SGD(0.5, momentum=0.9))
            twin.train_step(x[None], y[None], optimizer=SGD(0.5, momentum=0.9))
            assert differences(state_of(net), state_of(twin)) == ""
            assert set(np.round(s.kept[1] * 0.6, 6)) <= {0.0, 1.0}
            assert s.kept[2].tolist() == [1.0] * 5
            assert np.array_equal(s.a[1] == 0, s.kept[1] == 0)
            for l in range(1, 4):
                # v = mu v - rate dC/dw, in three roundings of numbers of about this size
                v, mu = s.before.memories["velocity"].w[l], 0.9
                expected = mu * v.astype("float64") - 0.5 * s.dC_dw[l]
                after = s.after.memories["velocity"].w[l]
                assert_close(after, expected, 8 * unit_roundoff(net.dtype))


def test_dropout_s_factors_are_the_specification_s_and_stand_in_the_terms() -> None:
    net = made(dropout=[0.4, 0.3])
    of = Specification.of(net)
    net.trace_step(X[0], Y[0], optimizer=SGD(0.1))
    of = Specification.of(net)
    of.steps = 1
    _, dC_dw, _ = of.gradient(X[1:2], Y[1:2], rates=of.rates)
    s = net.trace_step(X[1], Y[1])
    for l in range(1, 4):
        assert_close(s.dC_dw[l], dC_dw[l])
        products = [[s.term(l, j, k).value for k in range(SIZES[l - 1])] for j in range(SIZES[l])]
        assert_close(products, dC_dw[l])
    assert [factor.symbol for factor in s.term(1, 2, 3).factors] == [
        "dC_0/da_2^(1)", "dropout_2^(1)", "g'(z_2^(1))", "a_3^(0)",
    ]  # fmt: skip
    assert "dropout_j g(z_j)" in str(s)


@pytest.mark.parametrize("own", ["activation", "loss", "both"])
@pytest.mark.parametrize("dropout", [0.0, 0.5])
def test_steps_with_parts_of_one_s_own(own: str, dropout: float) -> None:
    options: dict[str, Any] = {"dropout": dropout}
    if own != "loss":
        options["activation"] = Activation(lambda z: np.sin(z), lambda z: np.cos(z))
    if own != "activation":
        options["loss"] = Loss(
            lambda a, y: ((a - y) ** 4).sum(axis=1), lambda a, y: 4 * (a - y) ** 3
        )
    net, twin = made(**options), made(**options)
    for x, y in zip(X, Y, strict=True):
        s = net.trace_step(x, y, optimizer=SGD(0.5))
        twin.train_step(x[None], y[None], optimizer=SGD(0.5))
        assert differences(state_of(net), state_of(twin)) == ""
        for l in range(1, 4):
            assert_close(s.after.w[l], s.before.w[l] - 0.5 * s.dC_dw[l])


def test_a_moving_average_is_among_the_memories() -> None:
    net = made()
    for x, y in zip(X, Y, strict=True):
        raw = net.raw_parameters
        s = net.trace_step(x, y, optimizer=SGD(0.5, ema=0.9))
        assert np.array_equal(dense(s.before, net), raw)
        assert np.array_equal(dense(s.after, net), net.raw_parameters)
        assert np.array_equal(dense(s.after.memories["average"], net), net.parameters)


def test_a_schedule_s_rate_is_that_of_the_step() -> None:
    net = made()
    optimizer = SGD(0.5, schedule=lambda step: 1 / (1 + step))
    rates = [
        net.trace_step(x, y, optimizer=optimizer).learning_rate for x, y in zip(X, Y, strict=True)
    ]
    assert rates == [0.5 / (1 + step) for step in range(8)]


def test_a_step_that_fails_leaves_the_network_as_it_was() -> None:
    net = made()
    net.trace_step(X[0], Y[0])
    before = state_of(net)
    with pytest.raises(ValueError, match="finite"):
        net.trace_step(np.full(4, np.nan), Y[0])
    with pytest.raises(fastbp.DivergenceError):
        made(output_activation="identity").trace_step(np.full(4, 1e200), np.full(3, 1e300))
    with pytest.raises(ValueError, match="takes no single steps"):
        net.trace_step(X[0], Y[0], optimizer="lbfgs")
    with pytest.raises(ValueError, match="optimizer"):
        net.trace_step(X[0], Y[0], optimizer="adamm")
    with pytest.raises(fastbp.errors.ShapeError, match="one sample"):
        net.trace_step(X, Y)
    assert differences(state_of(net), before) == ""


def test_mazur_s_step_is_the_published_one() -> None:
    net = Network([2, 2, 2], loss="half_squared_error", bias="fixed", dtype="float64")
    net.weights[0], net.biases[0] = [[0.15, 0.20], [0.25, 0.30]], [0.35, 0.35]
    net.weights[1], net.biases[1] = [[0.40, 0.45], [0.50, 0.55]], [0.60, 0.60]
    s = net.trace_step([0.05, 0.10], [0.01, 0.99], optimizer=SGD(0.5))
    assert_close(s.after.w[2], [[0.35891647971788465, 0.4086661860762334],
                                [0.5113012702387375, 0.5613701211079891]], 1e-15)  # fmt: skip
    assert_close(s.after.w[1], [[0.1497807161327628, 0.19956143226552567],
                                [0.24975114363236958, 0.29950228726473915]], 1e-15)  # fmt: skip
    assert np.array_equal(s.after.b[1], s.before.b[1])
    text = str(s)
    assert "w -= learning_rate dC/dw" in text
    assert "new w^(2)    _00 0.358916" in text
    assert "Step 1 of SGD(" in repr(s)


@pytest.mark.parametrize("options", [{}, {"dropout": 0.5}, {"dtype": "float32"}, {"bias": False}])
def test_the_pass_after_a_step_is_the_trace_of_the_new_parameters(options: Any) -> None:
    net = made(**options)
    s = net.trace_step(X[0], Y[0], optimizer=SGD(0.5, momentum=0.5))
    t = net.trace(X[0], Y[0])
    net.trace_step(X[1], Y[1])
    after = s.after_pass()
    assert after.C_0 == t.C_0
    assert after.kept is None
    for l in (1, 2, 3):
        for name in ("z", "a", "delta", "w", "b", "dC_dw", "dC_db", "g_prime", "dC_da"):
            assert np.array_equal(getattr(after, name)[l], getattr(t, name)[l])


def test_the_pass_after_a_step_on_a_label_has_its_target() -> None:
    net = made(output_activation="softmax", loss="cross_entropy")
    s = net.trace_step(X[0], 2)
    assert net.loss_value(X[:1], [2]) == s.after_pass().C_0
