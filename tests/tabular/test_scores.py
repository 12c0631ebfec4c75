"""Scores and standard errors against numbers by hand, scikit-learn's, and simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest

from fastbp.tabular.evaluation.by_class import Confusion, imbalance_note, no_miss_note
from fastbp.tabular.evaluation.scores import Score, class_scores, number_scores, over_folds


def test_accuracy_and_log_loss_are_those_by_hand() -> None:
    p = np.array([[0.7, 0.3], [0.4, 0.6], [0.9, 0.1], [0.5, 0.5]])
    scores = class_scores(p, np.array([0, 1, 1, 0]))
    assert scores["accuracy"] == Score(0.75, math.sqrt(5 / 8 * 3 / 8 / 8))
    losses = [-math.log(q) for q in (0.7, 0.6, 0.1, 0.5)]
    mean = sum(losses) / 4
    s = math.sqrt(sum((loss - mean) ** 2 for loss in losses) / 3)
    assert scores["log_loss"].value == pytest.approx(mean)
    assert scores["log_loss"].standard_error == pytest.approx(s / 2)


def test_a_class_held_impossible_costs_a_finite_loss() -> None:
    scores = class_scores(np.array([[1.0, 0.0]]), np.array([1]))
    assert scores["log_loss"].value == pytest.approx(-math.log(1e-15))
    assert math.isnan(scores["log_loss"].standard_error)


def test_a_class_that_was_not_there_in_training_is_a_miss() -> None:
    p = np.array([[0.5, 0.5], [0.0, 1.0]])
    scores = class_scores(p, np.array([0, -1]))
    assert scores["accuracy"].value == 0.5
    assert scores["log_loss"].value == pytest.approx((math.log(2) - math.log(1e-15)) / 2)
    assert Confusion.of(("a", "b"), np.array([0, -1]), np.array([0, 1])).counts.sum() == 1


def test_scores_are_scikit_learns() -> None:
    metrics = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed")
    rng = np.random.default_rng(0)
    p = rng.dirichlet([1, 1, 1], 50)
    codes = rng.integers(0, 3, 50)
    scores = class_scores(p, codes)
    assert scores["log_loss"].value == pytest.approx(metrics.log_loss(codes, p, labels=[0, 1, 2]))
    assert scores["accuracy"].value == metrics.accuracy_score(codes, p.argmax(axis=1))
    confusion = Confusion.of(("a", "b", "c"), codes, p.argmax(axis=1))
    assert np.array_equal(confusion.counts, metrics.confusion_matrix(codes, p.argmax(axis=1)))
    assert confusion.balanced_accuracy() == pytest.approx(
        metrics.balanced_accuracy_score(codes, p.argmax(axis=1))
    )
    y = rng.normal(size=50)
    predictions = y + rng.normal(size=50)
    numbers = number_scores(predictions, y)
    assert numbers["r2"].value == pytest.approx(metrics.r2_score(y, predictions))
    assert numbers["mae"].value == pytest.approx(metrics.mean_absolute_error(y, predictions))
    assert numbers["rmse"].value == pytest.approx(metrics.root_mean_squared_error(y, predictions))


@pytest.mark.parametrize("unit", [2.0**1020, 2.0**-1000])
def test_scores_have_the_same_bits_in_any_unit(unit: float) -> None:
    rng = np.random.default_rng(0)
    y = rng.uniform(-1, 1, 50)
    predictions = y + rng.uniform(-1, 1, 50)
    expected, found = number_scores(predictions, y), number_scores(predictions * unit, y * unit)
    assert found["r2"] == expected["r2"]
    for name in ("rmse", "mae"):
        score = expected[name]
        assert found[name] == Score(score.value * unit, score.standard_error * unit)


@pytest.mark.parametrize("name", ["r2", "rmse", "mae"])
def test_the_standard_error_of_numbers_is_the_scatter_over_samples(name: str) -> None:
    rng = np.random.default_rng(0)
    y = rng.normal(size=(2000, 400))
    predictions = 0.7 * y + 0.5 * rng.normal(size=y.shape)
    scores = [number_scores(*rows)[name] for rows in zip(predictions, y, strict=True)]
    scatter = np.std([score.value for score in scores])
    # 2000 samples tell a standard deviation to 1 / sqrt(4000) = 1.6 %; the delta method's error
    # is of the order 1 / n of 400 rows.
    assert np.mean([score.standard_error for score in scores]) == pytest.approx(scatter, rel=0.06)


def test_r2_of_one_value_is_not_defined() -> None:
    scores = number_scores(np.array([1.0, 2.0]), np.array([0.1, 0.1]))
    assert math.isnan(scores["r2"].value)
    assert scores["r2"].to_dict() == {"value": None, "standard_error": None}


def test_perfect_predictions_have_no_error() -> None:
    scores = number_scores(np.arange(3.0), np.arange(3.0))
    assert scores["rmse"] == Score(0.0, 0.0)
    assert scores["r2"] == Score(1.0, 0.0)


def test_folds_give_their_mean_and_its_standard_error() -> None:
    values = [0.7, 0.8, 0.9]
    score = over_folds([{"accuracy": Score(value)} for value in values])["accuracy"]
    assert score.value == pytest.approx(0.8)
    assert score.standard_error == pytest.approx(0.1 / math.sqrt(3))


def test_a_class_below_a_fifth_of_an_even_share_is_told() -> None:
    classes = ("no", "yes")
    assert imbalance_note(classes, np.array([900, 100])) is None  # a fifth of a half is 10 %
    note = imbalance_note(classes, np.array([901, 99]))
    assert note is not None
    assert "class 'yes' has 9.9 %" in note
    assert "--class-weight balanced" in note
    many = imbalance_note(("a", "b", "c"), np.array([1000, 1, 2]))
    assert many is not None
    assert "class 'b' (and 1 more)" in many


def test_hits_of_many_classes_list_those_hit_least() -> None:
    classes = tuple(f"class {c:02}" for c in range(30))
    codes = np.repeat(np.arange(30), 2)
    predicted = codes.copy()
    predicted[:4] = 29  # the rows of the first two
    lines = Confusion.of(classes, codes, predicted).hit_lines()
    assert len(lines) == 21
    assert lines[0].split() == ["class", "00", "0", "of", "2", "0.0", "%"]
    assert lines[-1] == "and 10 classes hit more often"
    fewer = Confusion.of(classes[:21], codes[:42], np.minimum(predicted, 20)[:42]).hit_lines()
    assert fewer[-1] == "and 1 class hit more often"


def test_classes_of_which_no_row_was_held_out_are_named() -> None:
    confusion = Confusion(("a", "b", "c"), np.diag([0, 4, 0]))
    assert confusion.hit_lines()[-1] == "no row was held out of a, c"


def test_no_miss_of_a_few_rows_is_no_bound() -> None:
    one = no_miss_note(Confusion(("a", "b"), np.diag([0, 1])))
    assert one == "none is missed, which says little: 1 row held out"
    many = no_miss_note(Confusion(("a", "b"), np.diag([10, 20])))
    assert many is not None
    assert "3 / 30 = 10.0 %" in many


def test_a_name_cannot_write_to_the_terminal() -> None:
    confusion = Confusion.of(("a\x1b[2J", "b"), np.array([0, 1]), np.array([0, 1]))
    assert "\x1b" not in "".join(confusion.hit_lines() + confusion.matrix_lines())


def test_a_matrix_of_long_names_has_numbers_and_fits_80_columns() -> None:
    names = tuple(f"a class with a long name, number {c}" for c in range(9))
    confusion = Confusion(names, np.diag(range(9)))
    lines = confusion.matrix_lines()
    assert lines[0].split() == [f"({c})" for c in range(1, 10)]
    assert lines[9].split()[:2] == ["(9)", "a"]
    assert max(map(len, [*lines, *confusion.hit_lines()])) <= 68
    assert names[3] in confusion.hit_lines()[2]  # class 0 has no row
    short = Confusion(("no", "yes"), np.diag([3, 4])).matrix_lines()
    assert short[0].split() == ["no", "yes"]
