"""Initializers: name -> how the first weights (and for one of them the biases) are drawn.

With n_in nodes below and n_out nodes in the layer:

==============  ==================================  ==================================
name            _uniform: U(-limit, limit)          _normal: N(0, sigma^2)
==============  ==================================  ==================================
glorot          limit = sqrt(6 / (n_in + n_out))    sigma = sqrt(2 / (n_in + n_out))
he              limit = sqrt(6 / n_in)              sigma = sqrt(2 / n_in)
lecun           limit = sqrt(3 / n_in)              sigma = sqrt(1 / n_in)
==============  ==================================  ==================================

"normal" is Nielsen's start, N(0, 1) for weights and biases; "zeros" is zero. All but "normal"
leave the biases zero. Sources: Glorot and Bengio (2010); He et al. (2015); LeCun et al. (1998).
"""

from collections.abc import Callable
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Draw = Callable[["np.random.Generator", int, int], Array]

# Name -> sigma^2 of the weights as a function of (n_in, n_out).
_VARIANCES: dict[str, Callable[[int, int], float]] = {
    "glorot": lambda n_in, n_out: 2 / (n_in + n_out),
    "he": lambda n_in, n_out: 2 / n_in,
    "lecun": lambda n_in, n_out: 1 / n_in,
}


def _uniform(variance: Callable[[int, int], float]) -> Draw:
    def draw(rng: "np.random.Generator", n_out: int, n_in: int) -> Array:
        limit = np.sqrt(3 * variance(n_in, n_out))  # the variance of U(-r, r) is r^2 / 3
        return rng.uniform(-limit, limit, (n_out, n_in))

    return draw


def _normal(variance: Callable[[int, int], float]) -> Draw:
    def draw(rng: "np.random.Generator", n_out: int, n_in: int) -> Array:
        return rng.normal(0.0, np.sqrt(variance(n_in, n_out)), (n_out, n_in))

    return draw


INITIALIZERS: dict[str, Draw] = {
    **{f"{name}_uniform": _uniform(variance) for name, variance in _VARIANCES.items()},
    **{f"{name}_normal": _normal(variance) for name, variance in _VARIANCES.items()},
    "normal": _normal(lambda n_in, n_out: 1.0),
    "zeros": lambda rng, n_out, n_in: np.zeros((n_out, n_in)),
}

#: Initialisers that draw the biases too, after the weights of their layer.
DRAWS_BIASES = ("normal",)
