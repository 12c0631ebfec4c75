"""What the update rules promise beside their formulas: small gradients, biases, full batches."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from drawn import DTYPES, EVERY_OPTIMIZER
from network_state import differences, state_of
from reference_network import Specification, rule_of
from tolerances import assert_close, unit_roundoff

from fastbp import SGD, Adagrad, AdamW, DivergenceError, NAdam, Network, RMSprop, RProp
from fastbp.optimizers import as_optimizer

pytestmark = pytest.mark.kernels

by_rule = pytest.mark.parametrize(
    "optimizer", EVERY_OPTIMIZER, ids=lambda optimizer: optimizer.rule.name
)


def one_weight(dtype: str = "float64") -> Network:
    net = Network([1, 1], output_activation="identity", bias=False, dtype=dtype, seed=0)
    net.weights[0][...] = 0
    return net


def step(net: Network, gradient: float, optimizer: Any) -> float:
    """One step whose dC/dw is this; returns the new weight."""
    w = float(net.weights[0][0, 0])
    net.train_step([[1.0]], [w - gradient / 2], optimizer=optimizer)  # dC/dw = 2 (w x - y) x
    return float(net.weights[0][0, 0])


@by_rule
@pytest.mark.parametrize("gradient", [1e-3, -1e-3, 1e-9])
def test_small_first_gradients_move_a_weight_as_specified(optimizer: Any, gradient: float) -> None:
    net, memory = one_weight(), ()
    before, w = 0.0, 0.0
    for t in (1, 2):
        # What rounding makes of the gradient where y is near w is not the rule's.
        before, w = w, float(net.weights[0][0, 0])
        y = w - gradient / 2
        expected, memory = rule_of(optimizer, t, is_weight=True)(w, memory, 2 * (w - y))
        net.train_step([[1.0]], [y], optimizer=optimizer)
        assert_close(net.weights[0], [[expected]], 1e-14)
    assert np.sign(before - w) == np.sign(gradient)


@by_rule
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("gradient", [1e-3, 1e-9])
def test_every_rule_differs_from_plain_sgd(optimizer: Any, dtype: str, gradient: float) -> None:
    net, plain = one_weight(dtype), one_weight(dtype)
    for network in (net, plain):
        network.weights[0][...] = gradient
    for _ in range(2):
        step(net, gradient, optimizer)
        step(plain, gradient, SGD(optimizer.learning_rate))
    moved, sgd = (float(n.weights[0][0, 0]) - gradient for n in (net, plain))
    assert np.isfinite(moved)
    if optimizer == SGD():
        assert moved == sgd
    else:
        assert abs(moved - sgd) > 0.1 * abs(sgd)


@by_rule
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_gradient_that_overflows_ends_training(optimizer: Any, dtype: str) -> None:
    large = 1e30 if dtype == "float32" else 1e200
    net = one_weight(dtype)
    step(net, 0.1, optimizer)
    net.weights[0][...] = 0
    before = state_of(net)
    far = 1e10 if dtype == "float32" else 1e150  # C is its square, but dC/dw is far x
    with pytest.raises(DivergenceError):
        net.fit([[large], [-large]], [[-far], [far]], epochs=1, optimizer=optimizer)
    assert not differences(before, state_of(net))


@pytest.mark.parametrize(
    "optimizer", [Adagrad(initial_accumulator=1e39), RProp(1e39)], ids=lambda o: o.name
)
def test_a_start_that_float32_does_not_hold_is_refused(optimizer: Any) -> None:
    net = one_weight("float32")
    before = state_of(net)
    number = optimizer.rule.memories[-1].start
    with pytest.raises(ValueError, match=f"{number} must be finite in float32, got 1e\\+39"):
        step(net, 0.1, optimizer)
    assert not differences(before, state_of(net))
    step(one_weight("float64"), 0.1, optimizer)


def test_weight_decay_leaves_biases_alone() -> None:
    """With a gradient of zero only the decay is left: w (1 - eta decay), and b as it was."""
    for sizes in ([2, 3, 2], [20, 40, 30]):
        net = Network(sizes, activation="tanh", output_activation="identity", dtype="float64")
        for b in net.biases:
            b[...] = 0.3
        X = np.random.default_rng(0).standard_normal((5, sizes[0]))
        y = net.predict(X)
        before = net.copy()
        net.fit(X, y, epochs=1, batch_size=5, optimizer=AdamW(0.5, weight_decay=0.1))
        for w, old in zip(net.weights, before.weights, strict=True):
            assert_close(w, old * (1 - 0.5 * 0.1), 1e-15)
        for b, old in zip(net.biases, before.biases, strict=True):
            assert np.array_equal(b, old)


@pytest.mark.filterwarnings("ignore::fastbp.TrainingWarning")  # nothing moves
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("momentum", [0.0, 0.5])
def test_v_less_m_squared_may_round_to_less_than_0(dtype: str, momentum: float) -> None:
    net = Network([200, 1], output_activation="identity", bias=False, dtype=dtype, seed=0)
    X = np.random.default_rng(0).random((1, 200))
    # With a rate of 0 each gradient stays the same, so that v tends to m^2.
    optimizer = RMSprop(0.0, momentum=momentum, centered=True)
    before = net.parameters
    net.fit(X, [[5.0]], epochs=3000, batch_size=1, optimizer=optimizer)
    assert np.array_equal(net.parameters, before)


def test_an_infinite_gradient_of_the_other_sign_ends_rprops_training() -> None:
    net = one_weight("float32")
    step(net, 1.0, RProp())
    x = 3e38
    a = float(net.weights[0][0, 0]) * x
    with pytest.raises(DivergenceError):  # dC/dw = -2 x 1e32
        net.train_step([[x]], [a + 1e32], optimizer=RProp())


@pytest.mark.parametrize("beta1", [0.0, 0.5, 0.9, 0.999999])
@pytest.mark.parametrize("decay", [0.0, 0.004, 0.4, 5.0, 1e9])
@pytest.mark.parametrize("steps_before", [0, 1, 49, 2999])
def test_nadams_product_of_momenta_comes_from_t_alone(
    beta1: float, decay: float, steps_before: int
) -> None:
    optimizer = NAdam(0.01, beta1, momentum_decay=decay)
    net = one_weight()
    net.optimizer = optimizer
    net._model.state.current.counters[0] = steps_before
    expected, _ = rule_of(optimizer, steps_before + 1, is_weight=True)(0.0, (), 0.3)
    # 1 - P is as small as 5e-7, and P's rounding errors count so much more there.
    assert_close([step(net, 0.3, optimizer)], [expected], 1e-14 if beta1 < 0.99 else 1e-8)


X = np.random.default_rng(0).standard_normal((50, 3))
Y = np.sin(X[:, :1])


def small() -> Network:
    return Network([3, 5, 1], "tanh", output_activation="identity", dtype="float64", seed=1)


@pytest.mark.parametrize(
    "optimizer",
    [
        # 50 steps at this rate do not magnify rounding; RMSprop's first are ten times as long.
        *(replace(optimizer, learning_rate=0.003) for optimizer in EVERY_OPTIMIZER),
        RProp(0.02, etas=(0.4, 1.3), steps=(1e-3, 0.1)),
    ],
    ids=str,
)
@pytest.mark.parametrize("l2", [0.0, 0.02])
def test_fifty_steps_equal_the_specification(optimizer: Any, l2: float) -> None:
    net, rows = small(), slice(20)
    spec = Specification.of(net)
    net.fit(X[rows], Y[rows], epochs=50, optimizer=optimizer, l2=l2, shuffle=False)
    for _ in range(50):
        spec.step(X[rows], Y[rows], optimizer, l2)
    assert_close(net.parameters, spec.parameters())


# ------------------------------------------------------------------------------ RProp


@pytest.mark.parametrize("dtype", DTYPES)
def test_rprop_compares_signs_of_the_smallest_gradients(dtype: str) -> None:
    """Their product would underflow in float32 from 2.6e-23 on."""
    for gradient in (1e-23, -1e-30, 1e-3):
        net, w, seen = one_weight(dtype), 0.0, []
        for sign in (1, 1, 1, -1, -1, -1):
            net.weights[0][...] = 0
            moved = step(net, sign * gradient, RProp())
            w += moved
            seen.append(w * np.sign(gradient))
        u = 20 * unit_roundoff(dtype)
        expected = [-0.01, -0.022, -0.0364, -0.0364, -0.0292, -0.02056]
        assert seen == pytest.approx(expected, rel=u, abs=u)


def test_rprops_steps_stay_within_their_limits() -> None:
    net = one_weight()
    seen = []
    for _ in range(5):
        net.weights[0][...] = 0
        seen.append(-step(net, 1.0, RProp(0.5, etas=(0.1, 10.0), steps=(0.2, 3.0))))
    assert seen == [0.5, 3.0, 3.0, 3.0, 3.0]
    rest = []
    for sign in (-1, 1, -1, 1, -1, -1):
        net.weights[0][...] = 0
        rest.append(-step(net, sign, None))
    # A change of sign shortens the step and the weight rests; the next step is made anew.
    assert rest == pytest.approx([0.0, 0.3, 0.0, 0.2, 0.0, -0.2])


def test_fit_takes_all_samples_with_rprop() -> None:
    fitted, stepped, given, larger = (small() for _ in range(4))
    fitted.fit(X, Y, epochs=5, optimizer="rprop", shuffle=False)
    for _ in range(5):
        stepped.train_step(X, Y, optimizer=RProp())
    given.fit(X, Y, epochs=5, batch_size=50, optimizer=RProp(), shuffle=False)
    larger.fit(X, Y, epochs=5, batch_size=64, optimizer=RProp(), shuffle=False)
    assert len({net.parameters.tobytes() for net in (fitted, stepped, given, larger)}) == 1
    assert fitted._model.state.steps == 5


def test_a_smaller_batch_is_refused_with_rprop() -> None:
    own = small()
    own.optimizer = RProp()
    for net, optimizer in ((small(), "rprop"), (small(), RProp(0.1)), (own, None)):
        before = state_of(net)
        with pytest.raises(ValueError, match=r"RProp .*batch_size .* 50, .*got 49; leave it out"):
            net.fit(X, Y, batch_size=49, optimizer=optimizer)
        assert not differences(before, state_of(net))
    with pytest.raises(ValueError, match="at least 40, the number of samples that are trained on"):
        small().fit(X, Y, batch_size=39, optimizer=RProp(), validation=0.2)
    small().fit(X, Y, batch_size=40, optimizer=RProp(), validation=0.2)
    small().train_step(X[:7], Y[:7], optimizer=RProp())


def test_rprop_is_described_by_its_pairs() -> None:
    optimizer = RProp(0.1, etas=[0.25, 2], steps=(1e-3, 1))
    assert repr(optimizer) == "RProp(learning_rate=0.1, etas=(0.25, 2.0), steps=(0.001, 1.0))"
    assert optimizer == RProp(0.1, etas=(0.25, 2.0), steps=[1e-3, 1.0])
    assert hash(optimizer) == hash(pickle.loads(pickle.dumps(optimizer)))
    assert as_optimizer(json.loads(json.dumps(optimizer.config()))) == optimizer
    assert optimizer != RProp(0.1)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("etas", 0.5, "etas must be a pair of numbers, got 0.5"),
        ("etas", (0.5, 1.2, 2.0), "etas must be a pair"),
        ("etas", "ab", "etas must be a pair"),
        ("etas", (0.0, 1.2), r"etas\[0\] must be finite and > 0 and < 1; got 0.0"),
        ("etas", (1.0, 1.2), r"etas\[0\] must be"),
        ("etas", (0.5, 1.0), r"etas\[1\] must be finite and > 1; got 1.0"),
        ("etas", (0.5, np.inf), r"etas\[1\] must be"),
        ("etas", ("0.5", 1.2), r"etas\[0\] must be a number"),
        ("steps", (0.0, 50.0), r"steps\[0\] must be finite and >= 1.2e-38; got 0.0"),
        ("steps", (1e-6, np.nan), r"steps\[1\] must be"),
        ("steps", (1.0, 0.5), r"steps must be \(shortest, longest\), got \(1.0, 0.5\)"),
        ("steps", None, "steps must be a pair of numbers, got None"),
        ("learning_rate", 0.0, "learning_rate must be finite and > 0; got 0.0"),
        ("learning_rate", True, "learning_rate must be a number"),
    ],
)
def test_rprops_bad_numbers_are_refused_by_name(name: str, value: Any, message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        RProp(**{name: value})
