"""From cells to inputs and targets: what is decided, standardised, filled and kept."""

import json

import numpy as np
import pytest
from new_folder import in_a_new_folder  # noqa: F401 - a fixture for every test
from table_files import columns_of, write

from fastbp.errors import FileFormatError
from fastbp.tables.preprocessing import Preprocessing, fill_value, fit_preprocessing, mean_and_scale
from fastbp.tables.target import classes_of_equal_value, decide_target

TARGETS = {
    "text": (["a", "b", "a", "b"], "classify", ("a", "b")),
    "zero and one": (["0", "1", "1", "0"], "classify", ("0", "1")),
    "few whole numbers": ([str(i % 3) for i in range(15)], "classify", ("0", "1", "2")),
    "in numeric order": ([str(i % 12) for i in range(60)], "classify", tuple(map(str, range(12)))),
    "codes with leading zeros": (["02345", "01234"] * 2, "classify", ("01234", "02345")),
    "codes with leading zeros or none": (["7", "007"] * 2, "classify", ("007", "7")),
    "signs": (["+1", "1", "-1"] * 5, "classify", ("-1", "+1", "1")),
    "zeros with a sign": (["0", "-0"] * 2, "classify", ("-0", "0")),
    "several spellings": (["1.0", "1", "0", "0.0"] * 5, "classify", ("0", "0.0", "1", "1.0")),
    "exponents beside words": (["1e5", "abc", "1e5", "abc"], "classify", ("1e5", "abc")),
    "numbers beyond 2^53": (
        [str(2**53), str(2**53 + 1)] * 2,
        "classify",
        ("9007199254740992", "9007199254740993"),
    ),
    "whole numbers with little company": ([str(i % 5) for i in range(15)], "regress", ()),
    "many whole numbers": ([str(i % 40) for i in range(400)], "regress", ()),
    "fractions": (["0.5", "1", "1", "0.5"], "regress", ()),
    "names that mean missing elsewhere": (
        ["NA", "none", "NA", "EU"],
        "classify",
        ("EU", "NA", "none"),
    ),
}


def decide(cells, task=None):
    path = write("x,y\n" + "".join(f"{i * i},{cell}\n" for i, cell in enumerate(cells)))
    table, columns = columns_of(path, target="y", header=True)
    return decide_target(table, columns, "y", task)


@pytest.mark.parametrize("case", TARGETS)
def test_the_target_is_taken_for_what_it_looks_like(case):
    cells, task, classes = TARGETS[case]
    target = decide(cells)
    assert (target.task, target.classes) == (task, classes)
    assert "--task" in target.reason


def test_the_task_can_be_said():
    assert decide(["0", "1", "1", "0"], "regress").y.tolist() == [0.0, 1.0, 1.0, 0.0]
    assert decide(["0.50", "1.50", "0.50"], "classify").classes == ("0.50", "1.50")


def test_the_targets_of_a_classifier_are_the_cells_own_text():
    cells = ["0010", "1e5", "abc", "+3", "0010", "1e5", "abc", "+3"]
    for task in (None, "classify"):
        assert decide(cells, task).y.tolist() == cells


def test_classes_of_equal_value_are_pointed_out():
    spellings = classes_of_equal_value(decide(["7", "007", "8", "7.0", "x", "inf"] * 2))
    assert spellings == [("007", "7", "7.0")]
    assert classes_of_equal_value(decide([str(2**53), str(2**53 + 1)] * 2)) == []
    assert classes_of_equal_value(decide(["0.5", "1.5", "0.25"])) == []


def test_numbers_beyond_any_float_are_class_names_too():
    cells = ["1e-99999999999999999999", "2", "1e-400", "10"] * 3
    target = decide(cells, "classify")
    assert set(target.classes) == set(cells)
    assert target.classes[:3] == ("1e-400", "2", "10")
    assert classes_of_equal_value(target) == []


BAD_TARGETS = {
    "missing": (["a", "", "b"], None, "line 3, column 'y': the target is missing"),
    "missing among numbers": (["1.5", "2.5", "NA"], "regress", "line 4.*target is missing"),
    "one class": (["a", "a", "a"], None, "in every row; there is nothing to learn"),
    "a word among numbers": ([*["1.5"] * 10, "2.5", "x"], None, "line 13.*'x' is not a number"),
    "text to predict": (["a", "b"], "regress", "line 2.*'a' is not a number"),
    "a comma": ([*["1500"] * 10, '"1,101"'], None, "write 1101; if it is a decimal .* 1.101"),
    "commas alone": (['"1,101"', '"2,305"'] * 9, None, "write 1101; .*18 of 18 cells look like"),
    "infinity": (["1", "inf", "2"], "regress", "line 3.*'inf'"),
    "identifiers": ([f"id{i}" for i in range(40)], None, "cannot be learnt as classes"),
}


@pytest.mark.parametrize("case", BAD_TARGETS)
def test_a_target_that_cannot_be_learnt_is_refused(case):
    cells, task, message = BAD_TARGETS[case]
    with pytest.raises(FileFormatError, match=message):
        decide(cells, task)


def test_scales_are_deviations_and_one_for_constant_columns():
    rng = np.random.default_rng(0)
    values = np.column_stack([rng.normal(5, 3, 50), np.full(50, 0.1), 1e300 * rng.normal(size=50)])
    mean, scale = mean_and_scale(values)
    np.testing.assert_allclose(mean[:2], [values[:, 0].mean(), 0.1])
    np.testing.assert_allclose(scale[0], values[:, 0].std())
    assert scale[1] == 1.0
    assert np.isfinite(scale[2])


@pytest.mark.parametrize(("fill", "expected"), [("mean", 4.0), ("median", 2.0), ("-7", -7.0)])
def test_missing_cells_are_filled_as_asked(fill, expected):
    values = np.array([[1.0], [2.0], [9.0], [np.nan]])
    means, scales, filling = fit_preprocessing(values, standardize=False, fill=fill_value(fill))
    assert (means, scales, filling) == ([0.0], [1.0], [expected])


@pytest.mark.parametrize("text", ["nan", "inf", "mode", ""])
def test_only_numbers_mean_and_median_fill(text):
    with pytest.raises(ValueError, match="not mean, median or a finite number"):
        fill_value(text)


KEPT = Preprocessing(
    task="regress",
    target="y",
    columns=["a", "b"],
    positions=[0, 2],
    width=4,
    header=True,
    means=[1.0, 2.0],
    scales=[0.5, 1.0],
    fill=[0.0, 9.0],
    target_mean=10.0,
    target_scale=2.0,
)


def test_preprocessing_survives_json():
    again = Preprocessing.from_dict(json.loads(json.dumps(KEPT.to_dict())), 2)
    assert again == KEPT
    np.testing.assert_array_equal(again.inputs(np.array([[2.0, np.nan]])), [[2.0, 7.0]])
    np.testing.assert_array_equal(again.predictions(np.array([0.0, 1.5])), [10.0, 13.0])
    np.testing.assert_array_equal(again.targets(np.array([10.0, 13.0])), [0.0, 1.5])


BAD_ENTRIES = {
    "version": 2,
    "task": "cluster",
    "target": None,
    "columns": ["a", "a"],
    "positions": [0, 9],
    "width": 1,
    "header": 1,
    "means": [0.0],
    "scales": [1.0, 0.0],
    "fill": [1.0, "x"],
    "target_mean": True,
    "target_scale": -1.0,
}


@pytest.mark.parametrize("entry", BAD_ENTRIES)
def test_a_bad_entry_in_a_models_preprocessing_is_refused(entry):
    with pytest.raises(FileFormatError, match=entry):
        Preprocessing.from_dict({**KEPT.to_dict(), entry: BAD_ENTRIES[entry]}, 2)
    content = KEPT.to_dict()
    del content[entry]
    with pytest.raises(FileFormatError, match=entry):
        Preprocessing.from_dict(content, 2)


def test_integers_of_any_length_in_a_models_preprocessing_are_numbers_or_refused():
    numbers = {"means": [10**300, 0], "scales": [10**300, 1], "fill": [10**300, 0]}
    preprocessing = Preprocessing.from_dict({**KEPT.to_dict(), **numbers}, 2)
    np.testing.assert_array_equal(preprocessing.inputs(np.array([[2e300, np.nan]])), [[1.0, 0.0]])
    for entry in ("means", "scales", "fill"):
        with pytest.raises(FileFormatError, match=entry):
            Preprocessing.from_dict({**KEPT.to_dict(), entry: [10**400, 1]}, 2)
    for entry in ("target_mean", "target_scale"):
        with pytest.raises(FileFormatError, match=entry):
            Preprocessing.from_dict({**KEPT.to_dict(), entry: 10**400}, 2)


def test_preprocessing_that_is_none_of_ours_is_refused():
    with pytest.raises(FileFormatError, match="expected a dict"):
        Preprocessing.from_dict(["a"], 2)
    with pytest.raises(FileFormatError, match="unknown or missing entries: code"):
        Preprocessing.from_dict({**KEPT.to_dict(), "code": "print()"}, 2)
    with pytest.raises(FileFormatError, match=r"entries: \\x1b\[2J$"):
        Preprocessing.from_dict({**KEPT.to_dict(), "\x1b[2J": 1}, 2)
    with pytest.raises(FileFormatError, match="columns"):
        Preprocessing.from_dict(KEPT.to_dict(), 3)
