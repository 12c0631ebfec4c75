"""What columns are taken for, and the features that they give."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from new_folder import in_a_new_folder  # noqa: F401 - a fixture for every test
from schemas import column, kinds, reason, recognised, with_target

import fastbp.tables.column_cells
from fastbp.tables.as_source import as_source
from fastbp.tables.schema import Schema

SPELLED = {
    "decimal comma": (["1,5", "2,25", "-3", ""], [1.5, 2.25, -3, None]),
    "commas between thousands": (["1,234.5", "1,200", "7"], [1234.5, 1200, 7]),
    "points between thousands": (["1.234,5", "1.200", "7"], [1234.5, 1200, 7]),
    "more than one point": (["1.234.567", "234.567", "7"], [1234567, 234567, 7]),
    "spaces between thousands": (["1 234", "12 000,5", "7"], [1234, 12000.5, 7]),
    "apostrophes between thousands": (["1'234", "12'000.5", "7"], [1234, 12000.5, 7]),
    "percent": (["5%", "12.5 %", "?"], [5, 12.5, None]),
    "a currency": (["$1,200.50", "-$5", "$0"], [1200.5, -5, 0]),
    "a unit": (["22 kg", "7.5kg", "NA"], [22, 7.5, None]),
    "the typographic minus": (["−1", "2", "3"], [-1, 2, 3]),
    "markers of missing cells": (
        ["1", "?", "NA", "n/a", "nan", "null", "None", "-", ".", ""],
        [1, *[None] * 9],
    ),
    "a plain column of points": (["1.234", "2.345"], [1.234, 2.345]),
}


def numbers(found):
    return [None if number != number else number for number in found]


@pytest.mark.parametrize("case", SPELLED)
def test_numbers_in_other_spellings_are_numbers(case):
    cells, expected = SPELLED[case]
    n = len(cells)
    schema, typed = recognised({**with_target(cells, rows=4 * n)})
    assert schema.explain()[0].kind == "number"
    assert numbers(column(typed, "x")[:n]) == expected


def test_the_spelling_and_the_missing_cells_are_said():
    assert reason(with_target(["1,5", "2,5", "?", "2,5"]), "x") == (
        "decimal comma; missing where it says '?' (5)"
    )
    assert reason(with_target(["5%", "6%"]), "x") == "in percent"


def test_the_decimal_mark_settles_what_cells_do_not():
    table = with_target(["1,234", "5", "12,000"])
    assert column(recognised(table, decimal=".")[1], "x")[:3] == [1234, 5, 12000]
    assert column(recognised(table, decimal=",")[1], "x")[:3] == [1.234, 5, 12]


TRUTHS = [("true", "false"), ("yes", "no"), ("y", "n"), ("t", "f"), ("on", "off"), ("Yes", "NO")]


@pytest.mark.parametrize("words", TRUTHS)
def test_yes_and_no_are_told(words):
    schema, typed = recognised(with_target([*words, ""]))
    assert schema.kinds["x"].word == "yes/no"
    assert column(typed, "x")[:3] == ["yes", "no", None]


def test_truth_values_are_the_same_from_a_frame_and_from_text():
    typed = [recognised(with_target(cells))[1] for cells in ([True, False], ["TRUE", "false"])]
    assert column(typed[0], "x") == column(typed[1], "x")


def test_capitals_that_are_taken_together_are_named():
    assert "True, true" in reason(with_target(["true", "True", "FALSE", "FALSE"]), "x")


@pytest.mark.parametrize("cells", [["yes", "true"], ["yes", "no", "maybe"], ["f", "n", "t", "y"]])
def test_other_words_are_words(cells):
    assert kinds(with_target(cells))["x"] == "words"


def test_words_are_the_text_without_the_space_around_it():
    _, typed = recognised(with_target([" red", "red ", "Red", "none", "?", None]))
    assert column(typed, "x")[:6] == ["red", "red", "Red", "none", None, None]
    assert typed.columns[0].levels == ("Red", "none", "red")


@pytest.mark.parametrize("cells", [["02139", "10001"], ["007", "7"], [str(2**60), str(2**60 + 1)]])
def test_codes_are_words(cells):
    _, typed = recognised(with_target(cells))
    assert column(typed, "x")[: len(cells)] == cells
    assert "codes" in reason(with_target(cells), "x")


def test_many_words_are_said_to_be_cut():
    cells = [f"w{i}" for i in range(300)]
    assert "255 most frequent" in reason(with_target(cells, rows=900), "x")


def test_words_in_the_users_order_are_numbers():
    table = with_target(["S", "L", "M", ""])
    _, typed = recognised(table, ordered={"x": ["S", "M", "L"]})
    assert numbers(column(typed, "x")[:4]) == [0, 2, 1, None]


def test_numbers_can_be_put_in_order_too():
    _, typed = recognised(with_target([10, 2, 5]), ordered={"x": ["2", "5", "10"]})
    assert column(typed, "x")[:3] == [2, 0, 1]


def test_an_ordered_categorical_keeps_its_order():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(with_target(["M", "S"]))
    frame["x"] = pandas.Categorical(frame["x"], ["S", "M", "L"], ordered=True)
    _, typed = recognised(frame)
    assert column(typed, "x")[:2] == [1, 0]


def test_categories_of_numbers_are_words():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(with_target([1, 2, 3]))
    frame["x"] = frame["x"].astype("category")
    assert kinds(frame)["x"] == "words"


def test_categories_of_one_value_are_left_out():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(with_target(["a"]))
    frame["x"] = frame["x"].astype("category")
    assert kinds(frame)["x"] == "left out"


def test_nominal_attributes_are_words():
    rows = "".join(f"{i % 3},{i % 7},{'ab'[i % 2]}\n" for i in range(30))
    Path("t.arff").write_text(
        "@relation t\n@attribute x {0,1,2}\n@attribute z numeric\n@attribute y {a,b}\n@data\n"
        + rows
    )
    assert kinds("t.arff") == {"x": "words", "z": "number"}


def test_dates_give_what_varies():
    cells = ["2023-01-02", "2024-04-01 06:00", "2024-07-02", ""]
    _, typed = recognised(with_target(cells))
    names = [found.name for found in typed.columns]
    assert names == [
        *("x: year", "x: month sin", "x: month cos", "x: weekday sin", "x: weekday cos"),
        *("x: hour sin", "x: hour cos", "x: days", "z"),
    ]
    assert numbers(column(typed, "x: year")[:4]) == [2023, 2024, 2024, None]
    assert column(typed, "x: month sin")[:3] == pytest.approx([0, 1, 0])
    assert column(typed, "x: month cos")[:3] == pytest.approx([1, 0, -1])
    assert column(typed, "x: hour sin")[:3] == pytest.approx([0, 1, 0])
    assert column(typed, "x: days")[:3] == [0, 455.25, 547]
    # Mondays, and a Tuesday.
    assert column(typed, "x: weekday sin")[:2] == [0, 0]
    assert column(typed, "x: weekday sin")[2] == pytest.approx(np.sin(2 * np.pi / 7))


def test_times_of_day_give_hours():
    _, typed = recognised(with_target(["06:00", "12:00 pm", "18:30:00"]))
    assert [found.name for found in typed.columns][:3] == ["x: hour sin", "x: hour cos", "x: days"]
    assert column(typed, "x: hour sin")[:2] == pytest.approx([1, 0])
    assert column(typed, "x: days")[:3] == [0, 0.25, 12.5 / 24]


@pytest.mark.parametrize(
    "cells",
    [
        ["13.2.2024", "01.02.2024", "5.3.2024"],
        ["2024-02-13", "2024-02-01", "2024-03-05"],
        ["13 Feb 2024", "1 Feb 2024", "5 Mar 2024"],
        ["02/13/2024", "02/01/2024", "03/05/2024"],
        np.array(["2024-02-13", "2024-02-01", "2024-03-05"], "datetime64[D]"),
    ],
)
def test_a_date_is_the_same_in_any_form(cells):
    _, typed = recognised(with_target(cells))
    assert column(typed, "x: days")[:3] == [12, 0, 33]


def test_the_order_of_the_user_settles_dates():
    table = with_target(["01/02/2024", "03/02/2024"])
    assert column(recognised(table, dates="dmy")[1], "x: days")[:2] == [0, 2]
    assert column(recognised(table, dates="mdy")[1], "x: days")[:2] == [0, 60]


LEFT_OUT = {
    "one value": ([3.5] * 30, "the same in every row"),
    "one word": (["a"] * 30, "the same in every row"),
    "no cell": ([None] * 30, "all cells are missing"),
    "only markers": (["?", "NA"] * 15, "all cells are missing"),
    "counting": (list(range(1, 31)), "an identifier: it counts the rows from 1"),
    "names": (
        [f"name {i}" for i in range(30)],
        "an identifier: text that is different in every row",
    ),
    "hardly repeats": (
        [f"name {i % 57}" for i in range(60)],
        "text that hardly repeats: 57 different ones in 60 rows",
    ),
    "uuid": (
        [f"{i % 17:08x}-0000-4000-8000-000000000000" for i in range(30)],
        "an identifier: random characters (UUID)",
    ),
}


@pytest.mark.parametrize("case", LEFT_OUT)
def test_what_there_is_nothing_to_learn_from_is_left_out_with_its_reason(case):
    cells, expected = LEFT_OUT[case]
    table = with_target(cells)
    assert kinds(table)["x"] == "left out"
    assert reason(table, "x") == expected
    # Its remedy works: a kind that is given takes the column in.
    kept = kinds(table, kinds={"x": "words" if isinstance(cells[0], str) else "number"})
    assert kept["x"] != "left out" or case in ("no cell", "only markers")


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("x", list(np.random.default_rng(0).normal(size=60))),
        ("age", np.random.default_rng(0).permutation(np.arange(20, 40)).tolist()),
        ("year", list(range(1990, 2030))),
        ("x", list(range(1990, 2030))),
        ("x", [1.0, np.nan]),
        ("x", ["a", None]),
        ("day", list(range(1, 31))),
        ("x", [f"name {i}" for i in range(8)] * 3),
    ],
)
def test_what_may_be_learnt_from_is_kept(name, cells):
    assert kinds(with_target(cells, name))[name] in ("number", "words")


def test_a_few_names_are_words():
    table = {"x": [f"name {i}" for i in range(8)], "y": ["a", "b"] * 4}
    assert kinds(table)["x"] == "words"


def test_a_leading_zero_among_fractions_is_no_code():
    assert column(recognised(with_target(["007", "1.5"]))[1], "x")[:2] == [7, 1.5]


def test_large_identifiers_are_told_by_their_name():
    cells = np.random.default_rng(0).choice(10**6, 40, replace=False).tolist()
    assert kinds(with_target(cells, "customer_id"))["customer_id"] == "left out"
    assert kinds(with_target(cells, "price"))["price"] == "number"


def test_a_counting_column_is_kept_where_there_is_no_other():
    table = {"x": list(range(30)), "y": ["a", "b"] * 15}
    assert kinds(table) == {"x": "number"}


def test_columns_are_left_out_when_asked():
    table = with_target([1, 2])
    assert kinds(table, drop=["x"])["x"] == "left out"
    assert kinds(table, kinds={"x": "drop"})["x"] == "left out"
    assert reason(table, "x", drop=["x"]) == "as asked"


def test_kinds_of_the_user_are_obeyed():
    table = with_target([20240501, 20240502, 20250503])
    assert kinds(table)["x"] == "number"
    assert column(recognised(table, kinds={"x": "date"})[1], "x: days")[:3] == [0, 1, 367]
    assert column(recognised(table, kinds={"x": "words"})[1], "x")[:2] == ["20240501", "20240502"]
    zips = with_target(["02139", "10001"])
    assert column(recognised(zips, kinds={"x": "number"})[1], "x")[:2] == [2139, 10001]
    bits = with_target([0, 1, None])
    assert column(recognised(bits, kinds={"x": "yes/no"})[1], "x")[:3] == ["no", "yes", None]


def test_a_few_numbers_among_words_are_words():
    cells = ["a", "b", "3", "4", "c"]
    assert kinds(with_target(cells))["x"] == "words"
    assert "8 of 20 cells are numbers" in reason(with_target(cells), "x")


def test_numbers_and_text_in_one_column_are_looked_at_as_text():
    cells = [1.5, 2, "1,5"]
    assert column(recognised(with_target([*cells[:2], "?"]))[1], "x")[:2] == [1.5, 2]
    path = with_target(["a", 1, 2.5])
    assert column(recognised(path)[1], "x")[:3] == ["a", "1", "2.5"]


TEXTS = {
    "numbers": [f"{i},5" for i in range(200)],
    "words": [f"w{i // 2}" for i in range(200)],
    "names": [f"w{i}" for i in range(200)],
    "dates": [f"{i % 28 + 1}.{i % 12 + 1}.{2000 + i}" for i in range(200)],
    "plain": [f"{i}.5" for i in range(200)],
    "late words": [*(f"{i},5" for i in range(100)), *(f"w{i // 3}" for i in range(100))],
    "told late": [*(f"{i % 90 + 1},{i:03d}" for i in range(199)), "1,5"],
    "with gaps": [f"{i},5" if i % 3 else "?" for i in range(200)],
}


@pytest.mark.parametrize("case", TEXTS)
def test_many_texts_are_read_as_few_are(case, monkeypatch):
    table = {"x": TEXTS[case], "z": [i % 7 for i in range(200)], "y": ["a", "b"] * 100}
    schema, typed = recognised(table)
    monkeypatch.setattr(fastbp.tables.column_cells, "MOST_TEXTS", 20)
    monkeypatch.setattr("fastbp.tables.memory_source._ROWS", 16)
    schema_of_many, typed_of_many = recognised(table)
    assert schema_of_many.kinds == schema.kinds
    for one, other in zip(typed.columns, typed_of_many.columns, strict=True):
        np.testing.assert_equal(vars(one) if hasattr(one, "__dict__") else one, vars(other))


CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**18), 10**18),
    st.floats(),
    st.dates(),
    st.text(max_size=6),
    st.sampled_from(["1,5", "1.234", "1,234", "?", "NA", "yes", "no", "01/02/2024", "5 kg", "007"]),
)


@given(st.lists(CELLS, min_size=1, max_size=25), st.lists(CELLS, min_size=1, max_size=25))
def test_any_cells_are_read_or_named_in_an_error(cells, targets):
    n = min(len(cells), len(targets))
    table = {"x": cells[:n], "z": [i % 3 for i in range(n)], "y": targets[:n]}
    try:
        schema, typed = recognised(table)
    except ValueError:
        return
    assert Schema.from_dict(schema.to_dict()).kinds == schema.kinds
    again = schema.read(as_source(table), with_target=True)
    assert again.rows.tolist() == typed.rows.tolist()
    np.testing.assert_array_equal(again.target.values, typed.target.values)
    for one, other in zip(typed.columns, again.columns, strict=True):
        np.testing.assert_equal(vars(one), vars(other))
