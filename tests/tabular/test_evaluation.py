"""The evaluation of a model of a typed table: baselines, importance, the report."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from fastbp.tables.typed import NumberColumn, Target, TypedTable, WordColumn
from fastbp.tabular.evaluation.baselines import constant_outputs, linear_outputs
from fastbp.tabular.evaluation.evaluating import evaluate_rows
from fastbp.tabular.evaluation.folds import stratified_folds
from fastbp.tabular.evaluation.importance import (
    Outputs,
    explained,
    permutation_importance,
    take_rows,
)
from fastbp.tabular.evaluation.report import Evaluation
from fastbp.tabular.evaluation.splits import random_split


def table_of_classes(n: int = 200) -> TypedTable:
    rng = np.random.default_rng(0)
    x, noise = rng.normal(size=n), rng.normal(size=n)
    word = WordColumn("word", rng.integers(-1, 3, n).astype(np.int32), ("p", "q", "r"))
    return TypedTable(
        (NumberColumn("x", x), NumberColumn("noise", noise), word),
        np.arange(n),
        Target("kind", (x > 0).astype(np.int64), ("low", "high")),
    )


def by_sign(training: TypedTable, rows: NDArray[np.int64]) -> Outputs:
    """A model that knows the rule."""
    assert len(training) == len(rows)

    def outputs(table: TypedTable) -> NDArray[np.float64]:
        column = table.columns[0]
        assert isinstance(column, NumberColumn)
        p = np.where(column.values > 0, 0.9, 0.1)
        return np.stack([1 - p, p], axis=1)

    return outputs


def numbers_as_inputs(training: TypedTable) -> Callable[[TypedTable], NDArray[np.float64]]:
    def inputs(table: TypedTable) -> NDArray[np.float64]:
        numbers = [c.values for c in table.columns if isinstance(c, NumberColumn)]
        return np.stack(numbers, axis=1)

    return inputs


def evaluation(**options: object) -> Evaluation:
    table = table_of_classes()
    assert table.target is not None
    codes = table.target.values.astype(np.int64)
    split = random_split(len(table), 0.2, np.random.default_rng(0), codes)
    return evaluate_rows(table, by_sign, [split], **options)  # type: ignore[arg-type]


def test_scores_are_of_the_rows_held_out() -> None:
    found = evaluation(encode=numbers_as_inputs)
    assert found.scores["accuracy"].value == 1
    assert found.scores["log_loss"].value == pytest.approx(-np.log(0.9))
    assert (found.n_training, found.n_held_out) == (160, 40)
    assert found.linear is not None
    assert found.linear["accuracy"].value > 0.9


def test_a_constant_answer_is_the_commonest_class_of_the_training_rows() -> None:
    training = Target("y", np.array([0, 1, 1, 2]), ("a", "b", "c"))
    assert constant_outputs(training, 2).tolist() == [[0.25, 0.5, 0.25]] * 2
    numbers = Target("y", np.array([1.0, 2.0, 6.0]))
    assert constant_outputs(numbers, 2).tolist() == [3.0, 3.0]


def test_the_linear_model_of_numbers_is_ridge_regression() -> None:
    rng = np.random.default_rng(0)
    X, X_held_out = rng.normal(size=(50, 4)), rng.normal(size=(10, 4))
    y = X @ [1.0, -2.0, 0.5, 0.0] + 3 + rng.normal(size=50)
    found = linear_outputs(X, Target("y", y), X_held_out, rng)
    # The same minimum as least squares of X and y with a row sqrt(1) e_j, 0 for each weight.
    centred = np.vstack([X - X.mean(axis=0), np.eye(4)])
    w = np.linalg.lstsq(centred, np.r_[y - y.mean(), np.zeros(4)], rcond=None)[0]
    assert found == pytest.approx((X_held_out - X.mean(axis=0)) @ w + y.mean())


def test_the_linear_model_of_classes_is_near_scikit_learns() -> None:
    linear_model = pytest.importorskip("sklearn.linear_model", reason="no scikit-learn")
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 5))
    codes = (X @ rng.normal(size=(5, 3)) + rng.gumbel(size=(300, 3))).argmax(axis=1)
    target = Target("y", codes, ("a", "b", "c"))
    found = linear_outputs(X, target, X, np.random.default_rng(0))
    theirs = linear_model.LogisticRegression().fit(X, codes).predict_proba(X)
    assert found == pytest.approx(theirs, abs=0.02)


def test_a_linear_model_that_would_take_too_long_is_left_out() -> None:
    X = np.zeros((4, 2001), np.float32)
    assert linear_outputs(X, Target("y", np.arange(4.0)), X, np.random.default_rng(0)) is None
    X, classes = X[:, :300], tuple(map(str, range(100)))
    target = Target("y", np.arange(4), classes)
    assert linear_outputs(X, target, X, np.random.default_rng(0)) is None


def test_only_the_column_that_is_used_counts() -> None:
    found = evaluation(origins=["x", "noise", "word"]).importance
    assert found is not None
    assert found.columns[0].name == "x"
    assert 0.3 < found.columns[0].drop < 0.7
    assert [(c.drop, c.standard_error) for c in found.columns[1:]] == [(0.0, 0.0)] * 2


def test_parts_of_one_column_are_shuffled_together() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=400)
    table = TypedTable(
        (NumberColumn("day: sin", x), NumberColumn("day: cos", x), NumberColumn("other", x)),
        np.arange(400),
        Target("y", (x > 0).astype(np.int64), ("a", "b")),
    )

    def outputs(table: TypedTable) -> NDArray[np.float64]:
        first, second = (c.values for c in table.columns[:2])  # type: ignore[union-attr]
        assert np.array_equal(first, second), "shuffled apart"
        return np.stack([first < 0, first > 0], axis=1).astype(float)

    found = permutation_importance(outputs, table, ["day", "day", "other"], rng)
    assert [column.name for column in found.columns] == ["day", "other"]


def test_the_column_that_counts_most_comes_first() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 3))
    columns = tuple(NumberColumn(f"x{j}", X[:, j]) for j in range(3))
    table = TypedTable(columns, np.arange(200), Target("y", X[:, 1] + 3 * X[:, 2]))

    def outputs(table: TypedTable) -> NDArray[np.float64]:
        x1, x2 = (table.columns[j].values for j in (1, 2))  # type: ignore[union-attr]
        return x1 + 3 * x2

    found = permutation_importance(outputs, table, ["x0", "x1", "x2"], rng)
    assert [column.name for column in found.columns] == ["x2", "x1", "x0"]
    # Shuffled, a column adds twice its variance to the squared error.
    assert found.columns[0].drop == pytest.approx(2 * 9 / 10, rel=0.25)


def test_a_large_table_and_a_wide_one_are_bounded_and_said_so() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 12))
    columns = tuple(NumberColumn(f"x{j}", X[:, j]) for j in range(12))
    table = TypedTable(columns, np.arange(300), Target("y", 3 * X[:, 7] + X[:, 4]))
    seen = []

    def outputs(table: TypedTable) -> NDArray[np.float64]:
        seen.append(len(table))
        x7, x4 = (table.columns[j].values for j in (7, 4))  # type: ignore[union-attr]
        return 3 * x7 + x4

    names = [column.name for column in columns]
    found = permutation_importance(
        outputs, table, names, rng, n_repeats=3, most_rows=100, most_columns=2
    )
    assert set(seen) == {100}
    assert len(seen) == 1 + 2 * 3
    assert [column.name for column in found.columns] == ["x7", "x4"]
    assert found.notes == (
        "on 100 of the 300 rows held out, drawn at random",
        "of the 2 of 12 columns that go most with the predictions",
    )


def test_the_share_of_the_predictions_that_a_column_explains() -> None:
    outputs = np.array([1.0, 1.0, 3.0, 3.0])
    word = WordColumn("w", np.array([0, 0, 1, -1], np.int32), ("a", "b"))
    assert explained(word, outputs) == pytest.approx(1)
    assert explained(NumberColumn("x", np.array([0.0, 0, 1, 1])), outputs) == pytest.approx(1)
    assert explained(NumberColumn("x", np.array([0.0, 1, 0, 1])), outputs) == pytest.approx(0)
    assert explained(NumberColumn("x", np.full(4, np.nan)), outputs) == 0
    assert explained(NumberColumn("x", np.array([1e300, 0, 0, 0])), outputs) == pytest.approx(1 / 3)


def test_rows_are_taken_of_every_column_and_the_target() -> None:
    part = take_rows(table_of_classes(), np.array([3, 1]))
    whole = table_of_classes()
    assert part.rows.tolist() == [3, 1]
    assert part.target is not None
    assert whole.target is not None
    assert part.target.values.tolist() == whole.target.values[[3, 1]].tolist()
    assert part.columns[2].codes.tolist() == whole.columns[2].codes[[3, 1]].tolist()  # type: ignore[union-attr]


def test_folds_are_scored_together() -> None:
    table = table_of_classes()
    assert table.target is not None
    codes = table.target.values.astype(np.int64)
    folds = stratified_folds(len(table), 4, np.random.default_rng(0), codes, ("low", "high"))
    found = evaluate_rows(table, by_sign, folds)
    assert (found.n_folds, found.n_rows, found.n_training, found.n_held_out) == (4, 200, 150, 200)
    assert found.confusion is not None
    assert found.confusion.rows.sum() == 200
    assert found.headline().startswith("4-fold accuracy 100.00 % ± 0.00 %")
    assert any("none of the 200 rows is missed" in note for note in found.notes)


def test_the_report_says_all_of_it_and_its_dict_is_json() -> None:
    found = evaluation(origins=["x", "noise", "word"], encode=numbers_as_inputs)
    text = "\n".join(found.lines())
    for words in (
        "200: trained on 160, 40 held out",
        "20 % of the rows, at random, stratified by class",
        "accuracy  100.00 % ± 3.14 %",
        "linear model",
        "always '",
        "low ",
        "of 20",
        "a row for each class",
        "what accuracy loses when a column's cells are shuffled (5 times)",
    ):
        assert words in text
    assert json.loads(json.dumps(found.to_dict(), allow_nan=False)) == found.to_dict()


def test_a_report_in_ascii_has_nothing_else_and_stays_aligned() -> None:
    lines = evaluation(origins=["x", "noise", "word"]).lines(unicode=False)
    assert all(line.isascii() for line in lines)
    (start,) = (i for i, line in enumerate(lines) if line.startswith("scores"))
    assert len({len(line) for line in lines[start : start + 3]}) == 1


@pytest.mark.parametrize("weighs", [True, False])
def test_rare_classes_are_noted_unless_they_are_weighed_already(weighs: bool) -> None:
    values = np.zeros(200, np.int64)
    values[:8] = 1
    columns = (NumberColumn("x", np.arange(200.0)),)
    table = TypedTable(columns, np.arange(200), Target("y", values, ("no", "yes")))
    split = random_split(200, 0.25, np.random.default_rng(0), values)
    found = evaluate_rows(table, by_sign, [split], weighs_classes=weighs)
    assert any("class 'yes' has 4.0 %" in note for note in found.notes) == (not weighs)
