"""The specification, fastbp.reference: lists and loops, one line for each line of the notation.

Idea: write the textbook down and run it.
Expected: the slowest rung but one; some 20 to 100 ns for each multiply-add.
Why: every number is an object on the heap. To add two of them the interpreter looks up what they
are, finds what + means for those, and makes a third; the addition itself is a hundredth of it.
"""

from typing import Any

import numpy as np

from fastbp import reference, reference_tables
from fastbp.bench.problems import Problem
from fastbp.bench.rung import Numbers, Rung
from fastbp.validation import Array


class Specification(Rung):
    """Python's floats are double precision, so this is float64 whatever ``dtype`` says."""

    def __init__(
        self,
        problem: Problem,
        dtype: str,
        threads: int,
        weights: list[Array],
        biases: list[Array],
    ) -> None:
        super().__init__(problem, dtype, threads, weights, biases)
        L = len(weights)
        names = [problem.activation] * (L - 1) + [problem.output_activation]
        rows = [reference_tables.ACTIVATIONS[name] for name in names]
        self._g = [None, *(g for g, _ in rows)]
        self._g_prime = [None, *(g_prime for _, g_prime in rows)]
        _, self._output_delta = reference_tables.LOSSES[problem.loss]
        self._w: list[Any] = [None, *(w.tolist() for w in weights)]
        self._b: list[Any] = [None, *(b.tolist() for b in biases)]

    def put(self, X: Array, Y: Array) -> None:
        """Make lists."""
        self._X, self._Y = X.tolist(), Y.tolist()

    def forward(self) -> None:
        """One sample after the other."""
        self._za = [reference.forward(x, self._w, self._b, self._g) for x in self._X]

    def backward(self) -> None:
        """One sample after the other."""
        self._delta = [
            reference.backward(z, a, y, self._w, self._g_prime, self._output_delta)
            for (z, a), y in zip(self._za, self._Y, strict=True)
        ]

    def accumulate(self) -> None:
        """Into zeros."""
        self._dw: list[Any] = [None, *([[0.0] * len(row) for row in w] for w in self._w[1:])]
        self._db: list[Any] = [None, *([0.0] * len(b) for b in self._b[1:])]
        for delta, (_, a) in zip(self._delta, self._za, strict=True):
            reference.accumulate(delta, a, self._dw, self._db)

    def update(self) -> None:
        """Use the mean over the rows."""
        m = len(self._X)
        if m == 0:
            return
        dC_dw = [None, *([[s / m for s in row] for row in dw] for dw in self._dw[1:])]
        dC_db = [None, *([s / m for s in db] for db in self._db[1:])]
        reference.sgd_step(self._w, self._b, dC_dw, dC_db, self.problem.learning_rate)

    def read(self) -> Numbers:
        """Make arrays of the lists."""
        a, delta = getattr(self, "_za", None), getattr(self, "_delta", None)
        return Numbers(
            w=[np.array(w) for w in self._w[1:]],
            b=[np.array(b) for b in self._b[1:]],
            a=None if a is None else self._by_layer([a_i for _, a_i in a]),
            delta=None if delta is None else self._by_layer(delta),
            dw=[np.array(dw) for dw in getattr(self, "_dw", [])[1:]],
            db=[np.array(db) for db in getattr(self, "_db", [])[1:]],
        )

    def _by_layer(self, samples: list[Any]) -> list[Array]:
        """From lists by sample and then layer to an array for each layer."""
        widths = enumerate(self.problem.sizes[1:], start=1)
        return [
            np.array([of[l] for of in samples], np.float64).reshape(len(samples), n)
            for l, n in widths
        ]
