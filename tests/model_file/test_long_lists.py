"""Lists of preprocessing that no header has room for are tensors of the file."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from model_files import checksum, file_bytes, read_tensors, refuse, trained_network, write_tensors

import fastbp
from fastbp import Network
from fastbp.model_file import long_lists, safetensors_file
from fastbp.model_file.long_lists import list_of, take_long_lists

N = 2_000
LISTS = {
    "columns": [f"a, [long] näme {i}\n" for i in range(N)],
    "positions": [*range(-N, 0)],
    "means": [(-1.5) ** i for i in range(-N // 2, N // 2)],
}
SHORT = {"task": "regress", "few": ["a", "b"], "empty": [], "target": "y"}


@pytest.fixture
def short_headers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(safetensors_file, "HEADER_CAP", 6_000)


def saved(folder: Path, preprocessing: dict[str, Any]) -> Path:
    net = trained_network()
    net.preprocessing = preprocessing
    file_bytes(folder, net)
    return folder / "whole.safetensors"


@pytest.mark.usefixtures("short_headers")
def test_long_lists_come_back_as_they_were(tmp_path: Path) -> None:
    path = saved(tmp_path, SHORT | LISTS)
    tensors, metadata = read_tensors(path)
    assert metadata["version"] == "2"
    assert {name: tensors[f"preprocessing.{name}"].dtype.str for name in LISTS} == {
        "columns": "|u1", "positions": "<i8", "means": "<f8"}  # fmt: skip
    again = Network.load(path)
    assert again.preprocessing == SHORT | LISTS
    assert [*map(type, again.preprocessing["means"])] == [float] * N
    before = path.read_bytes()
    again.save(path)
    assert path.read_bytes() == before
    assert (
        again.predict(np.ones((1, 4))).tobytes()
        == trained_network().predict(np.ones((1, 4))).tobytes()
    )


def test_lists_that_fit_into_the_header_stay_there(tmp_path: Path) -> None:
    tensors, metadata = read_tensors(saved(tmp_path, SHORT | LISTS))
    assert metadata["version"] == "1"
    assert not [name for name in tensors if name.startswith("preprocessing")]


@pytest.mark.parametrize(
    "values",
    [
        [1, 2.0] * N, [True] * N, [2**63] * N, ["a\0b"] * N, ["\ud800"] * N, [None] * N,
        [[1]] * N, ["a"] * 5, (1,) * N,
    ],
)  # fmt: skip
def test_what_a_tensor_would_change_is_no_tensor(values: Any) -> None:
    assert take_long_lists({"key": values}) == ({"key": values}, {})


@pytest.mark.parametrize(
    "values", [[""] * N, ["", "é"] * N, [0.0, -0.0, 5e-324] * N, [-(2**63)] * N]
)
def test_a_list_is_that_of_its_tensor(values: list[Any]) -> None:
    rest, tensors = take_long_lists({"a key": values})
    assert rest == {}
    again = list_of("a key", tensors["preprocessing.a key"])
    assert repr(again) == repr(values)


def without_preprocessing(tensors: dict[str, Any], metadata: dict[str, str]) -> None:
    del metadata["preprocessing"]


EDITS: list[tuple[str, Callable[[dict[str, Any], dict[str, str]], object]]] = [
    ("format 2, but the file says format 1", lambda t, m: m.update(version="1")),
    ("the file has none", without_preprocessing),
    ("twice", lambda t, m: m.update(preprocessing='{"means": [1.0]}')),
    ("one axis", lambda t, m: t.update({"preprocessing.means": np.ones((2, 2))})),
    ("one axis", lambda t, m: t.update({"preprocessing.means": np.array(2.0)})),
    ("be F64, I64, U8", lambda t, m: t.update({"preprocessing.means": np.ones(2, np.float32)})),
    ("NaN", lambda t, m: t.update({"preprocessing.means": np.array([np.nan])})),
    ("not UTF-8", lambda t, m: t.update({"preprocessing.columns": np.array([255, 0], "u1")})),
    ("end with a zero", lambda t, m: t.update({"preprocessing.columns": np.array([65], "u1")})),
    ("network is float32", lambda t, m: t.update(b1=np.ones(3, np.int64))),
    ("more than 3000 values", lambda t, m: t.update({"preprocessing.means": np.ones(3_001)})),
    ("more than 3000", lambda t, m: t.update({"preprocessing.columns": np.zeros(3_001, "u1")})),
    ("does not belong", lambda t, m: t.update(columns=np.ones(3, np.uint8))),
]


@pytest.mark.usefixtures("short_headers")
@pytest.mark.parametrize(("match", "edit"), EDITS)
def test_a_damaged_list_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, match: str, edit: Any
) -> None:
    monkeypatch.setattr(long_lists, "MOST_VALUES", 3_000)
    path = saved(tmp_path, SHORT | LISTS)
    tensors, metadata = read_tensors(path)
    edit(tensors, metadata)
    metadata["checksum"] = checksum(tensors, metadata)
    write_tensors(path, tensors, metadata)
    refuse(path, match)
    with pytest.raises(fastbp.FileFormatError, match=match):
        Network.load(path, allow_nonfinite=True)


@pytest.mark.slow
def test_a_million_columns_are_saved_and_loaded(tmp_path: Path) -> None:
    n = 1_000_000
    names, scales = [f"gene {i}" for i in range(n)], [0.5] * n
    net = Network([2, 1], seed=0)
    net.preprocessing = {"columns": names, "means": scales, "scales": scales}
    net.save(tmp_path / "wide")
    assert Network.load(tmp_path / "wide").preprocessing == net.preprocessing
