"""The base classes of rungs: loops, steps and predictions, on an own copy of the weights.

They are the one kind of participant: the ladder proves and times their loops and steps, the scripts
of benchmarks/ their epochs, with other optimizers too, and their predictions.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from fastbp.bench.problems import KERNELS, Problem
from fastbp.inputs import Array
from fastbp.operations import LOSSES

#: The losses of which dC_0/da_j, or with a softmax or its like dC_0/dz_j, is a_j - y_j.
DIFFERENCES = tuple(name for name, row in LOSSES.items() if row.slope_formula == "(a_j - y_j)")


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

    A subclass gives ``forward``, ``backward``, ``accumulate``, ``update`` and ``read``, and ``put``
    if it wants the mini-batch in another way, or overrides ``step`` (one that does all at once) or
    ``train`` (one that does whole epochs at a call). :class:`ArrayRung` has all but the three
    loops. Any rung can predict: one with another way than ``forward`` overrides ``predictor``. What
    it makes once is made in ``start``.

    Parameters
    ----------
    problem : Problem
        Sizes, activations, loss, largest mini-batch, optimizer, learning rate. A subclass that has
        nothing like it raises :class:`UnsupportedError`; ``supports`` lets this class do so.
    dtype : {"float32", "float64"}
        The number type of all arrays.
    threads : int
        How many it may use; it may well use fewer.
    weights, biases : list of ndarray
        (n_l, n_(l-1)) and (n_l,) of layers 1 to L, of ``dtype``. They are copied.
    """

    #: What it can be timed at. ``("step",)`` where the three loops have no existence of their own.
    kernels: ClassVar[tuple[str, ...]] = KERNELS
    #: Field of the problem -> what it may be. Fields that are not named may be anything.
    supports: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "optimizer": ("sgd",),
        "loss": DIFFERENCES,
    }
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
        for name, values in self.supports.items():
            if (value := getattr(problem, name)) not in values:
                raise UnsupportedError(f"it has no {name} {value}")
        self.problem, self.dtype, self.threads = problem, dtype, threads
        self.start(weights, biases)

    def start(self, weights: list[Array], biases: list[Array]) -> None:
        """Copy the first weights and biases, and make what else there is to make."""
        self.w = [np.array(w, self.dtype, order="C") for w in weights]
        self.b = [np.array(b, self.dtype) for b in biases]

    def put(self, X: Array, Y: Array) -> None:
        """Take the mini-batch: C-contiguous (m, n_0) and (m, n_L) of ``dtype``; m = 0 is legal.

        The arrays stay as they are until the next ``put``, so they need not be copied. They are
        kept as ``x`` and ``y``, unless this is overridden.
        """
        self.x, self.y = X, Y

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

    @contextmanager
    def predictor(self, X: Array) -> Iterator[Callable[[], Any]]:
        """Give a call that predicts these samples, (m, n_0), as often as it is made: (m, n_L).

        ``forward`` does it unless this is overridden, for m up to ``problem.batch_size``. What it
        takes to make the samples the rung's own kind of array is done before, and not timed.
        """
        Y = np.zeros((len(X), self.problem.sizes[-1]), self.dtype)

        def predict() -> Any:
            self.put(X, Y)
            self.forward()
            return (self.read().a or [])[-1]

        yield predict

    def predict(self, X: Array) -> Array:
        """a^(L) of each sample, in float64."""
        with self.predictor(X) as predict:
            return np.array(predict(), np.float64).reshape(len(X), -1)

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
    and the m rows of ``a[i]`` and ``delta[i]`` belong to layer i + 1. What is left to write are the
    three loops. ``w`` and ``dw`` are (n_in, n_out) in a subclass with ``k_major``.
    """

    k_major: ClassVar[bool] = False

    def start(self, weights: list[Array], biases: list[Array]) -> None:
        """Make every array once."""
        super().start([w.T if self.k_major else w for w in weights], biases)
        rows, self.activations = self.problem.batch_size, self.problem.activations
        self.dw, self.db = ([np.zeros_like(p) for p in of] for of in (self.w, self.b))
        self._rows = [
            [np.zeros((rows, n), self.dtype) for n in self.problem.sizes[1:]] for _ in range(2)
        ]
        self.m, (self.a, self.delta) = -1, self._rows

    def resize(self, m: int) -> None:
        """View m rows of ``a`` and ``delta``."""
        self.m = m
        self.a, self.delta = ([of[:m] for of in rows] for rows in self._rows)

    def put(self, X: Array, Y: Array) -> None:
        """Keep the arrays."""
        super().put(X, Y)
        if len(X) != self.m:
            self.resize(len(X))

    def update(self) -> None:
        """Move every weight."""
        if self.m == 0:
            return
        rate = self.problem.learning_rate / self.m
        for parameters, gradients in ((self.w, self.dw), (self.b, self.db)):
            for parameter, gradient in zip(parameters, gradients, strict=True):
                parameter -= rate * gradient

    def read(self) -> Numbers:
        """Copy the arrays, weights the notation's way round."""
        w, dw = ([p.T if self.k_major else p for p in of] for of in (self.w, self.dw))
        return Numbers(*map(as_float64, (w, self.b, self.a, self.delta, dw, self.db)))


def as_float64(arrays: Sequence[Array]) -> list[Array]:
    """Copies in float64, C-contiguous."""
    return [np.array(array, np.float64, order="C") for array in arrays]


def full_batches(orders: Sequence[Array], m: int) -> list[Array]:
    """Cut each order to the rows that fill mini-batches of m; one that fills none is left out.

    >>> full_batches([np.arange(7), np.arange(2)], 3)
    [array([0, 1, 2, 3, 4, 5])]
    """
    return [order[: len(order) // m * m] for order in orders if len(order) >= m]


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
