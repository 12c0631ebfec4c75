"""Strict reading and writing of the header of safetensors files.

    8 bytes    N, the length of the header, an unsigned little-endian integer
    N bytes    the header, a JSON object in UTF-8, padded at its end with spaces
    the rest   the payload: the numbers of every tensor, dense, row by row, little-endian

The header maps a tensor's name to its "dtype", its "shape" and its "data_offsets" [begin, end) in
the payload; the key "__metadata__" maps strings to strings. A file is data: nothing in it is
executed, imported, or used as the name of anything but a tensor. Every claim in the header is
compared with the size of the file before memory is taken for it; the payload is read afterwards,
block by block (row_blocks.py).

Errors here say what is wrong with the bytes; the caller adds the path.
"""

import json
import math
import os
import reprlib
import stat
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, BinaryIO, NamedTuple, NoReturn

import numpy as np
from numpy.typing import NDArray

from fastbp.errors import FileFormatError
from fastbp.model_file.row_blocks import read_blocks
from fastbp.model_file.strict_json import MOST_VALUES, most_values, parse_json

# What the safetensors package reads; it refuses longer headers (seen with its version 0.8).
HEADER_CAP = 100_000_000

# A sparse file can claim a long header and hold nothing: so much is read before that is noticed.
_HEADER_PART = 1 << 20

# NumPy 1.26 refuses arrays of more dimensions.
_MOST_DIMENSIONS = 32

DTYPES: dict[str, np.dtype[Any]] = {
    "F32": np.dtype("<f4"),
    "F64": np.dtype("<f8"),
    "I64": np.dtype("<i8"),
    "U8": np.dtype("u1"),
}
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


class Entry(NamedTuple):
    """One tensor of the header: where its bytes lie in the payload, and how to read them."""

    begin: int
    end: int
    name: str
    dtype: np.dtype[Any]
    shape: tuple[int, ...]


class TensorFile:
    """A safetensors file that is open, of which the header alone has been read.

    Attributes
    ----------
    metadata : dict of str to str
        What the file holds under "__metadata__"; empty without it.
    """

    def __init__(self, file: BinaryIO, size: int) -> None:
        header = _read_header(file, size)
        self._file = file
        self._start = 8 + len(header)
        self._payload_size = size - self._start
        self._claims = parse_json(header, "header")
        self.metadata: dict[str, str] = self._claims.pop("__metadata__", {})
        if not isinstance(self.metadata, dict) or not all(
            isinstance(value, str) for value in self.metadata.values()
        ):
            raise FileFormatError("__metadata__ must map strings to strings")

    def entries(self) -> dict[str, Entry]:
        """Return the header's entries, after checking that they cover the payload exactly."""
        entries = sorted(_entry(name, claim) for name, claim in self._claims.items())
        covered = 0
        for entry in entries:
            if entry.begin != covered:
                fault = "overlaps the one before it" if entry.begin < covered else "leaves a gap"
                _refuse(entry.name, f"it {fault}: begins at {entry.begin}, expected {covered}")
            covered = entry.end
        if covered != self._payload_size:
            raise FileFormatError(
                f"the tensors take {covered} bytes, {self._payload_size} follow the header: "
                "the file is cut off or has something after its end"
            )
        return {entry.name: entry for entry in entries}

    def blocks(self, entry: Entry) -> Iterator[tuple[int, NDArray[Any]]]:
        """Read a tensor some rows at a time: the first row's index, and the rows."""
        self._file.seek(self._start + entry.begin)
        return read_blocks(self._file, entry.shape, entry.dtype)


@contextmanager
def open_tensors(path: str) -> Iterator[TensorFile]:
    """Open a safetensors file of tensors of `DTYPES` and read its header.

    Parameters
    ----------
    path : str
        A regular file, or a link to one. It is opened once.

    Raises
    ------
    FileFormatError
        If the header does not follow the format exactly. The iterators of
        :meth:`TensorFile.blocks` raise it too.
    OSError
        If the operating system cannot open or read it.
    """
    descriptor = os.open(path, os.O_RDONLY | _BINARY | _NONBLOCK)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise FileFormatError("a model file is a regular file, this is something else")
        with open(descriptor, "rb", closefd=False) as file:
            yield TensorFile(file, status.st_size)
    finally:
        os.close(descriptor)


def _read_header(file: BinaryIO, size: int) -> bytearray:
    head = file.read(8)
    if len(head) < 8:
        raise FileFormatError(f"the file has {size} bytes; a model file begins with 8 for a length")
    length = int.from_bytes(head, "little")
    room = size - 8
    if length > min(HEADER_CAP, room):
        limit = f"only {room} follow" if length > room else f"at most {HEADER_CAP} are allowed"
        raise _not_a_model(head, f"it claims a header of {length} bytes and {limit}")
    header = bytearray()
    while len(header) < length:
        part = file.read(min(_HEADER_PART, length - len(header)))
        if not part:
            raise FileFormatError("the file became shorter while it was read")
        header += part
        # JSON text has no zero bytes; the holes of a sparse file have nothing else.
        if not header.startswith(b"{") or b"\0" in part:
            raise _not_a_model(head, "the header is not a JSON object")
    # Spaces alone may follow the object: one document then has one spelling of its padding.
    if not header.rstrip(b" ").endswith(b"}"):
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


def _entry(name: str, claim: object) -> Entry:
    if not isinstance(claim, dict) or claim.keys() != {"dtype", "shape", "data_offsets"}:
        _refuse(name, "it must have dtype, shape and data_offsets, and nothing else")
    dtype_name, shape, offsets = claim["dtype"], claim["shape"], claim["data_offsets"]
    if not isinstance(dtype_name, str) or dtype_name not in DTYPES:
        _refuse(name, f"dtype must be one of {', '.join(DTYPES)}, got {_brief(dtype_name)}")
    if not _are_counts(shape) or len(shape) > _MOST_DIMENSIONS:
        expected = f"at most {_MOST_DIMENSIONS} integers >= 0"
        _refuse(name, f"shape must be a list of {expected}, got {_brief(shape)}")
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
    return Entry(begin, end, name, dtype, tuple(shape))


def _refuse(name: str, fault: str) -> NoReturn:
    raise FileFormatError(f"tensor {_brief(name)}: {fault}")


def _are_counts(values: object) -> bool:
    return isinstance(values, list) and all(type(n) is int and n >= 0 for n in values)


def lay_out(tensors: Mapping[str, NDArray[Any]]) -> dict[str, Entry]:
    """Assign every tensor its offsets in the payload.

    Parameters
    ----------
    tensors : mapping of str to ndarray
        Of a type of `DTYPES`, in any memory layout and byte order.

    Raises
    ------
    ValueError
        If a tensor has another type or a name that is not for tensors.

    Examples
    --------
    >>> lay_out({"w1": np.zeros((3, 4), np.float32)})["w1"].end
    48
    """
    entries = {}
    end = 0
    # The widest type first, as the safetensors package does, so that every tensor lies aligned.
    for name, tensor in sorted(tensors.items(), key=lambda item: -item[1].dtype.itemsize):
        dtype = tensor.dtype.newbyteorder("<")
        if name == "__metadata__" or dtype not in DTYPE_NAMES:
            raise ValueError(f"cannot store tensor {_brief(name)} of dtype {tensor.dtype}")
        begin, end = end, end + tensor.size * dtype.itemsize
        entries[name] = Entry(begin, end, name, dtype, tensor.shape)
    return entries


def header_bytes(entries: Mapping[str, Entry], metadata: Mapping[str, str]) -> bytes:
    """What a file has before its payload.

    Raises
    ------
    ValueError
        If the header would exceed `HEADER_CAP` or `MOST_VALUES`.
    """
    header: dict[str, Any] = {"__metadata__": dict(metadata)}
    for name, entry in entries.items():
        header[name] = {
            "dtype": DTYPE_NAMES[entry.dtype],
            "shape": list(entry.shape),
            "data_offsets": [entry.begin, entry.end],
        }
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":"))
    raw = text.encode("utf-8")
    raw += b" " * (-len(raw) % 8)
    values = most_values(text)
    if len(raw) > HEADER_CAP or values > MOST_VALUES:
        texts = sum(map(len, metadata.values()))
        raise ValueError(
            f"the header would take {len(raw)} bytes and {values} values, at most {HEADER_CAP} and "
            f"{MOST_VALUES} are allowed: it describes {len(entries)} tensors and has {texts} "
            "characters of class names, preprocessing and the like; have less of what is most"
        )
    return len(raw).to_bytes(8, "little") + raw
