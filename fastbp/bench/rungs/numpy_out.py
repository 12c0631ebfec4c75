"""NumPy with every buffer made once.

Idea: give every operation an ``out=``, keep w as (n_in, n_out), the faster way round for ``a @ w``,
and put learning rate and mean into the output's delta, the smallest array there is.
Expected: up to twice as fast as allocating.
Why: memory that is still in the cache is written again, and the allocator is never asked. What is
left is the price of a call, about a microsecond, some twenty times a step, and that bias,
activation and update go through memory once each, between products that have just been there.
"""

from collections.abc import Callable

import numpy as np

from fastbp.bench.problems import Problem
from fastbp.bench.rung import Numbers, Rung, as_float64
from fastbp.inputs import Array


def _sigmoid(z: Array) -> None:
    np.negative(z, out=z)
    with np.errstate(over="ignore"):  # e^-z may be infinite, and 1 over it the 0 that is meant
        np.exp(z, out=z)
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
    "softmax": (_softmax, None),  # with cross_entropy delta = a - y, without a slope
}


class NumPyOut(Rung):
    """``step`` scales the output's delta; ``backward`` alone leaves it as the notation has it."""

    def __init__(
        self,
        problem: Problem,
        dtype: str,
        threads: int,
        weights: list[Array],
        biases: list[Array],
    ) -> None:
        super().__init__(problem, dtype, threads, weights, biases)
        names = [problem.activation] * (len(weights) - 1) + [problem.output_activation]
        self._g = [_IN_PLACE[name] for name in names]
        self.w = [np.array(w.T, dtype, order="C") for w in weights]
        self._wT = [w.T for w in self.w]
        self._dw, self._db = ([np.zeros_like(p) for p in parts] for parts in (self.w, self.b))
        rows, widths = problem.batch_size, problem.sizes[1:]
        self._buffers = [[np.zeros((rows, n), dtype) for n in widths] for _ in range(3)]
        self._m = -1

    def put(self, X: Array, Y: Array) -> None:
        """Keep the arrays, and view as many rows of the buffers."""
        self._x, self._y = X, Y
        if len(X) != self._m:
            self._m = len(X)
            views = ([buffer[: self._m] for buffer in of] for of in self._buffers)
            self._a, self._delta, self._slope = views
            self._aT = [a.T for a in self._a]

    def forward(self) -> None:
        """Product, bias and activation in one buffer."""
        below = self._x
        for w, b, a, (g, _) in zip(self.w, self.b, self._a, self._g, strict=True):
            np.dot(below, w, out=a)
            a += b
            if g is not None:
                g(a)
            below = a

    def backward(self) -> None:
        """From the last layer down."""
        self._backward(1.0)

    def _backward(self, rate: float) -> None:
        a, delta = self._a, self._delta
        np.subtract(a[-1], self._y, out=delta[-1])
        if rate != 1:
            delta[-1] *= rate
        for i in reversed(range(len(delta))):
            slope = self._g[i][1]
            if slope is not None:
                slope(a[i], self._slope[i])
                delta[i] *= self._slope[i]
            if i > 0:
                np.dot(delta[i], self._wT[i], out=delta[i - 1])

    def accumulate(self) -> None:
        """The sum over the rows is a product too."""
        belowT = self._x.T
        for delta, aT, dw, db in zip(self._delta, self._aT, self._dw, self._db, strict=True):
            np.dot(belowT, delta, out=dw)
            np.add.reduce(delta, axis=0, out=db)
            belowT = aT

    def step(self, X: Array, Y: Array) -> None:
        """The gradient of a scaled delta is the step itself."""
        if len(X) == 0:
            return
        self.put(X, Y)
        self.forward()
        self._backward(self.problem.learning_rate / len(X))
        self.accumulate()
        for w, b, dw, db in zip(self.w, self.b, self._dw, self._db, strict=True):
            w -= dw
            b -= db

    def read(self) -> Numbers:
        """Copy the arrays, weights the notation's way round."""
        w, dw = (as_float64([part.T for part in of]) for of in (self.w, self._dw))
        b, a, delta, db = map(as_float64, (self.b, self._a, self._delta, self._db))
        return Numbers(w, b, a, delta, dw, db)
