"""Row 46: batches and layers of every size from 1 to 65, so that no tail of any tile is missed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from reference_network import Specification, assert_gradients_close
from tolerances import FLOAT64, assert_close
from ways_in import network

pytestmark = pytest.mark.kernels

# Number type -> bound: FLOAT64's derivation with the unit roundoff of float32, 2^29 times larger.
BOUNDS = {"float64": FLOAT64, "float32": FLOAT64 * 2**29}

# What grows -> (samples, inputs, hidden nodes, outputs).
GROWING: dict[str, Callable[[int], tuple[int, int, int, int]]] = {
    "samples": lambda n: (n, 3, 5, 2),
    "inputs": lambda n: (5, n, 3, 2),
    "hidden nodes": lambda n: (3, 2, n, 5),
    "outputs": lambda n: (2, 5, 3, n),
    "all at once": lambda n: (n, 66 - n, n, 66 - n),
}


@pytest.mark.parametrize("dtype", BOUNDS)
@pytest.mark.parametrize("dimension", GROWING)
def test_row_46_every_size_from_1_to_65(dimension: str, dtype: str) -> None:
    for n in range(1, 66):
        m, *sizes = GROWING[dimension](n)
        rng = np.random.default_rng(n)
        X = rng.standard_normal((m, sizes[0])).astype(dtype)
        Y = rng.standard_normal((m, sizes[-1])).astype(dtype)
        net = network(sizes, dtype=dtype, seed=n, activation="tanh", output_activation="softplus")
        spec = Specification.of(net)
        C, *gradient = spec.gradient(X, Y)
        assert_close(net.predict(X), spec.predict(X), BOUNDS[dtype], label=f"a, {dimension} {n}")
        assert_close(net.loss_value(X, Y), C, BOUNDS[dtype], label=f"C, {dimension} {n}")
        assert_gradients_close(net.gradients(X, Y), tuple(gradient), BOUNDS[dtype])


@pytest.mark.filterwarnings("ignore::fastbp.TrainingWarning")  # noise: none can learn it
@pytest.mark.parametrize("dtype", BOUNDS)
def test_row_46_prime_batches_in_a_whole_epoch(dtype: str) -> None:
    rng = np.random.default_rng(0)
    X, Y = rng.standard_normal((101, 7)), rng.standard_normal((101, 3))
    for batch_size in (1, 2, 3, 17, 53, 100, 101):
        net = network((7, 5, 3), dtype=dtype)
        stepped = net.copy()
        net.fit(X, Y, epochs=1, batch_size=batch_size, shuffle=False)
        for start in range(0, 101, batch_size):
            stepped.train_step(X[start : start + batch_size], Y[start : start + batch_size])
        assert_close(net.parameters, stepped.parameters, 0.0)
