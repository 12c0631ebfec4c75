"""scikit-learn: ``MLPClassifier`` or ``MLPRegressor``, an epoch in each call of ``partial_fit``.

Idea: use what is there.
Expected: like allocating NumPy, and as much again.
Why: inside are the same matrix products with new arrays; around them stand a loss that is computed
in every step, checks, and an optimizer that goes over all weights a few times.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

import numpy as np
from sklearn.neural_network import MLPClassifier, MLPRegressor

from fastbp.bench.rung import Numbers, Rung, UnsupportedError, as_float64, full_batches
from fastbp.inputs import Array

PAIRS = (
    ("identity", "half_squared_error"),
    ("softmax", "cross_entropy"),
    ("sigmoid", "binary_cross_entropy"),
)
ACTIVATIONS = {"sigmoid": "logistic", "tanh": "tanh", "relu": "relu"}  # fastbp's -> its own


class ScikitLearn(Rung):
    """Plain SGD: no momentum, no penalty, no shuffling of its own."""

    kernels = ("step",)
    supports: ClassVar = {"optimizer": ("sgd", "adam_hat")}  # which is what it calls Adam

    def start(self, weights: list[Array], biases: list[Array]) -> None:
        """An estimator that is set up for one epoch at a call."""
        problem = self.problem
        n_L = problem.sizes[-1]
        pair = problem.output_activation, problem.loss
        if pair not in PAIRS:
            raise UnsupportedError(f"it has no {' with '.join(pair).replace('_', ' ')}")
        if pair[0] == "softmax" and n_L < 3:
            raise UnsupportedError("it tells two classes apart with one output")
        if pair[0] == "sigmoid" and n_L > 1:
            raise UnsupportedError("its sigmoid tells two classes apart")
        self._classifies = pair[0] != "identity"
        kind = MLPClassifier if self._classifies else MLPRegressor
        self._estimator = kind(
            hidden_layer_sizes=problem.sizes[1:-1],
            activation=ACTIVATIONS[problem.activation],
            solver=problem.optimizer.removesuffix("_hat"),
            momentum=0.0,
            alpha=0.0,
            learning_rate_init=problem.learning_rate,
            batch_size=problem.batch_size,
            shuffle=False,
            random_state=0,
        )
        self._put_parameters(weights, biases)

    def _put_parameters(self, weights: list[Array], biases: list[Array]) -> None:
        """Give it first weights, for which it has no public way: train once, and overwrite."""
        n_L = self.problem.sizes[-1]
        x = np.zeros((n_L, self.problem.sizes[0]), self.dtype)
        classes = {"classes": np.arange(max(n_L, 2))} if self._classifies else {}
        self._fit(x, np.eye(n_L, dtype=self.dtype), **classes)
        for coefs, w in zip(self._estimator.coefs_, weights, strict=True):
            coefs[...] = w.T
        for intercepts, b in zip(self._estimator.intercepts_, biases, strict=True):
            intercepts[...] = b
        del self._estimator._optimizer

    def _fit(self, X: Array, Y: Array, **kwargs: Any) -> None:
        """One epoch."""
        self._estimator.batch_size = min(self.problem.batch_size, len(X))  # or it warns
        y = Y[:, 0] if Y.shape[1] == 1 else Y.argmax(axis=1) if self._classifies else Y
        self._estimator.partial_fit(X, y, **kwargs)

    def step(self, X: Array, Y: Array) -> None:
        """An epoch of one batch."""
        if len(X) > 0:
            self._fit(X, Y)

    def train(self, X: Array, Y: Array, orders: Sequence[Array]) -> int:
        """An epoch at a call, gathered beforehand."""
        epochs = full_batches(orders, self.problem.batch_size)
        for rows in epochs:
            self._fit(X[rows], Y[rows])
        return sum(map(len, epochs)) // self.problem.batch_size

    @contextmanager
    def predictor(self, X: Array) -> Iterator[Callable[[], Array]]:
        """``predict``, or ``predict_proba``, which has two columns for one output."""
        estimator, n_L = self._estimator, self.problem.sizes[-1]
        if self._classifies:
            yield lambda: estimator.predict_proba(X)[:, -n_L:]
        else:
            yield lambda: estimator.predict(X)

    def read(self) -> Numbers:
        """Copy the parameters, weights the notation's way round."""
        w = as_float64([coefs.T for coefs in self._estimator.coefs_])
        return Numbers(w, as_float64(self._estimator.intercepts_))
