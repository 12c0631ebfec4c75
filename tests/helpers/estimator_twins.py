"""Networks that train as an estimator of fastbp.sklearn does, for comparison with it.

The rows go in order and there is no penalty: ``SETTINGS``. The first weights are drawn by
scikit-learn's formula, written here anew.
"""

from typing import Any

import numpy as np

from fastbp import Network

#: Parameters with which a fit is that of a Network, for a number of epochs.
SETTINGS: dict[str, Any] = {
    "shuffle": False,
    "alpha": 0.0,
    "tol": 0.0,
    "n_iter_no_change": np.inf,
    "random_state": 3,
    "batch_size": 20,
    "max_iter": 6,
}


def first_parameters(sizes: list[int], factors: list[float], state: np.random.RandomState) -> list:
    """Weights (n_out, n_in) and biases of each layer, from scikit-learn's draws."""
    layers = []
    for n_in, n_out, factor in zip(sizes[:-1], sizes[1:], factors, strict=True):
        bound = np.sqrt(factor / (n_in + n_out))
        w = state.uniform(-bound, bound, (n_in, n_out))
        layers.append((w.T, state.uniform(-bound, bound, n_out)))
    return layers


def twin(sizes: list[int], factors: list[float] | None = None, **arguments: Any) -> Network:
    """A network with the first weights of an estimator, and the generator after these draws."""
    state = np.random.RandomState(SETTINGS["random_state"])
    layers = first_parameters(sizes, factors or [6.0] * (len(sizes) - 1), state)
    arguments.setdefault("activation", "relu")
    net = Network(
        sizes,
        dtype="float64",
        initializer="zeros",
        seed=np.random.Generator(state._bit_generator),
        **arguments,
    )
    for l, (w, b) in enumerate(layers):
        net.weights[l][...], net.biases[l][...] = w, b
    return net


def equal_parameters(estimator: Any, net: Network) -> bool:
    """Whether both have the same bits."""
    return all(
        np.array_equal(coef.T, w) and np.array_equal(intercept, b)
        for coef, intercept, w, b in zip(
            estimator.coefs_, estimator.intercepts_, net.weights, net.biases, strict=True
        )
    )
