"""Kernels on arrays of exactly their own size, each allocated by itself.

In a training step the parts of a workspace lie side by side, and a step beyond one lands in the
next. Here it leaves the array, which `make sanitize` reports.
"""

from __future__ import annotations

from itertools import chain, product

import numpy as np
import pytest
from ways_in import network

from fastbp._boundary import LayerCalls, leading_dimension
from fastbp.model.padded_rows import padded_base, padded_copy, padded_zeros

pytestmark = pytest.mark.kernels


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_kernels_end_where_their_arrays_end(dtype: str) -> None:
    columns_of_a_line = leading_dimension(
        1, np.dtype(dtype).itemsize
    )  # rows of one and of three cache lines:
    rng = np.random.default_rng(0)  # there are no pads to step into
    of_few_rows = product(
        (columns_of_a_line, 3 * columns_of_a_line),
        (columns_of_a_line, 3 * columns_of_a_line),
        (1, 2, 3, 7, 14, 16, 33),
    )
    far = 17 * columns_of_a_line, 9 * columns_of_a_line, 256  # more than a gradient leaves in place
    for n_in, n_out, m in chain(of_few_rows, [far]):
        net = network((n_in, n_out, n_in), dtype=dtype, activation="tanh")
        X, Y = rng.random((m, n_in)).astype(dtype), rng.random((m, n_in)).astype(dtype)
        z, a, delta, dC_da = ([padded_zeros(m, n, net.dtype) for n in net.sizes] for _ in range(4))
        a[0], y, C_0 = padded_copy(X, net.dtype), padded_copy(Y, net.dtype), np.empty(m)
        program, L = net._model.program, net.L
        of_layer = LayerCalls(program)
        for l in range(1, L + 1):
            of_layer.forward(l, padded_base(a[l - 1]), padded_base(z[l]), padded_base(a[l]))
        of_layer.output(*map(padded_base, (z[L], a[L], y, delta[L])), C_0)
        for l in range(L, 1, -1):
            of_layer.backward(l, padded_base(delta[l]), padded_base(dC_da[l - 1]))
            of_layer.slope(l - 1, *map(padded_base, (a[l - 1], dC_da[l - 1], delta[l - 1])))
        by_layers, at_once = (
            np.zeros_like(net._model.state.parameters.flat),
            np.zeros_like(net._model.state.parameters.flat),
        )
        for l in range(1, L + 1):
            of_layer.accumulate(l, padded_base(delta[l]), padded_base(a[l - 1]), by_layers)
        _, C, _, _ = program.gradients(X, Y, None, at_once, None)
        assert np.array_equal(a[L], net.predict(X))
        assert np.array_equal(by_layers, at_once)
        assert np.isclose(C_0.sum(), C, rtol=1e-12)
