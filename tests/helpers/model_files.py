"""Taking model files apart and putting them together again, sound or faulty."""

import json
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fastbp
from fastbp.model_file.atomic_write import replace_file
from fastbp.model_file.format import new_checksum
from fastbp.model_file.row_blocks import byte_view, dense_blocks
from fastbp.model_file.safetensors_file import header_bytes, lay_out, open_tensors

Tensors = dict[str, np.ndarray[Any, Any]]

X = np.random.default_rng(5).standard_normal((24, 4)).astype(np.float32)
Y = np.random.default_rng(6).uniform(0.1, 0.9, (24, 2)).astype(np.float32)


def trained_network(dtype: str = "float32") -> fastbp.Network:
    """A small network that has something to keep in every part of a model file."""
    net = fastbp.Network([4, 3, 2], activation="tanh", dtype=dtype, seed=11)
    net.fit(X, Y, epochs=1, batch_size=8, optimizer=fastbp.SGD(0.1, momentum=0.9))
    net.preprocessing = {"columns": ["a", "b", "c", "é"], "mean": [0.0, -1.5, 1e-300, 2.0]}
    return net


def same_parameters(a: fastbp.Network, b: fastbp.Network) -> bool:
    return a.parameters.tobytes() == b.parameters.tobytes()


def file_bytes(folder: Path, net: fastbp.Network | None = None) -> bytes:
    path = folder / "whole.safetensors"
    (net or trained_network()).save(path)
    return path.read_bytes()


def split(raw: bytes) -> tuple[dict[str, Any], bytes]:
    end = 8 + int.from_bytes(raw[:8], "little")
    return json.loads(raw[8:end]), raw[end:]


def join(header: dict[str, Any] | str | bytes, payload: bytes = b"") -> bytes:
    if isinstance(header, dict):
        header = json.dumps(header)
    if isinstance(header, str):
        header = header.encode()
    return len(header).to_bytes(8, "little") + header + payload


def read_tensors(path: Path) -> tuple[Tensors, dict[str, str]]:
    """All of a safetensors file, by the package's own reader."""
    tensors = {}
    with open_tensors(str(path)) as file:
        for name, entry in file.entries().items():
            tensors[name] = np.zeros(entry.shape, entry.dtype.newbyteorder("="))
            for row, block in file.blocks(entry):
                np.atleast_1d(tensors[name])[row : row + len(block)] = block
        return tensors, file.metadata


def write_tensors(path: Path, tensors: Tensors, metadata: dict[str, str]) -> None:
    """A safetensors file with any content, by the package's own writer."""
    entries = lay_out(tensors)
    payload = (byte_view(block) for name in entries for block in dense_blocks(tensors[name]))
    replace_file(str(path), [header_bytes(entries, metadata), *payload])


def checksum(tensors: Tensors, metadata: dict[str, str]) -> str:
    digest = new_checksum(lay_out(tensors), metadata)
    for name in sorted(tensors):
        digest.update(np.ascontiguousarray(tensors[name]))
    return digest.hexdigest()


def edited(folder: Path, edit: Callable[[dict[str, Any], dict[str, str]], object]) -> Path:
    """A file whose content `edit` changed and whose checksum fits nevertheless."""
    path = folder / "edited.safetensors"
    path.write_bytes(file_bytes(folder))
    tensors, metadata = read_tensors(path)
    edit(tensors, metadata)
    metadata["checksum"] = checksum(tensors, metadata)
    write_tensors(path, tensors, metadata)
    return path


def edit_json(metadata: dict[str, str], key: str, **changes: Any) -> None:
    metadata[key] = json.dumps(json.loads(metadata[key]) | changes)


def refuse(path: Path, match: str | None, content: bytes | None = None) -> None:
    """Loading `path`, with `content` if given, must end in a short message that names it."""
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(fastbp.FileFormatError, match=match) as caught:
        fastbp.Network.load(path)
    assert str(path) in str(caught.value)
    assert len(str(caught.value)) < 500


def peak_bytes(call: Callable[[], Any]) -> int:
    """The most memory that Python and NumPy had at once, beyond what they had before."""
    tracemalloc.start()
    try:
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        call()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
