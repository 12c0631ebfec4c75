"""One array in other types, orders and containers: the same numbers to whoever reads them."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

HAS_SCIPY = find_spec("scipy") is not None
TYPES = ("float64", "float32", "float16", "uint8", "int8", "int16", "int32", "int64", "bool")


class Subclass(np.ndarray):
    """An array that is not exactly an ndarray."""


def _in_larger(array: np.ndarray, where: tuple[slice, ...]) -> np.ndarray:
    """A strided view whose gaps hold NaN, or the largest integer: neither may be read."""
    shape = [3 * n + 2 for n in array.shape]
    gap = np.nan if array.dtype.kind == "f" else True if array.dtype.kind == "b" else 111
    view = np.full(shape, gap, array.dtype)[where[: array.ndim]]
    view = view[tuple(slice(n) for n in array.shape)]
    view[...] = array
    return view


def _unaligned(array: np.ndarray) -> np.ndarray:
    raw = np.empty(array.nbytes + 1, np.uint8)[1:]
    copy = np.ndarray(array.shape, array.dtype, raw)
    copy[...] = array
    return copy


def _read_only(array: np.ndarray) -> np.ndarray:
    copy = array.copy()
    copy.flags.writeable = False
    return copy


def _memmap(array: np.ndarray, folder: Path) -> np.ndarray:
    with tempfile.NamedTemporaryFile(dir=folder, suffix=".npy") as file:
        np.save(file, array)
        file.flush()
        return np.load(file.name, mmap_mode="r")  # the mapping outlives the name


ORDERS: dict[str, Callable[[np.ndarray], Any]] = {
    "C": lambda array: array.copy(order="C"),
    "Fortran": lambda array: array.copy(order="F"),
    "every second": lambda array: _in_larger(array, (np.s_[::2], np.s_[::2])),
    "every third row, backwards": lambda array: _in_larger(array, (np.s_[::-3], np.s_[1:])),
    "columns backwards": lambda array: _in_larger(array, (np.s_[2:], np.s_[::-1])),
    "read-only": _read_only,
    "unaligned": _unaligned,
    "big-endian": lambda array: array.astype(array.dtype.newbyteorder(">")),
    "subclass": lambda array: array.view(Subclass),
    "list": lambda array: array.tolist(),
    "tuple": lambda array: tuple(array.tolist()),
}


def types_of(array: np.ndarray) -> list[str]:
    """The types that hold exactly these numbers."""
    exact = []
    with np.errstate(all="ignore"):
        for name in TYPES:
            back = array.astype(name).astype(array.dtype)
            same = np.array_equal(back, array, equal_nan=array.dtype.kind == "f")
            if same and (np.signbit(back) == np.signbit(array)).all():  # -0.0 is no integer
                exact.append(name)
    return exact


def another_layout(rng: np.random.Generator, array: np.ndarray, folder: Path) -> tuple[str, Any]:
    """The same numbers, laid out at random, and what the layout is called."""
    if array.dtype.kind in "UT":
        layout = str(rng.choice(["C", "every second", "list", "object"]))
        return layout, array.astype(object) if layout == "object" else ORDERS[layout](array)
    if array.size == 0:
        return "C", array.copy()
    dtype = str(rng.choice(types_of(array)))
    array = array.astype(dtype)
    order = str(rng.choice([*ORDERS, "memmap"]))
    return f"{dtype}, {order}", _memmap(array, folder) if order == "memmap" else ORDERS[order](
        array
    )


def as_sparse_rows(rng: np.random.Generator, array: np.ndarray) -> tuple[str, Any]:
    """A matrix (m, n) as sparse rows: in any order, and of any type that they are read in."""
    from scipy.sparse import csr_matrix

    dtype = str(rng.choice([name for name in types_of(array) if name != "float16"]))
    csr = csr_matrix(array.astype(dtype))
    index_type = rng.choice(["int32", "int64"])
    csr.indices, csr.indptr = csr.indices.astype(index_type), csr.indptr.astype(index_type)
    if rng.random() < 0.5:
        for start, end in zip(csr.indptr[:-1], csr.indptr[1:], strict=True):
            order = start + rng.permutation(end - start)
            csr.data[start:end], csr.indices[start:end] = csr.data[order], csr.indices[order]
        csr.has_sorted_indices = csr.has_canonical_format = False
    return f"{dtype}, sparse, {index_type}", csr


def another_layout_of_samples(
    rng: np.random.Generator, array: np.ndarray, folder: Path
) -> tuple[str, Any]:
    """The same rows of X, laid out at random, sparse ones too; which have no -0.0."""
    if HAS_SCIPY and rng.random() < 0.2 and not np.signbit(array[array == 0]).any():
        return as_sparse_rows(rng, array)
    return another_layout(rng, array, folder)
