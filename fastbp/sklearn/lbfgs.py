"""The loss and its gradient, which SciPy's L-BFGS-B minimizes."""

from time import perf_counter
from typing import Any

import numpy as np

from fastbp import _boundary
from fastbp.inputs import Array
from fastbp.sklearn.choices import clip_of, loss_factor
from fastbp.sklearn.plain_arrays import aligned
from fastbp.sklearn.targets import as_targets
from fastbp.training.threads import chooser


def loss_and_gradient(
    estimator: Any, packed: Array, X: Any, y: Array, sample_weight: Array | None
) -> tuple[float, Array]:
    """C + alpha / (2 W) sum w_jk^2 and its gradient, at some parameters.

    W is the number of rows, or their weight. Unlike scikit-learn's, the gradient of a squared error
    of several outputs is that of the loss itself, which is a mean over the outputs.

    ``packed`` has the weights, layer by layer, and then the biases.
    """
    engine, n = estimator._engine, X.shape[0]
    model, architecture = engine.model, engine.model.architecture
    model.state.parameters.flat[engine.places] = packed
    gradient, part = model.scratch.arrays(n)
    weights = None if sample_weight is None else aligned(np.asarray(sample_weight, np.float64))
    kind = architecture.dtype.char, "lbfgs"
    threads = chooser(estimator._most_threads(), architecture.sizes, n, *kind, stepwise=True)
    n_threads, _ = threads.next()
    start = perf_counter()
    _, C, _, _ = model.program.gradients(
        estimator._rows_of(X),
        as_targets(y).array,
        None,
        gradient,
        part,
        False,
        _boundary.COUNT_IDS["nothing"],
        weights,
        n_threads=n_threads,
        clip=clip_of(estimator, architecture.dtype),
    )
    threads.record(n_threads, perf_counter() - start, n)
    C, weight = (C / n, n) if weights is None else (C, weights.sum())
    factor = loss_factor(estimator)
    n_weights = sum(w.size for w in engine.coefs)
    w, alpha = packed[:n_weights], estimator.alpha
    slope = gradient[engine.places] * (factor / n)
    slope[:n_weights] += (alpha / weight) * w
    loss = factor * C + 0.5 * alpha * float(w @ w) / weight
    return estimator._loss_type(X, y, sample_weight)(loss), slope
