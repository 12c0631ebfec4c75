"""predict_classes and score of rows that have no answer, and of an exploded regression."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import fastbp
from fastbp import Network
from fastbp.inputs import target_kinds

RNG = np.random.default_rng(0)
LABELS = np.arange(20) % 3
FORMS: dict[str, Any] = {
    "labels": LABELS,
    "several": np.eye(3)[LABELS] + np.eye(3)[(LABELS + 1) % 3],
    "numbers": RNG.random((20, 3)),
}
OPTIONS: dict[str, Any] = {
    "labels": {"output_activation": "softmax", "loss": "cross_entropy"},
    "several": {"loss": "binary_cross_entropy"},
    "numbers": {},
}


def classifier(form: str = "labels") -> Network:
    net = Network([4, 5, 3], "relu", seed=0, **OPTIONS[form])
    net.fit(RNG.random((20, 4)), FORMS[form], epochs=1)
    return net


@pytest.mark.parametrize("form", FORMS)
def test_rows_with_nan_have_no_class_and_no_score(form: str) -> None:
    net, X, y = classifier(form), RNG.random((20, 4)), FORMS[form]
    X[[3, 7], [0, 2]] = np.nan
    message = r"rows 3, 7 of X \(2 of 20\) are NaN.*Fill them or leave those rows out"
    with pytest.raises(ValueError, match=message):
        net.predict_classes(X)
    with pytest.raises(ValueError, match=message):
        net.score(X, y)
    assert np.isnan(net.predict(X)[[3, 7]]).all()
    assert np.isnan(net.loss_value(X, y))
    good = np.isfinite(X).all(axis=1)  # as the message says
    net.predict_classes(X[good])
    assert np.isfinite(net.score(X[good], y[good]))


def test_many_rows_with_nan_are_counted_and_the_first_named() -> None:
    X = np.full((20, 4), np.nan)
    with pytest.raises(ValueError, match=r"rows 0, 1, 2, 3, 4, \.\.\. of X \(20 of 20\)"):
        classifier().predict_classes(X)
    X[1:] = 0
    with pytest.raises(ValueError, match=r"output of row 0 of X \(1 of 20\) is NaN"):
        classifier().predict_classes(X)


def test_finite_rows_that_give_nan_are_named_with_the_reason() -> None:
    net, X = classifier(), RNG.random((20, 4))
    X[5] = [1e308, -1e308, 1e308, 1e308]
    with pytest.raises(
        ValueError, match=r"row 5 .*too large for float32.*Scale X.*dtype='float64'"
    ):
        net.score(X, LABELS)
    net.weights[0][0, 0] = np.nan
    with pytest.raises(ValueError, match="weights or biases are not finite"):
        net.predict_classes(RNG.random((20, 4)))


def test_targets_that_are_nan_have_no_score() -> None:
    y = FORMS["numbers"].copy()
    y[4, 1] = np.nan
    with pytest.raises(ValueError, match=r"y\[4, 1\]"):
        classifier("numbers").score(RNG.random((20, 4)), y)


def test_rows_are_named_alike_in_every_block(monkeypatch: pytest.MonkeyPatch) -> None:
    net, X = classifier(), RNG.random((20, 4))
    full_score = net.score(X, LABELS)
    monkeypatch.setattr(target_kinds, "_BLOCK", 6)
    assert net.score(X, LABELS) == full_score
    X[[13, 19]] = np.nan
    with pytest.raises(ValueError, match=r"rows 13, 19 of X \(2 of 20\)"):
        net.score(X, LABELS)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("weights", [None, np.r_[0.0, 0.0, 0.0, 2.0, RNG.random(16)]])
def test_scores_and_classes_are_alike_in_blocks(
    form: str, weights: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    net, X, y = classifier(form), RNG.random((20, 4)), FORMS[form]
    score, classes = net.score(X, y, sample_weight=weights), net.predict_classes(X)
    monkeypatch.setattr(target_kinds, "_BLOCK", 3)
    # Sums of 20 numbers in another order, in float64.
    assert net.score(X, y, sample_weight=weights) == pytest.approx(score, rel=1e-13)
    assert np.array_equal(net.predict_classes(X), classes)
    # A large origin: the mean is one for all blocks.
    linear = Network([4, 3], output_activation="identity", dtype="float64", seed=0)
    a = linear.predict(X)
    far = a + 1e6 + RNG.random((20, 3))
    linear.biases[0] += 1e6
    w = np.ones((20, 1)) if weights is None else weights[:, None]
    residual = (w * (far - linear.predict(X)) ** 2).sum(0)
    total = (w * (far - (w * far).sum(0) / w.sum()) ** 2).sum(0)
    expected = (1 - residual / total).mean()
    # A deviation of some 0.3 is left of numbers of 1e6, with their rounding, 1e-16 of them.
    assert linear.score(X, far, sample_weight=weights) == pytest.approx(expected, rel=1e-7)


def test_an_exploded_regression_has_a_score_and_no_warning() -> None:
    net = Network([1, 1], output_activation="identity", dtype="float64", initializer="zeros")
    net.weights[0] = [[1e300]]
    assert net.score([[1.0], [2.0]], [0.0, 1.0]) == -np.inf


def test_a_softmax_of_one_output_is_refused_and_the_remedy_works() -> None:
    with pytest.raises(ValueError, match=r"one output.*'sigmoid'.*'binary_cross_entropy'"):
        Network([4, 1], output_activation="softmax", loss="cross_entropy")
    Network([4, 1], output_activation="sigmoid", loss="binary_cross_entropy")
    Network([4, 2], output_activation="softmax", loss="cross_entropy")


def test_a_new_network_trains_with_adam() -> None:
    net, X = Network([4, 3], seed=0), RNG.random((20, 4))
    assert net.optimizer == fastbp.Adam()
    twin, named = net.copy(), net.copy()
    net.fit(X, LABELS, epochs=2)
    twin.fit(X, LABELS, epochs=2, optimizer=fastbp.Adam())
    assert np.array_equal(net.parameters, twin.parameters)
    named.fit(X, LABELS, epochs=2, optimizer="sgd")
    assert named.optimizer == fastbp.SGD(0.1)
    assert not np.array_equal(net.parameters, named.parameters)
