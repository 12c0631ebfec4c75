"""A pass layer by layer, through the layer-level calls of the boundary.

This is the slower path: every z, a and delta becomes an array that Python can see. Traces stand on
it, and so do networks with an activation of the caller's own; the loops are the same kernels.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from fastbp import _boundary
from fastbp.activations import Activation, BuiltinActivation
from fastbp.errors import ShapeError
from fastbp.inputs import Array, count_right


def apply(function: Any, array: Array, name: str) -> Array:
    """Call one of the caller's functions on an array and check what it gives back."""
    given = array.view()
    given.flags.writeable = False  # z is used again: a function that writes into it is found out
    result = np.asarray(function(given))
    if result.shape != array.shape or result.dtype.kind not in "fiub":
        raise ShapeError(
            f"the activation's {name} must return real numbers of the shape it was given: expected "
            f"{array.shape}, got {result.shape} of {result.dtype}"
        )
    return result.astype(array.dtype, order="C")


def padded(m: int, n: int, dtype: np.dtype[Any]) -> Array:
    """Zeros (m, n) whose rows are padded to whole cache lines, as the kernels want them."""
    return np.zeros((m, _boundary.leading_dimension(n, dtype.itemsize)), dtype)[:, :n]


def padded_targets(y: Array, n_L: int, dtype: np.dtype[Any]) -> Array:
    """Targets (m, n_L), or labels (m,) as one-hot rows, in the network's number type, padded."""
    if y.ndim == 2:
        return padded_copy(y, dtype)
    result = padded(len(y), n_L, dtype)
    result[np.arange(len(y)), y] = 1
    return result


def whole(rows: Array) -> Array:
    """The array that :func:`padded` made some rows from: with the pads, for the boundary."""
    assert rows.base is not None
    return rows.base


def padded_copy(rows: Array, dtype: np.dtype[Any]) -> Array:
    """A copy of some rows in the network's number type, padded."""
    m, n = rows.shape
    result = padded(m, n, dtype)
    with np.errstate(over="ignore", under="ignore"):  # as the kernels convert
        result[...] = rows
    return result


class LayerwisePass:
    """Forward and backward passes of a program, one layer at a time.

    ``activations[l - 1]`` is layer l's. A program whose layer l has an activation of the caller's
    own treats it as identity; the caller's functions are applied here.
    """

    def __init__(
        self, program: _boundary.Program, sizes: Sequence[int], activations: Sequence[Activation]
    ) -> None:
        self.program = program
        self.sizes = sizes
        self.activations = activations
        self.L = len(activations)

    def _custom(self, l: int) -> Activation | None:
        activation = self.activations[l - 1]
        return None if isinstance(activation, BuiltinActivation) else activation

    def forward(self, x: Array) -> tuple[list[Array], list[Array]]:
        """z[l] and a[l] for l = 0..L (z[0] is a[0] = x), each (m, n_l)."""
        z, a = [x], [x]
        for l in range(1, self.L + 1):
            z.append(padded(len(x), self.sizes[l], x.dtype))
            a.append(padded(len(x), self.sizes[l], x.dtype))
            self.program.forward_layer(l, whole(a[l - 1]), whole(z[l]), whole(a[l]))
            if custom := self._custom(l):
                a[l][...] = apply(custom.g, z[l], "g")
        return z, a

    def backward(self, z: list[Array], a: list[Array], y: Array) -> tuple[Array, list[Array]]:
        """C_0 of each sample (float64), and delta[l] for l = 0..L (delta[0] is empty)."""
        C_0 = np.empty(len(y))
        delta = [padded(len(y), n, y.dtype) for n in self.sizes]
        self.program.output_layer(
            whole(z[self.L]), whole(a[self.L]), whole(y), whole(delta[self.L]), C_0
        )
        if custom := self._custom(self.L):
            delta[self.L] *= apply(custom.derivative, z[self.L], "derivative")
        for l in range(self.L, 1, -1):
            dC_da = padded(len(y), self.sizes[l - 1], y.dtype)
            self.program.backward_layer(l, whole(delta[l]), whole(dC_da))
            if custom := self._custom(l - 1):
                delta[l - 1][...] = dC_da * apply(custom.derivative, z[l - 1], "derivative")
            else:
                self.program.slope_layer(l - 1, whole(a[l - 1]), whole(dC_da), whole(delta[l - 1]))
        return C_0, delta


class LayerwiseProgram:
    """A :class:`Program`'s calls on batches, stepping through the layers from Python."""

    def __init__(
        self,
        program: _boundary.Program,
        passes: LayerwisePass,
        storage: Array,
    ) -> None:
        self.program = program
        self.passes = passes
        self.storage = storage
        self.dtype = storage.dtype

    def answer(self, X: Any, most_work: float, few: int) -> None:
        """Like ``Program.answer``: there is no short way here."""

    def predict(self, X: Array, out: Array, n_threads: int = 1) -> None:
        """a^(L) of every row of X into ``out``, on one thread."""
        for start in range(0, len(X), _boundary.ROWS_PER_CHUNK):
            rows = slice(start, start + _boundary.ROWS_PER_CHUNK)
            out[rows] = self.passes.forward(padded_copy(X[rows], self.dtype))[1][-1]

    def gradients(
        self,
        X: Array,
        Y: Array,
        order: Array | None,
        gradient: Array | None,
        part: Array | None,
        check: bool = True,
        count: int = _boundary.COUNT_IDS["largest"],
    ) -> tuple[int, float, int, int]:
        """Like ``Program.gradients``."""
        n_L = self.passes.sizes[-1]
        loss, right = 0.0, 0
        if gradient is not None:
            gradient[...] = 0
        n = len(X) if order is None else len(order)
        if gradient is not None and part is None and n > _boundary.ROWS_PER_CHUNK:
            raise ValueError("more than one chunk of rows needs an array for a chunk's part")
        for start in range(0, n, _boundary.ROWS_PER_CHUNK):
            rows: Any = slice(start, start + _boundary.ROWS_PER_CHUNK)
            rows = rows if order is None else order[rows]
            x = padded_copy(X[rows], self.dtype)
            y = padded_targets(Y[rows], n_L, self.dtype)
            for status, array in ((_boundary.BAD_X, x), (_boundary.BAD_Y, y)):
                finite = np.isfinite(array)
                if check and not finite.all():
                    return status, loss, right, start * array.shape[1] + int(finite.argmin())
            z, a = self.passes.forward(x)
            C_0, delta = self.passes.backward(z, a, y)
            loss += float(C_0.sum())
            right += count_right(a[-1], y, count)
            if gradient is not None:
                into = gradient if start == 0 or part is None else part
                into[...] = 0
                for l in range(1, self.passes.L + 1):
                    self.program.accumulate_layer(l, whole(delta[l]), whole(a[l - 1]), into)
                if into is not gradient:
                    gradient += into
        return _boundary.FINISHED, loss, right, -1

    def run(
        self,
        X: Array,
        Y: Array,
        order: Array | None,
        *,
        gradient: Array,
        part: Array | None,
        epochs: int,
        counted: int,
        first: int,
        losses: Array,
        rights: Array,
        batch_size: int,
        counters: Array,
        random: "np.random.Generator | None" = None,
        rows: Array | None = None,
        kept: tuple[Array | None, ...] = (),
        check: bool = True,
        count: int = _boundary.COUNT_IDS["nothing"],
        n_threads: int = 1,
        slices: float = 1,
        base: int = 0,
        counts_epochs: bool = True,
        **rule: Any,
    ) -> tuple[int, int, int, int]:
        """Like ``Program.run``, but returns after each batch."""
        if first == 0 and counted > 0 and kept:
            for to, flat in zip(kept, (self.storage, rule["state1"], rule["state2"]), strict=False):
                if to is not None and flat is not None:
                    to[:] = flat
            kept[3][:] = counters  # type: ignore[index]
        if first == 0 and random is not None:
            assert order is not None
            shuffled = random.permutation(len(order))
            order[:] = shuffled if rows is None else rows[shuffled]
        n = len(X) if order is None else len(order)
        places = np.arange(first, min(first + batch_size, n))
        batch = places if order is None else order[places]
        status, loss, right, bad = self.gradients(X, Y, batch, gradient, part, check, count)
        if status != _boundary.FINISHED:
            width = X.shape[1] if status == _boundary.BAD_X else self.passes.sizes[-1]
            return status, counted, first, bad + first * width
        if not np.isfinite(loss):
            return _boundary.BAD_C, counted, first, -1
        self.program.step(len(batch), gradient=gradient, counters=counters, **rule)
        losses[counted - base] += loss
        rights[counted - base] += right
        first += len(batch)
        if first < n:
            return _boundary.UNFINISHED, counted, first, -1
        state = (self.storage, rule["state1"], rule["state2"])
        if not all(flat is None or np.isfinite(flat).all() for flat in state):
            return _boundary.BAD_W, counted, first, -1
        counters[1] += counts_epochs
        counted += 1
        status = _boundary.FINISHED if counted == epochs else _boundary.UNFINISHED
        return status, counted, 0, -1
