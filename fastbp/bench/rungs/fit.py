"""fastbp's production kernels, whole epochs in one call of ``net.fit``.

Idea: cross into compiled code once for many epochs instead of once for each mini-batch.
Expected: the fastest rung, or as fast as the fastest.
Why: gathering, shuffling, forward, backward and update follow each other without Python, a lock or
an allocation in between, and the next batch is fetched while this one is computed.
"""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from fastbp.bench.rung import Orders, full_batches
from fastbp.bench.rungs.train_step import TrainStep
from fastbp.inputs import Array


class Fit(TrainStep):
    """The same network. Finiteness is not checked: no other rung does.

    It has a step and no loops: those that ``TrainStep`` calls layer by layer are not what it runs.
    """

    kernels: ClassVar[tuple[str, ...]] = ("step",)

    def step(self, X: Array, Y: Array) -> None:
        """An epoch of one batch."""
        if len(X) > 0:
            self._fit(X, Y, epochs=1, shuffle=False)

    def train(self, X: Array, Y: Array, orders: Sequence[Array]) -> int:
        """Shuffle inside the call where the orders are drawn; gather beforehand where not."""
        m = self.problem.batch_size
        if isinstance(orders, Orders) and orders.n == len(X) and len(X) % m == 0:
            drawn_alike = np.random.default_rng(orders.seed)
            self.random.bit_generator.state = drawn_alike.bit_generator.state
            self._fit(X, Y, epochs=len(orders), shuffle=True)
            return len(orders) * (len(X) // m)
        epochs = full_batches(orders, m)
        for rows in epochs:
            self._fit(X[rows], Y[rows], epochs=1, shuffle=False)
        return sum(map(len, epochs)) // m

    def _fit(self, X: Array, Y: Array, *, epochs: int, shuffle: bool) -> None:
        self.net.fit(
            X,
            Y,
            epochs=epochs,
            batch_size=self.problem.batch_size,
            optimizer=self.optimizer,
            shuffle=shuffle,
            n_threads=1 if self.threads == 1 else None,  # as users have it: fit's own choice
            check_input=False,
        )
