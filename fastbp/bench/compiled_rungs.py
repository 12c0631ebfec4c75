"""The compiled rungs: thin Python around the modules that src/ladder becomes.

A class here imports its module, allocates the arrays in the layout that the module's loops expect,
and passes both to the driver, which iterates over the layers. Rungs over Python lists are in
:mod:`fastbp.bench.list_rungs`.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from fastbp import _boundary
from fastbp.bench.rung import Numbers, Rung, UnsupportedError, as_float64
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


class Compiled(Rung):
    """Loops of a module, over arrays that lie as those loops want them."""

    module: ClassVar[str]

    @classmethod
    def module_of(cls, dtype: str) -> str:
        """The end of the name of the module that it runs here."""
        return cls.module

    def start(self, weights: list[Array], biases: list[Array]) -> None:
        """Arrays as the loops want them, and the driver with their addresses."""
        problem, dtype = self.problem, self.dtype
        driver, loops = import_loops("driver"), self._loops()
        self._k_major, self._padded = driver.layout(loops)
        m, sizes, L = problem.batch_size, problem.sizes, len(weights)
        self._a, self._delta = ([self._rows(m, n) for n in sizes] for _ in range(2))
        self._w, self._dw = ([self._matrix(w) for w in weights] for _ in range(2))
        self._b, self._db = ([self._rows(1, len(b)) for b in biases] for _ in range(2))
        self._m = 0
        for l in range(L):
            self._as_notation(self._w[l], weights[l].shape)[...] = weights[l]
            self._b[l][0, : len(biases[l])] = biases[l]
        z = self._rows(m, sizes[-1])  # of the output: the loss needs both z and a
        layers = []
        for l in range(1, L + 1):
            arrays = {
                "w": self._w[l - 1],
                "b": self._b[l - 1],
                "below": self._a[l - 1],
                "z": z if l == L else self._a[l],
                "a": self._a[l],
                "delta_below": self._delta[l - 1],
                "delta": self._delta[l],
                "dw": self._dw[l - 1],
                "db": self._db[l - 1],
                "w_transposed": self._rows(sizes[l] + VECTOR, sizes[l - 1])
                if self._padded
                else None,
            }
            ordered = [arrays[part] for part in driver.ARRAYS]
            views = [self._view(arrays[part]) for part in driver.ARRAYS]
            number = _boundary.ACTIVATION_IDS[problem.activations[l - 1]]
            layers.append((sizes[l - 1], sizes[l], number, ordered, views))
        plain = importlib.import_module(f"fastbp._plain_{dtype}").KERNELS
        loss, y = _boundary.LOSS_IDS[problem.loss], self._rows(m, sizes[-1])
        self._walk = driver.Walk(loops, plain, layers, loss, y, np.zeros(m), problem.learning_rate)

    def _loops(self) -> Any:
        """The table of loops, for the driver."""
        return import_loops(self.module_of(self.dtype)).LOOPS[self.dtype]

    def _view(self, array: Array | None) -> object:
        """What the loops are given instead of an array's address, or None."""
        return None

    def _rows(self, n_rows: int, n: int) -> Array:
        itemsize = np.dtype(self.dtype).itemsize
        columns = _boundary.leading_dimension(n, itemsize) if self._padded else n
        return aligned(n_rows, columns, self.dtype)

    def _matrix(self, like: Array) -> Array:
        return self._rows(*(like.T if self._k_major else like).shape)

    def _as_notation(self, matrix: Array, shape: tuple[int, ...]) -> Array:
        """The view of it that is (n_out, n_in)."""
        return (matrix.T if self._k_major else matrix)[: shape[0], : shape[1]]

    def put(self, X: Array, Y: Array) -> None:
        """Copy the rows."""
        self._m = len(X)
        self._walk.put(X, Y)

    def forward(self) -> None:
        """All layers, in one call."""
        self._walk.forward()

    def backward(self) -> None:
        """All layers, in one call."""
        self._walk.backward()

    def accumulate(self) -> None:
        """All layers, in one call."""
        self._walk.accumulate()

    def update(self) -> None:
        """All layers, in one call."""
        self._walk.update()

    def step(self, X: Array, Y: Array) -> None:
        """All of it, in one call."""
        self._m = len(X)
        self._walk.step(X, Y)

    def train(self, X: Array, Y: Array, orders: Sequence[Array]) -> int:
        """Whole epochs, each in one call that gathers for itself."""
        self._m = self.problem.batch_size
        return sum(self._walk.epoch(X, Y, order) for order in orders)

    def read(self) -> Numbers:
        """Copy without pads, the notation's way round."""
        sizes = self.problem.sizes
        shapes = list(zip(sizes[1:], sizes[:-1], strict=True))

        def matrices(of: list[Array]) -> list[Array]:
            return [self._as_notation(w, shape) for w, shape in zip(of, shapes, strict=True)]

        def rows(of: list[Array], m: int) -> list[Array]:
            return [a[:m, :n] for a, n in zip(of, sizes[1:], strict=True)]

        return Numbers(
            w=as_float64(matrices(self._w)),
            b=[b[0] for b in as_float64(rows(self._b, 1))],
            a=as_float64(rows(self._a[1:], self._m)),
            delta=as_float64(rows(self._delta[1:], self._m)),
            dw=as_float64(matrices(self._dw)),
            db=[db[0] for db in as_float64(rows(self._db, 1))],
        )


class Memoryviews(Compiled):
    """Typed memoryviews, the checks off."""

    module = "memoryviews"

    def _view(self, array: Array | None) -> object:
        return None if array is None else import_loops(self.module).VIEWS[self.dtype](array)


class MemoryviewsChecked(Memoryviews):
    """Typed memoryviews, the checks on."""

    module = "memoryviews_checked"


class Pointers(Compiled):
    """Addresses and sizes."""

    module = "pointers"


class Axpy(Compiled):
    """The other order of the loops."""

    module = "axpy"


class Reassociated(Compiled):
    """Sums in any order."""

    module = "reassociated"


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

    def _loops(self) -> Any:
        return getattr(import_loops(self.module_of(self.dtype)), self.table)


class Tiles(Simd):
    """Register tiles."""

    module = "tiles"


class Fused(Tiles):
    """Register tiles, and what comes after each."""

    table = "FUSED"


class Openmp(Compiled):
    """Threads, as many as it is given."""

    module = "openmp"

    def _loops(self) -> Any:
        import_loops(self.module).use(self.threads)
        return super()._loops()


class Blas(Compiled):
    """SciPy's BLAS, on as many threads as that has taken for itself."""

    module = "blas"


class C(Compiled):
    """Plain C."""

    module = "c"
