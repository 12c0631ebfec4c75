"""validation_data: the loss on rows of the caller's own, epoch by epoch."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="scikit-learn is not installed")

from scipy.sparse import csr_matrix
from sklearn.metrics import log_loss
from sklearn.preprocessing import LabelBinarizer

from fastbp.sklearn import MLPClassifier, MLPRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

RNG = np.random.default_rng(4)
X, X_VAL = RNG.normal(size=(90, 4)), RNG.normal(size=(40, 4))
WEIGHTS = RNG.random(40) * 3
NUMBERS, NUMBERS_VAL = RNG.normal(size=(90, 2)), RNG.normal(size=(40, 2))
NAMES = np.array(["a", "b", "c"])
CLASSES, CLASSES_VAL = NAMES[RNG.integers(0, 3, 90)], NAMES[RNG.integers(0, 3, 40)]
LABELS, LABELS_VAL = RNG.integers(0, 2, (90, 3)), RNG.integers(0, 2, (40, 3))


def classifier(**parameters):
    return MLPClassifier((6,), **{"random_state": 0, "max_iter": 5, "batch_size": 32} | parameters)


def regressor(**parameters):
    settings = {"random_state": 0, "max_iter": 5, "batch_size": 32, "alpha": 1.0} | parameters
    return MLPRegressor(hidden_layer_sizes=(6,), **settings)


def entropy(y, p):
    """The log loss of labels, each for itself, of each row."""
    return -np.where(y == 1, np.log(p), np.log1p(-p)).sum(axis=1)


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["no weights", "weights"])
class TestTheCurveIsTheLossWithoutThePenalty:
    """The last number is that of the fitted estimator, which is the last epoch's."""

    def test_of_classes(self, weights):
        data = (X_VAL, CLASSES_VAL, weights)
        estimator = classifier(validation_data=data, alpha=1.0).fit(X, CLASSES)
        expected = log_loss(CLASSES_VAL, estimator.predict_proba(X_VAL), sample_weight=weights)
        assert len(estimator.validation_loss_curve_) == estimator.n_iter_ == 5
        assert estimator.validation_loss_curve_[-1] == pytest.approx(expected, rel=1e-12)

    def test_of_labels(self, weights):
        estimator = classifier().fit(X, LABELS, validation_data=(X_VAL, LABELS_VAL, weights))
        rows = entropy(LABELS_VAL, estimator.predict_proba(X_VAL))
        expected = np.average(rows, weights=weights)
        assert estimator.validation_loss_curve_[-1] == pytest.approx(expected, rel=1e-12)

    def test_of_numbers(self, weights):
        estimator = regressor().fit(X, NUMBERS, validation_data=(X_VAL, NUMBERS_VAL, weights))
        rows = ((estimator.predict(X_VAL) - NUMBERS_VAL) ** 2).mean(axis=1) / 2
        expected = np.average(rows, weights=weights)
        assert estimator.validation_loss_curve_[-1] == pytest.approx(expected, rel=1e-12)


def test_a_wrong_probability_of_one_costs_as_much_as_in_scikit_learn():
    far = 1e6 * X_VAL
    estimator = classifier(warm_start=True, learning_rate_init=1e-12, max_iter=1)
    estimator.fit(X, CLASSES).fit(X, CLASSES, validation_data=(far, CLASSES_VAL))
    p = np.clip(estimator.predict_proba(far), np.finfo(float).eps, 1 - np.finfo(float).eps)
    y = LabelBinarizer().fit(CLASSES).transform(CLASSES_VAL)
    expected = -(y * np.log(p)).sum() / 40
    assert estimator.validation_loss_curve_[-1] == pytest.approx(expected, rel=1e-6)


def test_the_data_of_fit_come_before_those_of_the_constructor():
    data, others = (X_VAL, CLASSES_VAL), (X_VAL[:10], CLASSES_VAL[:10])
    given = classifier(validation_data=others).fit(X, CLASSES, validation_data=data)
    assert given.validation_loss_curve_ == (
        classifier(validation_data=data).fit(X, CLASSES).validation_loss_curve_
    )
    assert given.fit(X, CLASSES).validation_loss_curve_ == (
        classifier(validation_data=others).fit(X, CLASSES).validation_loss_curve_
    )
    assert classifier().fit(X, CLASSES).validation_loss_curve_ is None


def test_they_change_no_bit_of_the_training():
    one = classifier().fit(X, CLASSES)
    other = classifier(validation_data=(X_VAL, CLASSES_VAL)).fit(X, CLASSES)
    assert one.loss_curve_ == other.loss_curve_
    assert np.array_equal(one.coefs_[0], other.coefs_[0])


@pytest.mark.parametrize("as_rows", [csr_matrix, np.float32, np.asfortranarray])
def test_rows_of_another_kind_give_the_same_curve(as_rows):
    rows = X_VAL.astype(np.float32).astype(float)
    expected = classifier().fit(X, CLASSES, validation_data=(rows, CLASSES_VAL))
    found = classifier().fit(X, CLASSES, validation_data=(as_rows(rows), list(CLASSES_VAL)))
    np.testing.assert_allclose(
        found.validation_loss_curve_, expected.validation_loss_curve_, rtol=1e-12
    )


def test_partial_fit_and_a_warm_start_append():
    estimator = classifier(validation_data=(X_VAL, CLASSES_VAL))
    for calls in (1, 2, 3):
        estimator.partial_fit(X, CLASSES, classes=NAMES)
        assert len(estimator.validation_loss_curve_) == len(estimator.loss_curve_) == calls
    estimator.set_params(warm_start=True, max_iter=2).fit(X, CLASSES)
    assert len(estimator.validation_loss_curve_) == len(estimator.loss_curve_) == 5
    estimator.set_params(warm_start=False).fit(X, CLASSES)
    assert len(estimator.validation_loss_curve_) == 2


@pytest.mark.parametrize("kind", ["classes", "numbers"])
def test_early_stopping_scores_them_and_holds_no_row_out(kind):
    estimator, y, y_val = {
        "classes": (classifier(), CLASSES, CLASSES_VAL),
        "numbers": (regressor(), NUMBERS, NUMBERS_VAL),
    }[kind]
    data = (X_VAL, y_val, WEIGHTS)
    estimator.set_params(early_stopping=True, learning_rate_init=0.05)
    estimator.fit(X, y, validation_data=data)
    score = estimator.score(X_VAL, y_val, WEIGHTS)
    assert estimator.best_validation_score_ == max(estimator.validation_scores_)
    assert score == pytest.approx(estimator.best_validation_score_, rel=1e-12)
    assert estimator.t_ == 90 * estimator.n_iter_


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ((X_VAL,), "must be a pair"),
        ((X_VAL, CLASSES_VAL, WEIGHTS, 1), "must be a pair"),
        ((X_VAL, CLASSES_VAL[:7]), "inconsistent numbers of samples"),
        ((X_VAL[:, :3], CLASSES_VAL), "X has 3 features"),
        ((X_VAL * np.nan, CLASSES_VAL), "contains NaN"),
        ((X_VAL, ["d"] * 40), r"classes that the training does not have: \['d'\]"),
        ((X_VAL, CLASSES_VAL, -WEIGHTS), "[Nn]egative"),
        ((X_VAL, CLASSES_VAL, 0 * WEIGHTS), "weight"),
        ((X_VAL, LABELS_VAL), "y"),
    ],
)
def test_what_is_wrong_with_them_is_said(data, message):
    with pytest.raises(ValueError, match=f"validation_data(.|\n)*{message}"):
        classifier().fit(X, CLASSES, validation_data=data)


def test_numbers_must_have_as_many_columns():
    with pytest.raises(ValueError, match="y must have 2 columns, as that of the training, got 1"):
        regressor().fit(X, NUMBERS, validation_data=(X_VAL, NUMBERS_VAL[:, 0]))


@pytest.mark.parametrize("early_stopping", [False, True])
def test_the_curve_has_a_number_for_each_epoch_of_a_fit_that_is_cut_short(early_stopping):
    def fails(estimator, epoch, history):
        if epoch == 2:
            raise ZeroDivisionError

    estimator = regressor(early_stopping=early_stopping, callbacks=fails)
    with pytest.raises(ZeroDivisionError):
        estimator.fit(X, NUMBERS, validation_data=(X_VAL, NUMBERS_VAL))
    assert len(estimator.validation_loss_curve_) == len(estimator.loss_curve_) == 3
    assert np.isfinite(estimator.validation_loss_curve_).all()


def test_the_curve_ends_where_training_diverges():
    estimator = regressor(solver="sgd", learning_rate_init=1e30, early_stopping=True)
    with np.errstate(all="ignore"):
        estimator.fit(X, NUMBERS, validation_data=(X_VAL, NUMBERS_VAL))
    assert len(estimator.validation_loss_curve_) == len(estimator.loss_curve_)
    assert np.isnan(estimator.validation_loss_curve_[-1])


def test_lbfgs_refuses_them():
    with pytest.raises(ValueError, match="solver='lbfgs' takes no validation_data"):
        classifier(solver="lbfgs").fit(X, CLASSES, validation_data=(X_VAL, CLASSES_VAL))
