"""NumPy with every buffer made once.

Idea: give every operation an ``out=``, keep w as (n_in, n_out), the faster way round for ``a @ w``,
put learning rate and mean into the output's delta, the smallest array there is, keep all parameters
in one array, so that they move at one call, and gather an epoch at a call.
Expected: up to twice as fast as allocating.
Why: memory that is still in the cache is written again, and the allocator is never asked. What is
left is the price of a call, about a microsecond, some twenty times a step, and that bias,
activation and update go through memory once each, between products that have just been there.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from math import sqrt
from typing import Any, ClassVar

import numpy as np

from fastbp import Adam
from fastbp.bench.rung import ArrayRung, Rung, full_batches
from fastbp.inputs import Array


def _sigmoid(z: Array) -> None:
    np.negative(z, out=z)
    np.exp(z, out=z)  # e^-z may be infinite, and 1 over it the 0 that is meant
    z += 1
    np.reciprocal(z, out=z)


def _softmax(z: Array) -> None:
    z -= z.max(axis=1, keepdims=True)
    np.exp(z, out=z)
    z /= z.sum(axis=1, keepdims=True)


def _sigmoid_slope(a: Array, slope: Array) -> None:
    np.subtract(1, a, out=slope)
    slope *= a


def _tanh_slope(a: Array, slope: Array) -> None:
    np.multiply(a, a, out=slope)
    np.subtract(1, slope, out=slope)


# Name -> (g in place, g' from a into a buffer); None where there is nothing to compute.
_IN_PLACE: dict[
    str, tuple[Callable[[Array], object] | None, Callable[[Array, Array], object] | None]
] = {
    "identity": (None, None),
    "sigmoid": (_sigmoid, _sigmoid_slope),
    "tanh": (lambda z: np.tanh(z, out=z), _tanh_slope),
    "relu": (lambda z: np.maximum(z, 0, out=z), lambda a, slope: np.greater(a, 0, out=slope)),
    "softmax": (_softmax, None),
}


class NumPyOut(ArrayRung):
    """``step`` scales the output's delta; ``backward`` alone leaves it as the notation has it."""

    k_major = True
    supports: ClassVar = {**Rung.supports, "optimizer": ("sgd", "adam", "adam_hat")}

    def start(self, weights: list[Array], biases: list[Array]) -> None:
        """All parameters are views of one array, all gradients of another."""
        super().start(weights, biases)
        (self._p, self.w, self.b), (self._dp, self.dw, self.db) = (
            _in_one_array(of) for of in ((self.w, self.b), (self.dw, self.db))
        )
        rule = self.problem.make_optimizer()
        self._adam = rule if isinstance(rule, Adam) else None
        self._memories = [np.zeros_like(self._p) for _ in range(3 * (self._adam is not None))]
        self._t = 0
        self._g = [
            (_IN_PLACE[g][0], _IN_PLACE[slope][1])
            for g, slope in zip(self.activations, self.problem.slopes, strict=True)
        ]
        kinds = [bool if name == "relu" else self.dtype for name in self.activations]
        self._slope_rows = [
            np.empty(a.shape, kind) for a, kind in zip(self._rows[0], kinds, strict=True)
        ]
        self._epochs: dict[int, tuple[Array, Array, list[tuple[Array, Array]]]] = {}

    def put(self, X: Array, Y: Array) -> None:
        """Keep the arrays; of another number of rows, make every view that the loops take."""
        m = self.m
        super().put(X, Y)
        if len(X) != m:
            self._ones = np.ones(len(X), self.dtype)
            slopes = [rows[: len(X)] for rows in self._slope_rows]
            below = [None, *self.delta[:-1]]
            wT = [w.T for w in self.w]
            down = zip(self.delta, self.a, self._g, slopes, wT, below, strict=True)
            self._down = list(down)[::-1]
            self._aT = [a.T for a in self.a]

    def forward(self) -> None:
        """Product, bias and activation in one buffer."""
        with np.errstate(over="ignore"):
            self._forward(self.x, self.a)

    def _forward(self, below: Array, layers: list[Array]) -> None:
        for w, b, a, (g, _) in zip(self.w, self.b, layers, self._g, strict=True):
            np.dot(below, w, out=a)
            a += b
            if g is not None:
                g(a)
            below = a

    def backward(self) -> None:
        """From the last layer down."""
        self._backward(1.0)

    def _backward(self, rate: float) -> None:
        last = self.delta[-1]
        np.subtract(self.a[-1], self.y, out=last)
        if rate != 1:
            last *= rate
        for delta, a, (_, slope), buffer, wT, below in self._down:
            if slope is not None:
                slope(a, buffer)
                delta *= buffer
            if below is not None:
                np.dot(delta, wT, out=below)

    def accumulate(self) -> None:
        """The sum over the rows is a product too."""
        belowT, ones = self.x.T, self._ones
        for delta, aT, dw, db in zip(self.delta, self._aT, self.dw, self.db, strict=True):
            np.dot(belowT, delta, out=dw)
            np.dot(ones, delta, out=db)
            belowT = aT

    def step(self, X: Array, Y: Array) -> None:
        """With SGD the gradient of a scaled delta is the step itself."""
        with np.errstate(over="ignore"):
            self._step(X, Y)

    def _step(self, X: Array, Y: Array) -> None:
        if len(X) == 0:
            return
        self.put(X, Y)
        self._forward(X, self.a)
        self._backward((1 if self._adam else self.problem.learning_rate) / len(X))
        self.accumulate()
        if self._adam:
            self._move(self._adam)
        else:
            self._p -= self._dp

    def _move(self, adam: Adam) -> None:
        p, g, (m, v, s) = self._p, self._dp, self._memories
        self._t += 1
        m *= adam.beta1
        np.multiply(g, 1 - adam.beta1, out=s)
        m += s
        v *= adam.beta2
        g *= g
        g *= 1 - adam.beta2
        v += g
        correction = 1 / (1 - adam.beta2**self._t)
        np.multiply(v, correction, out=s)
        np.sqrt(s, out=s)
        s += adam.eps * sqrt(correction) if adam.eps_hat else adam.eps
        np.divide(m, s, out=s)
        s *= self.problem.learning_rate / (1 - adam.beta1**self._t)
        p -= s

    def train(self, X: Array, Y: Array, orders: Sequence[Array]) -> int:
        """Gather an epoch at a call; a mini-batch is a view that is made once."""
        m, steps = self.problem.batch_size, 0
        for rows in full_batches(orders, m):
            x, y, batches = self._epoch(len(rows), X, Y)
            np.take(X, rows, axis=0, out=x, mode="clip")  # "raise" would copy once more
            np.take(Y, rows, axis=0, out=y, mode="clip")
            with np.errstate(over="ignore"):
                for batch in batches:
                    self._step(*batch)
            steps += len(batches)
        return steps

    def _epoch(self, n: int, X: Array, Y: Array) -> Any:
        """Buffers of so many rows, and their mini-batches."""
        if n not in self._epochs:
            m = self.problem.batch_size
            x, y = (np.empty((n, of.shape[1]), of.dtype) for of in (X, Y))
            self._epochs = {n: (x, y, [(x[i : i + m], y[i : i + m]) for i in range(0, n, m)])}
        return self._epochs[n]

    @contextmanager
    def predictor(self, X: Array) -> Iterator[Callable[[], Array]]:
        """Into buffers of their own."""
        layers = [np.empty((len(X), n), self.dtype) for n in self.problem.sizes[1:]]

        def predict() -> Array:
            self._forward(X, layers)
            return layers[-1]

        with np.errstate(over="ignore"):
            yield predict


def _in_one_array(pair: tuple[list[Array], list[Array]]) -> tuple[Array, list[Array], list[Array]]:
    """Copy weights and biases into one array; it, and their views of it."""
    parts = [part for of in pair for part in of]
    whole = np.concatenate([part.ravel() for part in parts])
    views = np.split(whole, np.cumsum([part.size for part in parts])[:-1])
    shaped = [view.reshape(part.shape) for view, part in zip(views, parts, strict=True)]
    return whole, shaped[: len(pair[0])], shaped[len(pair[0]) :]
