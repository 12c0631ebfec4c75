"""The storage of the parameters: one flat aligned array, and views of it by layer.

Layer after layer lie w (k-major: row k holds w_0k, w_1k, ...) and b, each row padded to an odd
number of cache lines. The pads are private and never reach a result. Optimizer state and
gradients use the same layout, so that one offset serves them all.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, overload

import numpy as np

from fastbp._boundary import (
    LINE_BYTES,
    NORM_BLOCK_SIZE,
    ROWS_PER_CHUNK,
    leading_dimension,
    zeroed,
)
from fastbp.inputs import Array, as_parameter
from fastbp.model.row_slices import row_slices


class Layout:
    """Where each layer's w and b lie in a flat array, in elements."""

    def __init__(self, sizes: Sequence[int], dtype: np.dtype[Any]) -> None:
        self.sizes = tuple(sizes)
        self.dtype = dtype
        #: (n_in, n_out, ld, offset of w, offset of b) of layers 1..L
        self.layers: list[tuple[int, int, int, int, int]] = []
        offset = 0
        for n_in, n_out in pairwise(sizes):
            if max(n_in, n_out) > np.iinfo(np.intp).max // LINE_BYTES:
                raise MemoryError(f"sizes={list(sizes)} cannot be allocated: a layer is too wide")
            ld = leading_dimension(n_out, dtype.itemsize)
            self.layers.append((n_in, n_out, ld, offset, offset + n_in * ld))
            offset += (n_in + 1) * ld
        self.total = offset
        if offset * dtype.itemsize > np.iinfo(np.intp).max:
            raise MemoryError(
                f"sizes={list(sizes)} would need {offset * dtype.itemsize:.3g} bytes of memory"
            )

    def zeros(self) -> Array:
        """A flat array of zeros whose rows start on cache lines."""
        nbytes = self.total * self.dtype.itemsize
        try:
            raw = zeroed(nbytes + LINE_BYTES)
        except MemoryError:
            message = f"sizes={list(self.sizes)} need {nbytes:.3g} bytes of memory, got none"
            raise MemoryError(message) from None
        skip = -raw.ctypes.data % LINE_BYTES
        return raw[skip : skip + self.total * self.dtype.itemsize].view(self.dtype)

    def memory(self, starts: Iterable[float]) -> tuple[Array, ...]:
        """A flat array of each of these numbers."""
        arrays = []
        for start in starts:
            arrays.append(self.zeros())
            if start != 0:  # zeros take no memory before they are written to
                arrays[-1][:] = start
        return tuple(arrays)

    def w(self, flat: Array, l: int) -> Array:
        """w^(l) in a flat array: a (n_l, n_(l-1)) view whose element [j, k] is w_jk."""
        n_in, n_out, ld, offset, _ = self.layers[l - 1]
        return flat[offset : offset + n_in * ld].reshape(n_in, ld)[:, :n_out].T

    def b(self, flat: Array, l: int) -> Array:
        """b^(l) in a flat array: a (n_l,) view."""
        _, n_out, _, _, offset = self.layers[l - 1]
        return flat[offset : offset + n_out]


class Scratch:
    """Flat arrays for gradients, made when they are first needed and reused from call to call."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._arrays: list[Array] = []

    def arrays(self, batch_size: int) -> tuple[Array, Array | None]:
        """One for the gradient, and one for a chunk's part of it where batches need it."""
        needs_part = batch_size > ROWS_PER_CHUNK
        while len(self._arrays) < 1 + needs_part:
            self._arrays.append(self._layout.zeros())
        return self._arrays[0], self._arrays[1] if needs_part else None

    def block_norms(self) -> Array:
        """A number for each block of the gradient, or of a layer, whose squares are summed."""
        return np.zeros(-(-self._layout.total // NORM_BLOCK_SIZE) + len(self._layout.layers))


@dataclass(frozen=True, eq=False)  # equality of arrays is no single answer
class Gradients:
    """dC/dw and dC/db of every layer, counted from 0 like ``net.weights``.

    Attributes
    ----------
    weights : tuple of array
        ``weights[l - 1][j, k]`` is dC/dw_jk^(l).
    biases : tuple of array
        ``biases[l - 1][j]`` is dC/db_j^(l); of length 0 where the network has no biases.
    """

    weights: tuple[Array, ...]
    biases: tuple[Array, ...]


@dataclass(frozen=True, eq=False)
class Layer:
    """Layer l's parameters by the indices of the notation: ``w[j, k]`` and ``b[j]``, live views.

    ``numbers`` are those that its activation takes, by name: {"slope": 0.01}.
    """

    l: int
    w: Array
    b: Array
    activation: str
    numbers: dict[str, float]


class Views(Sequence[Array]):
    """The weights (or biases) of layers 1..L as live, writable views, counted from 0.

    Each access makes a view (100 ns), so that a caller who sets the shape or dtype of one changes
    no other. Assigning to an element checks the values and copies them in; writing into a view is
    not checked.
    """

    def __init__(self, arrays: Sequence[Array], name: str) -> None:
        self._arrays = tuple(arrays)
        self._name = name

    def __len__(self) -> int:
        return len(self._arrays)

    @overload
    def __getitem__(self, i: int) -> Array: ...
    @overload
    def __getitem__(self, i: slice) -> tuple[Array, ...]: ...
    def __getitem__(self, i: int | slice) -> Array | tuple[Array, ...]:
        if isinstance(i, slice):
            return tuple(array.view() for array in self._arrays[i])
        return self._arrays[i].view()

    def __setitem__(self, i: int, value: Any) -> None:
        if isinstance(i, slice):
            raise TypeError(f"{self._name} are assigned one layer at a time, got a slice")
        array = self._arrays[i]
        array[...] = as_parameter(value, array, f"{self._name}[{i}]")

    def __iter__(self) -> Iterator[Array]:
        return (array.view() for array in self._arrays)

    def __repr__(self) -> str:
        return f"{self._name}: {[array.shape for array in self._arrays]}"


class Parameters:
    """A network's weights and biases, or anything that has one number for each of them."""

    def __init__(self, layout: Layout, bias: bool | str, flat: Array | None = None) -> None:
        self.layout = layout
        self.bias = bias
        self.flat = layout.zeros() if flat is None else flat
        layers = range(1, len(layout.sizes))
        self.weights = Views([layout.w(self.flat, l) for l in layers], "weights")
        biases = [layout.b(self.flat, l) for l in layers]
        self.biases = Views(biases if bias else [b[:0] for b in biases], "biases")

    def parts(self) -> Iterator[tuple[str, Array]]:
        """(w1, view), (b1, view), (w2, view), ...; no b where the network has none."""
        for l, (w, b) in enumerate(zip(self.weights, self.biases, strict=True), start=1):
            yield f"w{l}", w
            if self.bias:
                yield f"b{l}", b

    def all_finite(self) -> bool:
        """Whether no number is NaN or infinite, looked at in the order of the storage."""
        return all(
            bool(np.isfinite(rows[block]).all())
            for rows in (part.T for _, part in self.parts())
            for block in row_slices(rows.shape, rows.itemsize)
        )

    def dense(self) -> Array:
        """A fresh dense copy: w(1) row by row, b(1), w(2), ..."""
        return np.concatenate([part.ravel() for _, part in self.parts()])

    def scatter(self, dense: Array) -> None:
        """The reverse of :meth:`dense`; in one assignment, so that no interrupt comes halfway."""
        flat, offset = self.flat.copy(), 0
        for _, part in Parameters(self.layout, self.bias, flat).parts():
            part[...] = dense[offset : offset + part.size].reshape(part.shape)
            offset += part.size
        self.flat[:] = flat
