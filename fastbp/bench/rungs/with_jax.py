"""JAX: one compiled ``lax.scan`` over all steps of an epoch.

Idea: trace the step once and let XLA compile the whole epoch, gathering and update too.
Expected: the fastest rung on the very smallest networks, near the peak on wide ones; a second or so
until the first result, and again for every new shape.
Why: XLA knows every size when it compiles, joins what stands beside each other, and crosses into
Python once an epoch; its products are a library's. Numbers below the smallest normal one it takes
for zeros, in float32 and in float64.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

import jax
import numpy as np

from fastbp import Adam
from fastbp.bench.rung import Numbers, Rung, as_float64, full_batches
from fastbp.inputs import Array
from fastbp.operations import LOSSES

G = {
    "identity": lambda z: z,
    "sigmoid": jax.nn.sigmoid,
    "tanh": jax.numpy.tanh,
    "relu": jax.nn.relu,
    "softmax": jax.nn.softmax,
}


class Jax(Rung):
    """Its numbers never leave the compiled epoch."""

    kernels = ("step",)
    counts_memory = False
    keeps_subnormals = False
    supports: ClassVar = {**Rung.supports, "optimizer": ("sgd", "adam")}

    def start(self, weights: list[Array], biases: list[Array]) -> None:
        """Parameters, with Adam its memories and t too, and the epoch to compile."""
        jax.config.update("jax_enable_x64", self.dtype == "float64")
        asarray = jax.numpy.asarray
        p = [(asarray(w.T), asarray(b)) for w, b in zip(weights, biases, strict=True)]
        self._state: tuple[Any, ...] = (p,)
        rule = self.problem.make_optimizer()
        self._adam = rule if isinstance(rule, Adam) else None
        if self._adam:
            zeros = [jax.tree.map(jax.numpy.zeros_like, p) for _ in range(2)]
            self._state = (p, *zeros, asarray(0.0, self.dtype))
        self._run = jax.jit(self._scan, donate_argnums=0)
        self._predict = jax.jit(self._output)

    def _z(self, p: Any, x: Any) -> Any:
        for w, b in p[:-1]:
            x = G[self.problem.activation](x @ w + b)
        w, b = p[-1]
        return x @ w + b

    def _output(self, p: Any, x: Any) -> Any:
        return G[self.problem.output_activation](self._z(p, x))

    def _loss(self, p: Any, x: Any, y: Any) -> Any:
        z = self._z(p, x)
        if LOSSES[self.problem.loss].chain_rule:
            C = 0.5 * (G[self.problem.output_activation](z) - y) ** 2
        elif self.problem.output_activation == "softmax":
            C = -y * jax.nn.log_softmax(z)
        else:
            C = jax.nn.softplus(z) - y * z
        return C.sum() / len(y)

    def _move(self, state: tuple[Any, ...], slopes: Any, rates: Any = None) -> tuple[Any, ...]:
        """One step; ``rates`` has one for each parameter, where they are not the problem's."""
        tree, adam = jax.tree.map, self._adam
        rates = rates or tree(lambda _: self.problem.learning_rate, slopes)
        if adam is None:
            return (tree(lambda p, g, rate: p - rate * g, *state, slopes, rates),)
        p, m, v, t = state
        t = t + 1
        m = tree(lambda m, g: adam.beta1 * m + (1 - adam.beta1) * g, m, slopes)
        v = tree(lambda v, g: adam.beta2 * v + (1 - adam.beta2) * g * g, v, slopes)
        root, eps, correction = jax.numpy.sqrt, adam.eps, 1 / (1 - adam.beta2**t)
        steps = tree(lambda rate: rate / (1 - adam.beta1**t), rates)
        p = tree(lambda p, m, v, step: p - step * m / (root(v * correction) + eps), p, m, v, steps)
        return p, m, v, t

    def _scan(self, state: Any, X: Any, Y: Any, rows: Any) -> Any:
        def step(state: Any, rows: Any) -> Any:
            x, y = (of.at[rows].get(mode="promise_in_bounds") for of in (X, Y))
            return self._move(state, jax.grad(self._loss)(state[0], x, y)), None

        return jax.lax.scan(step, state, rows)[0]

    def step(self, X: Array, Y: Array) -> None:
        """An epoch of one batch."""
        if len(X) > 0:
            self._epochs(X, Y, np.arange(len(X), dtype=np.int32)[np.newaxis])

    def train(self, X: Array, Y: Array, orders: Sequence[Array]) -> int:
        """All epochs in one call."""
        m = self.problem.batch_size
        rows = [np.empty(0, np.int32), *full_batches(orders, m)]
        every = np.concatenate(rows).astype(np.int32).reshape(-1, m)
        self._epochs(X, Y, every)
        return len(every)

    def _epochs(self, X: Array, Y: Array, rows: Array) -> None:
        self._state = self._run(self._state, X, Y, rows)

    def finish(self) -> None:
        """Its calls come back at once: wait for the parameters."""
        jax.block_until_ready(self._state)

    @contextmanager
    def predictor(self, X: Array) -> Iterator[Callable[[], Any]]:
        """The forward pass, compiled for so many samples."""
        p, x = self._state[0], jax.numpy.asarray(X)
        yield lambda: self._predict(p, x).block_until_ready()

    def read(self) -> Numbers:
        """Copy the parameters, weights the notation's way round."""
        w, b = zip(*((np.asarray(w).T, np.asarray(b)) for w, b in self._state[0]), strict=True)
        return Numbers(as_float64(w), as_float64(b))
