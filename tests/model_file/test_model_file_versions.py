"""Format 2 is for networks that need it, format 1 for all others; each is read as strictly."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from drawn import EVERY_OPTIMIZER, WITH_NUMBERS, batch_for
from model_files import (
    X,
    Y,
    checksum,
    peak_bytes,
    read_tensors,
    refuse,
    same_parameters,
    trained_network,
    write_tensors,
)

import fastbp
from fastbp import Network
from fastbp.model.model import Model

MEBIBYTE = 1 << 20


def with_numbers(hidden: Any = ("elu", 0.5), output: Any = "sigmoid") -> Network:
    net = Network([4, 3, 2], activation=hidden, output_activation=output, seed=11)
    net.fit(X, Y, epochs=1, batch_size=8, optimizer=fastbp.SGD(0.1, momentum=0.9))
    return net


def with_memory(optimizer: Any) -> Network:
    net = Network([4, 3, 2], seed=11)
    net.train_step(X, Y, optimizer=optimizer)
    return net


def version_in(path: Path) -> str:
    return read_tensors(path)[1]["version"]


def rewritten(folder: Path, net: Network, version: str, network: str | None = None) -> Path:
    """The network's file with another version or description, and a checksum that fits."""
    path = folder / "rewritten.safetensors"
    net.save(path)
    tensors, metadata = read_tensors(path)
    metadata["version"] = version
    if network is not None:
        metadata["network"] = network
    metadata["checksum"] = checksum(tensors, metadata)
    write_tensors(path, tensors, metadata)
    return path


@pytest.mark.parametrize("g", WITH_NUMBERS, ids=str)
@pytest.mark.parametrize("place", ["hidden", "output"])
def test_a_network_with_numbers_is_saved_in_format_2(tmp_path: Path, g: Any, place: str) -> None:
    net = with_numbers(**{place: g})
    net.save(tmp_path / "model")
    assert version_in(tmp_path / "model") == "2"
    again = Network.load(tmp_path / "model")
    assert repr(again) == repr(net)
    assert again._model.architecture == net._model.architecture
    again.save(tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == (tmp_path / "model").read_bytes()
    assert again.predict(X).tobytes() == net.predict(X).tobytes()


@pytest.mark.parametrize("optimizer", EVERY_OPTIMIZER, ids=lambda optimizer: optimizer.rule.name)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_its_training_goes_on_as_if_never_saved(tmp_path: Path, optimizer: Any, dtype: str) -> None:
    net = Network([4, 3, 2], ("leaky_relu", 0.2), dtype=dtype, seed=11)
    net.fit(X, Y, epochs=2, batch_size=batch_for(optimizer, 5), optimizer=optimizer)
    net.save(tmp_path / "model")
    again = Network.load(tmp_path / "model")
    for either in (net, again):
        either.fit(X, Y, epochs=3, batch_size=batch_for(optimizer, 5))
    assert same_parameters(again, net)


def test_what_a_rule_alone_remembers_needs_format_2(tmp_path: Path) -> None:
    with_memory(fastbp.Adagrad()).save(tmp_path / "model")
    assert version_in(tmp_path / "model") == "2"
    assert "sum_of_squares.w1" in read_tensors(tmp_path / "model")[0]


@pytest.mark.parametrize("number", [0.1, 1 / 3, 1e-30, 1 - 2**-53, 5e-324])
def test_a_number_is_kept_to_its_last_bit(tmp_path: Path, number: float) -> None:
    net = Network([2, 2, 1], ("leaky_relu", number), dtype="float64", seed=0)
    net.save(tmp_path / "model")
    assert Network.load(tmp_path / "model").layer(1).numbers == {"slope": number}


def test_every_other_network_is_saved_in_format_1(tmp_path: Path) -> None:
    for net in (
        trained_network(),
        Network([4, 3, 2], ("elu", 1), output_activation=("leaky_relu", 0.01), seed=0),
        Network([4, 3, 2], "silu", compute="bfloat16", seed=0),
        Network([4, 2], seed=0),
        with_memory(fastbp.RMSprop(centered=True, momentum=0.9)),
    ):
        net.save(tmp_path / "model")
        assert version_in(tmp_path / "model") == "1"


def test_row_84_a_network_in_the_other_format_is_refused(tmp_path: Path) -> None:
    for net, wrong in (
        (with_numbers(), "1"),
        (trained_network(), "2"),
        (with_memory(fastbp.Adagrad()), "1"),
        (with_memory(fastbp.RProp()), "1"),
    ):
        right = "12".replace(wrong, "")
        path = rewritten(tmp_path, net, wrong)
        refuse(path, f"written in format {right}, but the file says format {wrong}")
        assert same_parameters(Network.load(rewritten(tmp_path, net, right)), net)


NO_ACTIVATIONS: list[tuple[str, Any]] = [
    ("no count", ["leaky_relu"]),
    ("two", ["leaky_relu", 0.2, 0.2]),
    ("many", ["leaky_relu", *[0.2] * 100_000]),
    ("text", ["leaky_relu", "0.2"]),
    ("true", ["leaky_relu", True]),
    ("null", ["leaky_relu", None]),
    ("a list", ["leaky_relu", [0.2]]),
    ("an object", ["leaky_relu", {"slope": 0.2}]),
    ("an object of both", {"leaky_relu": 0.2}),
    ("negative", ["leaky_relu", -0.1]),
    ("one", ["leaky_relu", 1]),
    ("zero", ["elu", 0]),
    ("not in float32", ["elu", 1e300]),
    ("long", ["elu", 10**4_000]),
    ("the default", ["leaky_relu", 0.01]),
    ("takes none", ["relu", 0.5]),
    ("unknown", ["os.system", 0.5]),
    ("dunder", ["__class__", 0.5]),
    ("a long name", ["x" * 100_000, 0.5]),
    ("a list for a name", [["leaky_relu"], 0.5]),
    ("nested", [["leaky_relu", 0.5]]),
    ("a pair of layers", [["leaky_relu", 0.5], ["elu", 0.5]]),
    ("number first", [0.5, "leaky_relu"]),
    ("empty", []),
    ("many lists", ["leaky_relu", [[]] * 100_000]),
]


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize("key", ["activation", "output_activation"])
@pytest.mark.parametrize(
    ("kind", "written"), NO_ACTIVATIONS, ids=[kind for kind, _ in NO_ACTIVATIONS]
)
def test_row_83_what_is_no_activation_is_refused_before_a_network_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, key: str, kind: str, written: Any
) -> None:
    net = with_numbers(output="identity")  # so that the file needs format 2 in any case
    config = net._model.config() | {"output_activation": ["leaky_relu", 0.5]}
    config[key] = [written] if key == "activation" else written
    path = rewritten(tmp_path, net, version, json.dumps(config))
    monkeypatch.setattr(Model, "zeros", None)
    if kind == "the default":  # known only once the network's description is made again
        monkeypatch.undo()
    refuse(path, "cannot be made|must read" if version == "2" else None)


def test_row_83_one_activation_for_all_layers_is_not_how_a_file_has_it(tmp_path: Path) -> None:
    net = with_numbers(output=("leaky_relu", 0.5))
    for activation in ("elu", ["elu", 0.5]):
        config = net._model.config() | {"activation": activation}
        refuse(rewritten(tmp_path, net, "2", json.dumps(config)), "cannot be made|must read")


@pytest.mark.parametrize(
    ("number", "match"),
    [
        ("NaN", "not valid JSON"),
        ("Infinity", "not valid JSON"),
        ("1e999", "too large"),
        ("[" * 101 + "]" * 101, "nested too deeply"),
        ("[" * 100_000 + "]" * 100_000, "nested too deeply"),
    ],
    ids=lambda text: text[:9],
)
def test_row_81_a_number_that_json_has_not(tmp_path: Path, number: str, match: str) -> None:
    net = with_numbers()
    text = json.dumps(net._model.config()).replace("0.5", number)
    refuse(rewritten(tmp_path, net, "2", text), match)


def test_a_long_list_of_numbers_takes_no_more_memory_than_its_header(tmp_path: Path) -> None:
    net = with_numbers()
    sizes = []
    for written in (["elu", *[0.5] * 500_000], ["elu", "x" * 2_500_000]):
        text = json.dumps(net._model.config() | {"activation": [written]})
        path = rewritten(tmp_path, net, "2", text)
        sizes.append((path.stat().st_size, peak_bytes(lambda path=path: refuse(path, None))))
    for header, peak in sizes:
        # Nine times the header, and some 250 bytes for each value, as docs/model-file.md says.
        assert peak < 9 * header + 250 * 500_000 + MEBIBYTE


def test_the_hostile_values_are_hostile_for_their_own_sake(tmp_path: Path) -> None:
    net = with_numbers(output="identity")
    config = net._model.config() | {"output_activation": ["leaky_relu", 0.5]}
    path = rewritten(tmp_path, net, "2", json.dumps(config))
    assert Network.load(path).layer(2).numbers == {"slope": 0.5}
    assert np.isfinite(Network.load(path).predict(X)).all()
