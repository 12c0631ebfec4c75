"""Faults of real tables: each gives the right types, or an error whose remedy, followed, works."""

import re

import numpy as np
import pytest
from new_folder import in_a_new_folder  # noqa: F401 - a fixture for every test
from schemas import column, recognised, target_names
from table_files import write

from fastbp.errors import FileFormatError


def table_of(*cells, name="x", separator=",", target=("no", "yes"), rows=20):
    """A file: a column of these cells over and over, one of numbers, and the target."""
    lines = [separator.join((name, "z", "y"))]
    for i in range(rows):
        z = str((i * 7) % 5)
        lines.append(separator.join((cells[i % len(cells)], z, target[i % len(target)])))
    return write("\n".join(lines) + "\n")


#: The cells of a column -> its values, in each row or None where one is missing.
RIGHT = {
    "semicolons and decimal commas": ({"separator": ";"}, ["1,5", "2,5"], [1.5, 2.5]),
    "a gap": ({}, ["1.5", ""], [1.5, None]),
    "a question mark": ({}, ["1.5", "?"], [1.5, None]),
    "NA": ({}, ["1.5", "NA"], [1.5, None]),
    "a minus for a gap": ({}, ["1.5", "-"], [1.5, None]),
    "a point for a gap": ({}, ["1.5", "."], [1.5, None]),
    "zip codes": ({}, ["02139", "10001"], ["02139", "10001"]),
    "codes with leading zeros": ({}, ["007", "012"], ["007", "012"]),
    "yes and no": ({}, ["yes", "no"], ["yes", "no"]),
    "yes, no and a gap": ({}, ["Yes", "No", ""], ["yes", "no", None]),
    "truth values": ({}, ["TRUE", "FALSE"], ["yes", "no"]),
    "truth values in two spellings": ({}, ["TRUE", "True", "false"], ["yes", "yes", "no"]),
    "words": ({}, ["red", "green", "blue"], ["red", "green", "blue"]),
    "words with gaps": ({}, ["red", "", "NA"], ["red", None, None]),
    "units": ({}, ["22 kg", "7.5 kg"], [22, 7.5]),
    "percent": ({}, ["5%", "7.5%"], [5, 7.5]),
    "dollars": ({}, ["$5.00", "$1200.50"], [5, 1200.5]),
    "quoted thousands": ({}, ['"1,200.5"', '"7"'], [1200.5, 7]),
    "thousands told by one cell": ({}, ['"1,200"', '"1,234,567"'], [1200, 1234567]),
    "decimal commas told by one cell": ({"separator": ";"}, ["1,200", "1,25"], [1.2, 1.25]),
    "points for thousands": ({"separator": ";"}, ["1.200.000", "234.567"], [1200000, 234567]),
    "spaces for thousands": ({"separator": ";"}, ["1 200", "950"], [1200, 950]),
    "apostrophes for thousands": ({}, ["1'200", "950"], [1200, 950]),
    "the typographic minus": ({}, ["−5", "3"], [-5, 3]),
    "exponents": ({}, ["2E1", "1e-3"], [20, 0.001]),
    "numbers and a few words": ({}, ["1", "a", "b"], ["1", "a", "b"]),
}


@pytest.mark.parametrize("case", RIGHT)
def test_the_right_types_without_a_word(case):
    how, cells, expected = RIGHT[case]
    _, typed = recognised(table_of(*cells, **how))
    found = column(typed, "x")[: len(cells)]
    assert [None if cell != cell else cell for cell in found] == expected


DATES = {
    "ISO": (["2024-02-13", "2024-02-01"], [12, 0]),
    "day first, told by one cell": (["13/02/2024", "01/02/2024"], [12, 0]),
    "month first, told by one cell": (["02/13/2024", "02/01/2024"], [12, 0]),
    "month names": (["13 Feb 2024", "1 Feb 2024"], [12, 0]),
    "with times": (["2024-02-13 12:00", "2024-02-01 00:00"], [12.5, 0]),
    "with a zone": (["2024-02-13T12:00:00Z", "2024-02-01T00:00:00Z"], [12.5, 0]),
}


@pytest.mark.parametrize("case", DATES)
def test_dates_are_days_without_a_word(case):
    cells, expected = DATES[case]
    assert column(recognised(table_of(*cells))[1], "x: days")[:2] == expected


def options_of(message):
    """Every remedy of Python that a message names, as options: each is to work."""
    found = []
    for text in re.findall(r"\b(?:decimal|dates|task)='[^']*'", message):
        name, value = text.split("=")
        found.append({name: value.strip("'")})
    for text in re.findall(r"missing=\[('[^\]]*')\]", message):
        found.append({"missing": [text.strip("'")]})
    for name, kind in re.findall(r"kinds=\{'([^']*)': '([^']*)'\}", message):
        found.append({"kinds": {name: kind}})
    found += [{"drop": [name]} for name in re.findall(r"drop=\['([^']*)'\]", message)]
    return found


#: What is wrong -> how the table is made, its cells, what the message has, how many remedies.
ERRORS = {
    "thousands or decimals": (
        {},
        ['"1,234"', "5"],
        ["line 2", "'x'", "is 1234 if its comma", "1.234 if it is a decimal comma"],
        2,
    ),
    "day or month first": (
        {},
        ["01/02/2024", "03/04/2024"],
        ["line 2", "'x'", "01 February 2024", "02 January 2024"],
        2,
    ),
    "two digits of a year": ({}, ["01-02-03", "04-05-06"], ["line 2", "tells which"], 2),
    "a word among numbers": (
        {},
        [*map(str, range(19)), "x7"],
        ["line 21", "'x'", "'x7' is not a number", "19 of 20 cells"],
        3,
    ),
    "a unit among numbers": (
        {},
        [*map(str, range(19)), "5 kg"],
        ["line 21", "'5 kg' has another unit"],
        3,
    ),
    "no unit among units": (
        {},
        [*(f"{i} kg" for i in range(19)), "5"],
        ["line 21", "'5' has another unit; the others have the unit kg"],
        3,
    ),
    "a decimal comma among points": (
        {"separator": ";"},
        [*(f"{i}.5" for i in range(19)), "5,5"],
        ["line 21", "'5,5' is not a number written as the others are"],
        3,
    ),
    "an impossible date": (
        {},
        [*(f"{i + 1}/12/2024" for i in range(19)), "32/12/2024"],
        ["line 21", "'32/12/2024' is not a date"],
        3,
    ),
    "an infinite number": ({}, ["1", "2", "3", "inf"], ["line 5", "'inf' is not a finite"], 3),
}


@pytest.mark.parametrize("case", ERRORS)
def test_an_error_is_true_and_each_of_its_remedies_works(case):
    how, cells, parts, n_remedies = ERRORS[case]
    path = table_of(*cells, **how)
    with pytest.raises(FileFormatError) as caught:
        recognised(path)
    message = str(caught.value)
    assert all(part in message for part in parts), message
    remedies = options_of(message)
    assert len(remedies) == n_remedies, message
    for remedy in remedies:
        recognised(path, **remedy)


def test_a_word_that_is_not_in_its_order_is_an_error_whose_remedies_work():
    path = table_of("S", "M", "XL")
    with pytest.raises(
        FileFormatError, match=r"line 4, column 'x': 'XL' is not in its order \(S, M"
    ):
        recognised(path, ordered={"x": ["S", "M"]})
    recognised(path, ordered={"x": ["S", "M", "XL"]})
    recognised(path, ordered={"x": ["S", "M"]}, missing=["XL"])


@pytest.mark.parametrize("kind", ["number", "date", "yes/no"])
def test_a_kind_that_no_cell_has_is_an_error(kind):
    with pytest.raises(FileFormatError, match="column 'x'"):
        recognised(table_of("a", "b"), kinds={"x": kind})


TARGETS = {
    "zip codes": (["02139", "10001"], ["02139", "10001"]),
    "exponents": (["2E1", "20"], ["2E1", "20"]),
    "one and one point nothing": (["1", "1.0", "2"], ["1", "1", "2"]),
    "truth values": (["TRUE", "True", "false"], ["TRUE", "TRUE", "false"]),
    "numbers for classes": (["0", "1"], ["0", "1"]),
    "points nothing": (["0.0", "1.0"], ["0.0", "1.0"]),
    "words that stand for missing numbers": (["NA", "none"], ["NA", "none"]),
    "leading zeros and not": (["007", "7"], ["007", "7"]),
    "large numbers": ([str(2**53), str(2**53 + 1)], [str(2**53), str(2**53 + 1)]),
}


@pytest.mark.parametrize("case", TARGETS)
def test_classes_are_the_cells_text(case):
    target, expected = TARGETS[case]
    _, typed = recognised(table_of("1.5", "2", "3", target=target, rows=24))
    assert target_names(typed)[: len(target)] == expected


def test_rows_with_a_gap_in_the_target_are_left_out_and_counted():
    schema, typed = recognised(table_of("1.5", "2", target=("no", "yes", "", "?")))
    assert len(typed) == 10
    assert typed.rows.tolist()[:4] == [0, 1, 4, 5]
    assert typed.notes == ("10 rows of 20 without a target ('y') left out",)
    assert schema.target.classes == ("no", "yes")


@pytest.mark.parametrize(
    ("cells", "numbers"),
    [
        ([f"{i},5" for i in range(20)], [i + 0.5 for i in range(20)]),
        ([f"{i}%" for i in range(40)], list(range(20))),
        ([f"{i} kg" for i in range(40)], list(range(20))),
        ([f"{i}.25" if i else "NA" for i in range(20)], [i + 0.25 for i in range(1, 20)]),
        ([f"{i}.25" if i < 9 else "NA" for i in range(20)], [i + 0.25 for i in range(9)]),
        ([f"{i}.25" if i < 9 else "." for i in range(20)], [i + 0.25 for i in range(9)]),
    ],
)
def test_numbers_to_predict_may_be_in_other_spellings(cells, numbers):
    path = table_of("1", "2", separator=";", target=cells, rows=len(cells))
    schema, typed = recognised(path)
    assert schema.target.task == "regress"
    assert typed.target.values.tolist()[: len(numbers)] == numbers


TARGET_ERRORS = {
    "one value": (["a"], "in every row; there is nothing to learn", 0),
    "no value": ([""], "the target is missing in every row", 0),
    "as many classes as rows": ([f"n{i}" for i in range(30)], "30 distinct values in 30 rows", 0),
    "a word among numbers": ([*(f"{i}.5" for i in range(29)), "x"], "line 31, column 'y'", 1),
    "thousands or decimals": ([f'"{i + 1},234"' for i in range(30)], "no cell of the column", 2),
}


@pytest.mark.parametrize("case", TARGET_ERRORS)
def test_errors_of_the_target_are_true_and_their_remedies_work(case):
    cells, part, n_remedies = TARGET_ERRORS[case]
    path = table_of("1.5", "2", "3", target=cells, rows=30)
    with pytest.raises(FileFormatError, match=part) as caught:
        recognised(path)
    remedies = [option for option in options_of(str(caught.value)) if "task" not in option]
    assert len(remedies) == n_remedies
    for remedy in remedies:
        recognised(path, **remedy)


@pytest.mark.parametrize("decimal", [".", ","])
def test_a_decimal_mark_makes_no_text_of_numbers_with_the_other_one(decimal):
    rows = [f"{i % 7}.5;1.{200 + i};{i},25\n" for i in range(30)]
    schema, typed = recognised(write("x;z;y\n" + "".join(rows)), decimal=decimal)
    assert [report.kind for report in schema.explain()] == ["number", "number", "target"]
    assert (typed.columns[0].values[1], typed.target.values[1]) == (1.5, 1.25)
    assert typed.columns[1].values[1] == (1.201 if decimal == "." else 1201)


@pytest.mark.parametrize("dates", ["dmy", "mdy"])
def test_an_order_of_dates_makes_no_text_of_dates_in_another_order(dates):
    rows = [f"{i % 9 + 13}.02.2024,3/{i % 9 + 13}/2024,{i % 3}/4/2024,yes\n".replace(",0/", ",5/")
            for i in range(30)]  # fmt: skip
    path = write("a,b,c,y\n" + "".join(rows) + rows[0].replace("yes", "no") * 9)
    schema, _ = recognised(path, dates=dates)
    assert [report.kind for report in schema.explain()] == ["date", "date", "date", "target"]
    assert schema.explain()[2].reason.startswith("day" if dates == "dmy" else "month")


def test_a_table_without_rows_is_an_error():
    with pytest.raises(FileFormatError, match="no rows"):
        recognised(write("x,y\n"))
    with pytest.raises(ValueError, match="no rows"):
        recognised({"x": [], "y": []})


def test_a_table_of_the_target_alone_is_an_error():
    with pytest.raises(ValueError, match="no column beside the target"):
        recognised(write("y\na\nb\n"))


def test_a_table_without_anything_to_learn_from_is_an_error_that_names_the_columns():
    with pytest.raises(ValueError, match=r"no column to learn from: 'x' \(the same in every row\)"):
        recognised({"x": [1] * 10, "y": ["a", "b"] * 5})


@pytest.mark.parametrize("task", ["auto", "regress", "classify"])
@pytest.mark.parametrize("cell", [None, float("nan"), ""])
def test_a_target_in_memory_that_is_missing_everywhere_is_an_error(cell, task):
    with pytest.raises(ValueError, match="the target is missing in every row"):
        recognised({"x": [1.5, 2] * 10, "y": [cell] * 20}, task=task)


def test_dates_are_no_numbers_to_predict():
    days = np.arange(30).astype("datetime64[D]")
    with pytest.raises(ValueError, match="'1970-01-01' is not a number; the target is to be"):
        recognised({"x": [1.5, 2] * 15, "y": days}, task="regress")
    with pytest.raises(ValueError, match="30 distinct values in 30 rows"):
        recognised({"x": [1.5, 2] * 15, "y": days})


def test_an_infinite_target_is_an_error_whose_remedy_works():
    table = {"x": [1.5, 2] * 10, "y": [float("inf"), *(i + 0.5 for i in range(19))]}
    with pytest.raises(ValueError, match=r"row 0 .*'inf' is not a finite number") as caught:
        recognised(table)
    (remedy,) = options_of(str(caught.value))
    assert len(recognised(table, **remedy)[1]) == 19
