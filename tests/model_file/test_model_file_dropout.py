"""Dropout in a model file: the rates, the key, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from drawn import EVERY_OPTIMIZER, batch_for
from model_files import X, Y, checksum, read_tensors, refuse, trained_network, write_tensors
from network_state import differences, state_of

from fastbp import SGD, Network
from fastbp.model.model import Model


def with_dropout(dropout: Any = (0.25, 0.5), *, steps: bool = True, **options: Any) -> Network:
    net = Network([4, 6, 5, 2], "tanh", dropout=dropout, seed=11, **options)
    if steps:
        net.fit(X, Y, epochs=1, batch_size=8, optimizer=SGD(0.1, momentum=0.9))
    return net


def metadata_of(path: Path, net: Network) -> dict[str, str]:
    net.save(path)
    return read_tensors(path)[1]


def rewritten(
    folder: Path, edit: Callable[[dict[str, str]], object], net: Network | None = None
) -> Path:
    """The file of a network with dropout, its metadata edited, with a checksum that fits."""
    path = folder / "rewritten.safetensors"
    metadata = metadata_of(path, net or with_dropout())
    tensors, _ = read_tensors(path)
    edit(metadata)
    metadata["checksum"] = checksum(tensors, metadata)
    write_tensors(path, tensors, metadata)
    return path


@pytest.mark.parametrize("steps", [True, False])
@pytest.mark.parametrize("dropout", [(0.25, 0.5), (0.0, 1e-300), (1 / 3, 1 - 2**-32)], ids=str)
def test_row_96_rates_and_key_are_kept(tmp_path: Path, dropout: Any, steps: bool) -> None:
    net = with_dropout(dropout, steps=steps)
    metadata = metadata_of(tmp_path / "model", net)
    assert metadata["version"] == "2"
    assert ("dropout_key" in metadata) == steps
    again = Network.load(tmp_path / "model")
    assert again.dropout == net.dropout == dropout
    assert not differences(state_of(net), state_of(again))
    again.save(tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == (tmp_path / "model").read_bytes()


@pytest.mark.parametrize("optimizer", EVERY_OPTIMIZER, ids=lambda optimizer: optimizer.rule.name)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_row_96_training_goes_on_from_a_file_as_if_never_saved(
    tmp_path: Path, optimizer: Any, dtype: str
) -> None:
    net, whole = (with_dropout(dtype=dtype, steps=False) for _ in range(2))
    size = batch_for(optimizer, 5)
    net.fit(X, Y, epochs=2, batch_size=size, optimizer=optimizer)
    net.save(tmp_path / "model")
    again = Network.load(tmp_path / "model")
    for each in (net, again):
        each.fit(X, Y, epochs=3, batch_size=size)
    whole.fit(X, Y, epochs=5, batch_size=size, optimizer=optimizer)
    assert not differences(state_of(net), state_of(again))
    assert not differences(state_of(net), state_of(whole))


def test_a_key_of_any_size_is_written_with_all_its_digits(tmp_path: Path) -> None:
    for key in (1, 0xABC, 2**63, 2**64 - 1):
        net = with_dropout()
        net._model.state.dropout_key = key
        assert metadata_of(tmp_path / "model", net)["dropout_key"] == f"{key:x}".rjust(16, "0")
        assert Network.load(tmp_path / "model")._model.state.dropout_key == key


def test_a_file_without_a_key_draws_one(tmp_path: Path) -> None:
    again = Network.load(rewritten(tmp_path, lambda m: m.pop("dropout_key")))
    assert again._model.state.dropout_key == 0
    again.train_step(X, Y)
    assert again._model.state.dropout_key != 0


def test_a_network_without_dropout_is_saved_as_before(tmp_path: Path) -> None:
    for dropout in (0, 0.0, [0.0, 0.0]):
        metadata = metadata_of(tmp_path / "model", with_dropout(dropout))
        assert metadata["version"] == "1"
        assert "dropout" not in json.loads(metadata["network"])
        assert "dropout_key" not in metadata


KEYS = ["", "0" * 16, "1" * 15, "1" * 17, "ABCDEF0123456789", "0x12345678901234", "-" + "1" * 15,
        " " + "1" * 15, "1" * 15 + "\n", "1" * 16 + "\n", "\u0661" * 16, "1_2_3_4_5_6_7_89",
        "1" * 100_000, "null"]  # fmt: skip


@pytest.mark.parametrize("key", KEYS, ids=lambda key: repr(key[:17]))
def test_row_83_a_key_that_is_none(tmp_path: Path, key: str) -> None:
    refuse(rewritten(tmp_path, lambda m: m.update(dropout_key=key)), "16 digits of 0-9 and a-f")


def test_row_83_a_key_without_dropout(tmp_path: Path) -> None:
    path = rewritten(tmp_path, lambda m: m.update(dropout_key="1" * 16), trained_network())
    refuse(path, "has a dropout_key, but its network has no dropout")


RATES: list[Any] = [
    [1.0, 0.5], [-0.1, 0.5], [True, 0.5], ["0.5", 0.5], [None, 0.5], [[0.5], 0.5], [{}, 0.5],
    [0.5], [0.5, 0.5, 0.5], [], 0.5, "0.5", True, None, {}, {"0": 0.5, "1": 0.5}, [0, 0], 0,
    [10**400, 0.5], [0.5] * 100_000, ["x" * 100_000, 0.5],
]  # fmt: skip


@pytest.mark.parametrize("rates", RATES, ids=lambda rates: repr(rates)[:20])
def test_row_83_rates_that_are_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rates: Any
) -> None:
    def edit(metadata: dict[str, str]) -> None:
        metadata["network"] = json.dumps(json.loads(metadata["network"]) | {"dropout": rates})

    path = rewritten(tmp_path, edit)
    if rates not in (0.5, [0, 0], 0):  # which Network takes, but a file has otherwise
        monkeypatch.setattr(Model, "zeros", None)
    refuse(path, "cannot be made|must read")


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999"])
def test_row_81_a_rate_that_json_has_not(tmp_path: Path, number: str) -> None:
    def edit(metadata: dict[str, str]) -> None:
        metadata["network"] = metadata["network"].replace("0.25", number)

    refuse(rewritten(tmp_path, edit), "not valid JSON|too large")


def test_row_84_dropout_in_the_other_format(tmp_path: Path) -> None:
    path = rewritten(tmp_path, lambda m: m.update(version="1"))
    refuse(path, "written in format 2, but the file says format 1")


def test_a_reader_of_format_1_refuses_dropout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_dropout().save(tmp_path / "model")
    monkeypatch.setattr("fastbp.model_file.format.VERSIONS", ("1",))
    monkeypatch.setattr(
        "fastbp.model_file.format._NEWER_VERSION", __import__("re").compile("[2-9]")
    )
    refuse(tmp_path / "model", "install a newer fastbp")


def test_a_diverged_network_s_key_is_loaded_with_it(tmp_path: Path) -> None:
    net = with_dropout()
    net.weights[0][0, 0] = np.nan
    net.save(tmp_path / "model")
    again = Network.load(tmp_path / "model", allow_nonfinite=True)
    assert again._model.state.dropout_key == net._model.state.dropout_key
