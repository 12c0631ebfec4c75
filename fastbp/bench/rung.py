"""The base classes of rungs: three loops and a training step, on an own copy of the weights."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from fastbp.bench.problems import KERNELS, Problem
from fastbp.inputs import Array


class UnsupportedError(ValueError):
    """Raised by a rung's ``__init__`` for a problem that it does not support; says why.

    The rung is then left out of that table. It is not wrong.
    """


@dataclass
class Numbers:
    """A rung's numbers as float64 copies; ``a[l - 1]`` is a^(l), and so on for l = 1..L.

    A list is None where such numbers never exist. a and delta are (m, n_l), dw and w are
    (n_l, n_(l-1)), db and b are (n_l,).
    """

    w: list[Array]
    b: list[Array]
    a: list[Array] | None = None
    delta: list[Array] | None = None
    dw: list[Array] | None = None
    db: list[Array] | None = None


class Rung:
    """One way to write the loops. State: a network's numbers and one mini-batch.

    A subclass gives ``put``, ``forward``, ``backward``, ``accumulate``, ``update`` and ``read``,
    or overrides ``step`` (one that does all at once) or ``train`` (one that does whole epochs at a
    call). :class:`ArrayRung` has all but the three loops.

    Parameters
    ----------
    problem : Problem
        Sizes, activations, loss, largest mini-batch, learning rate. A subclass that has nothing
        like it raises :class:`UnsupportedError`.
    dtype : {"float32", "float64"}
        The number type of all arrays.
    threads : int
        How many it may use; it may well use fewer.
    weights, biases : list of ndarray
        (n_l, n_(l-1)) and (n_l,) of layers 1 to L, of ``dtype``. They are copied.
    """

    #: What it can be timed at. ``("step",)`` where the three loops have no existence of their own.
    kernels: ClassVar[tuple[str, ...]] = KERNELS
    #: False where its memory does not come from Python or NumPy, so that nothing can be counted.
    counts_memory: ClassVar[bool] = True
    #: False where numbers below the smallest normal one become zeros, which the tables then say.
    keeps_subnormals: ClassVar[bool] = True

    def __init__(
        self,
        problem: Problem,
        dtype: str,
        threads: int,
        weights: list[Array],
        biases: list[Array],
    ) -> None:
        self.problem = problem
        self.dtype = dtype
        self.threads = threads
        self.w = [np.array(w, dtype, order="C") for w in weights]
        self.b = [np.array(b, dtype) for b in biases]

    def put(self, X: Array, Y: Array) -> None:
        """Take the mini-batch: C-contiguous (m, n_0) and (m, n_L) of ``dtype``; m = 0 is legal.

        The arrays stay as they are until the next ``put``, so they need not be copied.
        """
        raise NotImplementedError

    def forward(self) -> None:
        """z_j = b_j + sum_k w_jk a_k and a_j = g(z_j), for all rows and layers."""
        raise NotImplementedError

    def backward(self) -> None:
        """delta^(L) from the loss, then delta_k = g'(z_k) sum_j w_jk delta_j down to layer 1."""
        raise NotImplementedError

    def accumulate(self) -> None:
        """dC/dw_jk = sum of delta_j a_k and dC/db_j = sum of delta_j, over the rows."""
        raise NotImplementedError

    def update(self) -> None:
        """w_jk -= learning_rate / m dC/dw_jk, and the same with b; nothing if m is 0."""
        raise NotImplementedError

    def step(self, X: Array, Y: Array) -> None:
        """Train on one mini-batch."""
        self.put(X, Y)
        self.forward()
        self.backward()
        self.accumulate()
        self.update()

    def train(self, X: Array, Y: Array, orders: Sequence[Array]) -> int:
        """Train an epoch for each order, an int64 array of rows; return the number of steps.

        Each batch_size rows make a mini-batch; what is left over at an order's end is left out.
        """
        m, steps = self.problem.batch_size, 0
        x, y = (np.empty((m, of.shape[1]), of.dtype) for of in (X, Y))
        for order in orders:
            for start in range(0, len(order) - m + 1, m):
                rows = order[start : start + m]
                np.take(X, rows, axis=0, out=x, mode="clip")  # "raise" would copy once more
                np.take(Y, rows, axis=0, out=y, mode="clip")
                self.step(x, y)
                steps += 1
        return steps

    def read(self) -> Numbers:
        """Copy all its numbers, in the notation's way round."""
        raise NotImplementedError

    def finish(self) -> None:
        """Wait until all work is done; the clock runs meanwhile.

        Override it in a rung whose calls return before their work is done.
        """

    def close(self) -> None:
        """Release threads, files and other resources."""


class ArrayRung(Rung):
    """A rung whose numbers are NumPy arrays in the notation's way round.

    ``x`` and ``y`` are the mini-batch, ``m`` its rows. ``w[i]``, ``b[i]``, ``dw[i]``, ``db[i]``
    and the first m rows of ``a[i]`` and ``delta[i]`` belong to layer i + 1. What is left to write
    are the three loops.
    """

    def __init__(
        self,
        problem: Problem,
        dtype: str,
        threads: int,
        weights: list[Array],
        biases: list[Array],
    ) -> None:
        super().__init__(problem, dtype, threads, weights, biases)
        rows, widths = problem.batch_size, problem.sizes[1:]
        self.a, self.delta = ([np.zeros((rows, n), dtype) for n in widths] for _ in range(2))
        self.dw = [np.zeros_like(w) for w in self.w]
        self.db = [np.zeros_like(b) for b in self.b]
        names = [problem.activation] * (len(widths) - 1) + [problem.output_activation]
        self.activations = names

    def put(self, X: Array, Y: Array) -> None:
        """Keep the arrays."""
        self.x, self.y, self.m = X, Y, len(X)

    def update(self) -> None:
        """Move every weight."""
        if self.m == 0:
            return
        rate = self.problem.learning_rate / self.m
        for parameters, gradients in ((self.w, self.dw), (self.b, self.db)):
            for parameter, gradient in zip(parameters, gradients, strict=True):
                parameter -= rate * gradient

    def read(self) -> Numbers:
        """Copy the arrays."""
        a, delta = ([of[: self.m] for of in buffers] for buffers in (self.a, self.delta))
        return Numbers(*map(as_float64, (self.w, self.b, a, delta, self.dw, self.db)))


def as_float64(arrays: Sequence[Array]) -> list[Array]:
    """Copies in float64, C-contiguous."""
    return [np.array(array, np.float64, order="C") for array in arrays]


def mini_batches(orders: Sequence[Array], m: int) -> int:
    """Count the full mini-batches of m rows in orders.

    >>> mini_batches([np.arange(7), np.arange(2)], 3)
    2
    """
    return sum(len(order) // m for order in orders)


class Orders(list[Array]):
    """Orders of n samples: what ``default_rng(seed).permutation(n)`` draws, time after time.

    A rung that shuffles by a generator of its own can start that one from ``seed``.

    Examples
    --------
    >>> Orders(4, epochs=2, seed=3)
    [array([3, 2, 1, 0]), array([3, 1, 0, 2])]
    """

    def __init__(self, n: int, *, epochs: int, seed: int) -> None:
        self.n, self.seed = n, seed
        rng = np.random.default_rng(seed)
        super().__init__(rng.permutation(n) for _ in range(epochs))
