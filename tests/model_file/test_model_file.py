"""Files whose bytes are wrong: rows 78 to 82, 85, 86 and 89 to 91."""

import gzip
import io
import json
import os
import pickle
import random
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from model_files import edited, file_bytes, join, peak_bytes, refuse, split

import fastbp
from fastbp import FileFormatError, Network
from fastbp.model_file import safetensors_file
from fastbp.model_file.safetensors_file import HEADER_CAP


@pytest.fixture(scope="module")
def model_bytes(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return file_bytes(tmp_path_factory.mktemp("model_bytes"))


def test_row_78_empty_or_truncated_at_every_byte(tmp_path: Path, model_bytes: bytes) -> None:
    path = tmp_path / "cut"
    refuse(path, "0 bytes", b"")
    refuse(path, "7 bytes", model_bytes[:7])
    for length in range(len(model_bytes)):
        refuse(path, None, model_bytes[:length])
    refuse(path, "after its end", model_bytes + b"\0")


class Bomb:
    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return os.mkdir, ("exploded",)


def zip_bytes() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("config.json", "{}")
    return buffer.getvalue()


def npy_bytes() -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.ones(3))
    return buffer.getvalue()


OTHER_KINDS: list[tuple[str, bytes]] = [
    *(("pickle", pickle.dumps(Bomb(), protocol)) for protocol in (2, 3, 4, 5)),
    ("zip", zip_bytes()),
    ("npy", npy_bytes()),
    ("HDF5", b"\x89HDF\r\n\x1a\n" + bytes(100)),
    ("gzip", gzip.compress(npy_bytes() * 9, mtime=0)),
    ("JSON", json.dumps({"format": "fastbp"}, indent=1).encode()),
    ("JSON", b"\n [1, 2, 3, 4]"),
    ("text", b"label,pixel1,pixel2\n5,0,0\n"),
]


@pytest.mark.parametrize(("kind", "content"), OTHER_KINDS)
def test_row_79_another_kind_of_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, content: bytes
) -> None:
    monkeypatch.chdir(tmp_path)
    refuse(tmp_path / "other", kind, content)
    assert not (tmp_path / "exploded").exists()


@pytest.mark.parametrize("length", [2**63, 2**64 - 1, 2**40, HEADER_CAP + 1, HEADER_CAP])
def test_row_80_header_length_is_refused_before_allocation(tmp_path: Path, length: int) -> None:
    path = tmp_path / "long"
    path.write_bytes(length.to_bytes(8, "little") + b"{}      ")
    claim = f"claims a header of {length} bytes"
    assert peak_bytes(lambda: refuse(path, claim)) < 1 << 20


def test_row_80_header_above_the_cap_is_refused_though_the_file_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(safetensors_file, "HEADER_CAP", 1_000)
    refuse(tmp_path / "long", "not one of fastbp", join("{}" + " " * 998))
    refuse(tmp_path / "long", "at most 1000", join("{}" + " " * 999))


@pytest.mark.parametrize(
    ("header", "match"),
    [
        (b'{"\xff": 1}', "UTF-8|utf-8"),
        (b"\xef\xbb\xbf{}", "not a JSON object"),
        ('{"a": 1}'.encode("utf-16-le"), "not a JSON object|not valid JSON"),
        (b"", "not a JSON object"),
        (b"{", "not a JSON object"),
        (b"{'a': 1}", "not valid JSON"),
        (b'{"a": }', "not valid JSON"),
        (b"[{}]", "not a JSON object"),
        (b"null", "not a JSON object"),
        (b" {}", "not a JSON object"),
        (b"{}\n", "not a JSON object"),
        (b"{} {}", "not valid JSON"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a": -Infinity}', "Infinity"),
        (b'{"a": 1e999}', "too large"),
        (b'{"a": ' + b"9" * 5000 + b"}", "not valid JSON"),
        (b'{"a": ' + b"[" * 200_000 + b"]" * 200_000 + b"}", "too deeply"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "too deeply"),
        (b'{"__metadata__": []}', "strings to strings"),
        (b'{"__metadata__": {"format": 1}}', "strings to strings"),
        (b"{}", "not one of fastbp"),
    ],
)
def test_row_81_header_is_no_plain_json_object(tmp_path: Path, header: bytes, match: str) -> None:
    refuse(tmp_path / "bad", match, join(header))


def test_row_82_duplicate_keys(tmp_path: Path, model_bytes: bytes) -> None:
    header, payload = split(model_bytes)
    text = json.dumps(header)
    metadata, w1 = json.dumps(header["__metadata__"]), json.dumps(header["w1"])
    for twice in (
        text[:-1] + f', "w1": {w1}}}',
        text[:-1] + f', "\\u0077\\u0031": {w1}}}',
        text[:-1] + f', "__metadata__": {metadata}}}',
        text.replace('"format": "fastbp"', '"format": "fastbp", "format": "fastbp"'),
        text.replace('"dtype": "F32"', '"dtype": "F32", "dtype": "F32"', 1),
    ):
        refuse(tmp_path / "twice", "occurs twice", join(twice, payload))

    def repeat_bias(tensors: object, metadata: dict[str, str]) -> None:
        metadata["network"] = metadata["network"].replace("{", '{"bias":true,', 1)

    refuse(edited(tmp_path, repeat_bias), "'bias' occurs twice")


@pytest.mark.parametrize("dtype", ["F16", "BF16", "I32", "U64", "f32", "<f4", "O", "", None])
def test_row_83_unknown_dtype(tmp_path: Path, model_bytes: bytes, dtype: str | None) -> None:
    header, payload = split(model_bytes)
    header["w1"]["dtype"] = dtype
    refuse(tmp_path / "dtype", "dtype must be one of F32, F64, I64, U8", join(header, payload))


def test_row_83_unknown_key_of_a_tensor(tmp_path: Path, model_bytes: bytes) -> None:
    header, payload = split(model_bytes)
    header["w1"]["strides"] = [4, 1]
    refuse(tmp_path / "key", "and nothing else", join(header, payload))


BAD_SHAPES: list[Any] = [
    [-3, -4],
    [3, -4],
    [12.0],
    [True, 12],
    ["12"],
    [[3, 4]],
    None,
    12,
    [2**62, 4],
    [2**63],
    [2**64 + 12],
    [2**32, 2**32, 12],
    [0, 2**63],
    [0, 10**4000],
    [10**4000],
    [12, *[1] * 64],
    [3, 5],
    [],
]


@pytest.mark.parametrize("shape", BAD_SHAPES, ids=lambda shape: repr(shape)[:24])
def test_row_85_impossible_shapes(tmp_path: Path, model_bytes: bytes, shape: Any) -> None:
    header, payload = split(model_bytes)
    header["w1"]["shape"] = shape
    refuse(tmp_path / "shape", "tensor 'w1': shape", join(header, payload))


def test_row_86_offsets_cover_the_payload_exactly(tmp_path: Path, model_bytes: bytes) -> None:
    header, payload = split(model_bytes)
    path = tmp_path / "offsets"
    size = 4 * 12
    assert header["w1"]["data_offsets"] == [0, size]
    for offsets in ([0, size - 4], [4, size], [size, 0], [0, 2**64 + size], [0.0, size], [0], None):
        header["w1"]["data_offsets"] = offsets
        refuse(path, "tensor 'w1'", join(header, payload))
    header["w1"]["data_offsets"] = [4, size + 4]
    refuse(path, "leaves a gap", join(header, payload))
    header["w1"]["data_offsets"] = header["velocity.w1"]["data_offsets"]
    refuse(path, "leaves a gap", join(header, payload))
    header["w1"]["data_offsets"] = [0, size]
    header["velocity.w1"]["data_offsets"] = [0, size]
    refuse(path, "overlaps", join(header, payload))
    end = len(payload)
    header["velocity.w1"]["data_offsets"] = [end, end + size]
    refuse(path, "gap|cut off", join(header, payload))
    path.write_bytes(model_bytes)
    assert Network.load(path).sizes == (4, 3, 2)
    refuse(path, "after its end", model_bytes + bytes(8))


def test_row_89_a_small_file_that_claims_64_gigabytes(tmp_path: Path, model_bytes: bytes) -> None:
    header, payload = split(model_bytes)
    claim = 1 << 36
    header["w1"] |= {"shape": [claim // 4], "data_offsets": [0, claim]}
    for size in (len(payload), 2_000):
        (tmp_path / "bomb").write_bytes(join(header, payload.ljust(size, b"\0")))
        assert peak_bytes(lambda: refuse(tmp_path / "bomb", None)) < 1 << 20


def check_mutations(path: Path, model_bytes: bytes, mutations: Any) -> None:
    for changes in mutations:
        raw = bytearray(model_bytes)
        for position, mask in changes:
            raw[position] ^= mask
        path.write_bytes(raw)
        with pytest.raises(FileFormatError):
            Network.load(path)


def test_row_90_bit_flips_anywhere(tmp_path: Path, model_bytes: bytes) -> None:
    draw = random.Random(90)
    flips = [[(draw.randrange(len(model_bytes)), 1 << draw.randrange(8))] for _ in range(2_000)]
    check_mutations(tmp_path / "flipped", model_bytes, flips)


def test_row_90_bit_flips_in_the_padding(tmp_path: Path) -> None:
    for classes in (["a", "b"], ["a", "bc"], ["a", "bcd"]):
        net = fastbp.Network([2, 2], seed=1)
        net.preprocessing = {"classes": classes}
        raw = file_bytes(tmp_path, net)
        end = 8 + int.from_bytes(raw[:8], "little")
        first = len(raw[:end].rstrip(b" "))
        flips = [[(at, 1 << bit)] for at in range(first, end) for bit in range(8)]
        check_mutations(tmp_path / "flipped", raw, flips)


@pytest.mark.nightly
def test_row_90_every_bit_and_many_bytes(tmp_path: Path, model_bytes: bytes) -> None:
    path = tmp_path / "flipped"
    every_bit = ([(at, 1 << bit)] for at in range(len(model_bytes)) for bit in range(8))
    check_mutations(path, model_bytes, every_bit)
    draw = random.Random(91)
    bursts = (
        {
            draw.randrange(len(model_bytes)): draw.randrange(1, 256)
            for _ in range(draw.randint(1, 6))
        }
        for _ in range(1_000_000)
    )
    check_mutations(path, model_bytes, (burst.items() for burst in bursts))


def test_row_91_only_a_regular_file_is_opened(tmp_path: Path, model_bytes: bytes) -> None:
    refuse(tmp_path, "regular file")
    (tmp_path / "model").write_bytes(model_bytes)
    (tmp_path / "link").symlink_to(tmp_path / "model")
    assert Network.load(tmp_path / "link").sizes == (4, 3, 2)
    os.mkfifo(tmp_path / "fifo")
    refuse(tmp_path / "fifo", "regular file")
    refuse(Path("/dev/zero"), "regular file")
    with pytest.raises(FileNotFoundError):
        Network.load(tmp_path / "missing")
