"""Sparse samples: compressed sparse rows (CSR), which the engine's gather makes dense.

SciPy is not imported: its matrices and arrays are recognised by what their class offers.
"""

from typing import Any

import numpy as np

from fastbp.inputs.array_type import Array
from fastbp.inputs.precision import (
    columns_that_collapse,
    is_small,
    loses_differences,
    spread_rows,
    warn_of_lost_differences,
)

_INDICES = (np.dtype("int32"), np.dtype("int64"))
#: Rows and columns of large numbers that are looked at for a loss of precision: 8 MB.
_MOST_ROWS, _MOST_COLUMNS = 16_384, 64


class SparseRows:
    """Rows of which only some numbers are stored, as the engine reads them.

    Row i has the numbers ``data[indptr[i] : indptr[i + 1]]`` in the columns that ``indices`` has
    in the same places, in any order; those in one place are added. All others are 0.

    Parameters
    ----------
    data : array of float32 or float64
    indices, indptr : arrays of int32 or int64
        The columns, as long as ``data``; and where rows begin, of length m + 1. What they say is
        looked at when a row is read: a wrong one raises ValueError.
    shape : (m, n)

    Examples
    --------
    >>> rows = SparseRows(np.array([3.0, 4.0]), np.array([2, 0]), np.array([0, 1, 2]), (2, 3))
    >>> rows.toarray()
    array([[0., 0., 3.],
           [4., 0., 0.]])
    >>> rows[1:].toarray()
    array([[4., 0., 0.]])
    """

    __slots__ = ("data", "indices", "indptr", "shape")

    ndim = 2

    def __init__(self, data: Array, indices: Array, indptr: Array, shape: tuple[int, int]) -> None:
        self.data, self.indices, self.indptr, self.shape = data, indices, indptr, shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """The number type of the values."""
        dtype: np.dtype[Any] = self.data.dtype
        return dtype

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key: Any) -> Any:
        """Rows by a slice, in the same memory, or by an array of indices; or a number [i, c]."""
        if isinstance(key, tuple):
            i, column = key
            row = slice(self.indptr[i], self.indptr[i + 1])
            return self.data[row][self.indices[row] == column].sum()
        n = self.shape[1]
        if isinstance(key, slice):
            start, stop, step = key.indices(len(self))
            if step == 1:
                stop = max(start, stop)
                indptr = self.indptr[start : stop + 1]
                return SparseRows(self.data, self.indices, indptr, (stop - start, n))
            key = np.arange(start, stop, step)
        starts = self.indptr[:-1][key].astype(np.intp)
        ends = np.cumsum(self.indptr[1:][key] - starts)
        indptr = np.concatenate([[0], ends]).astype(np.int64)
        # Places of the values: from each row's start on, less those of the rows before it.
        places = np.repeat(starts - indptr[:-1], np.diff(indptr)) + np.arange(indptr[-1])
        return SparseRows(self.data[places], self.indices[places], indptr, (len(starts), n))

    @property
    def stored(self) -> Array:
        """The values of these rows; ``data`` may have those of others too."""
        return self.data[self.indptr[0] : self.indptr[-1]]

    @property
    def stored_columns(self) -> Array:
        """The column of each of them."""
        return self.indices[self.indptr[0] : self.indptr[-1]]

    def toarray(self) -> Array:
        """The dense array (m, n)."""
        return self.columns(np.arange(self.shape[1]))

    def columns(self, some: Array) -> Array:
        """Some columns, in rising order, as a dense array."""
        result = np.zeros((len(self), len(some)), self.dtype)
        rows = np.repeat(np.arange(len(self)), np.diff(self.indptr))
        columns = self.stored_columns
        places = np.searchsorted(some, columns)
        kept = np.flatnonzero(np.append(some, -1)[places] == columns)
        with np.errstate(all="ignore"):
            np.add.at(result, (rows[kept], places[kept]), self.stored[kept])
        return result


Rows = Array | SparseRows


def numbers_in(rows: Rows) -> Array:
    """Those that are stored: all of an array."""
    return rows.stored if isinstance(rows, SparseRows) else rows


def is_sparse(value: Any) -> bool:
    """Whether a value is a sparse matrix or array of SciPy's kind, or SparseRows."""
    return isinstance(value, SparseRows) or hasattr(type(value), "tocsr")


def csr_arrays(value: Any, name: str, dtype: np.dtype[Any]) -> tuple[Array, Array, Array]:
    """The values, columns and starts of a sparse matrix, checked; none is copied unless it must be.

    Where the values are converted to another type, those in one place are added before.
    """
    csr = value.tocsr()
    arrays = csr.data, csr.indices, csr.indptr
    if not all(isinstance(array, np.ndarray) and array.ndim == 1 for array in arrays):
        raise TypeError(
            f"{name} must be a SciPy sparse array or a dense one, got {type(value).__name__}; use "
            f"{name}.toarray()"
        )
    check_structure(*arrays, csr.shape, name)
    if csr.data.dtype != dtype and not csr.has_canonical_format:
        csr = csr.copy()
        csr.sum_duplicates()
    indices, indptr = (_readable_indices(array) for array in (csr.indices, csr.indptr))
    return np.ascontiguousarray(csr.data), indices, indptr


def _readable_indices(array: Array) -> Array:
    array = array if array.dtype in _INDICES else array.astype(np.int64)
    return np.require(array, requirements=["C", "A"])


def warn_of_columns_that_collapse(rows: SparseRows, dtype: np.dtype[Any], name: str) -> None:
    """Warn of columns of large numbers whose differences are lost in the network's number type."""
    values = rows.data
    if not loses_differences(rows.dtype, dtype) or not len(values):
        return
    if is_small(values.min()) and is_small(values.max()):
        return
    if len(rows) > _MOST_ROWS:
        rows = rows[spread_rows(len(rows), _MOST_ROWS)]
    large = np.unique(rows.stored_columns[~is_small(rows.stored)])[:_MOST_COLUMNS]
    columns = [large[c] for c in columns_that_collapse(rows.columns(large))]
    warn_of_lost_differences([f"{name}[:, [{c}]].toarray()" for c in columns], name)


def check_structure(
    data: Array, indices: Array, indptr: Array, shape: tuple[int, ...], name: str
) -> None:
    """Raise ValueError if rows are not where ``indptr`` says, or columns are not there."""
    m, n = shape
    variable = name.split()[-1]
    if len(indices) != len(data):
        raise ValueError(
            f"{name} is a broken sparse array: {variable}.indices and {variable}.data must have "
            f"one length, got {len(indices)} and {len(data)}"
        )
    for what, array in (("indices", indices), ("indptr", indptr)):
        if array.dtype.kind not in "iu":
            raise ValueError(
                f"{name} is a broken sparse array: {variable}.{what} must hold integers, got dtype "
                f"{array.dtype}"
            )
    if len(indptr) != m + 1:
        raise ValueError(
            f"{name} is a broken sparse array: {variable}.indptr must have {m + 1} numbers for "
            f"{m} rows, got {len(indptr)}"
        )
    if indptr[0] < 0 or indptr[-1] > len(data) or (indptr[1:] < indptr[:-1]).any():
        falls = np.flatnonzero(indptr[1:] < indptr[:-1])
        where = f"it falls after row {falls[0]}" if len(falls) else f"got {indptr[0]}..{indptr[-1]}"
        raise ValueError(
            f"{name} is a broken sparse array: {variable}.indptr must rise from 0 to at most "
            f"{len(data)}, the number of its values; {where}"
        )
    used = indices[indptr[0] : indptr[-1]]
    if len(used) and not (used.min() >= 0 and used.max() < n):
        i = int(((used < 0) | (used >= n)).argmax()) + int(indptr[0])
        row = int(np.searchsorted(indptr, i, side="right")) - 1
        raise ValueError(
            f"{name} is a broken sparse array: row {row} has a number in column {indices[i]}; the "
            f"columns are 0 to {n - 1}"
        )
