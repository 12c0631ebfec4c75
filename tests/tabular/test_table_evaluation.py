"""The evaluation of a model of a table."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fastbp import TableModel, evaluate_table
from fastbp.tables.as_source import as_source
from fastbp.tables.schema import Schema
from fastbp.tables.schema_options import SchemaOptions
from fastbp.tables.typed import Target
from fastbp.tabular.evaluation.baselines import linear_outputs
from fastbp.tabular.evaluation.card import model_card
from fastbp.tabular.evaluation.table_evaluation import HowToSplit, evaluate_model, origins

FAST: dict[str, Any] = {"members": 1, "seed": 0, "epochs": 30}


def table(n: int = 120) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    x = rng.normal(size=n)
    return {
        "x": x,
        "word": rng.choice(["p", "q", "r"], n).tolist(),
        "day": [f"2024-{1 + i % 12:02}-{1 + i % 28:02}" for i in range(n)],
        "patient": [f"p{i // 4}" for i in range(n)],
        "kind": np.where(x > 0, "high", "low").tolist(),
        "y": 2 * x,
    }


def test_a_model_is_judged_on_rows_held_out_and_stays_as_it_was() -> None:
    model = TableModel(**FAST, drop=["y"])
    found = evaluate_table(model, table(), "kind")
    assert (found.n_training, found.n_held_out) == (96, 24)
    assert found.scores["accuracy"].value > 0.8
    assert found.linear is not None
    assert found.importance is not None
    assert found.importance.columns[0].name == "x"
    assert "not fitted" in repr(model)


def test_what_was_read_and_split_before_trains_the_model_itself_but_for_folds() -> None:
    source = as_source(table())
    options = SchemaOptions()
    _, typed = Schema.recognise_and_read(source, "y", options)
    for folds, fitted in ((None, True), (3, False)):
        model = TableModel(**FAST)
        splits, groups = HowToSplit.of("random", 0.2, folds, 0).splits(source, typed, options)
        assert groups is None
        evaluate_model(model, typed, splits, source.names, importance=False, linear=False)
        assert ("not fitted" not in repr(model)) == fitted


def test_the_same_seed_gives_the_same_evaluation() -> None:
    first, second = (
        evaluate_table(TableModel(**FAST), table(), "y", seed=3).to_dict() for _ in range(2)
    )
    assert first == second
    assert evaluate_table(TableModel(**FAST), table(), "y", seed=4).to_dict() != first


def test_a_date_counts_as_one_column() -> None:
    found = evaluate_table(TableModel(**FAST, drop=["y"]), table(), "kind").importance
    assert found is not None
    assert {column.name for column in found.columns} == {"x", "word", "day", "patient"}
    assert origins(["a: b: year", "a: b", "a"], ["a", "a: b"]) == ["a: b", "a: b", "a"]


def test_a_split_by_time_holds_out_the_last_rows() -> None:
    found = evaluate_table(TableModel(**FAST), table(), "y", split=("time", "day"))
    assert found.split == "the last 20 % of the rows by 'day'"


@pytest.mark.parametrize("kind", ["time", "group"])
def test_rows_without_a_target_do_not_shift_times_and_groups(kind: str) -> None:
    n = 40
    columns = {"x": [float(i % 7) for i in range(n)], "at": [i // 4 for i in range(n)], "y": []}
    # The last four have no target; of the others the last nine of 36 are held out, or groups.
    columns["y"] = [None, *range(1, n - 4), None, None, None, None]
    source = as_source(columns)
    options = SchemaOptions(task="regress")
    _, typed = Schema.recognise_and_read(source, "y", options)
    splits, _ = HowToSplit.of((kind, "at"), 0.25, None, 0).splits(source, typed, options)
    held_out = typed.rows[splits[0].held_out]
    if kind == "time":
        assert held_out.tolist() == list(range(28, 36))
    at = np.array(columns["at"])
    assert not set(at[held_out]) & set(at[typed.rows[splits[0].training]])


def test_a_split_by_group_makes_the_group_no_feature() -> None:
    found = evaluate_table(TableModel(**FAST), table(), "y", split=("group", "patient"))
    assert "6 of 30 groups of 'patient', 20 % of the rows" in found.split
    assert found.importance is not None
    assert "patient" not in {column.name for column in found.importance.columns}
    folds = evaluate_table(
        TableModel(**FAST), table(), "kind", split=("group", "patient"), folds=3, importance=False
    )
    assert (folds.n_folds, folds.n_held_out) == (3, 120)


def test_folds_hold_every_row_out_and_rows_without_a_target_are_left_out() -> None:
    columns = table()
    columns["kind"][5] = None
    found = evaluate_table(TableModel(**FAST, drop=["y"]), columns, "kind", folds=4)
    assert (found.n_folds, found.n_rows, found.n_held_out) == (4, 119, 119)
    assert found.confusion is not None
    assert found.confusion.rows.sum() == 119


def test_a_class_of_few_rows_is_no_reason_to_stop() -> None:
    columns = table()
    columns["kind"][:3] = ["rare", "rare", "single"]
    found = evaluate_table(TableModel(**FAST), columns, "kind", folds=5)
    assert any("single" in note for note in found.notes)
    assert any("rare (2)" in note for note in found.notes)
    assert any("--class-weight balanced" in note for note in found.notes)
    weighed = TableModel(**FAST, class_weight="balanced")
    assert not any(
        "--class-weight" in note for note in evaluate_table(weighed, columns, "kind").notes
    )


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"split": "time"}, ValueError, "name the column"),
        ({"split": ("random", "x")}, ValueError, "a random split has no column"),
        ({"split": ("later", "x")}, ValueError, r'split must be "random", \("time", COLUMN\)'),
        ({"split": 3}, TypeError, "split must be"),
        ({"split": ("time", "day"), "folds": 5}, ValueError, "cannot go with a split by time"),
        ({"split": ("group", "y")}, ValueError, "which is the target"),
        ({"split": ("group", "nobody")}, ValueError, "^the column to split by is 'nobody'"),
        ({"split": ("time", "word")}, ValueError, "is no number and no date"),
        ({"share": 1.0}, ValueError, "share must be .*> 0 and < 1"),
        ({"folds": 1}, ValueError, "folds must be at least 2"),
        ({"folds": "five"}, TypeError, "folds must be an integer"),
        ({"seed": -1}, ValueError, "seed must be at least 0"),
        ({"seed": "a"}, TypeError, "seed must be an integer"),
    ],
)
def test_what_cannot_be_done_is_refused(
    options: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        evaluate_table(TableModel(**FAST), table(), "y", **options)


@pytest.mark.filterwarnings("error::fastbp.TrainingWarning")
def test_the_linear_model_warns_of_nothing() -> None:
    X = np.repeat(np.random.default_rng(0).normal(size=(30, 1)), 2, axis=0)
    target = Target("kind", np.arange(60) % 2, ("high", "low"))  # each x in both
    assert linear_outputs(X, target, X, np.random.default_rng(0)) is not None


def test_a_class_that_only_new_groups_have_is_missed_and_no_reason_to_stop() -> None:
    columns = table()
    own = ("p1", "p2", "p3", "p4")  # each of these groups is a class of its own
    columns["kind"] = [
        group if group in own else kind
        for group, kind in zip(columns["patient"], columns["kind"], strict=True)
    ]
    model = TableModel(**FAST, class_weight="balanced")
    split = {"split": ("group", "patient"), "share": 0.5, "importance": False}
    confusion = evaluate_table(model, columns, "kind", **split).confusion
    assert confusion is not None
    of_new = [confusion.rows[confusion.classes.index(name)] for name in own]
    assert sorted(of_new) == [0, 0, 4, 4]
    assert all(confusion.hits[confusion.classes.index(name)] == 0 for name in own)


def test_what_is_no_model_is_refused() -> None:
    with pytest.raises(TypeError, match="model must be a TableModel, such as TableModel"):
        evaluate_table(TableModel, table(), "y")  # type: ignore[arg-type]


def test_columns_without_names_go_by_their_number() -> None:
    X = np.c_[np.arange(40.0), np.arange(40) // 4, np.arange(40) % 3]
    found = evaluate_table(TableModel(**FAST, task="regress"), X, "1", split=("group", "2"))
    assert "2 of 10 groups" in found.split
    assert found.importance is not None
    assert [column.name for column in found.importance.columns] == ["column 3"]


def test_a_card_is_kept_in_the_model_file(tmp_path: Path) -> None:
    found = evaluate_table(TableModel(**FAST, hidden=[16]), table(), "y", importance=False)
    model = TableModel(**FAST, hidden=[16]).fit(table(), "y")
    model.card = card = model_card(model, found)
    assert (card["task"], card["target"], card["members"]) == ("regress", "y", 1)
    assert card["options"] == {"hidden": [16], "epochs": 30}
    assert card["evaluation"]["scores"]["r2"]["value"] == found.scores["r2"].value
    json.dumps(card, allow_nan=False)
    model.save(tmp_path / "m.safetensors")
    assert TableModel.load(tmp_path / "m.safetensors").card == card
