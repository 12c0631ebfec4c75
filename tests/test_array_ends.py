"""Kernels on arrays of exactly their own size, each allocated by itself.

In a training step the parts of a workspace lie side by side, and a step beyond one lands in the
next. Here it leaves the array, which `make sanitize` reports.
"""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from ways_in import network

from fastbp._boundary import leading_dimension
from fastbp.model.layerwise import padded_copy, whole

pytestmark = pytest.mark.kernels


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_kernels_end_where_their_arrays_end(dtype: str) -> None:
    one = leading_dimension(1, np.dtype(dtype).itemsize)  # rows of one and of three cache lines:
    rng = np.random.default_rng(0)  # there are no pads to step into
    for n_in, n_out, m in product((one, 3 * one), (one, 3 * one), (1, 2, 3, 7, 14, 16, 33)):
        net = network((n_in, n_out, n_in), dtype=dtype, activation="tanh")
        X, Y = rng.random((m, n_in)).astype(dtype), rng.random((m, n_in)).astype(dtype)
        x, y = padded_copy(X, net.dtype), padded_copy(Y, net.dtype)
        z, a = net._model.layerwise.forward(x)
        C_0, delta = net._model.layerwise.backward(z, a, y)
        by_layers, at_once = (
            np.zeros_like(net._model.state.parameters.flat),
            np.zeros_like(net._model.state.parameters.flat),
        )
        for l in range(1, net.L + 1):
            net._model.layerwise.program.accumulate_layer(
                l, whole(delta[l]), whole(a[l - 1]), by_layers
            )
        _, C, _, _ = net._model.program.gradients(X, Y, None, at_once, None)
        assert np.array_equal(a[net.L], net.predict(X))
        assert np.array_equal(by_layers, at_once)
        assert np.isclose(C_0.sum(), C, rtol=1e-12)
