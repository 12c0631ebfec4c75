"""JAX: one compiled ``lax.scan`` over all steps of an epoch.

Idea: trace the step once and let XLA compile the whole epoch, gathering and update too.
Expected: the fastest rung on the very smallest networks, near the peak on wide ones; a second or so
until the first result, and again for every new shape.
Why: XLA knows every size when it compiles, joins what stands beside each other, and crosses into
Python once an epoch; its products are a library's. Numbers below the smallest normal one it takes
for zeros, in float32 and in float64.
"""

from collections.abc import Sequence
from typing import Any

import jax
import numpy as np

from fastbp.bench.problems import Problem
from fastbp.bench.rung import Numbers, Rung, as_float64
from fastbp.inputs import Array

G = {
    "identity": lambda z: z,
    "sigmoid": jax.nn.sigmoid,
    "tanh": jax.numpy.tanh,
    "relu": jax.nn.relu,
}


class Jax(Rung):
    """Its numbers never leave the compiled epoch."""

    kernels = ("step",)
    counts_memory = False
    keeps_subnormals = False

    def __init__(
        self,
        problem: Problem,
        dtype: str,
        threads: int,
        weights: list[Array],
        biases: list[Array],
    ) -> None:
        super().__init__(problem, dtype, threads, [], [])
        jax.config.update("jax_enable_x64", dtype == "float64")
        asarray = jax.numpy.asarray
        self._p = [(asarray(w.T), asarray(b)) for w, b in zip(weights, biases, strict=True)]
        self._run = jax.jit(self._scan, donate_argnums=0)

    def put(self, X: Array, Y: Array) -> None:
        """Nothing: a step takes its arrays itself."""

    def _loss(self, p: Any, x: Any, y: Any) -> Any:
        for w, b in p[:-1]:
            x = G[self.problem.activation](x @ w + b)
        w, b = p[-1]
        z = x @ w + b
        if self.problem.loss == "cross_entropy":
            return -(y * jax.nn.log_softmax(z)).sum() / len(y)
        return 0.5 * ((G[self.problem.output_activation](z) - y) ** 2).sum() / len(y)

    def _scan(self, p: Any, X: Any, Y: Any, rows: Any) -> Any:
        rate = self.problem.learning_rate

        def step(p: Any, rows: Any) -> tuple[Any, None]:
            x, y = (of.at[rows].get(mode="promise_in_bounds") for of in (X, Y))
            slopes = jax.grad(self._loss)(p, x, y)
            return jax.tree.map(lambda parameter, slope: parameter - rate * slope, p, slopes), None

        return jax.lax.scan(step, p, rows)[0]

    def step(self, X: Array, Y: Array) -> None:
        """An epoch of one batch."""
        if len(X) > 0:
            self._epochs(X, Y, np.arange(len(X), dtype=np.int32)[np.newaxis])

    def train(self, X: Array, Y: Array, orders: Sequence[Array]) -> int:
        """All epochs in one call."""
        m = self.problem.batch_size
        rows = [order[: len(order) // m * m].reshape(-1, m) for order in orders]
        every = np.concatenate(rows).astype(np.int32)
        self._epochs(X, Y, every)
        return len(every)

    def _epochs(self, X: Array, Y: Array, rows: Array) -> None:
        self._p = self._run(self._p, X, Y, rows)

    def finish(self) -> None:
        """Its calls come back at once: wait for the parameters."""
        jax.block_until_ready(self._p)

    def read(self) -> Numbers:
        """Copy the parameters, weights the notation's way round."""
        w, b = zip(*((np.asarray(w).T, np.asarray(b)) for w, b in self._p), strict=True)
        return Numbers(as_float64(w), as_float64(b))
