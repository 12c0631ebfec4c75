"""The container of a model file: safetensors, read strictly and replaced as a whole.

    8 bytes    N, the length of the header, an unsigned little-endian integer
    N bytes    the header, a JSON object in UTF-8, padded at its end with spaces
    the rest   the payload: the numbers of every tensor, dense, row by row, little-endian

The header maps a tensor's name to its "dtype", its "shape" and its "data_offsets" [begin, end) in
the payload; the key "__metadata__" maps strings to strings. A file is data: nothing in it is
executed, imported, or used as the name of anything but a tensor. Every claim in the header is
compared with the size of the file before memory is taken for it.

Errors here say what is wrong with the bytes; the caller adds the path.
"""

import json
import math
import os
import reprlib
import stat
import sys
from collections.abc import Mapping
from typing import Any, BinaryIO, NamedTuple, NoReturn

import numpy as np
from numpy.typing import NDArray

from fastbp.atomic_write import replace_file
from fastbp.errors import FileFormatError
from fastbp.strict_json import parse_json

# A header of fastbp is a few kB; a length beyond this is another kind of file, or an attack.
HEADER_CAP = 1 << 20

# NumPy 1.26 refuses arrays of more dimensions.
_MOST_DIMENSIONS = 32

DTYPES: dict[str, np.dtype[Any]] = {"F32": np.dtype("<f4"), "F64": np.dtype("<f8")}
DTYPE_NAMES = {dtype: name for name, dtype in DTYPES.items()}

_LOOKS_LIKE = (
    (b"\x93NUMPY", "a NumPy .npy file"),
    (b"PK\x03\x04", "a zip archive (as .npz, .keras and PyTorch's .pt files are)"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file (as Keras's .h5 files are)"),
    (b"\x1f\x8b", "a gzip-compressed file"),
    (b"\x80\x02", "a pickle"),
    (b"\x80\x03", "a pickle"),
    (b"\x80\x04", "a pickle"),
    (b"\x80\x05", "a pickle"),
    (b"{", "JSON text"),
    (b"[", "JSON text"),
)

# A hostile file must not choose how long a message is.
_brief = reprlib.repr

_BINARY = getattr(os, "O_BINARY", 0)  # Windows translates line ends without it
_NONBLOCK = getattr(os, "O_NONBLOCK", 0)  # a FIFO without a writer would block the open for ever


class _Entry(NamedTuple):
    """One tensor of the header: where its bytes lie and how to read them."""

    begin: int
    end: int
    name: str
    dtype: np.dtype[Any]
    shape: tuple[int, ...]


def read(path: str) -> tuple[dict[str, NDArray[Any]], dict[str, str]]:
    """Read a safetensors file of float32 and float64 tensors.

    Parameters
    ----------
    path : str
        A regular file, or a link to one. It is opened once.

    Returns
    -------
    tensors : dict of str to ndarray
        Fresh C-contiguous arrays in the machine's byte order.
    metadata : dict of str to str
        What the file holds under "__metadata__"; empty without it.

    Raises
    ------
    FileFormatError
        If anything in the file is not exactly as the format says.
    OSError
        If the operating system cannot open or read it.
    """
    descriptor = os.open(path, os.O_RDONLY | _BINARY | _NONBLOCK)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise FileFormatError("a model file is a regular file, this is something else")
        with open(descriptor, "rb", closefd=False) as file:
            header = _read_header(file, status.st_size)
            payload_size = status.st_size - 8 - len(header)
            entries, metadata = _parse_header(header, payload_size)
            payload = np.empty(payload_size, np.uint8)
            if file.readinto(payload.data) != payload_size:
                raise FileFormatError("the file became shorter while it was read")
    finally:
        os.close(descriptor)
    return {entry.name: _tensor(payload, entry) for entry in entries}, metadata


def _tensor(payload: NDArray[np.uint8], entry: _Entry) -> NDArray[Any]:
    numbers = payload[entry.begin : entry.end].view(entry.dtype).reshape(entry.shape)
    return np.require(numbers, dtype=entry.dtype.newbyteorder("="), requirements=["A", "C"])


def _read_header(file: BinaryIO, size: int) -> bytes:
    head = file.read(8)
    if len(head) < 8:
        raise FileFormatError(f"the file has {size} bytes; a model file begins with 8 for a length")
    length = int.from_bytes(head, "little")
    room = size - 8
    if length > min(HEADER_CAP, room):
        limit = f"only {room} follow" if length > room else f"at most {HEADER_CAP} are allowed"
        raise _not_a_model(head, f"it claims a header of {length} bytes and {limit}")
    header = file.read(length)
    if len(header) != length:
        raise FileFormatError("the file became shorter while it was read")
    # Spaces alone may follow the object: one document then has one spelling of its padding.
    if not (header.startswith(b"{") and header.rstrip(b" ").endswith(b"}")):
        raise _not_a_model(head, "the header is not a JSON object")
    return header


def _not_a_model(head: bytes, fault: str) -> FileFormatError:
    text = head.lstrip()
    for magic, kind in _LOOKS_LIKE:
        if head.startswith(magic) or text.startswith(magic):
            return FileFormatError(
                f"it looks like {kind}; fastbp loads only what Network.save wrote"
            )
    if head[:8].isascii() and head[:8].decode("ascii").isprintable() and len(head) >= 8:
        return FileFormatError("it looks like text; fastbp loads only what Network.save wrote")
    return FileFormatError(f"{fault}: the file is damaged, cut off, or not a model file")


def _parse_header(raw: bytes, payload_size: int) -> tuple[list[_Entry], dict[str, str]]:
    header = parse_json(raw, "header")
    metadata = header.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(v, str) for v in metadata.values()):
        raise FileFormatError("__metadata__ must map strings to strings")
    entries = sorted(_entry(name, claim) for name, claim in header.items())
    covered = 0
    for entry in entries:
        if entry.begin != covered:
            fault = "overlaps the one before it" if entry.begin < covered else "leaves a gap"
            _refuse(entry.name, f"it {fault}: begins at {entry.begin}, expected {covered}")
        covered = entry.end
    if covered != payload_size:
        raise FileFormatError(
            f"the tensors take {covered} bytes, {payload_size} follow the header: "
            "the file is cut off or has something after its end"
        )
    return entries, metadata


def _entry(name: str, claim: object) -> _Entry:
    if not isinstance(claim, dict) or claim.keys() != {"dtype", "shape", "data_offsets"}:
        _refuse(name, "it must have dtype, shape and data_offsets, and nothing else")
    dtype_name, shape, offsets = claim["dtype"], claim["shape"], claim["data_offsets"]
    if not isinstance(dtype_name, str) or dtype_name not in DTYPES:
        _refuse(name, f"dtype must be {' or '.join(DTYPES)}, got {_brief(dtype_name)}")
    if not _are_counts(shape) or len(shape) > _MOST_DIMENSIONS:
        most = f"at most {_MOST_DIMENSIONS} integers >= 0"
        _refuse(name, f"shape must be a list of {most}, got {_brief(shape)}")
    if not _are_counts(offsets) or len(offsets) != 2 or offsets[0] > offsets[1]:
        _refuse(name, f"data_offsets must be [begin, end], got {_brief(offsets)}")
    dtype = DTYPES[dtype_name]
    # Zeros apart, because an empty array of impossible extent overflows inside NumPy all the same.
    if math.prod(n for n in shape if n) * dtype.itemsize > sys.maxsize:
        _refuse(name, f"shape {_brief(shape)} is more than a machine can address")
    begin, end = offsets
    needed = math.prod(shape) * dtype.itemsize
    if end - begin != needed:
        _refuse(
            name, f"shape {_brief(shape)} needs {needed} bytes, data_offsets give {end - begin}"
        )
    return _Entry(begin, end, name, dtype, tuple(shape))


def _refuse(name: str, fault: str) -> NoReturn:
    raise FileFormatError(f"tensor {_brief(name)}: {fault}")


def _are_counts(values: object) -> bool:
    return isinstance(values, list) and all(type(n) is int and n >= 0 for n in values)


def write(path: str, tensors: Mapping[str, NDArray[Any]], metadata: Mapping[str, str]) -> None:
    """Write a safetensors file; an old file of that name stays whole until the new one is.

    Parameters
    ----------
    path : str
        Where to; a link is followed. Its folder must exist.
    tensors : mapping of str to ndarray
        float32 or float64, of any memory layout and byte order.
    metadata : mapping of str to str
        Stored under "__metadata__".

    Raises
    ------
    ValueError
        If a tensor has another type, or the header would exceed `HEADER_CAP`; nothing is written.
    OSError
        If the file cannot be written; the old one is left as it was.
    """
    header: dict[str, Any] = {"__metadata__": dict(metadata)}
    payload: list[memoryview] = []
    end = 0
    # The widest type first, as the safetensors package does, so that every tensor lies aligned.
    for name, tensor in sorted(tensors.items(), key=lambda item: -item[1].dtype.itemsize):
        dtype = tensor.dtype.newbyteorder("<")
        if name == "__metadata__" or dtype not in DTYPE_NAMES:
            raise ValueError(f"cannot store tensor {_brief(name)} of dtype {tensor.dtype}")
        begin, end = end, end + tensor.size * dtype.itemsize
        header[name] = {
            "dtype": DTYPE_NAMES[dtype],
            "shape": list(tensor.shape),
            "data_offsets": [begin, end],
        }
        payload.append(dense_bytes(tensor))
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    text += b" " * (-len(text) % 8)
    if len(text) > HEADER_CAP:
        raise ValueError(
            f"the header would take {len(text)} bytes, at most {HEADER_CAP} are allowed: "
            "fewer or shorter class and column names are needed"
        )
    replace_file(path, [memoryview(len(text).to_bytes(8, "little")), memoryview(text), *payload])


def dense_bytes(tensor: NDArray[Any]) -> memoryview:
    """Give the bytes that stand for a tensor in the payload: row by row, little-endian."""
    dense = np.asarray(tensor, dtype=tensor.dtype.newbyteorder("<"), order="C")
    return dense.reshape(-1).view(np.uint8).data
