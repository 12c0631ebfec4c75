"""What a target is taken for, from its cells."""

import pytest
from new_folder import in_a_new_folder  # noqa: F401 - a fixture for every test
from table_files import open_table, write

from fastbp.errors import FileFormatError
from fastbp.tables.schema import Schema
from fastbp.tables.schema_options import SchemaOptions

TARGETS = {
    "text": (["a", "b", "a", "b"], "classify", ("a", "b")),
    "zero and one": (["0", "1", "1", "0"], "classify", ("0", "1")),
    "few whole numbers": ([str(i % 3) for i in range(15)], "classify", ("0", "1", "2")),
    "in numeric order": ([str(i % 12) for i in range(60)], "classify", tuple(map(str, range(12)))),
    "codes with leading zeros": (["02345", "01234"] * 2, "classify", ("01234", "02345")),
    "codes with leading zeros or none": (["7", "007"] * 2, "classify", ("007", "7")),
    "signs": (["+1", "1", "-1"] * 5, "classify", ("-1", "+1", "1")),
    "zeros with a sign": (["0", "-0"] * 2, "classify", ("-0", "0")),
    "several spellings": (["1.0", "1", "0", "0.0"] * 5, "classify", ("0", "1")),
    "exponents beside words": (["1e5", "abc", "1e5", "abc"], "classify", ("1e5", "abc")),
    "numbers beyond 2^53": (
        [str(2**53), str(2**53 + 1)] * 2,
        "classify",
        ("9007199254740992", "9007199254740993"),
    ),
    "whole numbers with little company": ([str(i % 5) for i in range(15)], "regress", ()),
    "many whole numbers": ([str(i % 40) for i in range(400)], "regress", ()),
    "fractions": (["0.5", "1", "1", "0.5"], "regress", ()),
    "numbers with many gaps": (["0", "1", "NA", "."] * 5, "classify", ("0", "1")),
    "codes with gaps": (["02345", "01234", "NA"] * 9, "classify", ("01234", "02345")),
    "numbers and none": (["1", "2", "none"] * 5, "classify", ("1", "2", "none")),
    "names that mean missing elsewhere": (
        ["NA", "none", "NA", "EU"],
        "classify",
        ("EU", "NA", "none"),
    ),
}


def decide(cells, task=None):
    path = write("x,y\n" + "".join(f"{i * i},{cell}\n" for i, cell in enumerate(cells)))
    source = open_table(path, header=True)
    return Schema.recognise_and_read(source, "y", SchemaOptions(task=task))


def classes_of(cells, task=None):
    """The class of each cell."""
    schema, typed = decide(cells, task)
    assert schema.target.task == "classify"
    return [schema.target.classes[code] for code in typed.target.values]


@pytest.mark.parametrize("case", TARGETS)
def test_the_target_is_taken_for_what_it_looks_like(case):
    cells, task, classes = TARGETS[case]
    target = decide(cells)[0].target
    assert (target.task, target.classes) == (task, classes)
    assert "--task" in target.reason


def test_a_class_that_may_stand_for_a_missing_target_is_pointed_out():
    cells = ["cheap", "NA", "dear"] * 5
    target = decide(cells)[0].target
    assert target.classes == ("NA", "cheap", "dear")
    assert any("missing=['NA'] (--missing NA)" in note for note in target.notes)
    options = SchemaOptions(missing=["NA"])
    source = open_table(write("x,y\n" + "".join(f"{i},{c}\n" for i, c in enumerate(cells))))
    schema, typed = Schema.recognise_and_read(source, "y", options)
    assert (schema.target.classes, len(typed), schema.target.notes) == (("cheap", "dear"), 10, ())
    assert decide(["none", "some"] * 5)[0].target.notes == ()


def test_the_task_can_be_said():
    numbers = decide(["0", "1", "1", "0"], "regress")[1].target.values
    assert numbers.tolist() == [0.0, 1.0, 1.0, 0.0]
    assert classes_of(["0.50", "1.50", "0.50"], "classify") == ["0.50", "1.50", "0.50"]


def test_the_targets_of_a_classifier_are_the_cells_own_text():
    cells = ["0010", "1e5", "abc", "+3", "0010", "1e5", "abc", "+3"]
    for task in (None, "classify"):
        assert classes_of(cells, task) == cells


def test_one_number_in_two_spellings_is_one_class_and_that_is_said():
    cells = ["7", "007", "8", "7.0", "x", "True", "TRUE"] * 2
    assert classes_of(cells) == [
        {"7.0": "7", "TRUE": "True"}.get(cell, cell) if cell != "True" else "True" for cell in cells
    ]
    notes = " ".join(decide(cells)[1].notes)
    assert "7, 7.0 are one class, 7" in notes
    assert "TRUE, True are one class" in notes


def test_numbers_beyond_any_float_are_class_names_too():
    cells = ["1e-99999999999999999999", "2", "1e-400", "10"] * 3
    assert classes_of(cells, "classify") == cells


BAD_TARGETS = {
    "missing in every row": (["", "", ""], None, "column 'y'.* the target is missing in every row"),
    "one class": (["a", "a", "a"], None, "in every row; there is nothing to learn"),
    "a word among numbers": ([*["1.5"] * 10, "2.5", "x"], None, "line 13.*'x' is not a number"),
    "text to predict": (["a", "b"], "regress", "line 2.*'a' is not a number"),
    "a comma": (
        [*["1500"] * 20, '"1,101"'],
        "regress",
        "1101 if its comma .* 1.101 if it is a dec",
    ),
    "commas alone": (['"1,101"', '"2,305"'] * 9, "regress", "1101 if its comma .*, and 1.101 if"),
    "infinity": (["1", "inf", "2"], "regress", "line 3.*'inf'"),
    "identifiers": ([f"id{i}" for i in range(40)], None, "cannot be learnt as classes"),
}


@pytest.mark.parametrize("case", BAD_TARGETS)
def test_a_target_that_cannot_be_learnt_is_refused(case):
    cells, task, message = BAD_TARGETS[case]
    with pytest.raises(FileFormatError, match=message):
        decide(cells, task)
