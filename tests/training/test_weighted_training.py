"""What fit, its history, its warning and score make of sample weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tolerances import assert_close
from warned_fits import CLASSES, NUMBER, SOFTMAX, warned

from fastbp import SGD, Adam, DivergenceError, Network

STILL = SGD(0.0)  # moves nothing
RNG = np.random.default_rng(5)
X = RNG.standard_normal((60, 4))
LABELS = RNG.integers(0, 3, 60)
SEVERAL = (RNG.random((60, 3)) < 0.5).astype(float)
NUMBERS = RNG.standard_normal((60, 3))
WEIGHTS = RNG.random(60) * (np.arange(60) % 4 > 0)

KINDS: dict[str, tuple[dict[str, Any], Any]] = {
    "classes": (SOFTMAX, LABELS),
    "multilabel": (CLASSES, SEVERAL),
    "numbers": (NUMBER, NUMBERS),
}


def fitted(kind: str, **options: Any) -> tuple[Network, Any]:
    """A network that knows its kind of targets and is as it was drawn."""
    net = Network([4, 6, 3], "tanh", dtype="float64", seed=2, **KINDS[kind][0])
    y = KINDS[kind][1]
    history = net.fit(X, y, epochs=1, batch_size=7, optimizer=STILL, **options)
    return net, history


def right_rows(net: Network, y: Any) -> Any:
    a = net.predict(X)
    return a.argmax(axis=1) == y if y.ndim == 1 else ((a >= 0.5) == (y >= 0.5)).all(axis=1)


@pytest.mark.parametrize("kind", KINDS)
def test_losses_and_accuracies_of_the_history_are_weighted_means(kind: str) -> None:
    y = KINDS[kind][1]
    net, history = fitted(kind, sample_weight=WEIGHTS, validation=(X, y, WEIGHTS[::-1]))
    C_0 = np.array([net.loss_value(X[i : i + 1], y[i : i + 1]) for i in range(60)])
    for weights, loss, accuracy in (
        (WEIGHTS, history.loss, history.accuracy),
        (WEIGHTS[::-1], history.validation_loss, history.validation_accuracy),
    ):
        assert_close(loss, [np.average(C_0, weights=weights)])
        if kind == "numbers":
            assert accuracy == []
        else:
            assert_close(accuracy, [np.average(right_rows(net, y), weights=weights)])


@pytest.mark.parametrize("kind", ["classes", "multilabel"])
def test_a_weighted_score_of_classes_is_the_weighted_accuracy(kind: str) -> None:
    net, _ = fitted(kind)
    y = KINDS[kind][1]
    score = net.score(X, y, sample_weight=WEIGHTS)
    assert score == pytest.approx(np.average(right_rows(net, y), weights=WEIGHTS), rel=1e-12)
    assert score != net.score(X, y)
    metrics = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed")
    a = net.predict_classes(X)
    expected = metrics.accuracy_score(y, a, sample_weight=WEIGHTS)
    assert score == pytest.approx(expected, rel=1e-12)


def test_a_weighted_score_of_numbers_is_the_weighted_r2() -> None:
    net, _ = fitted("numbers")
    a, w = net.predict(X), WEIGHTS[:, None]
    mean = (w * NUMBERS).sum(axis=0) / w.sum()
    shares = (w * (NUMBERS - a) ** 2).sum(axis=0) / (w * (NUMBERS - mean) ** 2).sum(axis=0)
    score = net.score(X, NUMBERS, sample_weight=WEIGHTS)
    assert score == pytest.approx(1 - shares.mean(), rel=1e-12)
    assert score != pytest.approx(net.score(X, NUMBERS), rel=1e-3)
    metrics = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed")
    expected = metrics.r2_score(NUMBERS, a, sample_weight=WEIGHTS)
    assert score == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_a_score_leaves_rows_of_weight_0_out(kind: str) -> None:
    net, _ = fitted(kind)
    y, counted = KINDS[kind][1], WEIGHTS > 0
    score = net.score(X[counted], y[counted], sample_weight=WEIGHTS[counted])
    assert net.score(X, y, sample_weight=WEIGHTS) == pytest.approx(score, rel=1e-12)


def test_r2_of_one_row_that_counts_is_nan_and_of_equal_targets_0_or_1() -> None:
    net = Network([1, 1], output_activation="identity", initializer="zeros", dtype="float64")
    x = np.zeros((3, 1))
    assert np.isnan(net.score(x, [1.0, 2, 3], sample_weight=[0, 1, 0]))
    # In the mean of numbers like 0.1, three weights like these leave a rounding.
    assert net.score(x, [0.1, 0.1, 0.1], sample_weight=[0.3, 0.7, 1.1]) == 0
    net.biases[0] = [0.1]
    assert net.score(x, [0.1, 0.1, 0.1], sample_weight=[0.3, 0.7, 1.1]) == 1


@pytest.mark.parametrize("batch_size", [1, 7, 60])
@pytest.mark.parametrize("optimizer", [SGD(1e-9), Adam(1e-9)], ids=["sgd", "adam"])
def test_what_is_all_right_is_right_to_exactly_1(batch_size: int, optimizer: Any) -> None:
    """No rounding of the sums of weights shows, in whatever order they are summed."""
    y = (X[:, 0] > 0).astype(float)
    net = Network([4, 1], bias=False, seed=0)
    net.weights[0] = [[9.0, 0, 0, 0]]
    options = {"batch_size": batch_size, "epochs": 5, "optimizer": optimizer}
    history = net.fit(X, y, sample_weight=WEIGHTS, validation=(X, y, WEIGHTS), **options)
    assert history.accuracy == history.validation_accuracy == [1.0] * 5
    assert net.score(X, y, sample_weight=WEIGHTS) == 1


def test_a_fraction_held_out_for_validation_keeps_its_weights() -> None:
    net = Network([4, 6, 3], "tanh", **SOFTMAX, dtype="float64", seed=2)
    options = {"epochs": 1, "optimizer": STILL, "validation": 0.5}
    history = net.fit(X, LABELS, sample_weight=WEIGHTS, **options)
    parts = [history.loss[0], history.validation_loss[0]]
    C_0 = np.array([net.loss_value(X[i : i + 1], LABELS[i : i + 1]) for i in range(60)])
    whole = np.average(C_0, weights=WEIGHTS)
    assert min(parts) < whole < max(parts)
    share = (whole - parts[1]) / (parts[0] - parts[1])  # of the weight that was trained on
    assert 0.2 < share < 0.8


def test_early_stopping_goes_by_the_weighted_validation_loss() -> None:
    """The rows that get worse count in one fit, and those that get better in the other."""
    rows, y = np.zeros((4, 1)), np.array([1.0, 1, 0, 0])
    options = {"epochs": 30, "early_stopping": 3, "optimizer": SGD(0.1), "shuffle": False}
    epochs = {}
    for name, weights in {"better": [1, 1, 0, 0], "worse": [0, 0, 1, 1]}.items():
        net = Network([1, 1], **NUMBER, seed=0)
        history = net.fit(rows, np.ones(4), validation=(rows, y, weights), **options)
        epochs[name] = len(history.loss)
    assert epochs["worse"] <= 5 < 15 < epochs["better"]


def test_a_diverging_fit_reports_the_weighted_loss_of_its_epoch_so_far() -> None:
    x = np.array([[1.0], [1.0], [1.0], [1e30]])
    net = Network([1, 1], **NUMBER, initializer="zeros")
    options = {"batch_size": 1, "optimizer": STILL, "shuffle": False, "epochs": 1}
    net.weights[0] = [[1e18]]
    y = np.array([1e18 - 2e12, 1e18, 1e18 + 1e12, 0.0])
    C_0 = [net.loss_value(x[i : i + 1], y[i : i + 1]) for i in range(3)]
    with pytest.raises(DivergenceError) as caught:
        net.fit(x, y, sample_weight=[3, 0, 1, 1], **options)
    assert caught.value.loss == pytest.approx(np.average(C_0, weights=[3, 0, 1]), rel=1e-6)


# ------------------------------------------------------------------------------ the warning

NOISE = np.random.default_rng(0).standard_normal((400, 4))
RARE = (np.arange(400) % 20 == 0).astype(float)  # one in twenty
BALANCED = np.where(RARE > 0, 19.0, 1.0)


def test_a_balanced_fit_is_compared_with_the_balanced_constant() -> None:
    """With rows like these ln 2 is all that a constant gets, and 0.199 without weights."""
    net = Network([4, 1], **CLASSES, seed=0)
    warning = warned(
        net, NOISE, RARE, sample_weight=BALANCED, epochs=120, batch_size=400, optimizer=Adam(1e-5)
    )
    assert "no better than a constant output" in warning
    assert "the shares of the classes by weight for every row gets 0.6931" in warning
    clear = NOISE.copy()
    clear[:, 0] += 2 * RARE
    net = Network([4, 1], **CLASSES, seed=0)
    options = {"epochs": 40, "optimizer": Adam(0.01), "sample_weight": BALANCED}
    history = net.copy().fit(clear, RARE, **options)
    assert 0.2 < history.loss[-1] < 0.6  # worse than the constant of unweighted rows
    assert warned(net, clear, RARE, **options) == ""


@pytest.mark.parametrize("n", [300, 30_000])
def test_one_row_that_holds_most_of_the_weight_is_looked_at(n: int) -> None:
    """Of many rows, some hundred are looked at, drawn by weight."""
    rng = np.random.default_rng(1)
    x, y = rng.standard_normal((n, 2)), rng.standard_normal(n)
    weights = np.ones(n)
    weights[n // 3] = 3 * n
    y[n // 3] = 30.0
    net = Network([2, 1], **NUMBER, seed=0)
    constant = np.average((y - np.average(y, weights=weights)) ** 2, weights=weights)
    warning = warned(
        net, x, y, sample_weight=weights, epochs=1, batch_size=n // 150, optimizer=SGD(1e-9)
    )
    number = float(warning.split("the mean of y by weight for every row gets ")[1].split(". ")[0])
    assert number == pytest.approx(constant, rel=0.02)


def test_rows_of_weight_0_are_no_cause() -> None:
    """Neither their columns nor their targets are named."""
    x, y = NOISE.copy(), NOISE[:, 1].copy()
    x[::2, 3] *= 1e5
    y[::2] = 1e6
    weights = np.arange(400) % 2
    options = {"epochs": 100, "optimizer": SGD(1e-6), "sample_weight": weights}
    warning = warned(Network([4, 1], **NUMBER, seed=0), x, y, **options)
    assert "no better than a constant" in warning
    assert "column" not in warning
    assert "targets" not in warning


def test_a_constant_that_weights_make_of_y_is_no_failure() -> None:
    """All rows that count have one target, and the network gives it."""
    y = RARE * 7 + 1
    net = Network([4, 1], **NUMBER, seed=0)
    weights = 1 - RARE
    options = {"epochs": 100, "batch_size": 20, "optimizer": Adam(0.01)}
    assert warned(net, NOISE, y, sample_weight=weights, **options) == ""


@pytest.mark.parametrize(
    ("options", "constant"),
    [
        # -sum_j t_j ln t_j of the mean t of (0.95, 0.05) and (0.05, 0.95), 19 to 1.
        ({"label_smoothing": 0.1}, -(0.905 * np.log(0.905) + 0.095 * np.log(0.095))),
        ({"class_weight": "balanced"}, np.log(2)),
        ({"class_weight": "balanced", "label_smoothing": 0.1}, 1.0),
    ],
)
def test_smoothed_and_balanced_fits_are_compared_with_their_own_constants(
    options: dict[str, Any], constant: float
) -> None:
    net = Network([4, 2], **SOFTMAX, seed=0)
    y = RARE.astype(int)
    if len(options) == 2:  # t = w y', divided by the mean of w_y, which is 1
        w = 400 / (2 * np.bincount(y))
        t = (w * (0.9 * np.eye(2)[y] + 0.05)).mean(axis=0)
        constant = -(t * np.log(t / t.sum())).sum()
    warning = warned(net, NOISE, y, epochs=120, batch_size=400, optimizer=Adam(1e-5), **options)
    assert "no better than a constant output" in warning
    assert float(warning.split("for every row gets ")[1].split(". ")[0]) == pytest.approx(
        constant, rel=1e-3
    )
    clear = NOISE.copy()
    clear[:, 0] += 8 * RARE
    net = Network([4, 2], **SOFTMAX, seed=0)
    assert warned(net, clear, y, epochs=40, optimizer=Adam(0.01), **options) == ""
