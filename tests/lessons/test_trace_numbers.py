"""g', dC_0/da and the chain-rule factors of a trace, beside the specification's loops."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from drawn import PAIRS, build, networks, targets
from hypothesis import given, settings
from kernel_sets import RUNNABLE, forced
from reference_network import Specification, rows_of
from tolerances import FLOAT64, assert_close, unit_roundoff
from ways_in import NUMBERS

from fastbp import Activation, Loss, Network, reference
from fastbp.model.loss_choice import loss_row
from fastbp.model.trace import layers_of
from fastbp.operations import BY_NODE, LOSSES

pytestmark = [
    pytest.mark.kernels,
    pytest.mark.filterwarnings("ignore::fastbp.errors.PerformanceWarning"),
]

SIZES = [5, 7, 6, 4]


def drawn_network(hidden: Any, output: Any, loss: Any, seed: int = 3, **options: Any) -> Any:
    options = {"dtype": "float64", "bias": True, **options}
    net = build(seed, SIZES, activation=hidden, output_activation=output, loss=loss, **options)
    net.parameters = net.parameters / 2  # exp of exp stays within a few digits
    return net


def sample(net: Any, loss: Any, seed: int = 5) -> tuple[Any, Any]:
    rng = np.random.default_rng(seed)
    y = targets(rng, loss, 1, SIZES[-1], net.dtype.name)
    return rng.standard_normal(SIZES[0]).astype(net.dtype), y[0]


# What the losses that go with one activation come to as functions of a.
FUSED = {
    "cross_entropy": lambda a, y: [-y_j / a_j for a_j, y_j in zip(a, y, strict=True)],
    "binary_cross_entropy": lambda a, y: [
        (a_j - y_j) / (a_j * (1 - a_j)) for a_j, y_j in zip(a, y, strict=True)
    ],
    "poisson": lambda a, y: [1 - y_j / a_j for a_j, y_j in zip(a, y, strict=True)],
}


def specified(net: Any, x: Any, y: Any, loss: Any) -> tuple[list, list, list, list]:
    """z, delta, g' and dC_0/da by the specification's lists, indexed by l."""
    of = Specification.of(net)
    y_row = rows_of(y[None], len(of.w[-1]))[0]
    z, a = reference.forward(x.tolist(), of.w, of.b, of.g)
    delta = reference.backward(z, a, y_row, of.w, of.g_prime, of.output_delta)
    L = len(of.w) - 1
    by_node = [l for l in range(1, L + 1) if net.activations[l - 1] != "softmax"]
    g_prime = [of.g_prime[l](z[l]) if l in by_node else None for l in range(L + 1)]
    dC_da = [None] * L
    name = loss_row(loss).name
    if name in FUSED:
        dC_da.append(FUSED[name](a[L], y_row))
    else:  # delta of an output with g' = 1
        dC_da.append(of.output_delta(z[L], a[L], y_row, lambda z: [1.0] * len(z)))
    for l in range(1, L):
        dC_da[l] = [
            sum(of.w[l + 1][i][j] * delta[l + 1][i] for i in range(len(delta[l + 1])))
            for j in range(len(z[l]))
        ]
    return z, delta, g_prime, dC_da


@pytest.mark.parametrize(("hidden", "output", "loss"), PAIRS)
def test_slopes_and_dC_da_are_the_specification_s(hidden: Any, output: Any, loss: Any) -> None:
    net = drawn_network(hidden, output, loss)
    x, y = sample(net, loss)
    t = net.trace(x, y)
    _, delta, g_prime, dC_da = specified(net, x, y, loss)
    for l in range(1, 4):
        assert_close(t.dC_da[l], dC_da[l], FLOAT64, label=f"dC_da[{l}]")
        assert_close(t.delta[l], delta[l], FLOAT64, label=f"delta[{l}]")
        if g_prime[l] is not None:
            assert_close(t.g_prime[l], g_prime[l], FLOAT64, label=f"g_prime[{l}]")


@pytest.mark.parametrize(("hidden", "output", "loss"), PAIRS)
def test_the_factors_of_every_weight_make_its_gradient(hidden: Any, output: Any, loss: Any) -> None:
    net = drawn_network(hidden, output, loss)
    x, y = sample(net, loss)
    t = net.trace(x, y)
    for l in range(1, 4):
        products = np.array(
            [[t.term(l, j, k).value for k in range(SIZES[l - 1])] for j in range(SIZES[l])]
        )
        assert_close(products, t.dC_dw[l], FLOAT64, label=f"layer {l}")


@settings(max_examples=25, deadline=None)
@given(networks(dtypes=("float64",)))
def test_terms_of_any_network_add_up_to_dC_da(drawn: Any) -> None:
    net, x, y = drawn.net, drawn.X[0], drawn.y[0]
    t = net.trace(x, y)
    for l in range(1, t.L):
        sums = [t.term(l, j, 0).factors[0].value for j in range(t.sizes[l])]
        of_all = np.abs(t.w[l + 1]).T @ np.abs(t.delta[l + 1])  # what is added, without its signs
        errors = np.abs(np.subtract(sums, t.dC_da[l]))
        assert (errors <= 2 * t.sizes[l + 1] * unit_roundoff("float64") * of_all).all()


@pytest.mark.parametrize("isa", RUNNABLE)
@pytest.mark.parametrize("numbers", NUMBERS)
@pytest.mark.parametrize("hidden", BY_NODE)
def test_delta_is_the_product_in_the_loops_own_bits(isa: str, numbers: str, hidden: str) -> None:
    options = NUMBERS[numbers]
    with forced(isa):
        net = Network([9, 33, 18, 5], activation=hidden, seed=2, **options)
        t = net.trace(np.linspace(-1, 1, 9), np.linspace(0, 1, 5))
        for l in range(1, 3):
            product = t.g_prime[l] * t.dC_da[l]
            # A slope of a few factors may be multiplied in another order: a rounding for each.
            assert_close(t.delta[l], product, 4 * unit_roundoff(net.dtype))
            layers = layers_of(net._model)
            of_layer = layers.forward(l, layers.rows(t.a[l - 1][None]))
            delta = layers.times_slope(l, of_layer, layers.rows(t.dC_da[l][None]))
            assert np.array_equal(delta[0], t.delta[l])


def test_a_row_of_weights_above_gives_the_terms() -> None:
    net = drawn_network("tanh", "sigmoid", "squared_error")
    t = net.trace(*sample(net, "squared_error"))
    term = t.term(2, 3, 1)
    assert [summand.node for summand in term.terms] == [0, 1, 2, 3]
    for i, summand in enumerate(term.terms):
        delta, w = summand.factors
        assert (delta.symbol, delta.value) == (f"delta_{i}^(3)", t.delta[3][i])
        assert (w.symbol, w.value) == (f"w_{i}3^(3)", t.w[3][i, 3])
    assert [factor.symbol for factor in term.factors] == [
        "dC_0/da_3^(2)", "g'(z_3^(2))", "a_1^(1)",
    ]  # fmt: skip
    assert [factor.value for factor in term.factors[1:]] == [t.g_prime[2][3], t.a[1][1]]


def test_an_output_weight_has_three_factors_and_no_sum() -> None:
    net = drawn_network("tanh", "sigmoid", "squared_error")
    x, y = sample(net, "squared_error")
    t = net.trace(x, y)
    term = t.term(3, 1, 2)
    values = [factor.value for factor in term.factors]
    a = t.a[3][1]
    assert term.terms == ()
    assert_close(values, [2 * (a - y[1]), a * (1 - a), t.a[2][2]])


def test_a_softmax_weight_sums_over_all_outputs() -> None:
    net = drawn_network("tanh", "softmax", "cross_entropy")
    x, y = sample(net, "cross_entropy")
    t = net.trace(x, y)
    term, a = t.term(3, 1, 2), t.a[3]
    assert [summand.node for summand in term.terms] == [0, 1, 2, 3]
    assert_close([s.factors[0].value for s in term.terms], -y / a)
    assert_close([s.factors[1].value for s in term.terms], a * (np.eye(4)[1] - a[1]))
    with pytest.raises(IndexError, match="softmax has no g' of one node"):
        t.g_prime[3]


@pytest.mark.parametrize("output", ["sigmoid", "softmax"])
def test_a_saturated_output_has_the_short_factor_and_a_note(output: str) -> None:
    loss = {"sigmoid": "binary_cross_entropy", "softmax": "cross_entropy"}[output]
    net = Network([1, 2], output_activation=output, loss=loss, initializer="zeros", dtype="float64")
    net.weights[0] = [[1000.0], [-1000.0]]
    t = net.trace([1.0], [0.0, 1.0])  # a = (1, 0), computed
    assert t.a[1].tolist() == [1.0, 0.0]
    for j in range(2):
        term = t.term(1, j, 0)
        assert term.value == t.dC_dw[1][j, 0] == [1.0, -1.0][j]
        assert "rounded" in term.note
        assert term.note in repr(term)


def test_a_trace_keeps_its_numbers_while_the_network_learns() -> None:
    net = drawn_network("gelu", "sigmoid", "squared_error")
    x, y = sample(net, "squared_error")
    before, after = net.trace(x, y), net.trace(x, y)
    expected = [*before.g_prime, *before.dC_da]
    net.fit(np.array([x]), np.array([y]), epochs=3)
    for got, want in zip([*after.g_prime, *after.dC_da], expected, strict=True):
        assert np.array_equal(got, want)
    assert not np.array_equal(after.w[1], net.weights[0])
    with pytest.raises(ValueError, match="read-only"):
        after.w[1][0, 0] = 0


def test_a_trace_can_be_pickled() -> None:
    net = drawn_network("gelu", "softmax", "cross_entropy")
    t = net.trace(*sample(net, "cross_entropy"))
    twin = pickle.loads(pickle.dumps(t))
    assert repr(twin.term(1, 2, 3)) == repr(t.term(1, 2, 3))


OWN_G = Activation(lambda z: np.sin(z), lambda z: np.cos(z))
OWN_LOSS = Loss(lambda a, y: ((a - y) ** 4).sum(axis=1), lambda a, y: 4 * (a - y) ** 3)


@pytest.mark.parametrize("output", [OWN_G, "tanh", "gelu", "softmax"])
@pytest.mark.parametrize("hidden", [OWN_G, "silu"])
def test_activations_and_losses_of_one_s_own_have_their_factors(hidden: Any, output: Any) -> None:
    net = drawn_network(hidden, output, OWN_LOSS)
    x, y = sample(net, "squared_error")
    t = net.trace(x, y)
    assert_close(t.dC_da[3], 4 * (t.a[3] - y) ** 3)
    if hidden is OWN_G:
        assert_close(t.g_prime[1], np.cos(t.z[1]))
    if output is OWN_G:
        assert_close(t.g_prime[3], np.cos(t.z[3]))
    for l in range(1, 4):
        products = [[t.term(l, j, k).value for k in range(SIZES[l - 1])] for j in range(SIZES[l])]
        assert_close(products, t.dC_dw[l])


def test_every_loss_without_chain_rule_has_its_slope_of_a() -> None:
    for name, row in LOSSES.items():
        assert (row.slope_of_a is None) == row.chain_rule, name
        if row.slope_of_a is not None:
            y, a, h = np.array([0.25]), np.array([0.4]), 1e-6
            C = [row.term(np, a + step, y) for step in (h, -h)]
            assert_close(row.slope_of_a(np, a, y), (C[0] - C[1]) / (2 * h), 1e-8, label=name)


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ((0, 0, 0), "l must be a layer, from 1 to 3, got 0"),
        ((4, 0, 0), "l must be a layer, from 1 to 3, got 4"),
        ((1, 7, 0), "j must be a node of layer 1, from 0 to 6, got 7"),
        ((1, 0, -1), "k must be a node of layer 0, from 0 to 4, got -1"),
        ((1, 0, "a"), "k must be a node of layer 0, from 0 to 4, got 'a'"),
        ((True, 0, 0), "l must be a layer, from 1 to 3, got True"),
    ],
)
def test_a_place_that_is_not_there_is_an_index_error(place: Any, message: str) -> None:
    net = drawn_network("tanh", "sigmoid", "squared_error")
    with pytest.raises(IndexError, match=message):
        net.trace(*sample(net, "squared_error")).term(*place)


def test_a_long_sum_is_cut_when_it_is_printed() -> None:
    net = Network([2, 3, 200], seed=0)
    text = repr(net.trace([0.5, 1.0], np.zeros(200)).term(1, 0, 0))
    assert "j'=64..199" in text
    assert len(text.splitlines()) < 80
