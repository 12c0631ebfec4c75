"""Two small networks, and data that each of them can learn."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastbp import Network


def classifier(seed: int = 0, **options: Any) -> Any:
    options = {"activation": "tanh", "dtype": "float64", **options}
    return Network(
        [4, 6, 3], output_activation="softmax", loss="cross_entropy", seed=seed, **options
    )


def regressor(seed: int = 0, **options: Any) -> Any:
    options = {"activation": "tanh", "output_activation": "identity", "dtype": "float64", **options}
    return Network([4, 6, 2], seed=seed, **options)


def samples(n: int = 60, seed: int = 9) -> tuple[np.ndarray, np.ndarray]:
    """Three classes around three centres, in turn."""
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 3
    return rng.standard_normal((n, 4)) + 1.5 * np.eye(3, 4)[y], y


def curve_samples(n: int = 60, seed: int = 9) -> tuple[np.ndarray, np.ndarray]:
    X = np.random.default_rng(seed).standard_normal((n, 4))
    return X, np.stack([np.sin(X[:, 0]), X[:, 1] * X[:, 2]], axis=1)
