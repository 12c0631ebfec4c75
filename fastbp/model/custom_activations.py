"""Callbacks from the compiled code into custom activations."""

from typing import Any, NamedTuple

import numpy as np

from fastbp.activations import Activation
from fastbp.errors import ShapeError
from fastbp.inputs import Array


class Callback(NamedTuple):
    """One layer's activation; the arrays (m, n_l) are views of the pass's own memory."""

    activation: Activation

    def forward(self, z: Array, a: Array) -> None:
        """Put g(z) into a."""
        a[...] = _values("g", self.activation.g, z)

    def backward(self, z: Array, delta: Array) -> None:
        """Multiply delta, which holds dC/da, by g'(z)."""
        delta *= _values("derivative", self.activation.derivative, z)


def _values(name: str, function: Any, z: Array) -> Array:
    """Call one of the caller's functions on z, which is read-only, and check the result."""
    result = np.asarray(function(z))
    if result.shape != z.shape or result.dtype.kind not in "fiub":
        raise ShapeError(
            f"the activation's {name} must return real numbers of the shape it was given: expected "
            f"{z.shape}, got {result.shape} of {result.dtype}"
        )
    return result.astype(z.dtype, copy=False)
