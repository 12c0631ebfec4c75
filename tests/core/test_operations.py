"""The tables of activations and losses, and the kernels' own functions of those names."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from activation_bounds import near
from drawn import DTYPES, EVERY_HIDDEN, HIDDEN, LEGAL, OUTPUTS, WITH_NUMBERS
from reference_network import formulas_of as specified
from tolerances import assert_close, unit_roundoff

from fastbp import Network, _boundary, reference_tables
from fastbp.activations import ACTIVATIONS
from fastbp.model.activation_choice import formulas_of
from fastbp.model.model import Model
from fastbp.operations import LOSSES, RULES

Z = np.concatenate([np.linspace(-6, 6, 121), [-1e-9, 1e-9, -30.0, 30.0]])
EXTREME = np.array([-1e4, -745.0, -100.0, 100.0, 745.0, 1e4])
# Of a row that is off by 1 in one of its three outputs, it is what stands before the sum.
FACTORS = {
    name: reference_tables.LOSSES[name][0]([0.0] * 3, [1.0, 0.0, 0.0], [0.0] * 3)
    for name, row in LOSSES.items()
    if row.squares
}


# Activations


@pytest.fixture(autouse=True)
def infinity_where_numbers_are_too_large() -> Iterator[None]:
    """exp of EXTREME is infinite, as the kernels' is."""
    with np.errstate(over="ignore"):
        yield


def test_the_tables_of_the_library_and_of_the_specification_have_the_same_names() -> None:
    assert set(ACTIVATIONS) == set(reference_tables.ACTIVATIONS)
    assert set(LOSSES) == set(reference_tables.LOSSES)
    assert set(RULES) == set(reference_tables.RULES)


def test_the_compiled_modules_were_built_from_this_table() -> None:
    for compiled, rows in (
        (_boundary.ACTIVATION_IDS, ACTIVATIONS),
        (_boundary.LOSS_IDS, LOSSES),
        (_boundary.RULE_IDS, RULES),
    ):
        assert compiled == {name: place for place, name in enumerate(rows)}
    names = [{number.name for number in row.numbers} for row in RULES.values()]
    assert list(_boundary.RULE_NUMBERS) == names


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_a_built_in_activation_is_copied_and_pickled_as_itself(name: str) -> None:
    activation = ACTIVATIONS[name]
    assert copy.copy(activation) is activation
    assert copy.deepcopy(activation) is activation
    assert pickle.loads(pickle.dumps(activation)) is activation


@pytest.mark.parametrize("choice", WITH_NUMBERS, ids=str)
def test_an_activation_with_numbers_is_copied_and_pickled_with_them(choice: Any) -> None:
    activation = formulas_of(choice)
    for twin in (copy.deepcopy(activation), pickle.loads(pickle.dumps(activation))):
        assert twin.row.label == activation.row.label
        assert np.array_equal(twin.g(Z), activation.g(Z))


@pytest.mark.parametrize("choice", EVERY_HIDDEN, ids=str)
def test_the_slope_jumps_at_the_kinks_and_nowhere_else(choice: Any) -> None:
    row, h = formulas_of(choice), 1e-9
    z = np.linspace(-6, 6, 121)
    steep = np.abs(row.derivative(z + h) - row.derivative(z - h)) > 1e-3  # 2 h g'' is far less
    assert z[steep] == pytest.approx([kink.z for kink in row.row.kinks])
    for kink in row.row.kinks:
        assert row.derivative(np.array([kink.z])) == kink.left
        beside = row.derivative(np.array([kink.z - h, kink.z + h]))
        assert beside == pytest.approx([kink.left, kink.right], abs=4 * h)  # g'' is at most 2.5


@pytest.mark.parametrize("choice", [*ACTIVATIONS, *WITH_NUMBERS], ids=str)
def test_no_value_lies_outside_the_limits(choice: Any) -> None:
    row = formulas_of(choice)
    a = row.g(np.concatenate([Z, EXTREME]))
    low, high = row.row.limits
    assert low <= a.min()
    assert a.max() <= high


@pytest.mark.parametrize("choice", EVERY_HIDDEN, ids=str)
def test_g_and_its_derivative_equal_the_specification(choice: Any) -> None:
    g, g_prime = specified(choice)
    row = formulas_of(choice)
    for z in (Z, EXTREME):
        assert_close(row.g(z), g(z.tolist()), 1e-15)
        assert_close(row.derivative(z), g_prime(z.tolist()), 1e-15)


def test_the_derivative_in_terms_of_a_is_there_where_an_activation_keeps_a() -> None:
    rows = [ACTIVATIONS[name] for name in HIDDEN]
    assert [row.derivative_from_a is not None for row in rows] == [
        row.row.keeps == "a" for row in rows
    ]


@pytest.mark.parametrize(
    "choice", [g for g in EVERY_HIDDEN if formulas_of(g).row.keeps == "a"], ids=str
)
def test_the_derivative_in_terms_of_a_equals_that_in_terms_of_z(choice: Any) -> None:
    """a = g(z) is rounded once more on the way: by u, beside the largest derivative."""
    row = formulas_of(choice)
    for z in (Z, EXTREME):
        z = z[np.isfinite(row.g(z))]
        difference = row.derivative_from_a(row.g(z)) - row.derivative(z)
        steepest = max(1.0, np.max(row.derivative(z)))
        assert np.max(np.abs(difference)) <= 4 * unit_roundoff("float64") * steepest


@pytest.mark.parametrize("choice", EVERY_HIDDEN, ids=str)
def test_the_derivative_is_that_of_g(choice: Any) -> None:
    row, h = formulas_of(choice), 1e-6
    kinks = [kink.z for kink in row.row.kinks] or [0.0]
    away = Z[np.min(np.abs(np.subtract.outer(Z, kinks)), axis=1) > 10 * h]
    assert_close((row.g(away + h) - row.g(away - h)) / (2 * h), row.derivative(away), 1e-8)


@pytest.mark.parametrize("choice", EVERY_HIDDEN, ids=str)
@pytest.mark.parametrize("dtype", DTYPES)
def test_the_kernels_compute_the_same_g(choice: Any, dtype: str) -> None:
    """A network of one node, w = 1 and b = 0, is the activation."""
    net = Network([1, 1], output_activation=choice, dtype=dtype, seed=0)
    net.weights[0][...] = 1.0
    z = np.concatenate([Z, EXTREME]).astype(dtype)
    a = net.predict(z[:, None])[:, 0].astype(np.float64)
    expected = formulas_of(choice).g(z.astype(np.longdouble))
    smallest = float(np.finfo(dtype).tiny)
    assert np.all(near(choice, z, a, expected, dtype) | np.isclose(a, expected, 0, smallest))


@pytest.mark.parametrize("choice", EVERY_HIDDEN, ids=str)
@pytest.mark.parametrize("dtype", DTYPES)
def test_the_kernels_compute_the_same_slope(choice: Any, dtype: str) -> None:
    """dC/db of one node under half_squared_error, at y = 0, is g'(z) a: two numbers' errors."""
    net = Network([1, 1], output_activation=choice, loss="half_squared_error", dtype=dtype, seed=0)
    net.weights[0][...] = 1.0
    for z in Z.astype(dtype):
        t = net.trace(np.array([z]), np.zeros(1, dtype=dtype))
        a, slope = float(t.a[1][0]), specified(choice)[1]([float(z)])[0]
        error = abs(float(t.delta[1][0]) - slope * a)
        # Each factor is within 4 eps, or 8 u.
        assert error <= 2 * 8 * unit_roundoff(dtype) * max(1.0, abs(a)) * max(1.0, abs(slope))


def test_softmax_equals_the_specification_and_sums_to_one() -> None:
    z = np.random.default_rng(0).standard_normal((5, 7)) * 10
    a = ACTIVATIONS["softmax"].g(z)
    assert_close(a, [reference_tables.softmax(row) for row in z.tolist()], 1e-15)
    assert_close(a.sum(axis=1), np.ones(5), 1e-15)
    assert_close(ACTIVATIONS["softmax"].g(z + 1000.0), a, 1e-12)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shift", [0.0, 1000.0, -1000.0])
def test_the_kernels_compute_the_same_softmax(shift: float, dtype: str) -> None:
    """z is the input itself, in steps that adding a thousand leaves exact."""
    net = Network([7, 7], output_activation="softmax", loss="cross_entropy", dtype=dtype, seed=0)
    net.weights[0][...] = np.eye(7)
    z = np.random.default_rng(1).integers(-80, 80, (5, 7)) / 8
    expected = [reference_tables.softmax(row) for row in z.tolist()]
    assert_close(net.predict(z + shift), expected, 16 * unit_roundoff(dtype))
    assert_close(
        net.loss_value(z + shift, np.zeros(5, int)),
        -np.mean(np.log(np.array(expected)[:, 0])),
        16 * unit_roundoff(dtype),
    )


def test_softmax_has_no_derivative_of_one_node() -> None:
    assert ACTIVATIONS["softmax"].derivative_from_a is None
    with pytest.raises(ValueError, match="softmax"):
        ACTIVATIONS["softmax"].derivative(np.zeros(3))


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation_has_its_formula(name: str) -> None:
    assert ACTIVATIONS[name].row.formula
    assert ACTIVATIONS[name].row.latex


# Losses


@pytest.mark.parametrize("name", FACTORS)
def test_the_squared_errors_differ_in_their_factor_alone(name: str) -> None:
    net = Network([2, 3], loss=name, dtype="float64", seed=0)
    X, y = np.array([[0.5, -1.0], [2.0, 0.3]]), np.array([[0.0, 1.0, 0.5], [1.0, 0.0, 0.2]])
    expected = FACTORS[name] * np.mean(np.sum((net.predict(X) - y) ** 2, axis=1))
    assert_close(net.loss_value(X, y), expected, 1e-15)


def test_cross_entropy_is_minus_the_mean_logarithm_of_the_right_class() -> None:
    net = Network(
        [2, 3], output_activation="softmax", loss="cross_entropy", dtype="float64", seed=0
    )
    X, y = np.array([[0.5, -1.0], [2.0, 0.3]]), np.array([2, 0])
    expected = -np.mean(np.log(net.predict(X)[[0, 1], y]))
    assert_close(net.loss_value(X, y), expected, 1e-14)
    assert_close(net.loss_value(X, np.eye(3)[y]), expected, 1e-14)


def test_binary_cross_entropy_sums_over_the_outputs() -> None:
    net = Network([2, 3], loss="binary_cross_entropy", dtype="float64", seed=0)
    X, y = np.array([[0.5, -1.0], [2.0, 0.3]]), np.array([[0.0, 1.0, 0.5], [1.0, 0.0, 0.2]])
    a = net.predict(X)
    terms = y * np.log(a) + (1 - y) * np.log(1 - a)
    assert_close(net.loss_value(X, y), -np.mean(np.sum(terms, axis=1)), 1e-14)


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_has_its_formula(name: str) -> None:
    assert LOSSES[name].formula
    assert LOSSES[name].slope_formula
    assert LOSSES[name].latex


@pytest.mark.parametrize(("output", "name"), OUTPUTS)
def test_a_losss_formulas_for_arrays_are_those_of_the_specification(output: str, name: str) -> None:
    row, (C_0, delta) = LOSSES[name], reference_tables.LOSSES[name]
    g, g_prime = reference_tables.ACTIVATIONS[output]
    z, y = [0.3, -1.2, 2.0], [0.2, 0.5, 0.3]
    a = np.array(g(z))
    slope = row.c(3) * row.slope(np, a, np.array(y))
    if row.chain_rule:
        slope = slope * g_prime(z)
    assert_close(row.c(3) * np.sum(row.term(np, a, np.array(y))), C_0(z, a, y), 1e-14)
    assert_close(slope, delta(z, a, y, g_prime), 1e-14)


@pytest.mark.parametrize("output", ACTIVATIONS)
@pytest.mark.parametrize("loss", LOSSES)
def test_only_the_legal_pairs_make_a_network(output: str, loss: str) -> None:
    if (output, loss) in OUTPUTS:
        net = Network([2, 3, 2], output_activation=output, loss=loss, seed=0)
        assert net._model.config()["loss"] == loss
    else:
        with pytest.raises(ValueError, match="cross_entropy with softmax"):
            Network([2, 3, 2], output_activation=output, loss=loss, seed=0)


def test_softmax_is_for_the_output_only() -> None:
    with pytest.raises(ValueError, match="softmax"):
        Network([2, 3, 2], activation="softmax")


def test_the_defaults_are_the_course_s_own_network() -> None:
    config = Network([2, 3, 2])._model.config()
    assert config == {
        "sizes": [2, 3, 2],
        "activation": ["sigmoid"],
        "output_activation": "sigmoid",
        "loss": "squared_error",
        "bias": True,
        "dtype": "float32",
        "classes": None,
    }


@pytest.mark.parametrize(("hidden", "output", "loss"), LEGAL[::7])
def test_a_network_can_be_built_from_its_description(hidden: str, output: str, loss: str) -> None:
    config = Network(
        [2, 3, 4, 2],
        activation=[hidden, "tanh"],
        output_activation=output,
        loss=loss,
        bias="fixed",
        dtype="float64",
    )._model.config()
    again = Model.from_config(config)
    assert again.config() == config
    assert not again.state.parameters.dense().any()
