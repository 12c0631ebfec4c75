"""After a fit that learnt nothing there is one warning, with the cause and a remedy that works."""

from __future__ import annotations

import math
import re
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from drawn import EVERY_LOSS
from warned_fits import CLASSES, NUMBER, SOFTMAX, warned
from ways_in import same_fastbp

import fastbp
from fastbp import SGD, Network, TrainingWarning, datasets
from fastbp.model.state import Learned
from fastbp.operations import LOSSES
from fastbp.training import diagnosis
from fastbp.training.constant_output import best_constant, loss_of_outputs, weighted


def medical(n: int = 600) -> tuple[Any, Any]:
    """Columns like those of scikit-learn's breast_cancer: shares beside areas in square pixels."""
    rng = np.random.default_rng(0)
    size = rng.gamma(20, 0.7, n)
    X = np.c_[size, size**2 * math.pi, size**2 * 4, rng.gamma(4, 0.02, (n, 12))]
    return X, (X[:, 0] + 20 * X[:, 4] > 15).astype(int)


def scaled(X: Any) -> Any:
    return (X - X.mean(axis=0)) / X.std(axis=0)


@pytest.mark.parametrize("optimizer", ["sgd", None])
def test_raw_columns_that_kill_the_nodes_are_named_and_scaling_them_helps(optimizer: Any) -> None:
    X, y = medical()
    warning = warned(Network([15, 100, 1], "relu", **CLASSES, seed=0), X, y, optimizer=optimizer)
    assert "Columns of X differ widely in range: column 2 (" in warning
    assert "column 1 (" in warning
    assert "relu nodes of layer 1 are dead" in warning
    if optimizer == "sgd":
        assert warning.startswith(
            "after this fit the network is no better than a constant output: C "
        )
        assert "100 of 100" in warning
    assert "X = (X - m) / s with m = X.mean(axis=0)" in warning
    net = Network([15, 100, 1], "relu", **CLASSES, seed=0)
    assert warned(net, scaled(X), y, optimizer=optimizer) == ""
    assert net.score(scaled(X), y) > 0.9


def test_columns_are_called_by_the_names_of_a_data_frame() -> None:
    X, y = medical()
    net = Network([15, 100, 1], "relu", **CLASSES, seed=0)
    names = tuple(f"f{k}" for k in range(15))
    net._model.state.learned = Learned(feature_names=names)
    assert "range: column 'f2' (" in warned(net, X, y, optimizer="sgd")


SHIFTED = np.random.default_rng(0).standard_normal((500, 4))
SIGN = np.where(SHIFTED[:, 0] > 0, 1.0, -1.0)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (200 + 3 * SIGN, r"100% .* outside the range of sigmoid outputs, 0 to 1: .*197 to 203"),
        (SIGN, r"\d\d% .* outside the range of sigmoid outputs, 0 to 1: they run from -1 to 1"),
    ],
)
def test_targets_that_no_output_reaches_are_told_and_scaling_them_helps(
    y: Any, message: str
) -> None:
    net = Network([4, 16, 1], "tanh", seed=0)
    warning = warned(net, SHIFTED, y, epochs=30)
    assert re.search(message, warning)
    assert "scale y into that range" in warning
    inside = (y - y.min()) / (y.max() - y.min())
    net = Network([4, 16, 1], "tanh", seed=0)
    assert warned(net, SHIFTED, inside, epochs=30) == ""
    assert net.score(SHIFTED, inside) > 0.9


def test_large_targets_are_told_and_scaling_them_helps() -> None:
    y = 150 + 50 * SHIFTED[:, 1]
    warning = warned(Network([4, 16, 1], "relu", **NUMBER, seed=0), SHIFTED, y)
    assert "The targets are large" in warning
    assert "y = (y - m) / s" in warning
    net = Network([4, 16, 1], "relu", **NUMBER, seed=0)
    assert warned(net, SHIFTED, scaled(y), epochs=20) == ""
    assert net.score(SHIFTED, scaled(y)) > 0.8


def test_saturated_nodes_are_told() -> None:
    X = 1000 + SHIFTED
    warning = warned(
        Network([4, 20, 1], "sigmoid", **CLASSES, seed=0), X, SIGN > 0, optimizer="sgd"
    )
    assert "The numbers in X are large, up to 100" in warning
    assert "20 of 20 sigmoid nodes of layer 1 are saturated" in warning


def test_dead_nodes_are_told_where_the_inputs_are_not_to_blame() -> None:
    net = Network([4, 20, 1], "relu", **NUMBER, seed=0)
    net.biases[0] = np.where(np.arange(20) < 12, -50.0, 0.0)
    net.weights[1][0, 12:] = 0  # the others have nothing to say
    warning = warned(net, SHIFTED, np.arange(500) % 2 - 0.5, batch_size=50)
    assert "12 of 20 relu nodes of layer 1 are dead" in warning
    assert "smaller learning_rate or activation='leaky_relu'" in warning


def test_rows_that_are_all_the_same_are_told() -> None:
    warning = warned(Network([4, 3, 1], **CLASSES, seed=0), np.ones((500, 4)), SIGN > 0)
    assert "The rows of X looked at are all the same" in warning


def test_noise_is_no_better_than_a_constant_and_no_cause_is_made_up() -> None:
    rng = np.random.default_rng(0)
    net = Network([4, 5, 3], **SOFTMAX, seed=0)
    warning = warned(net, rng.standard_normal((3000, 4)), rng.integers(0, 3, 3000), epochs=5)
    assert "C ended at 1.09" in warning or "C ended at 1.10" in warning  # ln 3 = 1.0986
    assert "answering the shares of the classes for every row gets 1.09" in warning
    assert "no cause: it may be that X says nothing about y" in warning


def test_a_rate_too_small_is_a_failure_that_still_falls_or_has_no_cause() -> None:
    net = Network([4, 5, 1], **NUMBER, seed=0)
    warning = warned(net, SHIFTED, SHIFTED[:, 0] * 3, optimizer=SGD(1e-6), epochs=20)
    assert "another learning_rate or optimizer='adam'" in warning


# ---------------------------------------------------------------- no warning


def steps(count: int) -> dict[str, Any]:
    return {"epochs": count, "batch_size": 500}


QUIET: dict[str, tuple[list[int], Any, Any, Any, Any]] = {
    "no epoch": ([4, 5, 1], CLASSES, SHIFTED, SIGN > 0, steps(0)),
    "few steps": ([4, 5, 1], CLASSES, SHIFTED, SIGN > 0, steps(99)),
    "no rate": ([4, 5, 1], CLASSES, SHIFTED, SIGN > 0, {"optimizer": SGD(0.0)}),
    "one class": ([4, 5, 1], CLASSES, SHIFTED, np.zeros(500, int), steps(200)),
    "one class of three": ([4, 5, 3], SOFTMAX, SHIFTED, np.ones(500, int), steps(200)),
    "one number": ([4, 5, 1], NUMBER, SHIFTED, np.full(500, 0.3), steps(200)),
    "the same soft labels": (
        [4, 5, 2], SOFTMAX, SHIFTED, np.tile([0.3, 0.7], (500, 1)), steps(200)
    ),
    "a stopped fit": (
        [4, 5, 1], CLASSES, SHIFTED, SIGN > 0,
        {"epochs": 50, "callbacks": lambda net, epoch, history: epoch == 4},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", QUIET)
def test_nothing_is_said_where_nothing_could_be_expected(case: str) -> None:
    sizes, options, X, y, how = QUIET[case]
    assert warned(Network(sizes, "relu", **options, seed=0), X, y, **how) == ""


def test_nothing_is_said_of_soft_labels_that_are_learnt() -> None:
    """Their least C is their own entropy: nearly a constant's, though all is learnt."""
    y = np.where(SIGN > 0, 0.6, 0.4).reshape(-1, 1) * [1, -1] + [0, 1]
    net = Network([4, 16, 2], "relu", **SOFTMAX, seed=0)
    assert warned(net, SHIFTED, y, epochs=40) == ""
    constant, least = math.log(2), -0.6 * math.log(0.6) - 0.4 * math.log(0.4)
    assert constant > net.loss_value(SHIFTED, y) > least > 0.97 * constant


def test_nothing_is_said_of_a_weak_signal_that_is_found() -> None:
    rng = np.random.default_rng(1)
    X = rng.standard_normal((4000, 3))
    y = X[:, 0] + 4 * rng.standard_normal(4000)  # R^2 is 1/17 at best
    net = Network([3, 1], **NUMBER, seed=0)
    assert warned(net, X, y, epochs=20, optimizer=SGD(0.01)) == ""
    assert net.score(X, y) > 0.04


def test_nothing_is_said_of_a_first_epoch_on_its_way() -> None:
    X, y = datasets.load_digits()
    net = Network([64, 16, 10], seed=0)
    history = net.fit(X, y, epochs=1, batch_size=10, optimizer=SGD(0.05))
    assert history.loss[0] > 0.9  # a constant's


def test_early_stopping_is_looked_at_as_it_ends() -> None:
    """The weights of the best epoch are evaluated, not those that came later."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((300, 4))
    net = Network([4, 8, 1], "tanh", **NUMBER, seed=0)
    options = {"validation": 0.2, "early_stopping": 3, "epochs": 60}
    assert warned(net, X, X[:, 0], **options) == ""
    noise = rng.standard_normal(300)
    net = Network([4, 8, 1], "tanh", **NUMBER, seed=0)
    assert "no better than a constant" in warned(net, X, noise, batch_size=2, **options)


def test_a_loop_of_short_fits_is_looked_at_as_one_training() -> None:
    net, seen = Network([2, 1], seed=0), []
    X, y = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0, 1, 1, 0])
    for _ in range(1000):
        seen.append(warned(net, X, y, epochs=1, batch_size=1))
    # Seen when 160, 320, 640, 1280 and 2560 steps are done, of 4 each: each time twice as many.
    assert [i for i, warning in enumerate(seen, start=1) if warning] == [40, 80, 160, 320, 640]
    assert all("no better than a constant" in warning for warning in seen if warning)


def test_single_steps_warn_of_nothing() -> None:
    net = Network([4, 5, 1], **CLASSES, seed=0)
    for _ in range(300):
        net.train_step(SHIFTED, np.arange(500) % 2)


def test_warnings_that_are_ignored_cost_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    X, y = medical()
    monkeypatch.setattr(diagnosis, "_verdict", lambda *_: pytest.fail("looked at"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TrainingWarning)
        Network([15, 100, 1], "relu", **CLASSES, seed=0).fit(X, y, optimizer="sgd")


def test_a_fit_ends_well_though_its_arrays_are_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    def raise_index_error(*_: Any) -> str:
        raise IndexError("another thread has shrunk X")

    monkeypatch.setattr(diagnosis, "_verdict", raise_index_error)
    X, y = medical()
    history = Network([15, 100, 1], "relu", **CLASSES, seed=0).fit(X, y, optimizer="sgd")
    assert history.epochs == 10


# ---------------------------------------------------------------- the constant


@pytest.mark.parametrize("loss", [name for name, row in LOSSES.items() if row.squares])
def test_the_constants_loss_is_that_of_a_network_that_gives_it(loss: str) -> None:
    y = np.random.default_rng(0).random((5000, 3)) + 1e6  # no cancellation
    net = Network([2, 3], loss=loss, **NUMBER, dtype="float64", initializer="zeros")
    net.biases[0] = y.mean(axis=0)
    targets = weighted(y, 3)
    assert loss_of_outputs(loss, targets, best_constant(loss, targets)) == pytest.approx(
        net.loss_value(np.zeros((5000, 2)), y), rel=1e-8
    )


@pytest.mark.parametrize("labels", [True, False])
def test_the_constants_entropy_is_that_of_a_network_that_gives_it(labels: bool) -> None:
    y = np.random.default_rng(0).integers(0, 3, 500)
    rows: Any = y if labels else np.eye(3)[y]
    targets = weighted(rows, 3)
    constant = best_constant("cross_entropy", targets)
    net = Network([2, 3], **SOFTMAX, dtype="float64", initializer="zeros")
    net.biases[0] = np.log(constant)
    C = loss_of_outputs("cross_entropy", targets, constant)
    assert pytest.approx(net.loss_value(np.zeros((500, 2)), y), rel=1e-12) == C
    sample = weighted(rows, 3, np.arange(100))
    assert np.array_equal(sample.y, weighted(rows[:100], 3).y)
    assert np.array_equal(sample.weights, weighted(rows[:100], 3).weights)
    assert loss_of_outputs("cross_entropy", sample, sample.y) == 0


def test_the_constant_of_several_labels_is_each_ones_share() -> None:
    targets = weighted(np.array([[1, 0], [0, 0], [0, 0], [0, 0]]), 2)
    loss = "binary_cross_entropy"
    C = loss_of_outputs(loss, targets, best_constant(loss, targets))
    assert pytest.approx(-0.25 * math.log(0.25) - 0.75 * math.log(0.75), rel=1e-15) == C


def test_a_class_that_no_row_has_costs_a_constant_nothing() -> None:
    targets = weighted(np.array([0, 1, 1, 0]), 3)
    C = loss_of_outputs("cross_entropy", targets, best_constant("cross_entropy", targets))
    assert pytest.approx(math.log(2), rel=1e-15) == C


@pytest.mark.parametrize("loss", EVERY_LOSS, ids=str)
def test_no_other_constant_has_less_loss_than_the_best(loss: Any) -> None:
    rng = np.random.default_rng(0)
    y = rng.dirichlet([2, 3, 4], 400)
    targets = weighted(y, 3)
    best = best_constant(loss, targets)
    least = loss_of_outputs(loss, targets, best)
    for _ in range(50):
        # Shares, so that the entropy of three classes has its minimum at the mean too.
        other = best + 0.05 * (rng.dirichlet([2, 3, 4]) - best)
        assert loss_of_outputs(loss, targets, other) > least


def test_the_constant_is_what_the_losss_row_says() -> None:
    targets = weighted(np.array([[0.0], [1.0], [8.0]]), 1)
    assert best_constant("absolute_error", targets) == [1.0]
    assert loss_of_outputs("absolute_error", targets, np.array([1.0])) == pytest.approx(8 / 3)


def test_no_loss_stands_for_one_that_the_table_lacks() -> None:
    targets = weighted(np.zeros((3, 1)), 1)
    with pytest.raises(KeyError, match="nothing_like_it"):
        loss_of_outputs("nothing_like_it", targets, np.zeros(1))


# ---------------------------------------------------------------- the command


def test_the_command_shows_the_warning_as_a_note(tmp_path: Path) -> None:
    X, y = medical(300)
    np.savetxt(tmp_path / "t.csv", np.c_[X, y], delimiter=",", header=",".join("abcdefghijklmnop"),
               comments="", fmt="%.6g")  # fmt: skip
    options = ["--target", "p", "--quiet", "--optimizer", "sgd", "--epochs", "20", "--force",
               "--members", "2"]  # fmt: skip

    def command_output(*extra: str) -> str:
        arguments = [sys.executable, "-m", "fastbp", "train", "t.csv", *options, *extra]
        return subprocess.run(
            arguments, cwd=tmp_path, env=same_fastbp(), capture_output=True, text=True, check=True
        ).stderr

    warning = command_output("--recipe", "plain", "--learning-rate", "1e-9")
    assert "note: after this fit the network is no better than a constant output" in warning
    assert "Warning" not in warning
    assert "note" not in command_output()


def test_the_warning_is_exported() -> None:
    assert issubclass(fastbp.TrainingWarning, UserWarning)
    assert "TrainingWarning" in fastbp.__all__
