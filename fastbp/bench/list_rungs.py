"""Rungs over Python lists: the specification, and its loops compiled."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from fastbp import reference, reference_tables
from fastbp.bench.compiled_rungs import import_loops
from fastbp.bench.rung import Numbers, Rung
from fastbp.inputs import Array


class Lists(Rung):
    """Loops of a module with functions like those of :mod:`fastbp.reference`, or that itself.

    Python's floats are double precision, so this is float64 whatever ``dtype`` says.
    """

    module: ClassVar[str | None] = None
    supports: ClassVar = {"optimizer": ("sgd",)}

    @classmethod
    def module_of(cls, dtype: str) -> str | None:
        """The end of its module's name; None where it is not compiled."""
        return cls.module

    def start(self, weights: list[Array], biases: list[Array]) -> None:
        """Lists of lists."""
        self._loops = reference if self.module is None else import_loops(self.module)
        rows = [reference_tables.ACTIVATIONS[name] for name in self.problem.activations]
        self._g = [None, *(g for g, _ in rows)]
        self._g_prime = [None, *(g_prime for _, g_prime in rows)]
        _, self._output_delta = reference_tables.LOSSES[self.problem.loss]
        self._w: list[Any] = [None, *(w.tolist() for w in weights)]
        self._b: list[Any] = [None, *(b.tolist() for b in biases)]
        self._X: list[Any] = []  # these by sample
        self._Y: list[Any] = []
        self._za: list[Any] = []
        self._delta: list[Any] = []
        self._zeros()

    def _zeros(self) -> None:
        self._dw: list[Any] = [None, *([[0.0] * len(row) for row in w] for w in self._w[1:])]
        self._db: list[Any] = [None, *([0.0] * len(b) for b in self._b[1:])]

    def put(self, X: Array, Y: Array) -> None:
        """Make lists."""
        self._X, self._Y = X.tolist(), Y.tolist()

    def forward(self) -> None:
        """One sample after the other."""
        self._za = [self._loops.forward(x, self._w, self._b, self._g) for x in self._X]

    def backward(self) -> None:
        """One sample after the other."""
        self._delta = [
            self._loops.backward(z, a, y, self._w, self._g_prime, self._output_delta)
            for (z, a), y in zip(self._za, self._Y, strict=True)
        ]

    def accumulate(self) -> None:
        """One sample after the other, into zeros."""
        self._zeros()
        for delta, (_, a) in zip(self._delta, self._za, strict=True):
            self._loops.accumulate(delta, a, self._dw, self._db)

    def update(self) -> None:
        """Move by the sums, the rate divided by the rows: that is the mean."""
        if self._X:
            rate = self.problem.learning_rate / len(self._X)
            self._loops.sgd_step(self._w, self._b, self._dw, self._db, rate)

    def read(self) -> Numbers:
        """Make arrays of the lists."""
        w, b, dw, db = (
            [np.array(part) for part in of[1:]] for of in (self._w, self._b, self._dw, self._db)
        )
        a = self._by_layer([a for _, a in self._za])
        return Numbers(w, b, a, self._by_layer(self._delta), dw, db)

    def _by_layer(self, samples: list[Any]) -> list[Array]:
        """From lists by sample and then layer to an array for each layer."""
        return [
            np.array([of[l] for of in samples], np.float64).reshape(len(samples), n)
            for l, n in enumerate(self.problem.sizes[1:], start=1)
        ]


class Untyped(Lists):
    """The specification, compiled as it is."""

    module = "untyped"


class PureMode(Lists):
    """The same loops with the variables' types annotated."""

    module = "pure_mode"
