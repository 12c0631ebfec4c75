"""What a file claims is bounded before memory is taken for it; what is saved keeps the bounds."""

import os
from pathlib import Path
from typing import Any

import pytest
from model_files import edited, file_bytes, join, peak_bytes, refuse, same_parameters
from test_model_file_content import INCONSISTENT, UNKNOWN, Edit

import fastbp
from fastbp import Network
from fastbp.inputs.nesting import MOST_LEVELS
from fastbp.model_file import safetensors_file, strict_json

MEBIBYTE = 1 << 20


def sparse(path: Path, header: dict[str, Any], payload_size: int) -> Path:
    with open(path, "wb") as file:
        file.write(join(header))
        file.truncate(file.tell() + payload_size)
    return path


def test_the_sparse_file_of_another_program_is_refused_by_its_header(tmp_path: Path) -> None:
    size = 1 << 31
    entry = {"dtype": "F32", "shape": [1 << 19, 1024], "data_offsets": [0, size]}
    path = sparse(tmp_path / "big", {"w": entry, "__metadata__": {"format": "pt"}}, size)
    assert peak_bytes(lambda: refuse(path, "not one of fastbp")) < MEBIBYTE


@pytest.mark.parametrize(("match", "edit"), [*UNKNOWN, *INCONSISTENT])
def test_no_number_is_read_before_the_header_is_sound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, match: str, edit: Edit
) -> None:
    path = edited(tmp_path, edit)
    monkeypatch.setattr(safetensors_file.TensorFile, "blocks", None)
    refuse(path, match)


def test_a_header_that_is_a_hole_is_refused_after_its_first_part(tmp_path: Path) -> None:
    path = tmp_path / "hole"
    for start in (b"{", b""):
        with open(path, "wb") as file:
            file.write((90_000_000).to_bytes(8, "little") + start)
            file.truncate(100_000_000)
        assert peak_bytes(lambda: refuse(path, "not a JSON object")) < 4 * MEBIBYTE


@pytest.mark.parametrize("value", ["[]", "{}", "1", '""'])
def test_a_header_of_too_many_values_is_refused_before_it_is_parsed(
    tmp_path: Path, value: str
) -> None:
    header = '{"a":[' + f"{value}," * strict_json.MOST_VALUES + "0]}"
    path = tmp_path / "many"
    path.write_bytes(join(header))
    # The header's bytes, grown as they are read, and its text.
    assert peak_bytes(lambda: refuse(path, "values")) < 4 * len(header) + MEBIBYTE


def test_headers_beyond_a_mebibyte_are_saved_and_loaded(tmp_path: Path) -> None:
    net = Network([1] * 300, activation="relu", seed=0)
    net.optimizer = fastbp.Adam()
    net.preprocessing = {"columns": [f"gene {i}" for i in range(70_000)]}
    raw = file_bytes(tmp_path, net)
    assert int.from_bytes(raw[:8], "little") > MEBIBYTE
    again = Network.load(tmp_path / "whole.safetensors")
    assert same_parameters(again, net)
    assert again.preprocessing == net.preprocessing


def test_a_network_whose_header_would_be_too_long_is_not_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    net = Network([2, 1], seed=0)
    for limit, most in (("HEADER_CAP", 900), ("MOST_VALUES", 60)):
        monkeypatch.undo()
        monkeypatch.setattr(safetensors_file, limit, most)
        net.preprocessing = None
        net.save(tmp_path / "model")
        net.preprocessing = {"columns": ["a column's name"] * 30}
        with pytest.raises(ValueError, match=r"header would take \d+ bytes and \d+ values"):
            net.save(tmp_path / "model")
        assert Network.load(tmp_path / "model").preprocessing is None
        assert os.listdir(tmp_path) == ["model"]


@pytest.mark.slow
def test_the_longest_header_is_the_longest_that_safetensors_reads(tmp_path: Path) -> None:
    safetensors = pytest.importorskip("safetensors", reason="the limit is that package's")
    for length in (safetensors_file.HEADER_CAP, safetensors_file.HEADER_CAP + 1):
        text = '{"__metadata__":{"a":""}}'
        (tmp_path / "long").write_bytes(join(text + " " * (length - len(text))))
        if length <= safetensors_file.HEADER_CAP:
            with safetensors.safe_open(tmp_path / "long", framework="numpy") as file:
                assert file.metadata() == {"a": ""}
            refuse(tmp_path / "long", "not one of fastbp")
        else:
            with pytest.raises(Exception, match="header too large"):
                safetensors.safe_open(tmp_path / "long", framework="numpy")
            refuse(tmp_path / "long", "at most")


def nested(levels: int) -> dict[str, Any]:
    value: Any = 1
    for level in range(levels):
        value = {"a": value} if level % 2 or level == levels - 1 else [value]
    return value  # type: ignore[no-any-return]


def test_preprocessing_is_nested_as_deep_as_a_file_allows(tmp_path: Path) -> None:
    net = Network([2, 1], seed=0)
    deepest = nested(MOST_LEVELS)
    net.preprocessing = deepest
    net.save(tmp_path / "model")
    assert Network.load(tmp_path / "model").preprocessing == deepest
    circle: dict[str, Any] = {}
    circle["again"] = [circle]
    for bad in (nested(MOST_LEVELS + 1), nested(5_000), circle):
        with pytest.raises(ValueError, match=r"preprocessing must be .*nested at most 100"):
            net.preprocessing = bad
        assert net.preprocessing == deepest
        net.preprocessing["deep"] = bad  # what the property gives is the network's own
        with pytest.raises(ValueError, match=r"preprocessing must be .*nested at most 100"):
            net.save(tmp_path / "model")
        del net.preprocessing["deep"]


@pytest.mark.parametrize("key", ["network", "optimizer", "random", "preprocessing"])
@pytest.mark.parametrize("levels", [101, 400, 900, 100_000])
def test_row_81_a_text_nested_too_deeply(tmp_path: Path, key: str, levels: int) -> None:
    text = '{"sizes":' + "[" * levels + "]" * levels + "}"
    refuse(edited(tmp_path, lambda t, m: m.update({key: text})), "nested too deeply")
