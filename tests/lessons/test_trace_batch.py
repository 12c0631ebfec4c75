"""A traced batch: its gradient is the mean of its samples', by bits and by index."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from drawn import PAIRS, build, targets
from network_state import differences, state_of
from tolerances import FLOAT64, assert_close, unit_roundoff
from ways_in import NUMBERS

import fastbp
from fastbp import Network

pytestmark = pytest.mark.kernels

SIZES = [5, 7, 4]


def made(**options: Any) -> Any:
    return build(1, SIZES, **{"activation": "tanh", "dtype": "float64", "bias": True, **options})


def rows(m: int, net: Any, loss: str = "squared_error") -> tuple[Any, Any]:
    rng = np.random.default_rng(m)
    X = rng.standard_normal((m, SIZES[0])).astype(net.dtype)
    return X, targets(rng, loss, m, SIZES[-1], net.dtype.name)


@pytest.mark.parametrize("bias", [True, False, "fixed"])
@pytest.mark.parametrize("numbers", NUMBERS)
@pytest.mark.parametrize("m", [1, 6, 1100])
def test_the_mean_has_the_bits_of_gradients(m: int, numbers: str, bias: Any) -> None:
    net = made(bias=bias, **({"dtype": "float32"} | NUMBERS[numbers]))
    X, Y = rows(m, net)
    before = state_of(net)
    b, g = net.trace_batch(X, Y), net.gradients(X, Y)
    for l in (1, 2):
        assert np.array_equal(b.dC_dw[l], g.weights[l - 1])
        if bias:
            assert np.array_equal(b.dC_db[l], g.biases[l - 1])
    assert net.loss_value(X, Y) == b.C
    assert (len(b), b.sizes, b.L) == (m, tuple(SIZES), 2)
    assert differences(state_of(net), before) == ""


@pytest.mark.filterwarnings("ignore::fastbp.errors.PerformanceWarning")
def test_a_loss_of_the_callers_own_is_called_for_two_passes() -> None:
    """One shows z, a and delta; one has the bits of gradients, and C."""
    called = []

    def value(a: Any, y: Any) -> Any:
        called.append(len(a))
        return ((a - y) ** 2).sum(axis=1)

    net = made(loss=fastbp.Loss(value, lambda a, y: 2 * (a - y)))
    X, Y = rows(6, net)
    called.clear()
    b = net.trace_batch(X, Y)
    assert called == [6, 6]
    assert net.loss_value(X, Y) == b.C


@pytest.mark.parametrize(("hidden", "output", "loss"), PAIRS[::5])
def test_the_gradient_is_the_mean_of_the_traces(hidden: Any, output: Any, loss: Any) -> None:
    net = made(activation=hidden, output_activation=output, loss=loss)
    net.parameters = net.parameters / 4
    X, Y = rows(6, net, loss)
    b = net.trace_batch(X, Y)
    for l in (1, 2):
        assert_close(b.dC_dw[l], np.mean([t.dC_dw[l] for t in b], axis=0), FLOAT64)
        assert_close(b.dC_db[l], np.mean([t.dC_db[l] for t in b], axis=0), FLOAT64)
    assert_close(b.C_0, [t.C_0 for t in b])
    assert_close(b.C, b.C_0.mean())


@pytest.mark.parametrize("numbers", NUMBERS)
def test_each_sample_has_the_bits_of_its_own_trace(numbers: str) -> None:
    net = made(**({"dtype": "float32"} | NUMBERS[numbers]))
    X, Y = rows(6, net)
    b = net.trace_batch(X, Y)
    for i in range(6):
        t = net.trace(X[i], Y[i])
        for l in (1, 2):
            assert np.array_equal(b[i].dC_dw[l], t.dC_dw[l])
            assert np.array_equal(b.delta[l][i], t.delta[l])
            assert np.array_equal(b.z[l][i], t.z[l])
        assert np.array_equal(b.a[2][i], t.a[2])
        assert b.C_0[i] == t.C_0
    assert np.array_equal(b[-1].a[0], X[5])


def test_labels_are_targets_too() -> None:
    net = made(output_activation="softmax", loss="cross_entropy")
    X, _ = rows(6, net)
    labels = np.arange(6) % 4
    by_label, by_row = net.trace_batch(X, labels), net.trace_batch(X, np.eye(4)[labels])
    assert np.array_equal(by_label.dC_dw[1], by_row.dC_dw[1])
    assert np.array_equal(by_label[3].y, np.eye(4)[3])


def test_a_weight_s_term_lists_the_samples() -> None:
    net = made()
    X, Y = rows(6, net)
    b = net.trace_batch(X, Y)
    for l, j, k in [(1, 6, 4), (2, 3, 0)]:
        term = b.term(l, j, k)
        assert_close(term.dC_dw, [t.dC_dw[l][j, k] for t in b], 4 * unit_roundoff("float64"))
        assert_close(term.value, b.dC_dw[l][j, k])
        assert_close(term.sum, 6 * term.value)
    lines = repr(b.term(1, 6, 4)).splitlines()
    assert lines[0].startswith("dC/dw_64^(1) = 1/6 sum_i dC_i/dw_64^(1)")
    assert len(lines) == 9
    with pytest.raises(IndexError, match="k must be a node of layer 0, from 0 to 4, got 5"):
        b.term(1, 0, 5)
    assert len(repr(net.trace_batch(*rows(100, net)).term(1, 0, 0)).splitlines()) == 36


def test_it_keeps_the_numbers_of_its_call() -> None:
    net = made()
    X, Y = rows(6, net)
    b, expected = net.trace_batch(X, Y), net.trace(X[2], Y[2])
    net.fit(X, Y, epochs=2)
    X[...] = 0
    assert np.array_equal(b[2].dC_dw[1], expected.dC_dw[1])


def test_what_is_no_batch_is_refused() -> None:
    net = made()
    X, Y = rows(6, net)
    with pytest.raises(ValueError, match="at least one sample"):
        net.trace_batch(X[:0], Y[:0])
    with pytest.raises(fastbp.errors.ShapeError):
        net.trace_batch(X, Y[:3])
    with pytest.raises(IndexError, match="samples 0 to 5, got 6"):
        net.trace_batch(X, Y)[6]
    assert "6 samples through 5-7-4" in repr(net.trace_batch(X, Y))


def test_sparse_rows_are_samples_too() -> None:
    scipy = pytest.importorskip("scipy.sparse", reason="SciPy is not installed")
    net = Network(SIZES, seed=0)
    X, Y = rows(6, net)
    X[X < 0] = 0
    dense, sparse = net.trace_batch(X, Y), net.trace_batch(scipy.csr_array(X), Y)
    assert np.array_equal(dense.dC_dw[1], sparse.dC_dw[1])
    assert np.array_equal(dense[2].dC_dw[1], sparse[2].dC_dw[1])
