"""The trace of one sample, by index, against the batch calls."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from small_tasks import classifier
from tolerances import assert_close, unit_roundoff
from ways_in import NUMBERS

from fastbp import Network

pytestmark = pytest.mark.kernels


@pytest.mark.parametrize("numbers", NUMBERS)
def test_the_trace_has_the_numbers_of_the_gradients(numbers: str) -> None:
    net = Network([4, 3, 3, 2], seed=1, **NUMBERS[numbers])
    x, y = (np.array(row, dtype=net.dtype) for row in ([0.1, -0.4, 0.9, 0.3], [0.2, 0.7]))
    t, g = net.trace(x, y), net.gradients(x[None], y[None])
    assert np.array_equal(t.a[0], x)
    assert np.array_equal(t.a[3], net.predict(x[None])[0])
    assert_close(t.C_0, net.loss_value(x[None], y[None]), 1e-15)
    for l in range(1, 4):
        assert np.array_equal(t.dC_dw[l], g.weights[l - 1])
        assert np.array_equal(t.dC_db[l], g.biases[l - 1])
        assert np.array_equal(t.dC_db[l], t.delta[l])
        # A bfloat16 number is off by up to 2^-8; a dense layer's products and sums, by twice that.
        bound = 2.0**-7 if net.compute else 8 * unit_roundoff(net.dtype)
        assert_close(t.dC_dw[l], np.outer(t.delta[l], t.a[l - 1]), bound)
        assert_close(t.z[l], net.layer(l).w @ t.a[l - 1] + net.layer(l).b, bound)


def test_the_trace_takes_a_label() -> None:
    net = classifier()
    x = np.array([0.1, -0.4, 0.9, 0.3])
    by_label, by_row = net.trace(x, 2), net.trace(x, np.array([0.0, 0.0, 1.0]))
    assert by_label.C_0 == by_row.C_0
    assert np.array_equal(by_label.delta[1], by_row.delta[1])


def test_the_printed_trace_names_the_symbols() -> None:
    text = str(Network([2, 2, 1], seed=0).trace(np.array([1.0, 2.0]), np.array([0.0])))
    for symbol in ("z", "a", "delta", "dC_0/dw", "C_0"):
        assert symbol in text
    assert all(len(line) <= 80 for line in text.splitlines())


@pytest.mark.parametrize("bias", [True, False, "fixed"])
def test_a_printed_trace_has_biases_only_where_the_network_has_them(bias: Any) -> None:
    net = Network([2, 2, 1], bias=bias, seed=0)
    step = net.trace_step([1.0, 0.5], [0.0], "sgd")
    assert step.bias == net.trace([1.0, 0.5], [0.0]).bias == bias
    lines = str(step).splitlines()
    for part in ("z_j = b_j + sum_k", "dC_0/db_j", "old b^(1)", "new b^(2)"):
        assert any(part in line for line in lines) == (bias is not False), part
    assert "old w^(1)" in str(step)
