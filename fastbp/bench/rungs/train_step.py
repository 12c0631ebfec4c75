"""fastbp's production kernels, one call of ``net.train_step`` for each mini-batch.

Idea: the tuned kernels: register tiles that keep every accumulator in a register, for the vectors
of this machine, with bias, activation and update inside the tiles.
Expected: a few times faster than NumPy, most on small layers.
Why: a multiply-add unit idles unless some ten sums are under way, and a tile has them; nothing is
written that the next loop reads at once. What is left is the call: some ten microseconds of Python.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ClassVar

import numpy as np

from fastbp._boundary import LayerCalls
from fastbp.bench.rung import Numbers, Rung, as_float64
from fastbp.inputs import Array
from fastbp.model.padded_rows import padded_base, padded_copy, padded_zeros
from fastbp.model.parameters import Parameters


class TrainStep(Rung):
    """``Network``; the three loops by themselves are the boundary's calls layer by layer."""

    supports: ClassVar = {"optimizer": ("sgd", "adam", "adam_hat")}

    def start(self, weights: list[Array], biases: list[Array]) -> None:
        """A network with the given weights."""
        self.random = np.random.default_rng(0)
        self.net = self.problem.network(self.dtype, seed=self.random)
        for l, (w, b) in enumerate(zip(weights, biases, strict=True)):
            self.net.weights[l][...] = w
            self.net.biases[l][...] = b
        self.optimizer = self.problem.make_optimizer()
        model = self.net._model
        self._layer_calls = LayerCalls(model.program)
        self._gradient = Parameters(model.layout, True)
        self._m = -1
        self._layers: range  # empty where there are no rows, for which the kernels are not made

    def put(self, X: Array, Y: Array) -> None:
        """Copy into padded rows, as the kernels want them."""
        self._x, self._y = (padded_copy(of, self.net.dtype) for of in (X, Y))
        if len(X) != self._m:
            self._m = len(X)
            self._z, self._a, self._delta, self._dC = (
                [padded_zeros(self._m, n, self.net.dtype) for n in self.net.sizes] for _ in range(4)
            )
            self._C_0 = np.empty(self._m)
            self._layers = range(1, self.net.L + 1 if self._m > 0 else 1)
        self._a[0] = self._x
        self._bases = [
            [*map(padded_base, part)] for part in (self._z, self._a, self._delta, self._dC)
        ]

    def forward(self) -> None:
        """Layer by layer."""
        z, a, _, _ = self._bases
        for l in self._layers:
            self._layer_calls.forward(l, a[l - 1], z[l], a[l])

    def backward(self) -> None:
        """Layer by layer."""
        L, (z, a, delta, dC) = self.net.L, self._bases
        if self._layers:
            self._layer_calls.output(z[L], a[L], padded_base(self._y), delta[L], self._C_0)
        for l in reversed(self._layers[1:]):
            self._layer_calls.backward(l, delta[l], dC[l - 1])
            self._layer_calls.slope(l - 1, a[l - 1], dC[l - 1], delta[l - 1])

    def accumulate(self) -> None:
        """Into zeros."""
        _, a, delta, _ = self._bases
        self._gradient.flat[...] = 0
        for l in self._layers:
            self._layer_calls.accumulate(l, delta[l], a[l - 1], self._gradient.flat)

    def step(self, X: Array, Y: Array) -> None:
        """One call, with all its checks."""
        if len(X) > 0:
            self.net.train_step(X, Y, optimizer=self.optimizer)

    @contextmanager
    def predictor(self, X: Array) -> Iterator[Callable[[], Array]]:
        """``net.predict``, with all its checks."""
        yield lambda: self.net.predict(X)

    def read(self) -> Numbers:
        """Copy out of the network, and out of the padded rows."""
        w, b = as_float64(self.net.weights), as_float64(self.net.biases)
        if self._m < 0:
            return Numbers(w, b)
        dw, db = as_float64(self._gradient.weights), as_float64(self._gradient.biases)
        return Numbers(w, b, as_float64(self._a[1:]), as_float64(self._delta[1:]), dw, db)
