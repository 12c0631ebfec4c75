"""A schema in a model file: it comes back as it was, and nothing else does."""

import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from schemas import recognised

from fastbp.errors import FileFormatError
from fastbp.tables.schema import Schema

TABLE = {
    "size": [1.5, 2.0, 3.5, 4.0] * 5,
    "colour": ["red", "green", "blue", ""] * 5,
    "price": ["1,5 kg", "2,25 kg", "3,0 kg", "4,75 kg"] * 5,
    "sold": ["13.02.2024", "01.03.2024", "05.07.2025", "06.07.2025"] * 5,
    "paid": ["yes", "no", "no", "yes"] * 5,
    "grade": ["low", "high", "low", "mid"] * 5,
    "same": [1] * 20,
    "y": ["a", "b"] * 10,
}
SCHEMA = recognised(TABLE, ordered={"grade": ["low", "mid", "high"]}, missing=["gone"])[0]
ENTRIES = SCHEMA.to_dict()


def test_it_comes_back_as_it_was():
    again = Schema.from_dict(json.loads(json.dumps(ENTRIES)))
    assert again.kinds == SCHEMA.kinds
    assert again.target.classes == SCHEMA.target.classes
    assert again.missing == SCHEMA.missing
    assert str(again.explain()) == str(SCHEMA.explain())
    assert again.to_dict() == ENTRIES


def test_numbers_to_predict_keep_their_spelling():
    schema, _ = recognised({"x": [1.5, 2] * 20, "y": [f"{i},5" for i in range(40)]})
    again = Schema.from_dict(json.loads(json.dumps(schema.to_dict())))
    assert again.target.number == schema.target.number


def test_columns_of_plain_numbers_take_a_place_each():
    wide = {f"c{i}": [0.5, i] * 3 for i in range(1000)} | {"y": ["a", "b"] * 3}
    entries = recognised(wide)[0].to_dict()
    assert entries["others"] == entries["reasons"] == []
    assert len(json.dumps(entries)) < 20_000


def test_its_report_prints_a_line_a_column():
    lines = str(SCHEMA.explain()).splitlines()
    assert len(lines) == len(TABLE)
    assert lines[2].split(maxsplit=2) == ["price", "number", "decimal comma, unit kg"]


def changed(**changes):
    return {**copy.deepcopy(ENTRIES), **changes}


def target(**changes):
    return changed(target={**ENTRIES["target"], **changes})


def other(word, kept, place=0):
    return changed(numbers=[], others=[[place, word, kept]])


SPELLING = {"decimal": ".", "thousands": "", "prefix": "", "suffix": ""}
BAD = {
    "no dict": [],
    "no entries": {},
    "another version": changed(version=2),
    "a truth value for the version": changed(version=True),
    "an unknown entry": changed(more=1),
    "names alike": changed(names=["a"] * len(TABLE)),
    "a number for a name": changed(names=[1, *ENTRIES["names"][1:]]),
    "text for names": changed(names="abc"),
    "text for named": changed(named="yes"),
    "no target": changed(target=None),
    "an unknown target": target(name="other"),
    "a list for the target's name": target(name=[]),
    "an unknown task": target(task="rank"),
    "one class": target(classes=["a"]),
    "two classes alike": target(classes=["a", "a"]),
    "classes of numbers": target(classes=[1, 2]),
    "classes among numbers": target(task="regress"),
    "a place too far": changed(numbers=[99]),
    "a place below 0": changed(numbers=[-1]),
    "a truth value for a place": changed(numbers=[True]),
    "a place twice": changed(numbers=[0, 0]),
    "a place of two kinds": changed(numbers=[0, 1]),
    "the target for a feature": changed(numbers=[ENTRIES["names"].index("y")]),
    "no features": changed(numbers=[], others=[]),
    "an unknown kind": other("rank", {}),
    "a kind too long": changed(others=[[0, "words", {}, 1]]),
    "words with something": other("words", {"a": 1}),
    "an unknown mark": other("number", {**SPELLING, "decimal": ";"}),
    "a list for a mark": other("number", {**SPELLING, "decimal": []}),
    "a unit without end": other("number", {**SPELLING, "suffix": "x" * 1000}),
    "levels alike": other("ordered", {"levels": ["a", "a"]}),
    "levels of numbers": other("ordered", {"levels": [1, 2]}),
    "an unknown order": other("date", {"order": "ydm", "first": 0, "parts": []}),
    "a day beyond all": other("date", {"order": None, "first": 10**30, "parts": []}),
    "half a day": other("date", {"order": None, "first": 0.5, "parts": []}),
    "an unknown part": other("date", {"order": None, "first": 0, "parts": ["century"]}),
    "parts in another order": other("date", {"order": None, "first": 0, "parts": ["hour", "year"]}),
    "a reason of nothing": changed(reasons=[[99, "why"]]),
    "a reason that is a number": changed(reasons=[[0, 1]]),
    "missing text that is a number": changed(missing=[1]),
}


@pytest.mark.parametrize("case", BAD)
def test_another_dict_is_an_error(case):
    with pytest.raises(FileFormatError, match="the model's"):
        Schema.from_dict(BAD[case])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@given(st.sampled_from(sorted(ENTRIES)), JSON)
def test_any_entry_is_read_or_refused(name, value):
    try:
        schema = Schema.from_dict(changed(**{name: value}))
    except FileFormatError:
        return
    assert Schema.from_dict(schema.to_dict()).to_dict() == schema.to_dict()
