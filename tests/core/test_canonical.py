"""Mazur's worked example, number by number: as published, and in full.

Inputs 0.05 and 0.10, sigmoid everywhere, E = 1/2 sum_j (a_j - y_j)^2, learning rate 0.5, and the
biases are not updated. The full digits were computed in float64.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from reference_network import Specification
from tolerances import assert_close

from fastbp import SGD, Network, reference, reference_tables

X = np.array([[0.05, 0.10]])
Y = np.array([[0.01, 0.99]])
W1, B1 = [[0.15, 0.20], [0.25, 0.30]], 0.35
W2, B2 = [[0.40, 0.45], [0.50, 0.55]], 0.60

FULL = {
    "z(1)": [0.3775, 0.3925],
    "a(1)": [0.5932699921071872, 0.596884378259767],
    "z(2)": [1.10590596705977, 1.2249214040964653],
    "a(2)": [0.7513650695523157, 0.7729284653214625],
    "E_j": [0.274811083176155, 0.023560025583847746],
    "E": [0.2983711087600027],
    "delta(2)": [0.13849856162855695, -0.038098236516556236],
    "delta(1)": [0.00877135468948693, 0.009954254705217196],
    "dE/dw_00": [0.08216704056423077, 0.0004385677344743465],
}
AFTER_ONE = {
    "W(2)": [0.35891647971788465, 0.4086661860762334, 0.5113012702387375, 0.5613701211079891],
    "W(1)": [0.1497807161327628, 0.19956143226552567, 0.24975114363236958, 0.29950228726473915],
    "E": [0.29102777369359933],
}
AFTER_MANY = {
    "E after 9,999": 3.510854812251261e-05,
    "E after 10,000": 3.510187782978859e-05,
    "a(2) after 10,000": [0.01591362044355068, 0.9840642735146238],
}
AS_PUBLISHED = {
    "z(1)": ["0.3775"],
    "a(1)": ["0.593269992", "0.596884378"],
    "z(2)": ["1.105905967"],
    "a(2)": ["0.75136507", "0.772928465"],
    "E_j": ["0.274811083", "0.023560026"],
    "E": ["0.298371109"],
    "dE/dw_00": ["0.082167041", "0.000438568"],
    "W(2) after one step": ["0.35891648", "0.408666186", "0.511301270", "0.561370121"],
    "W(1) after one step": ["0.149780716", "0.19956143", "0.24975114", "0.29950229"],
}


def printed(values: Any, published: list[str]) -> list[str]:
    """The first of the values, each to as many decimals as the page prints."""
    return [
        f"{value:.{len(text.partition('.')[2])}f}"
        for value, text in zip(np.ravel(values).tolist(), published, strict=False)
    ]


def mazur(*, bias: Any = "fixed", loss: str = "half_squared_error") -> Any:
    net = Network([2, 2, 2], loss=loss, bias=bias, dtype="float64", seed=0)
    net.parameters = np.concatenate([np.ravel(W1), [B1, B1], np.ravel(W2), [B2, B2]])
    return net


class Kernels:
    """The example's numbers as the Network gives them."""

    def __init__(self, **options: Any) -> None:
        self.net = mazur(**options)

    def numbers(self) -> dict[str, Any]:
        t = self.net.trace(X[0], Y[0])
        assert_close(t.C_0, self.net.loss_value(X, Y), 1e-15)
        return {
            "z(1)": t.z[1],
            "a(1)": t.a[1],
            "z(2)": t.z[2],
            "a(2)": t.a[2],
            "E_j": (t.a[2] - Y[0]) ** 2 / 2,
            "E": [t.C_0],
            "delta(1)": t.delta[1],
            "delta(2)": t.delta[2],
            "dE/dw_00": [t.dC_dw[2][0, 0], t.dC_dw[1][0, 0]],
        }

    def step(self) -> None:
        self.net.train_step(X, Y, optimizer=SGD(0.5))

    def state(self) -> dict[str, Any]:
        w, b = self.net.weights, self.net.biases
        return {
            "W(1)": w[0].ravel(),
            "b(1)": b[0],
            "W(2)": w[1].ravel(),
            "b(2)": b[1],
            "E": [self.net.loss_value(X, Y)],
            "a(2)": self.net.predict(X)[0],
        }


class InLists:
    """The same numbers from the specification."""

    def __init__(self, **options: Any) -> None:
        self.spec = Specification.of(mazur(**options))

    def numbers(self) -> dict[str, Any]:
        s, y = self.spec, Y[0].tolist()
        z, a = reference.forward(X[0].tolist(), s.w, s.b, s.g)
        delta = reference.backward(z, a, y, s.w, s.g_prime, s.output_delta)
        _, dC_dw, _ = s.gradient(X, Y)
        return {
            "z(1)": z[1],
            "a(1)": a[1],
            "z(2)": z[2],
            "a(2)": a[2],
            "E_j": [reference_tables.half_squared_error(None, [a[2][j]], [y[j]]) for j in range(2)],
            "E": [s.loss(z[2], a[2], y)],
            "delta(1)": delta[1],
            "delta(2)": delta[2],
            "dE/dw_00": [dC_dw[2][0][0], dC_dw[1][0][0]],
        }

    def step(self) -> None:
        self.spec.step(X, Y, SGD(0.5))

    def state(self) -> dict[str, Any]:
        s = self.spec
        return {
            "W(1)": np.ravel(s.w[1]),
            "b(1)": s.b[1],
            "W(2)": np.ravel(s.w[2]),
            "b(2)": s.b[2],
            "E": [s.gradient(X, Y)[0]],
            "a(2)": s.predict(X)[0],
        }


ROUTES = pytest.mark.parametrize("route", [Kernels, InLists])


@ROUTES
@pytest.mark.parametrize("quantity", FULL)
def test_before_the_first_step_in_full(route: type, quantity: str) -> None:
    assert_close(route().numbers()[quantity], FULL[quantity], 1e-14)


@ROUTES
@pytest.mark.parametrize("quantity", [name for name in AS_PUBLISHED if "step" not in name])
def test_before_the_first_step_as_published(route: type, quantity: str) -> None:
    published = AS_PUBLISHED[quantity]
    assert printed(route().numbers()[quantity], published) == published


@ROUTES
def test_after_one_step(route: type) -> None:
    example = route()
    example.step()
    state = example.state()
    for quantity, expected in AFTER_ONE.items():
        assert_close(state[quantity], expected, 1e-14, label=quantity)
    for name in ("W(2)", "W(1)"):
        published = AS_PUBLISHED[f"{name} after one step"]
        assert printed(state[name], published) == published
    assert np.array_equal(state["b(1)"], [B1, B1])
    assert np.array_equal(state["b(2)"], [B2, B2])


def test_after_ten_thousand_epochs_of_fit() -> None:
    """A batch's C is from before its update: the last entry belongs to 9,999 steps.

    The page gives the loss after 9,999 steps as that after 10,000.
    """
    net = mazur()
    history = net.fit(X, Y, epochs=10_000, batch_size=1, optimizer=SGD(0.5))
    assert_close(history.loss[0], FULL["E"][0])
    assert_close(history.loss[1], AFTER_ONE["E"][0])
    assert_close(history.loss[-1], AFTER_MANY["E after 9,999"])
    assert f"{history.loss[-1]:.10f}" == "0.0000351085"
    assert_close(net.loss_value(X, Y), AFTER_MANY["E after 10,000"])
    assert f"{net.loss_value(X, Y):.10f}" == "0.0000351019"
    assert_close(net.predict(X)[0], AFTER_MANY["a(2) after 10,000"])


@ROUTES
def test_after_ten_thousand_single_steps(route: type) -> None:
    example = route()
    for _ in range(9_999):
        example.step()
    assert_close(example.state()["E"], [AFTER_MANY["E after 9,999"]])
    example.step()
    assert_close(example.state()["E"], [AFTER_MANY["E after 10,000"]])
    assert_close(example.state()["a(2)"], AFTER_MANY["a(2) after 10,000"])


@ROUTES
def test_with_one_bias_a_node_updated_too(route: type) -> None:
    example = route(bias=True)
    example.step()
    state = example.state()
    assert_close(state["b(1)"], [0.3456143226552565, 0.3450228726473914], 1e-14)
    assert_close(state["b(2)"], [0.5307507191857215, 0.6190491182582781], 1e-14)
    assert_close(state["E"], [0.28047144679143016], 1e-14)
    for name in ("W(1)", "W(2)"):
        assert_close(state[name], AFTER_ONE[name], 1e-14)


@ROUTES
def test_with_one_shared_bias_a_layer(route: type) -> None:
    """As Mazur's figure draws it: the shared b moves by the sum of its layer's deltas."""
    example = route(bias=True)
    delta = example.numbers()
    example.step()
    shared = [B1 - 0.5 * np.sum(delta["delta(1)"]), B2 - 0.5 * np.sum(delta["delta(2)"])]
    assert [f"{b:.10f}" for b in shared] == ["0.3406371953", "0.5497998374"]
    net = mazur()
    for l in range(2):
        net.weights[l][...] = example.state()[f"W({l + 1})"].reshape(2, 2)
        net.biases[l][...] = shared[l]
    assert f"{net.loss_value(X, Y):.10f}" == "0.2857508867"
    assert f"{Specification.of(net).gradient(X, Y)[0]:.10f}" == "0.2857508867"


@pytest.mark.parametrize("bias", ["fixed", True])
def test_without_the_half_every_gradient_doubles_and_half_the_rate_makes_the_same_step(
    bias: Any,
) -> None:
    halved, full = mazur(bias=bias), mazur(bias=bias, loss="squared_error")
    assert_close(full.loss_value(X, Y), 0.5967422175200054, 1e-15)
    g, g_full = halved.gradients(X, Y), full.gradients(X, Y)
    for l in range(2):
        assert np.array_equal(g_full.weights[l], 2 * g.weights[l])
        assert np.array_equal(g_full.biases[l], 2 * g.biases[l])
    for _ in range(3):
        C = halved.train_step(X, Y, optimizer=SGD(0.5))
        assert full.train_step(X, Y, optimizer=SGD(0.25)) == 2 * C
        assert np.array_equal(full.parameters, halved.parameters)


def update_order_bug(net: Any) -> None:
    """One step as the published page makes it: W(2) moves first, and delta(1) then uses it."""
    t = net.trace(X[0], Y[0])
    net.weights[1][...] -= 0.5 * t.dC_dw[2]
    slope = t.a[1] * (1 - t.a[1])
    delta_1 = slope * (net.weights[1].T @ t.delta[2])
    net.weights[0][...] -= 0.5 * np.outer(delta_1, t.a[0])


def test_the_page_s_loss_after_one_step_comes_from_the_update_order_bug() -> None:
    net = mazur()
    update_order_bug(net)
    assert_close(net.loss_value(X, Y), 0.29102792390544197, 1e-14)
    assert f"{net.loss_value(X, Y):.9f}" == "0.291027924"


def test_the_page_s_outputs_after_10_000_steps_come_from_the_update_order_bug() -> None:
    net = mazur()
    for _ in range(10_000):
        update_order_bug(net)
    assert_close(net.predict(X)[0], [0.0159121963260343, 0.9840657344856291])
    assert [f"{a:.9f}" for a in net.predict(X)[0]] == ["0.015912196", "0.984065734"]


def test_the_update_order_bug_does_not_pass_for_the_right_algorithm() -> None:
    net = mazur()
    update_order_bug(net)
    with pytest.raises(AssertionError, match="relative error"):
        assert_close(net.loss_value(X, Y), AFTER_ONE["E"][0])
