"""The description of a table in a network's file: kept, and refused where it is damaged."""

import json

import pytest

from fastbp.errors import FileFormatError
from fastbp.tables.preprocessing import Preprocessing

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
    assert preprocessing.means == [*preprocessing.scales[:1], 0.0] == [1e300, 0.0]
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
