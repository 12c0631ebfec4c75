"""Reading and writing of tensors in blocks of rows, dense and little-endian.

No tensor is copied as a whole: saving and loading need the memory of one block.
"""

from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from fastbp.errors import FileFormatError
from fastbp.model.row_slices import row_slices


def dense_blocks(tensor: NDArray[Any]) -> Iterator[NDArray[Any]]:
    """Copy a tensor of any layout, block by block, in the order of its rows.

    The blocks are copies even where the tensor is dense: what is hashed and then written must not
    change in between.
    """
    rows = np.atleast_1d(tensor)
    dtype = tensor.dtype.newbyteorder("<")
    for block in row_slices(rows.shape, dtype.itemsize):
        yield np.array(rows[block], dtype, order="C")


def read_blocks(
    file: BinaryIO, shape: tuple[int, ...], dtype: np.dtype[Any]
) -> Iterator[tuple[int, NDArray[Any]]]:
    """Read a tensor from here on: the first row's index, and the rows as they lie in the file."""
    shape = shape or (1,)
    for rows in row_slices(shape, dtype.itemsize):
        block = np.empty((rows.stop - rows.start, *shape[1:]), dtype)
        if file.readinto(byte_view(block)) != block.nbytes:  # type: ignore[attr-defined]
            raise FileFormatError("the file became shorter while it was read")
        yield rows.start, block


def byte_view(block: NDArray[Any]) -> memoryview:
    """The bytes of a dense array."""
    return block.reshape(-1).view(np.uint8).data
