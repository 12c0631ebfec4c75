"""Numba: the same loops in Python, compiled by LLVM when they are first called.

Idea: leave the loops as they are and have them compiled for the types they meet.
Expected: like the plain kernels; seconds until the first result.
Why: without Python's objects the loops are machine code, and with the sums in memory (w as
(n_in, n_out), j innermost) the compiler may make vectors of them: no sum is put into another order.
"""

from typing import Any

import numba
import numpy as np

from fastbp.bench.rung import ArrayRung
from fastbp.inputs import Array

IDENTITY, SIGMOID, TANH, RELU, SOFTMAX = range(5)
NUMBERS = {"identity": 0, "sigmoid": 1, "tanh": 2, "relu": 3, "softmax": 4}


@numba.njit
def activate(g: int, z: Array) -> None:
    """a_j = g(z_j), in place, for one sample's layer."""
    if g == SIGMOID:
        for j in range(len(z)):
            e = np.exp(-abs(z[j]))
            z[j] = (1 if z[j] >= 0 else e) / (1 + e)
    elif g == TANH:
        for j in range(len(z)):
            z[j] = np.tanh(z[j])
    elif g == RELU:
        for j in range(len(z)):
            z[j] = 0 if z[j] < 0 else z[j]
    elif g == SOFTMAX:
        top, total = z.max(), z[0] * 0
        for j in range(len(z)):
            z[j] = np.exp(z[j] - top)
            total += z[j]
        for j in range(len(z)):
            z[j] /= total


@numba.njit
def times_slope(g: int, a: Array, delta: Array) -> None:
    """delta_j *= g'(z_j), in terms of a_j, for one sample's layer."""
    if g == SIGMOID:
        for j in range(len(a)):
            delta[j] *= a[j] * (1 - a[j])
    elif g == TANH:
        for j in range(len(a)):
            delta[j] *= 1 - a[j] * a[j]
    elif g == RELU:
        for j in range(len(a)):
            delta[j] *= a[j] > 0


@numba.njit
def forward(w: Array, b: Array, below: Array, a: Array, g: int) -> None:
    """One layer of all rows."""
    for i in range(len(a)):
        for j in range(len(b)):
            a[i, j] = b[j]
        for k in range(len(w)):
            for j in range(len(b)):
                a[i, j] += w[k, j] * below[i, k]
        activate(g, a[i])


@numba.njit
def output(a: Array, y: Array, delta: Array, g: int) -> None:
    """The last layer's delta."""
    for i in range(len(a)):
        for j in range(a.shape[1]):
            delta[i, j] = a[i, j] - y[i, j]
        times_slope(g, a[i], delta[i])


@numba.njit
def backward(w: Array, delta: Array, a: Array, below: Array, g: int) -> None:
    """One layer's delta, from the layer above."""
    for i in range(len(below)):
        for k in range(len(w)):
            dC_da_k = w[0, 0] * 0
            for j in range(w.shape[1]):
                dC_da_k += w[k, j] * delta[i, j]
            below[i, k] = dC_da_k
        times_slope(g, a[i], below[i])


@numba.njit
def accumulate(delta: Array, below: Array, dw: Array, db: Array) -> None:
    """Sums over the rows."""
    dw[:] = 0
    db[:] = 0
    for i in range(len(delta)):
        for j in range(len(db)):
            db[j] += delta[i, j]
        for k in range(len(dw)):
            for j in range(len(db)):
                dw[k, j] += delta[i, j] * below[i, k]


@numba.njit
def update_array(parameters: Array, gradient: Array, rate: Any) -> None:
    """One layer's weights or biases."""
    for i in range(parameters.size):
        parameters.flat[i] -= rate * gradient.flat[i]


class Numba(ArrayRung):
    """One call of compiled code for each layer and loop."""

    k_major = True

    def start(self, weights: list[Array], biases: list[Array]) -> None:
        """The functions know activations by number."""
        super().start(weights, biases)
        self._g = [NUMBERS[name] for name in self.activations]
        self._slope = [NUMBERS[name] for name in self.problem.slopes]

    def forward(self) -> None:
        """Layer by layer."""
        below = self.x
        for w, b, a, g in zip(self.w, self.b, self.a, self._g, strict=True):
            forward(w, b, below, a, g)
            below = a

    def backward(self) -> None:
        """From the last layer down."""
        output(self.a[-1], self.y, self.delta[-1], self._slope[-1])
        for l in range(len(self.w) - 1, 0, -1):
            below = self.a[l - 1], self.delta[l - 1]
            backward(self.w[l], self.delta[l], *below, self._slope[l - 1])

    def accumulate(self) -> None:
        """Layer by layer."""
        below = self.x
        for delta, a, dw, db in zip(self.delta, self.a, self.dw, self.db, strict=True):
            accumulate(delta, below, dw, db)
            below = a

    def update(self) -> None:
        """Layer by layer."""
        if self.m == 0:
            return
        rate = self.w[0].dtype.type(self.problem.learning_rate / self.m)
        for w, b, dw, db in zip(self.w, self.b, self.dw, self.db, strict=True):
            update_array(w, dw, rate)
            update_array(b, db, rate)
