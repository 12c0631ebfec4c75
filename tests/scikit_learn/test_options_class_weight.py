"""class_weight: the weights that scikit-learn gives classes, times those of the samples."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="scikit-learn is not installed")

from sklearn.model_selection import train_test_split
from sklearn.utils.class_weight import compute_class_weight, compute_sample_weight

from fastbp.sklearn import MLPClassifier

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

RNG = np.random.default_rng(3)
X = RNG.normal(size=(120, 4))
LABELS = (RNG.random((120, 3)) < [0.2, 0.5, 0.8]).astype(int)
TARGETS = {
    "two": np.where(X[:, 0] > 0.8, "yes", "no"),
    "three": RNG.choice([3, 5, 9], 120, p=[0.1, 0.3, 0.6]),
    "labels": LABELS,
}
WEIGHTS = RNG.integers(0, 4, 120).astype(float)
BY_CLASS = {
    "two": {"yes": 3.0, "no": 0.5},
    "three": {3: 4.0, 9: 0.25},
    "labels": [{0: 1.0, 1: 2.0}, {0: 0.5, 1: 1.0}, {0: 3.0, 1: 1.0}],
}


def classifier(**parameters):
    return MLPClassifier((6,), **{"random_state": 0, "max_iter": 8, "batch_size": 32} | parameters)


def equal(one, other):
    assert one.loss_curve_ == other.loss_curve_
    assert all(map(np.array_equal, one.coefs_, other.coefs_))


@pytest.mark.parametrize("kind", TARGETS)
@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["no weights", "weights"])
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_weights_of_classes_are_weights_of_samples(kind, weights, solver):
    y, given = TARGETS[kind], BY_CLASS[kind]
    # compute_sample_weight gives 1 to a class that the dict does not have.
    product = compute_sample_weight(given, y) * (1 if weights is None else weights)
    one = classifier(class_weight=given, solver=solver).fit(X, y, weights)
    other = classifier(solver=solver).fit(X, y, product)
    assert one.loss_ == other.loss_
    assert all(map(np.array_equal, one.coefs_, other.coefs_))


@pytest.mark.parametrize("kind", TARGETS)
def test_balanced_is_scikit_learns(kind):
    y = TARGETS[kind]
    equal(
        classifier(class_weight="balanced").fit(X, y),
        classifier().fit(X, y, compute_sample_weight("balanced", y)),
    )


def test_balanced_counts_samples_by_their_weights():
    y = TARGETS["three"]
    classes = np.unique(y)
    of_classes = compute_class_weight("balanced", classes=classes, y=y, sample_weight=WEIGHTS)
    product = WEIGHTS * of_classes[np.searchsorted(classes, y)]
    equal(classifier(class_weight="balanced").fit(X, y, WEIGHTS), classifier().fit(X, y, product))


def test_a_class_whose_weights_are_0_does_not_count():
    y = TARGETS["three"]
    weights = np.where(y == 3, 0.0, WEIGHTS)
    rows = weights > 0
    of_classes = compute_class_weight(
        "balanced", classes=np.array([5, 9]), y=y[rows], sample_weight=weights[rows]
    )
    product = weights * np.where(y == 5, *of_classes)
    equal(classifier(class_weight="balanced").fit(X, y, weights), classifier().fit(X, y, product))


def test_early_stopping_counts_the_classes_that_are_trained_on():
    y = TARGETS["two"]
    estimator = classifier(class_weight="balanced", early_stopping=True, shuffle=False).fit(X, y)
    state = np.random.RandomState(0)
    for shape in [(4, 6), 6, (6, 1), 1]:
        state.uniform(size=shape)
    training, held_out = train_test_split(
        np.arange(120), random_state=state, test_size=0.1, stratify=y
    )
    weights = np.ones(120)
    weights[training] = compute_sample_weight("balanced", y[training])
    product = classifier(early_stopping=True, shuffle=False).fit(X, y, weights)
    equal(estimator, product)
    best = max(estimator.validation_scores_)  # which the weights of classes have no part in
    assert np.mean(estimator.predict(X[held_out]) == y[held_out]) == pytest.approx(best)


def test_partial_fit_takes_a_dict_whose_classes_come_later():
    y = np.array([0] * 60 + [1] * 60)
    one, other = classifier(class_weight={1: 5.0}), classifier()
    for part in (slice(0, 60), slice(60, 120)):
        one.partial_fit(X[part], y[part], classes=[0, 1])
        other.partial_fit(X[part], y[part], np.where(y[part] == 1, 5.0, 1.0), classes=[0, 1])
    equal(one, other)


def test_partial_fit_refuses_balanced_with_scikit_learns_advice():
    with pytest.raises(ValueError, match="In order to use 'balanced' weights, use compute_class"):
        classifier(class_weight="balanced").partial_fit(X, TARGETS["two"], classes=["no", "yes"])


@pytest.mark.parametrize(
    ("kind", "given", "message"),
    [
        ("two", {"yes": -1.0}, "none negative"),
        ("two", {"yes": np.inf}, "must have finite weights"),
        ("two", {"yes": 0.0, "no": 0.0}, "leaves nothing to train on"),
        ("two", {"maybe": 1.0}, "are not in class_weight"),
        ("labels", {0: 1.0}, "list of dicts"),
        ("labels", [{0: 1.0}], "number of elements in class_weight"),
    ],
)
def test_weights_that_make_no_sense_are_refused(kind, given, message):
    with pytest.raises(ValueError, match=message):
        classifier(class_weight=given).fit(X, TARGETS[kind])
