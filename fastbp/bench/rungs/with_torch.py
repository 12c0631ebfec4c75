"""PyTorch, eager: a module, its loss, autograd and the fused optimizer.

Idea: write the forward pass and let the library find the rest.
Expected: slow on small networks, on wide ones near the peak.
Why: every operation is looked up, recorded for autograd and dispatched, some hundred microseconds a
step whatever the layers hold; on wide layers that does not show beside the library's products.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

import numpy as np
import torch
from torch import nn

from fastbp.bench.rung import Numbers, Rung, as_float64, full_batches
from fastbp.inputs import Array
from fastbp.operations import LOSSES

F = nn.functional
G: dict[str, Callable[[], nn.Module]] = {
    "identity": nn.Identity,
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
    "relu": nn.ReLU,
    "softmax": lambda: nn.Softmax(dim=1),
}


class PyTorch(Rung):
    """Forward and backward pass are not apart here: autograd does both, and hides its numbers."""

    kernels = ("step",)
    counts_memory = False
    supports: ClassVar = {**Rung.supports, "optimizer": ("sgd", "adam")}

    def start(self, weights: list[Array], biases: list[Array]) -> None:
        """A module, and its optimizer."""
        problem = self.problem
        torch.set_num_threads(self.threads)
        modules: list[nn.Module] = []
        for w, b in zip(weights, biases, strict=True):
            linear = nn.Linear(*reversed(w.shape), dtype=getattr(torch, self.dtype))
            with torch.no_grad():
                linear.weight.copy_(torch.from_numpy(w))
                linear.bias.copy_(torch.from_numpy(b))
            modules += [linear, G[problem.activation]()]
        self._layers: list[Any] = modules[::2]
        self._n = 0  # rows of an epoch that mini-batches were made for
        output = G[problem.output_activation]()
        self._takes_z = not LOSSES[problem.loss].chain_rule
        modules[-1:] = [] if self._takes_z else [output]
        self._model = nn.Sequential(*modules)
        self._whole = nn.Sequential(*modules, output) if self._takes_z else self._model
        self._optimizer = self._make_optimizer()

    def _make_optimizer(self) -> torch.optim.Optimizer:
        rule = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}[self.problem.optimizer]
        return rule(self._model.parameters(), lr=self.problem.learning_rate, fused=True)

    def _tensors(self, X: Array, Y: Array) -> tuple[torch.Tensor, ...]:
        """Share the arrays' memory; classes are faster than rows with one 1."""
        labels = self.problem.output_activation == "softmax"
        return torch.from_numpy(X), torch.from_numpy(Y.argmax(axis=1) if labels else Y)

    def _loss(self, z: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        if not self._takes_z:
            return F.mse_loss(z, y, reduction="sum") * (0.5 / len(y))
        if self.problem.output_activation == "softmax":
            return F.cross_entropy(z, y)
        return F.binary_cross_entropy_with_logits(z, y, reduction="sum") / len(y)

    def step(self, X: Array, Y: Array) -> None:
        """One mini-batch."""
        if len(X) > 0:
            self._step(*self._tensors(X, Y))

    def _step(self, x: torch.Tensor, y: torch.Tensor) -> None:
        self._optimizer.zero_grad()
        self._loss(self._model(x), y).backward()
        self._optimizer.step()

    def train(self, X: Array, Y: Array, orders: Sequence[Array]) -> int:
        """Gather an epoch at a call; mini-batches are views that are made once."""
        tensors, steps = self._tensors(X, Y), 0
        for order in full_batches(orders, self.problem.batch_size):
            rows = torch.from_numpy(order.astype(np.int64))
            if len(order) != self._n:
                self._n = len(order)
                self._epoch = [of.new_empty((self._n, *of.shape[1:])) for of in tensors]
                parts = [of.split(self.problem.batch_size) for of in self._epoch]
                self._batches = list(zip(*parts, strict=True))
            for tensor, out in zip(tensors, self._epoch, strict=True):
                torch.index_select(tensor, 0, rows, out=out)
            for batch in self._batches:
                self._step(*batch)
            steps += len(self._batches)
        return steps

    @contextmanager
    def predictor(self, X: Array) -> Iterator[Callable[[], torch.Tensor]]:
        """In inference mode."""
        with torch.inference_mode():
            x = torch.from_numpy(X)
            yield lambda: self._whole(x)

    def read(self) -> Numbers:
        """Copy the parameters."""
        return Numbers(
            *(
                as_float64([getattr(layer, name).detach().numpy() for layer in self._layers])
                for name in ("weight", "bias")
            )
        )
