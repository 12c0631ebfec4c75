"""PyTorch, eager: a module, its loss, autograd and the fused optimizer.

Idea: write the forward pass and let the library find the rest.
Expected: slow on small networks, on wide ones near the peak.
Why: every operation is looked up, recorded for autograd and dispatched, some hundred microseconds a
step whatever the layers hold; on wide layers that does not show beside the library's products.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from fastbp.bench.problems import Problem
from fastbp.bench.rung import Numbers, Rung, as_float64
from fastbp.inputs import Array

G = {"identity": nn.Identity, "sigmoid": nn.Sigmoid, "tanh": nn.Tanh, "relu": nn.ReLU}


class PyTorch(Rung):
    """Forward and backward pass are not apart here: autograd does both, and hides its numbers."""

    kernels = ("step",)
    counts_memory = False

    def __init__(
        self,
        problem: Problem,
        dtype: str,
        threads: int,
        weights: list[Array],
        biases: list[Array],
    ) -> None:
        super().__init__(problem, dtype, threads, [], [])
        torch.set_num_threads(threads)
        modules: list[nn.Module] = []
        for w, b in zip(weights, biases, strict=True):
            linear = nn.Linear(*reversed(w.shape), dtype=getattr(torch, dtype))
            with torch.no_grad():
                linear.weight.copy_(torch.from_numpy(w))
                linear.bias.copy_(torch.from_numpy(b))
            modules += [linear, G[problem.activation]()]
        self._layers: list[Any] = modules[::2]
        self._entropy = problem.loss == "cross_entropy"
        # The loss takes z where it is cross_entropy.
        modules[-1] = nn.Identity() if self._entropy else G[problem.output_activation]()
        self._model = nn.Sequential(*modules)
        self._optimizer = torch.optim.SGD(
            self._model.parameters(), lr=problem.learning_rate, fused=True
        )

    def put(self, X: Array, Y: Array) -> None:
        """Share the arrays' memory; classes are faster than rows with one 1."""
        self._x, self._y = torch.from_numpy(X), self._targets(Y)

    def _targets(self, Y: Array) -> torch.Tensor:
        return torch.from_numpy(Y.argmax(axis=1) if self._entropy else Y)

    def step(self, X: Array, Y: Array) -> None:
        """One mini-batch."""
        if len(X) > 0:
            self.put(X, Y)
            self._step(self._x, self._y)

    def _step(self, x: torch.Tensor, y: torch.Tensor) -> None:
        self._optimizer.zero_grad()
        z = self._model(x)
        if self._entropy:
            loss = nn.functional.cross_entropy(z, y)
        else:
            loss = nn.functional.mse_loss(z, y, reduction="sum") * (0.5 / len(y))
        loss.backward()
        self._optimizer.step()

    def train(self, X: Array, Y: Array, orders: Sequence[Array]) -> int:
        """Gather an epoch at a call."""
        m, steps = self.problem.batch_size, 0
        samples, targets = torch.from_numpy(X), self._targets(Y)
        for order in orders:
            if len(order) < m:
                continue
            rows = torch.from_numpy(order[: len(order) // m * m].astype(np.int64))
            x, y = samples.index_select(0, rows), targets.index_select(0, rows)
            for batch in zip(x.split(m), y.split(m), strict=True):
                self._step(*batch)
                steps += 1
        return steps

    def read(self) -> Numbers:
        """Copy the parameters."""
        return Numbers(
            *(
                as_float64([getattr(layer, name).detach().numpy() for layer in self._layers])
                for name in ("weight", "bias")
            )
        )
