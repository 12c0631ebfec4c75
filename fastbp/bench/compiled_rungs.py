"""The compiled rungs: thin Python around the modules that src/ladder becomes.

A class here imports its module, allocates the arrays in the layout that the module's loops expect,
and passes both to the driver, which iterates over the layers. Rungs over Python lists are in
:mod:`fastbp.bench.list_rungs`.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np

from fastbp import _boundary
from fastbp.bench.rung import ArrayRung, UnsupportedError
from fastbp.inputs import Array
from fastbp.model import kernel_sets

LINE = _boundary.LINE_BYTES
VECTOR = 16  # numbers in the longest vector of any set


def import_loops(module: str) -> Any:
    """Import one of the ladder's modules; UnsupportedError says why there is none."""
    try:
        return importlib.import_module(f"fastbp.bench._{module}")
    except ModuleNotFoundError as error:
        why = "this build has no such module: its compiler failed on it"
        raise UnsupportedError(why if "fastbp" in str(error.name) else str(error)) from error


def aligned(n_rows: int, n_columns: int, dtype: str) -> Array:
    """Zeros that start on a cache line."""
    nbytes = n_rows * n_columns * np.dtype(dtype).itemsize
    room = np.zeros(nbytes + LINE, np.uint8)
    start = -room.ctypes.data % LINE
    return room[start : start + nbytes].view(dtype).reshape(n_rows, n_columns)


class Compiled(ArrayRung):
    """Loops of a module, over arrays that lie as those loops want them."""

    module: ClassVar[str]

    @classmethod
    def module_of(cls, dtype: str) -> str:
        """The end of the name of the module that it runs here."""
        return cls.module

    def start(self, weights: list[Array], biases: list[Array]) -> None:
        """Arrays as the loops want them, and the driver with their addresses."""
        problem, dtype = self.problem, self.dtype
        driver, module = import_loops("driver"), self._module()
        loops = self._table(module)
        k_major, self._padded = driver.layout(loops)
        m, sizes = problem.batch_size, problem.sizes
        a, delta = ([self._matrix(m, n) for n in sizes] for _ in range(2))
        shapes = [w.shape[::-1] if k_major else w.shape for w in weights]
        w, dw = ([self._matrix(*shape) for shape in shapes] for _ in range(2))
        b, db = ([self._matrix(1, n) for n in sizes[1:]] for _ in range(2))
        arrays = {
            "w": w,
            "b": b,
            "below": a[:-1],
            "z": [*a[1:-1], self._matrix(m, sizes[-1])],  # of the output: the loss needs z and a
            "a": a[1:],
            "delta_below": delta[:-1],
            "delta": delta[1:],
            "dw": dw,
            "db": db,
            "w_transposed": [
                self._matrix(n_out + VECTOR, n_in) if self._padded else None
                for n_in, n_out in pairwise(sizes)
            ],
        }
        layers = []
        for l, of in enumerate(zip(*(arrays[name] for name in driver.ARRAYS), strict=True)):
            number = _boundary.ACTIVATION_IDS[problem.activations[l]]
            # Loops over memoryviews take objects that hold them, in place of addresses.
            view = getattr(module, "VIEWS", {}).get(dtype, lambda array: None)
            views = [None if array is None else view(array) for array in of]
            layers.append((sizes[l], sizes[l + 1], number, [*of], views))

        # Without pads, the notation's way round.
        self.w, self.dw = (
            [
                (of.T if k_major else of)[:n_out, :n_in]
                for of, (n_in, n_out) in zip(part, pairwise(sizes), strict=True)
            ]
            for part in (w, dw)
        )
        self.b, self.db = (
            [of[0, :n] for of, n in zip(part, sizes[1:], strict=True)] for part in (b, db)
        )
        self._rows = [
            [of[:, :n] for of, n in zip(part, sizes, strict=True)][1:] for part in (a, delta)
        ]
        for parameter, first in zip([*self.w, *self.b], [*weights, *biases], strict=True):
            parameter[...] = first
        self.m, (self.a, self.delta) = -1, self._rows
        plain = importlib.import_module(f"fastbp._plain_{dtype}").KERNELS
        loss, y = _boundary.LOSS_IDS[problem.loss], self._matrix(m, sizes[-1])
        self._walk = driver.Walk(loops, plain, layers, loss, y, np.zeros(m), problem.learning_rate)
        for kernel in ("forward", "backward", "accumulate", "update"):
            setattr(self, kernel, getattr(self._walk, kernel))  # all layers, in one call

    def _module(self) -> Any:
        return import_loops(self.module_of(self.dtype))

    def _table(self, module: Any) -> Any:
        """The table of the module's loops, for the driver."""
        return module.LOOPS[self.dtype]

    def _matrix(self, n_rows: int, n: int) -> Array:
        """Zeros, padded if the loops want that."""
        itemsize = np.dtype(self.dtype).itemsize
        columns = _boundary.leading_dimension(n, itemsize) if self._padded else n
        return aligned(n_rows, columns, self.dtype)

    def put(self, X: Array, Y: Array) -> None:
        """Copy the rows."""
        self._walk.put(X, Y)
        super().put(X, Y)

    def step(self, X: Array, Y: Array) -> None:
        """All of it, in one call."""
        self._walk.step(X, Y)
        if len(X) != self.m:
            self.resize(len(X))

    def train(self, X: Array, Y: Array, orders: Sequence[Array]) -> int:
        """Whole epochs, each in one call that gathers for itself."""
        self.resize(self.problem.batch_size)
        return sum(self._walk.epoch(X, Y, order) for order in orders)


def _of(name: str) -> type[Compiled]:
    """A rung that is no more than the loops of a module, named like it."""
    own = {"module": name, "__doc__": f"The loops of src/ladder/{name}.pyx."}
    return type(name.title().replace("_", ""), (Compiled,), own)


MemoryviewsChecked = _of("memoryviews_checked")
Memoryviews = _of("memoryviews")
Pointers = _of("pointers")
Axpy = _of("axpy")
Reassociated = _of("reassociated")
Blas = _of("blas")  # on as many threads as SciPy's BLAS has taken for itself
C = _of("c")


class Openmp(Compiled):
    """Threads, as many as it is given."""

    module = "openmp"

    def _table(self, module: Any) -> Any:
        module.use(self.threads)
        return super()._table(module)


class Simd(Compiled):
    """Explicit vectors, of the kernel set in use."""

    module = "simd"
    table: ClassVar[str] = "LOOPS"

    @classmethod
    def module_of(cls, dtype: str) -> str:
        """One for each kernel set and number type."""
        if kernel_sets.ISA == "plain":
            raise UnsupportedError(
                "the kernel set in use is plain, which has no vectors of its own"
            )
        return f"{cls.module}{kernel_sets.PREFIXES[kernel_sets.ISA]}_{dtype}"

    def _table(self, module: Any) -> Any:
        return getattr(module, self.table)


class Tiles(Simd):
    """Register tiles."""

    module = "tiles"


class Fused(Tiles):
    """Register tiles, and what comes after each."""

    table = "FUSED"
