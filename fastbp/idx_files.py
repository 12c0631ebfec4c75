"""Reader for IDX files, the format of MNIST.

An IDX file is two zero bytes, a type code (08: unsigned bytes, the only one read here), the number
of dimensions, each dimension as a big-endian 32-bit integer, and then the values. It may be
compressed with gzip.
"""

from __future__ import annotations

import gzip
import math
import os
import struct
import zlib
from typing import IO

import numpy as np
from numpy.typing import NDArray

from fastbp.errors import FileFormatError
from fastbp.text.printable import printable

_GZIP_MAGIC = b"\x1f\x8b"
_UNSIGNED_BYTES = 8
# Deflate cannot shrink data further than this, so a file cannot hold more than its size times it.
_LARGEST_RATIO = 1032


def read_idx(path: str | os.PathLike[str], ndim: int) -> NDArray[np.uint8]:
    """Read an IDX file of unsigned bytes, compressed with gzip or not.

    Parameters
    ----------
    path : str or os.PathLike
        The file.
    ndim : int
        How many dimensions it must have: 3 for MNIST's images, 1 for its labels.

    Returns
    -------
    ndarray of uint8
        The values, in the file's own shape.

    Raises
    ------
    FileFormatError
        If the file is not such a file, is cut short, or goes on after its last value.
    OSError
        If it cannot be opened or read.
    """
    name = printable(os.fsdecode(path))
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        is_gzip = file.read(2) == _GZIP_MAGIC
        file.seek(0)
        if not is_gzip:
            return _parse(name, file, size, ndim)
        try:
            with gzip.GzipFile(fileobj=file) as stream:
                return _parse(name, stream, size * _LARGEST_RATIO, ndim)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise FileFormatError(
                f"{name}: the gzip data is damaged or cut short ({error}); fetch the file again"
            ) from error


def _parse(
    name: str, stream: IO[bytes] | gzip.GzipFile, max_bytes: int, ndim: int
) -> NDArray[np.uint8]:
    """Read the header and then exactly the bytes that it announces."""
    expected = bytes((0, 0, _UNSIGNED_BYTES, ndim))
    magic = stream.read(4)
    if magic != expected:
        raise FileFormatError(
            f"{name}: starts with {magic.hex(' ') or 'nothing'}, expected {expected.hex(' ')}, "
            f"an IDX file of unsigned bytes with {ndim} dimension{'s' if ndim > 1 else ''}"
        )
    header = stream.read(4 * ndim)
    if len(header) != 4 * ndim:
        raise FileFormatError(f"{name}: ends within its header; fetch the file again")
    shape = struct.unpack(f">{ndim}I", header)
    n_bytes = math.prod(shape)
    if n_bytes > max_bytes:
        raise FileFormatError(
            f"{name}: announces {n_bytes:,} values (shape {shape}), more than it can hold; "
            "fetch the file again"
        )
    values = stream.read(n_bytes)
    if len(values) != n_bytes:
        raise FileFormatError(
            f"{name}: holds {len(values):,} of the {n_bytes:,} values that it announces; "
            "fetch the file again"
        )
    if stream.read(1):
        raise FileFormatError(
            f"{name}: goes on after the {n_bytes:,} values that it announces (shape {shape}); "
            "fetch the file again"
        )
    return np.frombuffer(values, dtype=np.uint8).reshape(shape)
