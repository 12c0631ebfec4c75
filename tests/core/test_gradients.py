"""``net.gradients`` is the derivative of ``net.loss_value``, for every legal combination.

Three witnesses: the specification's backward pass and the complex step, both to 1e-12 of the
whole gradient's norm, and central differences of the kernels' own loss, to 1e-6.
"""

from __future__ import annotations

from typing import Any

import complex_step
import numpy as np
import pytest
from drawn import BIASES, EVERY_HIDDEN, EVERY_TRIPLE, HIDDEN, LEGAL, OUTPUTS, build, targets
from reference_network import Specification, assert_gradients_close, rows_of
from reference_network import formulas_of as specified
from tolerances import assert_close

from fastbp import Network, reference, reference_tables
from fastbp.model.activation_choice import row_of
from fastbp.model.loss_choice import loss_row
from fastbp.operations import LOSSES, Kink

pytestmark = pytest.mark.kernels

SIZES = [3, 4, 3, 2]
CLEAR = 1e-3  # of a kink: more than 10 h, and more than a step of h moves any z here
KINKS = [(g, kink) for g in EVERY_HIDDEN for kink in row_of(g).kinks]
DIFFERENCES = 1e-6
"""h^2 C'''/6 of truncation and u C/h of rounding, each some 1e-10 for h = 1e-6."""


def sample(
    hidden: Any, output: Any, loss: Any, *, bias: Any = True, sizes: list[int] = SIZES
) -> tuple[Any, np.ndarray, np.ndarray]:
    """A network and five samples of which none has a z or an a - y near a kink to cross it."""
    names = {*hidden, output} if isinstance(hidden, list) else {hidden, output}
    for seed in range(100):
        net = build(
            seed,
            sizes,
            activation=hidden,
            output_activation=output,
            loss=loss,
            bias=bias,
            dtype="float64",
        )
        rng = np.random.default_rng([seed, 3])
        X = rng.standard_normal((5, sizes[0]))
        y = targets(rng, loss, 5, sizes[-1], "float64")
        kinks = [kink.z for name in names for kink in row_of(name).kinks]
        off = net.predict(X) - y
        if (not kinks or _nearest_kink(net, X, kinks) > CLEAR) and all(
            np.abs(off - kink).min() > CLEAR for kink in loss_row(loss).kinks
        ):
            return net, X, y
    raise AssertionError("no draw without a z near a kink")


def _nearest_kink(net: Any, X: np.ndarray, kinks: list[float]) -> float:
    """How near any z comes to a kink, by the specification."""
    spec = Specification.of(net)
    passes = [reference.forward(x, spec.w, spec.b, spec.g)[0] for x in X.tolist()]
    return min(abs(z_j - kink) for z in passes for z_l in z[1:] for z_j in z_l for kink in kinks)


def central_differences(net: Any, X: np.ndarray, y: np.ndarray) -> tuple[list, list]:
    """(C(theta + h) - C(theta - h)) / 2h with h = 1e-6 max(1, |theta|), through the live views."""

    def slope(values: np.ndarray, index: tuple[int, ...]) -> float:
        original = float(values[index])
        h = 1e-6 * max(1.0, abs(original))
        up, down = original + h, original - h
        values[index] = up
        C_up = net.loss_value(X, y)
        values[index] = down
        C_down = net.loss_value(X, y)
        values[index] = original
        return (C_up - C_down) / (up - down)

    def slopes(values: np.ndarray) -> list:
        result = np.empty(values.shape)
        for index in np.ndindex(values.shape):
            result[index] = slope(values, index)
        return result.tolist()

    return [None, *map(slopes, net.weights)], [None, *map(slopes, net.biases)]


def test_every_legal_combination_is_listed() -> None:
    assert len(OUTPUTS) == sum(len(row.output_activations) for row in LOSSES.values())
    assert len(set(LEGAL)) == len(HIDDEN) * len(OUTPUTS)


@pytest.mark.parametrize(("hidden", "output", "loss"), EVERY_TRIPLE, ids=str)
def test_gradients_equal_the_specification(hidden: Any, output: Any, loss: Any) -> None:
    net, X, y = sample(hidden, output, loss)
    C, dC_dw, dC_db = Specification.of(net).gradient(X, y)
    assert_close(net.loss_value(X, y), C)
    assert_gradients_close(net.gradients(X, y), (dC_dw, dC_db))


@pytest.mark.parametrize(("hidden", "output", "loss"), EVERY_TRIPLE, ids=str)
def test_gradients_equal_the_complex_step(hidden: Any, output: Any, loss: Any) -> None:
    net, X, y = sample(hidden, output, loss)
    spec = Specification.of(net)
    rows = (X.tolist(), rows_of(y, net.sizes[-1]), spec.w, spec.b, net._model.config())
    assert_close(net.loss_value(X, y), complex_step.loss_value(*rows).real)
    assert_gradients_close(net.gradients(X, y), complex_step.gradient(*rows))


@pytest.mark.parametrize(("hidden", "output", "loss"), EVERY_TRIPLE, ids=str)
def test_gradients_equal_central_differences(hidden: Any, output: Any, loss: Any) -> None:
    net, X, y = sample(hidden, output, loss)
    before = net.parameters
    differences = central_differences(net, X, y)
    assert np.array_equal(net.parameters, before)
    assert_gradients_close(net.gradients(X, y), differences, DIFFERENCES)


@pytest.mark.parametrize("bias", BIASES)
@pytest.mark.parametrize("sizes", [[1, 1], [3, 1], [1, 4], [2, 5, 1], [4, 1, 3], [2, 3, 2, 4, 3]])
def test_gradients_of_any_shape_equal_central_differences(sizes: list[int], bias: Any) -> None:
    net, X, y = sample("tanh", "identity", "half_squared_error", bias=bias, sizes=sizes)
    assert_gradients_close(net.gradients(X, y), central_differences(net, X, y), DIFFERENCES)


@pytest.mark.parametrize("form", ["labels", "one_hot"])
def test_labels_and_one_hot_rows_have_the_gradient_of_the_difference_quotient(form: str) -> None:
    net, X, _ = sample("sigmoid", "softmax", "cross_entropy", sizes=[3, 4, 5])
    y = targets(np.random.default_rng(0), "cross_entropy", 5, 5, "float64", form)
    assert_gradients_close(net.gradients(X, y), central_differences(net, X, y), DIFFERENCES)


def test_layers_of_different_activations_equal_central_differences() -> None:
    hidden = ["tanh", "softplus", "elu"]
    net, X, y = sample(hidden, "sigmoid", "squared_error", sizes=[2, 4, 3, 5, 2])
    assert net._model.config()["activation"] == hidden
    assert_gradients_close(net.gradients(X, y), central_differences(net, X, y), DIFFERENCES)


@pytest.mark.parametrize("fault", ["doubled", "zero", "sign", "not a number", "one layer off"])
def test_central_differences_catch_a_wrong_gradient(fault: str) -> None:
    net, X, y = sample("tanh", "sigmoid", "squared_error")
    differences = central_differences(net, X, y)
    for l in range(net.L):
        g = net.gradients(X, y)
        g.weights[l][...] = {
            "doubled": 2 * g.weights[l],
            "zero": 0 * g.weights[l],
            "sign": -g.weights[l],
            "not a number": np.full_like(g.weights[l], np.nan),
            "one layer off": np.roll(g.weights[l], 1, axis=1),
        }[fault]
        with pytest.raises(AssertionError, match=rf"dC/dw\({l + 1}\)"):
            assert_gradients_close(g, differences, DIFFERENCES)


def test_gradients_are_the_mean_over_the_samples() -> None:
    net, X, y = sample("tanh", "sigmoid", "squared_error")
    of_batch = net.gradients(X, y)
    single = [net.gradients(X[i : i + 1], y[i : i + 1]) for i in range(len(X))]
    for l in range(net.L):
        assert_close(of_batch.weights[l], np.mean([g.weights[l] for g in single], axis=0))
        assert_close(of_batch.biases[l], np.mean([g.biases[l] for g in single], axis=0))


@pytest.mark.parametrize(("activation", "kink"), KINKS, ids=str)
@pytest.mark.parametrize("loss", [name for name, row in LOSSES.items() if row.squares])
def test_the_slope_at_the_kink_is_the_left_one(activation: Any, kink: Kink, loss: str) -> None:
    """relu'(0) = 0, by definition."""
    net = Network(
        [1, 1],
        activation=activation,
        output_activation=activation,
        loss=loss,
        dtype="float64",
        seed=0,
    )
    net.weights[0][...] = 0.0
    net.biases[0][...] = kink.z
    factor = 2 * reference_tables.LOSSES[loss][0]([0.0], [1.0], [0.0])
    y = specified(activation)[0]([kink.z])[0] - 1  # a - y is 1
    g = net.gradients(np.array([[3.0]]), np.array([[y]]))
    assert_close(g.biases[0], [factor * kink.left])
    assert_close(g.weights[0], [[3 * factor * kink.left]])


def test_the_bias_of_a_fixed_network_has_a_gradient() -> None:
    """ "fixed" says that b is never updated, not that C does not depend on it."""
    free, X, y = sample("tanh", "sigmoid", "squared_error", bias=True)
    fixed, _, _ = sample("tanh", "sigmoid", "squared_error", bias="fixed")
    fixed.parameters = free.parameters
    for of_free, of_fixed in zip(
        free.gradients(X, y).biases, fixed.gradients(X, y).biases, strict=True
    ):
        assert np.array_equal(of_free, of_fixed)
