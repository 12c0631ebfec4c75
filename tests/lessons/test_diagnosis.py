"""``net.diagnose``: silent on healthy networks, right on sick ones, and what it advises helps."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import Any

import numpy as np
import pytest
from source_tree import ROOT, needs_tree

import fastbp
from fastbp import SGD, Adam, AdamW, DivergenceError, Network, RMSprop
from fastbp.checks.callback import DiagnosisCallback
from fastbp.checks.health_report import Diagnosis
from fastbp.training.findings import THRESHOLDS

CLASSES = {"output_activation": "softmax", "loss": "cross_entropy"}
TWO = {"output_activation": "sigmoid", "loss": "binary_cross_entropy"}
NUMBER = {"output_activation": "identity"}
XOR = np.array([[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]])

pytestmark = pytest.mark.filterwarnings("ignore::fastbp.TrainingWarning")


def scaled(X: Any) -> np.ndarray:
    X = np.asarray(X, float)
    s = X.std(axis=0)
    return np.asarray((X - X.mean(axis=0)) / np.where(s > 0, s, 1))


@cache
def data(name: str) -> tuple[Any, Any, list[int], dict[str, Any]]:
    """X and y, scaled, the widths of input and output, and the output's options."""
    if name == "xor":
        return XOR, [0, 1, 1, 0], [2, 1], TWO
    if name == "digits":
        return *fastbp.datasets.load_digits(), [64, 10], CLASSES
    datasets = pytest.importorskip("sklearn.datasets", reason="sklearn is not installed")
    X, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    if name == "wine":
        return scaled(X), y, [13, 3], CLASSES
    if name == "breast_cancer":
        return scaled(X), y, [30, 1], TWO
    return scaled(X), scaled(y), [10, 1], NUMBER


def raw(name: str) -> tuple[Any, Any]:
    datasets = pytest.importorskip("sklearn.datasets", reason="sklearn is not installed")
    X, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    return X, y


# ---------------------------------------------------------------- healthy ones

SETTINGS: dict[str, tuple[str, list[int], Any]] = {
    "relu, Adam": ("relu", [32], Adam(0.003)),
    "tanh, SGD": ("tanh", [16], SGD(0.1, momentum=0.9)),
    "sigmoid, Adam": ("sigmoid", [32], Adam(0.01)),
    "gelu, AdamW": ("gelu", [32, 16], AdamW(0.003)),
    "relu, RMSprop": ("relu", [32, 32], RMSprop(0.001)),
    "leaky_relu, SGD": ("leaky_relu", [20], SGD(0.05)),
    "no hidden layer": ("relu", [], Adam(0.01)),
}
FOUR = list(SETTINGS)[:4]
DATA = ["digits", "wine", "breast_cancer", "diabetes", "xor"]


def assert_silent(name: str, setting: str, seed: int, moments: list[int]) -> None:
    X, y, (n_0, n_L), options = data(name)
    activation, hidden, optimizer = SETTINGS[setting]
    net = Network([n_0, *hidden, n_L], activation, seed=seed, **options)
    done = 0
    for epochs in moments:
        net.fit(X, y, epochs=epochs - done, optimizer=optimizer)
        net.optimizer = optimizer
        done = epochs
        diagnosis = net.diagnose(X, y)
        assert not diagnosis, f"after {epochs} epochs:\n{diagnosis}"


@pytest.mark.parametrize("setting", FOUR)
@pytest.mark.parametrize("name", DATA)
def test_it_is_silent_on_healthy_networks(name: str, setting: str) -> None:
    """Before training, early in it, and later."""
    assert_silent(name, setting, 0, [0, 3, 20] if name != "xor" else [0, 50, 500])


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("name", DATA)
def test_it_is_silent_on_many_healthy_networks(name: str, setting: str, seed: int) -> None:
    moments = [0, 1, 10, 60] if name != "xor" else [0, 10, 200, 2000]
    assert_silent(name, setting, seed, moments)


def test_the_network_stays_as_it_is() -> None:
    X, y, _, options = data("digits")
    net = Network([64, 16, 10], "tanh", seed=0, dropout=0.2, **options)
    net.fit(X[:500], y[:500], epochs=1)
    twin = net.copy()
    net.diagnose(X, y)
    assert np.array_equal(net.parameters, twin.parameters)
    for each in (net, twin):
        each.fit(X[:500], y[:500], epochs=1)
    assert np.array_equal(net.parameters, twin.parameters)  # the generator and memory too


@pytest.mark.parametrize("l", [1, 2, 3])
def test_the_measures_are_those_of_numpy(l: int) -> None:
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((40, 3)), rng.standard_normal((40, 2))
    net = Network([3, 5, 4, 2], "tanh", dtype="float64", seed=1, **NUMBER)
    net.optimizer = SGD(1e-9)  # so that the measured steps start from the same weights
    layer = net.diagnose(X, y).layers[l - 1]
    deltas = [net.trace(X[i], y[i]).delta[l] for i in range(40)]
    assert layer.delta == pytest.approx(np.sqrt(np.mean(np.square(deltas))))
    # Of whole batches: of 32 of the 40 rows, the ratio is near that of all.
    g, w = net.gradients(X, y).weights[l - 1], net.weights[l - 1]
    all_rows = 1e-9 * np.sqrt(np.mean(g**2) / np.mean(w**2))
    assert layer.update_ratio == pytest.approx(all_rows, rel=0.5)


# ---------------------------------------------------------------- sick ones


def only(diagnosis: Diagnosis, kind: str) -> Any:
    """The finding of this kind, of which there must be one."""
    (finding,) = [finding for finding in diagnosis if finding.kind == kind]
    assert finding.text in str(diagnosis)
    assert f"try: {finding.remedy}" in str(diagnosis)
    return finding


def wine_net(activation: str, *hidden: int, **options: Any) -> Network:
    return Network([13, *hidden, 3], activation, seed=0, **CLASSES, **options)


def normal(size: float) -> Callable[..., Any]:
    return lambda rng, n_out, n_in: size * rng.standard_normal((n_out, n_in))


@pytest.mark.parametrize("l", [1, 2])
def test_dead_nodes_are_named_and_leaky_relu_helps(l: int) -> None:
    def killed(activation: str) -> Network:
        net = wine_net(activation, 10, 10)
        net.biases[l - 1][2:9] = -50
        return net

    X, y, *_ = data("wine")
    finding = only(killed("relu").diagnose(X, y), "dead_nodes")
    assert finding.layer == l
    assert finding.nodes == (2, 3, 4, 5, 6, 7, 8)
    assert finding.value == 0.7
    assert "activation='leaky_relu'" in finding.remedy
    helped = killed("leaky_relu")
    assert "dead_nodes" not in helped.diagnose(X, y).kinds
    helped.fit(X, y, epochs=60, optimizer=Adam(0.01))
    assert helped.score(X, y) > 0.9


@pytest.mark.parametrize("epochs", [0, 60])
def test_nodes_that_inputs_of_one_sign_kill_are_told_apart_and_centring_helps(epochs: int) -> None:
    """With one input of 0 or more, a negative weight is a dead node, before the first step too."""
    X = np.random.default_rng(0).uniform(0, 1, (400, 1))
    y = np.sin(8 * X[:, 0])
    scores = []
    for rows, activation in ((X, "relu"), (X - X.mean(axis=0), "relu"), (X, "leaky_relu")):
        net = Network([1, 32, 1], activation, seed=23, **NUMBER)
        net.fit(rows, y, epochs=epochs)
        diagnosis = net.diagnose(rows, y)
        if rows is X and activation == "relu":
            finding = only(diagnosis, "dead_nodes")
            assert finding.nodes == tuple(np.flatnonzero((X @ net.weights[0].T <= 0).all(axis=0)))
            assert "no product of their weights and these inputs is above 0" in finding.text
            assert "X - m with m = X.mean(axis=0)" in finding.remedy
            assert finding.remedy.endswith(" or activation='leaky_relu'")
            assert "learning_rate" not in finding.remedy
        else:
            assert not diagnosis
        net.fit(rows, y, epochs=200 - epochs)
        scores.append(net.score(rows, y))
    assert scores[0] < 0.6 < 0.9 < min(scores[1:])


def test_nodes_that_are_dead_before_the_first_step_are_not_laid_to_its_length() -> None:
    X, y, *_ = data("wine")
    net = wine_net("relu", 10)
    net.biases[0][:] = -50
    remedy = only(net.diagnose(X, y), "dead_nodes").remedy
    assert "initializer='auto'" in remedy
    assert "learning_rate" not in remedy


def test_dead_nodes_of_a_network_that_learns_all_the_same_are_only_counted() -> None:
    X, y, *_ = data("wine")
    net = wine_net("relu", 10)
    net.biases[0][2:9] = -50
    net.fit(X, y, epochs=150, optimizer=Adam(0.01))
    diagnosis = net.diagnose(X, y)
    assert diagnosis.share < 0.05
    assert not diagnosis
    assert diagnosis.layers[0].n_dead == 7


@pytest.mark.parametrize("seed", [1, 3, 7])
def test_a_plateau_is_no_rate_too_low(seed: int) -> None:
    """40 steps gain nothing there, and a rate of 1 leaves it; but the steps are not short."""
    X, y = (XOR + 1) / 2, [0, 1, 1, 0]
    net = Network([2, 32, 1], "sigmoid", seed=seed, **TWO)
    net.fit(X, y, epochs=10, optimizer=Adam(0.01))
    assert not net.diagnose(X, y)
    net.fit(X, y, epochs=2000)
    assert net.score(X, y) == 1


@pytest.mark.parametrize("activation", ["tanh", "sigmoid"])
def test_saturated_nodes_are_named_and_drawn_weights_help(activation: str) -> None:
    X, y, *_ = data("wine")
    finding = only(
        wine_net(activation, 20, initializer=normal(50.0)).diagnose(X, y), "saturated_nodes"
    )
    assert finding.layer == 1
    assert len(finding.nodes) >= 18
    assert "initializer='auto'" in finding.remedy
    assert not wine_net(activation, 20, initializer="auto").diagnose(X, y)


def test_a_saturated_output_that_is_wrong_is_named() -> None:
    """As of Nielsen's networks that stick: its class is never found, and its delta is some 0."""
    X, y, *_ = data("digits")
    net = Network([64, 30, 10], "sigmoid", loss="half_squared_error", seed=0)
    net.fit(X, y, epochs=5, optimizer=SGD(3.0), batch_size=10)
    assert not net.diagnose(X, y)
    net.weights[1][4] = 0
    net.biases[1][4] = -20
    finding = only(net.diagnose(X, y), "saturated_nodes")
    assert finding.layer == 2
    assert finding.nodes == (4,)


@pytest.mark.parametrize("depth", [5, 7])
def test_vanishing_deltas_are_found_and_another_activation_helps(depth: int) -> None:
    X, y, *_ = data("wine")
    nets = {g: wine_net(g, *[20] * depth) for g in ("sigmoid", "relu")}
    found = {}
    for g, net in nets.items():
        net.fit(X, y, epochs=40, optimizer=SGD(0.1))
        found[g] = net.diagnose(X, y)
    finding = only(found["sigmoid"], "vanishing_deltas")
    assert finding.value < 1e-3
    assert "activation='relu'" in finding.remedy
    ratio = found["sigmoid"].layers[0].delta / found["sigmoid"].layers[-1].delta
    assert finding.value == pytest.approx(ratio)
    assert not found["relu"]
    assert nets["sigmoid"].score(X, y) < 0.6 < 0.95 < nets["relu"].score(X, y)


def test_small_weights_that_make_deltas_vanish_are_told_from_flat_slopes() -> None:
    X, y, *_ = data("wine")
    net = wine_net("tanh", 20, 20, 20, initializer=normal(0.01))
    finding = only(net.diagnose(X, y), "vanishing_deltas")
    assert "initializer='auto'" in finding.remedy
    assert not wine_net("tanh", 20, 20, 20).diagnose(X, y)


@pytest.mark.parametrize("activation", ["relu", "leaky_relu"])
def test_exploding_deltas_are_found_and_drawn_weights_help(activation: str) -> None:
    X, y, *_ = data("wine")
    net = wine_net(activation, 64, 64, 64, 64, initializer=normal(1.0))
    finding = only(net.diagnose(X, y), "exploding_deltas")
    assert finding.value > 100
    assert "initializer='auto'" in finding.remedy
    assert not wine_net(activation, 64, 64, 64, 64).diagnose(X, y)


@pytest.mark.parametrize("seed", [21, 22, 23])
def test_trial_steps_are_as_large_as_those_of_the_fit(seed: int) -> None:
    """With 32 rows in place of its 200, this rate would be too high for a target of much noise."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((600, 6))
    y = scaled(0.3 * X[:, 0] + rng.standard_normal(600))
    net = Network([6, 100, 1], "relu", seed=seed, **NUMBER)
    optimizer = SGD(0.01, momentum=0.9)
    for epochs in (10, 50, 140):
        net.fit(X, y, epochs=epochs, optimizer=optimizer, batch_size=200)
        assert not net.diagnose(X, y)
        assert not net.copy().diagnose(X, y)


@pytest.mark.parametrize("seed", [21, 22, 23, 24])
def test_where_nothing_is_to_be_learnt_no_rate_is_blamed(seed: int) -> None:
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((300, 4)), rng.integers(0, 2, 300)
    net = Network([4, 24, 1], "sigmoid", seed=seed, **TWO)
    for epochs in (10, 50):
        net.fit(X, y, epochs=epochs, optimizer=SGD(0.5), batch_size=16)
        assert not net.diagnose(X, y)


@pytest.mark.parametrize("learning_rate", [1e5, 1e7])
def test_a_rate_with_which_all_near_ones_diverge_is_found_too(learning_rate: float) -> None:
    X, y, *_ = data("diabetes")
    net = Network([10, 24, 1], "tanh", seed=3, **NUMBER)
    net.optimizer = SGD(learning_rate)
    finding = only(net.diagnose(X, y), "rate_too_high")
    rate = float(finding.remedy.split("learning_rate=")[1].split(",")[0])
    net.fit(X, y, epochs=20, optimizer=SGD(rate))
    assert net.score(X, y) > 0.4


def test_no_rate_is_advised_whose_steps_replace_the_weights() -> None:
    """On a plateau a step of 30 times the weights may hit by chance: parity of four inputs."""
    X = np.array([[2.0 * int(bit) - 1 for bit in f"{i:04b}"] for i in range(16)])
    y = (X > 0).sum(axis=1) % 2
    for seed in (23, 24):
        net = Network([4, 24, 1], "sigmoid", seed=seed, **TWO)
        net.fit(X, y, epochs=100, optimizer=SGD(0.5), batch_size=16)
        for finding in net.diagnose(X, y):
            assert finding.kind != "rate_too_low"


HIGH = [SGD(5.0), SGD(50.0), Adam(3.0), SGD(1.0, momentum=0.95)]


@pytest.mark.parametrize("epochs", [0, 30])
@pytest.mark.parametrize("optimizer", HIGH, ids=lambda o: f"{o.name} {o.learning_rate}")
def test_a_rate_that_is_too_high_is_found_and_the_advised_one_helps(
    optimizer: Any, epochs: int
) -> None:
    X, y, *_ = data("wine")
    y = np.where(np.arange(len(y)) % 7 == 0, (y + 1) % 3, y)  # some are wrong: no rate gets all
    net = wine_net("relu", 20)
    net.optimizer = optimizer
    with suppress(DivergenceError):
        net.fit(X, y, epochs=epochs)
    finding = only(net.diagnose(X, y), "rate_too_high")
    rate = float(finding.remedy.split("learning_rate=")[1].split(",")[0])
    assert rate < optimizer.learning_rate / 9
    new = wine_net("relu", 20)
    new.optimizer = type(optimizer)(rate)
    new.fit(X, y, epochs=40)
    assert not new.diagnose(X, y)
    assert new.loss_value(X, y) < 0.9 * np.log(3)


@pytest.mark.parametrize(
    "optimizer",
    [SGD(1e-5), SGD(1e-9), Adam(1e-6), Adam(1e-5)],
    ids=lambda o: f"{o.name} {o.learning_rate}",
)
@pytest.mark.parametrize("epochs", [0, 10])
def test_a_rate_that_is_too_low_is_found_and_the_advised_one_helps(
    optimizer: Any, epochs: int
) -> None:
    X, y, *_ = data("wine")
    net = wine_net("relu", 20)
    net.fit(X, y, epochs=epochs, optimizer=optimizer)
    net.optimizer = optimizer
    finding = only(net.diagnose(X, y), "rate_too_low")
    assert finding.value < 1e-3
    rate = float(finding.remedy.split("learning_rate=")[1])
    C = []
    for learning_rate in (optimizer.learning_rate, rate):
        twin = net.copy()
        twin.fit(X, y, epochs=20, optimizer=type(optimizer)(learning_rate))
        C.append(twin.loss_value(X, y))
    assert C[1] < 0.9 * C[0]


@pytest.mark.parametrize("activation", ["relu", "tanh"])
@pytest.mark.parametrize("name", ["wine", "breast_cancer"])
def test_columns_of_unlike_ranges_are_named_and_scaling_helps(name: str, activation: str) -> None:
    X, y = raw(name)
    _, _, (n_0, n_L), options = data(name)
    scores = []
    for rows in (X, scaled(X)):
        net = Network([n_0, 20, n_L], activation, seed=0, **options)
        net.fit(rows, y, epochs=30)
        diagnosis = net.diagnose(rows, y)
        scores.append(net.score(rows, y))
        if rows is X:
            finding = only(diagnosis, "unscaled_inputs")
            assert (12 if name == "wine" else 23) in finding.nodes
            assert "s = X.std(axis=0)" in finding.remedy
        else:
            assert not diagnosis
    assert scores[1] > scores[0] + 0.02


@pytest.mark.parametrize("factor", [255.0, 1e-4])
def test_inputs_of_another_size_are_found(factor: float) -> None:
    X, y, *_ = data("digits")
    net = Network([64, 16, 10], "relu", seed=0, **CLASSES)
    finding = only(net.diagnose(factor * X, y), "unscaled_inputs")
    assert finding.value == pytest.approx(factor, rel=0.1)
    assert not net.diagnose(X, y)


def test_targets_that_are_not_scaled_are_found_and_scaling_helps() -> None:
    X, _, *_ = data("diabetes")
    _, y = raw("diabetes")
    net = Network([10, 20, 1], "relu", seed=0, **NUMBER)
    net.fit(X, y, epochs=20)
    finding = only(net.diagnose(X, y), "unscaled_targets")
    assert finding.value == pytest.approx(np.sqrt(np.mean(y**2)))
    new = Network([10, 20, 1], "relu", seed=0, **NUMBER)
    new.fit(X, scaled(y), epochs=20)
    assert not new.diagnose(X, scaled(y))
    assert new.score(X, scaled(y)) > 0.4 > 0 > net.score(X, y)


@pytest.mark.parametrize(("output", "low"), [("sigmoid", 0), ("tanh", -1), ("relu", 0)])
def test_targets_out_of_the_outputs_range_are_found_and_identity_helps(
    output: str, low: int
) -> None:
    X, y, *_ = data("diabetes")
    y = y if output == "relu" else 5 * y
    net = Network([10, 20, 1], "tanh", output_activation=output, seed=0)
    finding = only(net.diagnose(X, y), "targets_outside")
    assert finding.layer == 2
    assert finding.value == pytest.approx(
        np.mean((y < low) | (y > (np.inf if low == 0 and output == "relu" else 1)))
    )
    assert "output_activation='identity'" in finding.remedy
    new = Network([10, 20, 1], "tanh", output_activation="identity", seed=0)
    assert "targets_outside" not in new.diagnose(X, y).kinds


@pytest.mark.parametrize("n_L", [1, 2])
def test_a_rare_class_that_is_missed_is_found_and_class_weights_help(n_L: int) -> None:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((2000, 5))
    y = (X[:, 0] + 0.5 * rng.standard_normal(2000) > 2).astype(int)
    options = TWO if n_L == 1 else CLASSES
    recalls = []
    for class_weight in (None, "balanced"):
        net = Network([5, 8, n_L], "relu", seed=0, **options)
        net.fit(X, y, epochs=5, class_weight=class_weight)
        diagnosis = net.diagnose(X, y)
        recalls.append(float((net.predict_classes(X)[y == 1] == 1).mean()))
        if class_weight is None:
            finding = only(diagnosis, "class_imbalance")
            assert finding.value == pytest.approx(np.sum(y == 0) / np.sum(y == 1))
            assert finding.nodes == (n_L - 1,)
            assert "Class 1 is rare" in finding.text
            assert f"finds {recalls[0]:.0%} of its rows" in finding.text
        else:
            assert "class_imbalance" not in diagnosis.kinds
    assert recalls[1] > 0.5 > recalls[0]


def test_nodes_that_are_all_alike_and_rows_that_are_all_alike_are_found() -> None:
    X, y, *_ = data("wine")
    net = wine_net("tanh", 8, initializer="zeros")
    assert only(net.diagnose(X, y), "equal_nodes").layer == 1
    assert wine_net("tanh", 8).diagnose(np.ones_like(X), y).kinds == ("equal_rows",)


def test_outputs_that_overflow_are_found() -> None:
    X, y, *_ = data("diabetes")
    net = Network([10, 20, 1], "relu", seed=0, initializer=normal(1e25), **NUMBER)
    assert only(net.diagnose(X, y), "overflow")


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_and_biases_that_are_not_finite_are_named(value: float) -> None:
    """An infinite one leaves C finite behind tanh."""
    X, y, *_ = data("wine")
    net = wine_net("tanh", 8)
    net.weights[0][1, 2] = net.biases[0][4] = net.biases[1][2] = value
    first, second = net.diagnose(X, y)
    assert (first.kind, first.layer, first.nodes) == ("overflow", 1, (1, 4))
    assert f"2 of 112 weights and biases of layer 1 are not finite: w_12^(1) is {value}" in str(
        first
    )
    assert (second.layer, second.nodes) == (2, (2,))
    assert f"b_2^(2) is {value}" in second.text


def test_a_loss_far_above_a_constants_is_told_as_a_multiple() -> None:
    X, y, *_ = data("diabetes")
    diagnosis = Network([10, 5, 1], "tanh", seed=0, **NUMBER).diagnose(X, 1e-4 * y)
    assert f"C is at {diagnosis.share:.3g} times a constant output's loss" in str(diagnosis)


# ---------------------------------------------------------------- what it takes


def test_targets_of_all_kinds_and_optimizers_without_single_steps_are_taken() -> None:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((60, 4))
    several = (X[:, :3] > 0).astype(float)
    assert not Network([4, 8, 3], "tanh", seed=0, **TWO).diagnose(X, several)
    names = np.array(["a", "b"])[(X[:, 0] > 0).astype(int)]
    net = Network([4, 8, 2], "tanh", seed=0, **CLASSES)
    net.fit(X, names, epochs=1)
    assert not net.diagnose(X, names)
    net = Network([4, 8, 1], "tanh", seed=0, **NUMBER)
    for optimizer in (fastbp.RProp(), Adam(0.01, schedule=fastbp.schedules.OneCycle()), SGD(0.1)):
        net.optimizer = optimizer
        assert not net.diagnose(X, X[:, 0])
    pytest.importorskip("scipy", reason="scipy is not installed")
    net.optimizer = fastbp.LBFGS()
    diagnosis = net.diagnose(X, X[:, 0])
    assert not diagnosis
    assert np.isnan(diagnosis.layers[0].update_ratio)


@pytest.mark.filterwarnings("ignore::fastbp.PerformanceWarning")
def test_functions_of_ones_own_are_looked_at() -> None:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((60, 4))
    loss = fastbp.Loss(lambda a, y: ((a - y) ** 2).sum(axis=1), lambda a, y: 2 * (a - y))
    flat = fastbp.Activation(lambda z: 0 * z + 1, lambda z: 0 * z)
    diagnosis = Network([4, 8, 1], flat, loss=loss, seed=0, **NUMBER).diagnose(X, X[:, 0])
    assert only(diagnosis, "saturated_nodes").layer == 1
    assert np.isnan(diagnosis.share)


def test_numbers_that_are_not_finite_are_refused() -> None:
    X, y, *_ = data("xor")
    bad = X.copy()
    bad[1, 0] = np.inf
    with pytest.raises(ValueError, match=r"X\[1, 0\]"):
        Network([2, 3, 1], **TWO).diagnose(bad, y)


# ---------------------------------------------------------------- while training


def test_the_callback_reports_each_finding_once_and_may_stop() -> None:
    X, y, *_ = data("wine")
    lines: list[str] = []
    watch = DiagnosisCallback(X, y, every=2, report=lines.append)
    net = wine_net("relu", 20)
    net.fit(X, y, epochs=8, optimizer=Adam(1e-6), callbacks=watch)
    ((epoch, finding),) = watch.found
    assert epoch == 1
    assert finding.kind == "rate_too_low"
    assert lines == [f"epoch 1: {finding}"]
    stopping = DiagnosisCallback(X, y, report=None, stop=True)
    history = net.fit(X, y, epochs=8, optimizer=Adam(1e-6), callbacks=stopping)
    assert history.epochs == 1


def test_the_callback_changes_no_bit_of_a_fit_and_is_silent_on_a_healthy_one() -> None:
    X, y, *_ = data("wine")
    watch = DiagnosisCallback(X, y)
    nets = [wine_net("tanh", 16, dropout=0.1) for _ in range(2)]
    nets[0].fit(X, y, epochs=5, optimizer=Adam(0.01))
    nets[1].fit(X, y, epochs=5, optimizer=Adam(0.01), callbacks=watch)
    assert watch.found == []
    assert np.array_equal(nets[0].parameters, nets[1].parameters)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"every": 0}, "every must be at least 1"),
        ({"report": "x"}, "report must be a function"),
        ({"stop": 1}, "stop must be"),
    ],
)
def test_the_callbacks_arguments_are_checked(options: dict[str, Any], message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        DiagnosisCallback(XOR, [0, 1, 1, 0], **options)


@needs_tree
def test_the_page_has_the_thresholds_of_the_code() -> None:
    page = (ROOT / "docs/diagnosis.md").read_text("utf-8")
    rows = re.findall(r"^\| `(\w+)` \| ([\d.e+-]+) \| (.+) \|$", page, re.MULTILINE)
    assert rows == [
        (name, f"{threshold.value:g}", threshold.reason) for name, threshold in THRESHOLDS.items()
    ]


@needs_tree
def test_the_page_has_every_kind_that_a_diagnosis_can_find() -> None:
    page = (ROOT / "docs/diagnosis.md").read_text("utf-8")
    of_fits = {"still_falling", "large_penalty", "no_biases"}  # of the TrainingWarning alone
    sources = [*(ROOT / "fastbp/checks").glob("*.py"), ROOT / "fastbp/training/failure_causes.py"]
    text = "".join(path.read_text("utf-8") for path in sources)
    kinds = set(re.findall(r'Finding\(\s*"(\w+)"', text)) - of_fits
    assert len(kinds) >= 8
    assert all(f"`{kind}`" in page for kind in kinds)
