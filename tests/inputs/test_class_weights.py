"""label_smoothing and class_weight of fit: what is refused, and what the weights are."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
from network_state import state_of

from fastbp import SGD, Network
from fastbp.inputs import as_class_weights, as_targets, balanced_weights
from fastbp.operations import LOSSES
from fastbp.training.softening import soften

X = np.random.default_rng(0).standard_normal((12, 4))
LABELS = np.array([0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 0])
NAMES = np.array(["cat", "dog", "owl"])[LABELS]
SEVERAL = np.eye(3)[LABELS] + np.eye(3)[0] * (LABELS > 0)[:, None]


def classifier(**options: Any) -> Network:
    softmax = {"output_activation": "softmax", "loss": "cross_entropy"}
    return Network([4, 3], seed=0, **softmax | options)


def outcome(net: Network, y: Any, **options: Any) -> Any:
    history = net.fit(X, y, epochs=2, batch_size=5, optimizer=SGD(0.1), **options)
    return history.loss, history.accuracy, state_of(net)


@pytest.mark.parametrize(
    ("value", "error", "match"),
    [
        ("balance", ValueError, "None, 'balanced' or a mapping from classes to weights, got 'bal"),
        ([1, 2, 3], TypeError, r"got list. For weights in the order .* dict\(enumerate\(weights\)"),
        (np.ones(3), TypeError, "got ndarray"),
        (2.0, TypeError, "got float"),
        ({0: -1.0}, ValueError, r"class_weight\[0\] must be finite and >= 0; got -1.0"),
        ({0: np.nan}, ValueError, r"class_weight\[0\] must be finite"),
        ({0: np.inf}, ValueError, r"class_weight\[0\] must be finite"),
        ({0: "2"}, TypeError, r"class_weight\[0\] must be a number"),
        ({3: 1.0}, ValueError, "the numbers 0 to 2, got 3"),
        ({-1: 1.0}, ValueError, "the numbers 0 to 2, got -1"),
        ({0.5: 1.0}, ValueError, "the numbers 0 to 2, got 0.5"),
        ({np.nan: 1.0}, ValueError, "the numbers 0 to 2, got nan"),
        ({(0,): 1.0}, ValueError, r"the numbers 0 to 2, got \(0,\)"),
        ({"cat": 1.0}, ValueError, "names a class 'cat', but the network has no class names"),
        ({0: 0, 1: 0, 2: 0}, ValueError, "every sample's weight is 0. Give a class that occurs"),
    ],
)
def test_class_weights_that_are_none_are_refused(value: Any, error: Any, match: str) -> None:
    net = classifier()
    before = state_of(net)
    with pytest.raises(error, match=match):
        net.fit(X, LABELS, class_weight=value)
    assert state_of(net) == before


def test_class_names_that_are_not_known_are_refused_and_none_is_learnt() -> None:
    net = classifier()
    with pytest.raises(ValueError, match=r"names 'bat', which is none of .* 'cat', 'dog', 'owl'"):
        net.fit(X, NAMES, class_weight={"bat": 2})
    with pytest.raises(ValueError, match="has class 1 twice, as 'dog' and 1"):
        net.fit(X, NAMES, class_weight={"dog": 2, 1: 2})
    with pytest.raises(ValueError, match="the numbers 0 to 2 or class names, got None"):
        net.fit(X, NAMES, class_weight={None: 2})
    assert net.classes is None


@pytest.mark.parametrize("value", [-0.1, 1, 1.5, np.nan, np.inf, "0.1", None, True])
def test_a_smoothing_out_of_its_range_is_refused(value: Any) -> None:
    with pytest.raises((TypeError, ValueError), match="label_smoothing must be"):
        classifier().fit(X, LABELS, label_smoothing=value)


@pytest.mark.parametrize("loss", [name for name, row in LOSSES.items() if row.chain_rule])
def test_other_losses_say_which_ones_are_smoothed(loss: str) -> None:
    net = classifier(output_activation="sigmoid", loss=loss)
    with pytest.raises(
        ValueError, match=rf"is for cross_entropy and binary_cross_entropy; .* is '{loss}'"
    ):
        net.fit(X, LABELS, label_smoothing=0.1)


@pytest.mark.parametrize(
    ("y", "options", "what"),
    [
        (SEVERAL, {"output_activation": "sigmoid", "loss": "binary_cross_entropy"}, "several la"),
        (X[:, :3], {"output_activation": "identity", "loss": "squared_error"}, "numbers"),
    ],
)
def test_targets_that_are_no_classes_have_no_class_weights(
    y: Any, options: dict[str, str], what: str
) -> None:
    for value in ("balanced", {0: 2.0}):
        with pytest.raises(ValueError, match=f"one class a row, and these are {what}.*sample_weig"):
            classifier(**options).fit(X, y, class_weight=value)


@pytest.mark.parametrize(
    "value",
    [
        {"cat": 0.5, "owl": 3.0},
        {0: 0.5, 2: 3},
        {0.0: 0.5, np.int64(2): np.float32(3)},
        MappingProxyType({"cat": 0.5, 2: 3.0}),
    ],
)
def test_classes_are_given_by_name_or_number_and_missing_ones_count_1(value: Any) -> None:
    net = classifier()
    twin = net.copy()
    weights = np.array([0.5, 1.0, 3.0])[LABELS]
    assert outcome(net, NAMES, class_weight=value) == outcome(twin, NAMES, sample_weight=weights)


def test_zeros_and_ones_of_one_output_are_two_classes() -> None:
    """Their classes are what np.unique gives of them, floats or bools too."""
    labels = LABELS > 0
    options = {"output_activation": "sigmoid", "loss": "binary_cross_entropy"}
    nets = [Network([4, 1], seed=0, **options) for _ in range(4)]
    expected = outcome(nets[0], labels, sample_weight=np.where(labels, 3.0, 0.5))
    for net, y in zip(nets[1:], (labels, labels.astype(float), labels * 1), strict=True):
        value = dict(zip(np.unique(y), (0.5, 3.0), strict=True))
        assert outcome(net, y, class_weight=value) == expected


def test_no_weights_and_no_smoothing_leave_every_bit() -> None:
    nets = [classifier() for _ in range(2)]
    assert outcome(nets[0], LABELS) == outcome(
        nets[1], LABELS, label_smoothing=0, class_weight=None
    )


def test_balanced_weights_are_those_of_the_classes_that_occur() -> None:
    assert balanced_weights(np.array([6.0, 2.0, 0.0])).tolist() == [8 / (2 * 6), 8 / (2 * 2), 1]
    assert as_class_weights({}, 2, None).tolist() == [1, 1]


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("form", ["names", "one_hot", "one_output"])
def test_balanced_equals_scikit_learns(form: str, weighted: bool) -> None:
    """Counts are sums of sample weights, if there are some."""
    utils = pytest.importorskip("sklearn.utils", reason="scikit-learn is not installed")
    sample_weight = np.random.default_rng(1).random(12) if weighted else None
    labels, K = (LABELS, 3) if form != "one_output" else ((LABELS > 0) * 1, 1)
    expected = utils.class_weight.compute_class_weight(
        "balanced", classes=np.unique(labels), y=labels, sample_weight=sample_weight
    )
    y = {"names": NAMES, "one_hot": np.eye(3)[LABELS], "one_output": labels}[form]
    options = {"output_activation": "sigmoid", "loss": "binary_cross_entropy"} if K == 1 else {}
    nets = [classifier(**options) if K == 3 else Network([4, 1], seed=0, **options) for _ in "ab"]
    results = [
        outcome(net, y, class_weight=value, sample_weight=sample_weight)
        for net, value in zip(nets, ("balanced", dict(enumerate(expected))), strict=True)
    ]
    for actual, wanted in zip(results[0][:2], results[1][:2], strict=True):
        assert np.allclose(actual, wanted, rtol=1e-6)


@pytest.mark.parametrize("weighted", [False, True])
def test_balanced_counts_only_what_is_trained_on(weighted: bool) -> None:
    """Of nine rows, five of class 0 and four of class 1: 9 / (2 * 5) and 9 / (2 * 4).

    With a weight of 2 for the fifth one, class 0 has six, and that weight multiplies.
    """
    net = classifier()
    rows = np.array([0, 1, 2, 3, 4, 6, 7, 8, 6])
    y = as_targets(LABELS, 12, dtype=net.dtype, infer_kind=True, **net._model.output)
    own = np.where(np.arange(12) == 4, 2.0, 1.0) if weighted else None
    weights, divisors, softening = soften(net._model, y, rows, own, 0.0, "balanced")
    assert weights is not None
    ratio = weights[0] / weights[6]
    assert ratio == pytest.approx(4 / 6 if weighted else 4 / 5, rel=1e-12)
    assert weights[4] / weights[0] == pytest.approx(2 if weighted else 1)
    assert divisors is softening is None


@pytest.mark.parametrize("options", [{"class_weight": {0: 9.0}}, {"label_smoothing": 0.5}])
def test_validation_and_scores_know_of_neither(options: dict[str, Any]) -> None:
    net, twin = classifier(), classifier()
    still: dict[str, Any] = {"epochs": 1, "optimizer": SGD(0.0), "validation": (X, LABELS)}
    history, plain = net.fit(X, LABELS, **options, **still), twin.fit(X, LABELS, **still)
    assert history.loss != plain.loss
    assert history.validation_loss == plain.validation_loss == [net.loss_value(X, LABELS)]
    assert history.validation_accuracy == plain.validation_accuracy == [net.score(X, LABELS)]


def test_soft_labels_count_by_their_shares() -> None:
    """Of 12 rows of (3/4, 1/4, 0) a class has 9 and 3, so that both come to 6."""
    rows = np.tile([0.75, 0.25, 0.0], (12, 1))
    net, twin = classifier(dtype="float64"), classifier(dtype="float64")
    actual = outcome(net, rows, class_weight="balanced")
    expected = outcome(twin, rows, class_weight={0: 12 / 18, 1: 2.0})
    assert np.allclose(actual[0], expected[0], rtol=1e-12)
    even = np.tile([0.5, 0.5, 0.0], (12, 1))
    assert np.allclose(actual[0], outcome(classifier(dtype="float64"), even)[0], rtol=1e-12)


def test_weights_too_far_apart_for_the_number_type_are_refused_where_targets_change() -> None:
    options = {"class_weight": {0: 1e-50}}
    with pytest.raises(ValueError, match=r"differ by a factor of more than .*class 0 has"):
        classifier().fit(X, LABELS, label_smoothing=0.1, **options)
    classifier().fit(X, LABELS, **options)
    classifier(dtype="float64").fit(X, LABELS, label_smoothing=0.1, **options)


@pytest.mark.parametrize("options", [{"class_weight": "balanced"}, {"class_weight": {0: 2.0}}])
def test_soft_labels_that_are_not_finite_have_fits_own_error(options: dict[str, Any]) -> None:
    rows = np.eye(3)[LABELS]
    rows[3] = np.nan
    with pytest.raises(ValueError, match=r"y\[3, 0\] .*is nan"):
        classifier().fit(X, rows, **options)
