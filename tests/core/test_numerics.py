"""Rows 38 to 49: numbers that overflow or vanish, kinks, and sums that are long.

Rows that are tested elsewhere, or by other means:

====  ============================================================================================
row   where
====  ============================================================================================
43    test_not_finite.py (rows 33 to 36) meets NaN in every kernel set that is built
46    test_every_size.py
====  ============================================================================================
"""

from __future__ import annotations

import math
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from drawn import EVERY_HIDDEN
from reference_network import Specification
from reference_network import formulas_of as specified
from tolerances import assert_close, assert_within
from ways_in import WITH_Y, bits, identity_network, network, run_script, samples

import fastbp
from fastbp.model.activation_choice import formulas_of

pytestmark = pytest.mark.kernels

X, Y = samples()
DTYPES = ["float32", "float64"]
LINEAR = {"activation": "identity", "output_activation": "identity"}
SOFTMAX = {"output_activation": "softmax", "loss": "cross_entropy"}


@pytest.mark.parametrize("dtype", DTYPES)
def test_row_38_saturated_outputs_are_finite(dtype: str) -> None:
    sigmoid_net = identity_network([[1.0]], dtype, loss="binary_cross_entropy")
    both_ends = [[1000.0], [-1000.0]]
    assert sigmoid_net.predict(both_ends).tolist() == [[1.0], [0.0]]
    assert sigmoid_net.loss_value(both_ends, [1.0, 0.0]) == 0.0
    assert sigmoid_net.loss_value(both_ends, [0.0, 1.0]) == 1000.0  # where -ln a_j would be -ln 0
    assert sigmoid_net.gradients(both_ends, [0.0, 1.0]).weights[0].tolist() == [[1000.0]]
    two = identity_network(np.eye(2), dtype, **SOFTMAX)
    assert two.predict([[1000.0, -1000.0], [-1000.0, 1000.0]]).tolist() == [[1, 0], [0, 1]]
    assert two.loss_value([[1000.0, -1000.0]], [1]) == 2000.0
    assert two.loss_value([[1000.0, 1000.0]], [1]) == pytest.approx(math.log(2), rel=1e-6)
    assert two.gradients([[1000.0, -1000.0]], [1]).weights[0].tolist() == [
        [1000.0, -1000.0],
        [-1000.0, 1000.0],
    ]
    largest = float(np.finfo(dtype).max)
    for name in EVERY_HIDDEN:
        net = identity_network([[1.0]], dtype, output_activation=name)
        g = specified(name)[0]
        for z in (3e38, -3e38, 1000.0, -1000.0):
            if abs(g([z])[0]) <= largest:
                assert np.isfinite(net.predict([[z]])).all()
                if abs(z) == 1000:
                    assert np.isfinite(net.gradients([[z]], [[0.5]]).weights[0]).all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_row_39_softmax_of_infinities(dtype: str) -> None:
    net = identity_network(np.eye(3), dtype, **SOFTMAX)
    x = np.linspace(-2, 2, 18).reshape(6, 3)
    expected = net.predict(x)
    x[2], x[4, 1] = -np.inf, np.inf
    # z reaches -inf through sum_k w_jk x_k only where no 0 * inf is in the sum, so w has no zeros
    weights = np.full((3, 3), 1.0) + np.eye(3)
    spread = identity_network(weights, dtype, **SOFTMAX)
    assert np.isnan(spread.predict(np.full((1, 3), -np.inf))).all()
    predicted = net.predict(x)
    assert np.isnan(predicted[[2, 4]]).all()
    assert bits(predicted[[0, 1, 3, 5]]) == bits(expected[[0, 1, 3, 5]])
    g = fastbp.activations.ACTIVATIONS["softmax"].g
    with np.errstate(invalid="ignore"):
        rows = g(np.array([[0.0, 1.0], [-np.inf, -np.inf], [np.inf, 0.0], [-np.inf, 0.0]]))
    assert np.isnan(rows[1:3]).all()
    assert rows[3].tolist() == [0.0, 1.0]
    assert rows[0].sum() == pytest.approx(1)


@pytest.mark.parametrize("dtype", DTYPES)
def test_row_40_zero_times_log_zero_is_zero(dtype: str) -> None:
    largest = float(np.finfo(dtype).max)
    net = identity_network([[-1.0], [0.0], [0.0]], dtype, **SOFTMAX)
    minus_infinity = identity_network([[-largest], [0.0], [0.0]], dtype, **SOFTMAX)
    for softmax_net, x in ((net, 2000.0), (minus_infinity, 4.0)):  # z_0 = -2000, and z_0 = -inf
        assert softmax_net.predict([[x]])[0].tolist() == [0.0, 0.5, 0.5]
        for target in ([0.0, 1.0, 0.0], [0.0, 0.25, 0.75]):
            assert softmax_net.loss_value([[x]], [target]) == pytest.approx(math.log(2), rel=1e-6)
            assert np.isfinite(softmax_net.gradients([[x]], [target]).weights[0]).all()
    certain = identity_network([[1.0], [-1.0]], dtype, **SOFTMAX)
    assert certain.loss_value([[1000.0]], [0]) == 0.0
    assert certain.loss_value([[1000.0]], [[1.0, 0.0]]) == 0.0


@pytest.mark.parametrize("dtype", DTYPES)
def test_row_41_tanh_does_not_overflow(dtype: str) -> None:
    net = identity_network([[1.0]], dtype, output_activation="tanh")
    z = np.array([1000, -1000, 89, -89, 20, -20, 3e38, 0.0, -0.0, 1e-10, -1e-30, 0.5], dtype)
    a = net.predict(z[:, None])[:, 0]
    assert a[:8].tolist() == [1, -1, 1, -1, 1, -1, 1, 0]
    assert math.copysign(1, a[8]) in (1, -1)
    assert_close(a, [math.tanh(z_j) for z_j in z.tolist()], 4 * float(np.finfo(dtype).eps))
    small = np.array([1e-10, -1e-30, 1e-5], dtype)
    for z_j, a_j in zip(small.tolist(), net.predict(small[:, None])[:, 0].tolist(), strict=True):
        assert a_j == pytest.approx(math.tanh(z_j), rel=4 * float(np.finfo(dtype).eps), abs=0)


SUBNORMAL_FLAGS = """
smallest, least_normal = float("5e-324"), float("2.2250738585072014e-308")
def intact():
    return smallest > 0 and smallest * 1.0 == 2**-1074 and least_normal / 2 * 2 == least_normal
assert intact()
import fastbp, threading
assert intact()
net = fastbp.Network([2, 40, 3], seed=0)
net.fit([[0.0, 1.0], [1.0, 0.0]] * 300, [0, 1] * 300, epochs=3, optimizer="adam")
net.predict([[1.0, 1e-320]])
assert intact()
seen = []
thread = threading.Thread(target=lambda: seen.append(intact()))
thread.start(), thread.join()
assert seen == [True]
"""


def test_row_42_the_process_keeps_its_subnormals(tmp_path: Path) -> None:
    run_script(SUBNORMAL_FLAGS, tmp_path)


@pytest.mark.parametrize("dtype", DTYPES)
def test_row_42_subnormal_numbers_are_computed_with(dtype: str) -> None:
    least = float(np.finfo(dtype).smallest_subnormal)
    w = np.arange(1, 12).reshape(1, 11) * least
    net = network((11, 1, 1), dtype=dtype, bias=False, **LINEAR)
    net.weights[0], net.weights[1] = w, [[1.0]]
    x, y = np.arange(11, 0, -1.0).reshape(1, 11), [[0.0]]
    spec = Specification.of(net)
    assert net.predict(x)[0, 0] == spec.predict(x)[0, 0] == float(np.sum(w * x)) > 0
    dC_dw = spec.gradient(x, y)[1]
    assert net.gradients(x, y).weights[0].tolist() == dC_dw[1]
    assert dC_dw[1][0][0] > 0
    net.train_step(x, y, optimizer=fastbp.SGD(1.0))
    assert net.weights[0].tolist() == (w - np.array(dC_dw[1])).tolist()
    swapped = identity_network(x, dtype, output_activation="identity")  # subnormal inputs
    assert swapped.predict(w)[0, 0] == float(np.sum(w * x))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("activation", EVERY_HIDDEN, ids=str)
def test_row_44_floating_point_flags_do_not_leak(activation: Any, dtype: str) -> None:
    values = np.array([0.5, -0.25, 1e3, -1e3, 1e-300, -5e-324, 1e-42, 0.0, 87.5, -104.0, 709.5])
    small = values / 1e3
    with np.errstate(all="raise"):
        for n in range(1, 34):
            for loss, output in (("squared_error", activation), ("cross_entropy", "softmax")):
                if (n, output) == (1, "softmax"):
                    continue  # refused: it is always 1
                net = network(
                    (n, n, n),
                    dtype=dtype,
                    activation=activation,
                    output_activation=output,
                    loss=loss,
                )
                x = np.resize(values, (5, n))
                y = np.arange(5) % n if n > 1 and loss == "cross_entropy" else np.ones((5, n))
                y = y / n if loss == "cross_entropy" and y.ndim == 2 else y
                net.weights[0] = np.resize(small, (n, n))
                too_large = suppress(fastbp.DivergenceError, ValueError)  # such as exp of exp
                with too_large:
                    net.fit(x, y, epochs=1, batch_size=2, optimizer=fastbp.SGD(1e-9))
                net.gradients(x, y)
                with too_large:
                    net.score(x, y)
                with too_large:
                    if n > 1:
                        net.predict_classes(x)
                net.trace(x[0], np.eye(n)[0])
                np.sqrt(np.abs(net.predict(x)) + 1.0)
                np.float64(1.0) / 3


def summed_in_chunks(terms: int, chunk: int) -> float:
    """The relative error bound of a float32 sum of positive terms, summed chunk by chunk."""
    return (chunk + math.ceil(terms / chunk) + 4) * 2.0**-24


# One by one, a float32 sum of ones stops at 2^24; one of hundredths is off by 2% at 2^21.
@pytest.mark.parametrize(("value", "m"), [(1.0, 2**24 + 2**20), (0.1, 2**21)])
def test_row_45_long_sums_over_samples(value: float, m: int) -> None:
    x, y = np.full((m, 1), value, "float32"), np.zeros(m, "float32")
    net = identity_network([[1.0]], "float32", output_activation="identity")
    exact, bound = float(x[0, 0]) ** 2, summed_in_chunks(m, 1024)
    assert bound < 0.002
    assert_within(net.loss_value(x, y), exact, bound * exact)
    assert_within(net.gradients(x, y).weights[0], [[2 * exact]], bound * 2 * exact)
    history = net.fit(x, y, epochs=1, batch_size=m, optimizer=fastbp.SGD(0.25))
    assert_within(history.loss, [exact], bound * exact)
    assert_within(net.weights[0], [[1 - exact / 2]], bound * 2 * exact)


def test_row_45_long_sums_over_nodes() -> None:
    n = 2**20  # one by one, the float32 sum of a million tenths is off by a hundredth
    net = identity_network(np.full((1, n), 0.1), "float32", output_activation="identity")
    x = np.ones((1, n), "float32")
    exact = n * float(np.float32(0.1))
    assert_within(net.predict(x), [[exact]], summed_in_chunks(n, 4096) * exact)


def test_row_47_nothing_is_divided_by_an_empty_batch() -> None:
    net = network()
    for call in WITH_Y.values():
        with pytest.raises(ValueError, match=r"\bX\b"):
            call(net, X[:0], Y[:0])
    for options in (
        {"batch_size": 0},
        {"validation": (X[:0], Y[:0])},
        {"validation": 0.0},
        {"validation": 1.0},
        {"validation": 1e-9},
    ):
        with pytest.raises(ValueError, match=next(iter(options))):
            net.fit(X, Y, **options)
    with pytest.raises(ValueError, match="validation"):
        net.fit(X[:1], Y[:1], validation=0.5)
    assert net.predict(X[:0]).shape == (0, 3)


def wrong_results(right: np.ndarray) -> dict[str, np.ndarray]:
    one_nan = right.copy()
    one_nan[-1, -1] = np.nan
    return {
        "NaN": np.full_like(right, np.nan),
        "one NaN": one_nan,
        "inf": right + np.inf,
        "zeros": np.zeros_like(right),
        "doubled": 2 * right,
        "halved": right / 2,
        "negated": -right,
        "transposed": right.T,
        "one row": right[:1],
        "noise": right + 0.02,
    }


@pytest.mark.parametrize("fault", wrong_results(np.ones((2, 3))))
def test_row_48_a_comparison_can_fail(fault: str) -> None:
    gradients = network().gradients(X, Y)
    for right in (gradients.weights[0], X[:5]):
        wrong = wrong_results(right)[fault]
        for bound in (1e-12, 1e-4, 0.01):  # 0.01: the loosest
            with pytest.raises(AssertionError):
                assert_close(wrong, right, bound)
        with pytest.raises(AssertionError):
            assert_within(wrong, right, 1e-3 * np.abs(right))
    with pytest.raises(ValueError, match="cannot fail"):
        assert_close(right, right, 1.0)
    assert_close(right, right)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("activation", "slope"),
    [
        ("elu", 1.0),
        *((g, kink.left) for g in EVERY_HIDDEN for kink in formulas_of(g).row.kinks if kink.z == 0),
    ],
    ids=str,
)
@pytest.mark.parametrize("x", [1.0, -1.0])
def test_row_49_the_slope_at_a_kink(activation: Any, slope: float, x: float, dtype: str) -> None:
    net = network((1, 1, 1), dtype=dtype, activation=activation, output_activation="identity")
    net.parameters = [0.0, -0.0, 1.0, 0.0]  # z = -0 where x < 0, and 0 where x > 0
    expected = np.asarray(slope, dtype) * 2 * x  # delta is 2 (0 - (-1)) g'(0)
    assert net.gradients([[x]], [[-1.0]]).weights[0] == expected
    assert net.trace([x], [-1.0]).dC_dw[1][0, 0] == expected
    row = formulas_of(activation)
    assert row.derivative(np.array([0.0, -0.0])).tolist() == [slope, slope]
    if row.derivative_from_a is not None:
        assert row.derivative_from_a(np.array([0.0])).tolist() == [slope]
