"""One temperature for a network's probabilities, fitted on rows that it did not learn from."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

#: What is tried: 61 numbers from 0.2 to 5, evenly spaced in their logarithms.
TEMPERATURES = np.exp(np.linspace(np.log(0.2), np.log(5.0), 61))
_ROWS = 65_536
# Below it a probability has no logarithm, or one that a single row would dominate with.
_SMALLEST = float(np.finfo(np.float32).tiny)


def tempered(a: NDArray[Any], temperature: float) -> NDArray[np.float64]:
    """softmax(z / T) of a = softmax(z): a_c^(1/T) / sum_k a_k^(1/T)."""
    if temperature == 1.0:
        p = a.astype(np.float64)
    else:
        z = np.log(np.maximum(a.astype(np.float64), _SMALLEST)) / temperature
        p = np.exp(z - z.max(axis=1, keepdims=True))
    return np.asarray(p / p.sum(axis=1, keepdims=True))


def best_temperature(
    a: NDArray[Any], y: NDArray[Any], weights: NDArray[np.float64] | None = None
) -> float:
    """The temperature with the least log-loss, of outputs a (n, K) and labels y (n,).

    The first of equals: with ``weights``, of rows, the loss is the weighted mean.

    Examples
    --------
    >>> a = np.array([[0.9, 0.1], [0.9, 0.1], [0.9, 0.1]])
    >>> round(best_temperature(a, np.array([0, 0, 1])), 2)  # sure of itself, and wrong in a third
    3.26
    """
    losses = np.zeros(len(TEMPERATURES))
    for start in range(0, len(a), _ROWS):
        rows = slice(start, start + _ROWS)
        z = np.log(np.maximum(a[rows].astype(np.float64), _SMALLEST))
        z -= z.max(axis=1, keepdims=True)
        right = z[np.arange(len(z)), y[rows]]
        for i, T in enumerate(TEMPERATURES):
            loss = np.log(np.exp(z / T).sum(axis=1)) - right / T
            losses[i] += loss.sum() if weights is None else loss @ weights[rows]
    return float(TEMPERATURES[losses.argmin()])
