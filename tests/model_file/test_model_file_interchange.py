"""A model file is an ordinary safetensors file, and docs/model-file.md is enough to read it."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from model_files import X, file_bytes, read_tensors, trained_network, write_tensors
from source_tree import ROOT

from fastbp import FileFormatError, Network

NEEDED = "the other side of this check is the safetensors package of fastbp[test]"
DOCUMENT = ROOT / "docs" / "model-file.md"


def some_tensors() -> dict[str, np.ndarray[Any, Any]]:
    draw = np.random.default_rng(8)
    return {
        "single": draw.standard_normal((3, 5)).astype(np.float32),
        "double": draw.standard_normal((2, 3, 4)),
        "none": np.zeros((0, 4), np.float32),
        "number": np.array(2.5, np.float32),
        "transposed": draw.standard_normal((4, 7)).T,
        'a name with "quotes", \\ and é': np.array([1.0, -0.0, 5e-324]),
    }


def assert_same(actual: dict[str, Any], expected: dict[str, Any]) -> None:
    assert actual.keys() == expected.keys()
    for name, tensor in expected.items():
        assert (actual[name].dtype, actual[name].shape) == (tensor.dtype, tensor.shape)
        assert actual[name].tobytes() == np.ascontiguousarray(tensor).tobytes(), name


def test_safetensors_reads_what_fastbp_writes(tmp_path: Path) -> None:
    numpy_side = pytest.importorskip("safetensors.numpy", reason=NEEDED)
    write_tensors(tmp_path / "file", some_tensors(), {"a": "1", "b": "ü\n"})
    assert_same(numpy_side.load_file(tmp_path / "file"), some_tensors())


def test_fastbp_reads_what_safetensors_writes(tmp_path: Path) -> None:
    numpy_side = pytest.importorskip("safetensors.numpy", reason=NEEDED)
    metadata = {"a": "1", "b": "ü\n", "": ""}
    dense = {name: np.ascontiguousarray(tensor) for name, tensor in some_tensors().items()}
    dense["number"] = some_tensors()["number"]
    numpy_side.save_file(dense, tmp_path / "file", metadata)
    tensors, metadata_read = read_tensors(tmp_path / "file")
    assert_same(tensors, some_tensors())
    assert metadata_read == metadata


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_model_is_readable_as_safetensors(tmp_path: Path, dtype: str) -> None:
    safetensors = pytest.importorskip("safetensors", reason=NEEDED)
    net = trained_network(dtype)
    net.save(tmp_path / "model")
    with safetensors.safe_open(tmp_path / "model", framework="numpy") as file:
        assert file.metadata()["format"] == "fastbp"
        for layer in (1, 2):
            weights, biases = file.get_tensor(f"w{layer}"), file.get_tensor(f"b{layer}")
            np.testing.assert_array_equal(weights, net.weights[layer - 1])
            np.testing.assert_array_equal(biases, net.biases[layer - 1])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_model_that_safetensors_wrote_again_is_the_same_network(
    tmp_path: Path, dtype: str
) -> None:
    safetensors = pytest.importorskip("safetensors", reason=NEEDED)
    numpy_side = pytest.importorskip("safetensors.numpy", reason=NEEDED)
    net = trained_network(dtype)
    net.save(tmp_path / "model")
    with safetensors.safe_open(tmp_path / "model", framework="numpy") as file:
        metadata = file.metadata()
    for attempt in range(5):  # its metadata come in another order in every run
        again = tmp_path / f"again{attempt}"
        numpy_side.save_file(numpy_side.load_file(tmp_path / "model"), again, metadata)
        loaded = Network.load(again)
        assert loaded._model.config() == net._model.config()
        assert loaded.preprocessing == net.preprocessing
        assert loaded.predict(X).tobytes() == net.predict(X).tobytes()


def test_a_safetensors_file_of_another_program_says_so(tmp_path: Path) -> None:
    numpy_side = pytest.importorskip("safetensors.numpy", reason=NEEDED)
    numpy_side.save_file({"w1": np.ones((2, 3), np.float32)}, tmp_path / "file", {"format": "pt"})
    with pytest.raises(FileFormatError, match=r"not one of fastbp.*'pt'"):
        Network.load(tmp_path / "file")


def documented_reader() -> Any:
    if not DOCUMENT.exists():
        pytest.skip("docs/ is not beside tests/ here")
    code = re.findall(r"^```python\n(.*?)^```", DOCUMENT.read_text(), re.DOTALL | re.MULTILINE)
    reader: dict[str, Any] = {}
    exec(code[0], reader)  # the document's own code, which is under review like this file
    return reader["read_model"]


def test_the_documented_reader_reads_a_model_and_refuses_a_damaged_one(tmp_path: Path) -> None:
    read_model = documented_reader()
    net = trained_network()
    raw = bytearray(file_bytes(tmp_path, net))
    tensors, metadata = read_model(tmp_path / "whole.safetensors")
    np.testing.assert_array_equal(tensors["w1"], net.weights[0])
    np.testing.assert_array_equal(tensors["b2"], net.biases[1])
    assert {"velocity.w1", "velocity.b2"} <= tensors.keys()
    assert metadata["network"]["sizes"] == list(net.sizes)
    assert metadata["preprocessing"] == net.preprocessing
    raw[-1] ^= 1
    (tmp_path / "damaged").write_bytes(raw)
    with pytest.raises(ValueError, match="checksum"):
        read_model(tmp_path / "damaged")


def test_the_documented_reader_reads_a_model_of_version_2(tmp_path: Path) -> None:
    net = Network([4, 3, 2], ("elu", 0.5), output_activation=("leaky_relu", 0.2), seed=0)
    net.save(tmp_path / "model")
    tensors, metadata = documented_reader()(tmp_path / "model")
    assert metadata["version"] == "2"
    config = metadata["network"]
    a = X
    for l, (name, number) in enumerate([*config["activation"], config["output_activation"]], 1):
        z = a @ tensors[f"w{l}"].T + tensors[f"b{l}"]
        below = {"leaky_relu": number * z, "elu": number * np.expm1(z)}[name]  # as documented
        a = np.where(z > 0, z, below)
    np.testing.assert_allclose(net.predict(X), a, rtol=1e-5, atol=1e-6)
