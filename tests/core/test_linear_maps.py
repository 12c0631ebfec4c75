"""jvp and vjp: one linear map and its transpose, beside differences, gradients and JAX."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from drawn import EVERY_HIDDEN, build, networks
from hypothesis import given, settings
from hypothesis import strategies as st
from kernel_sets import RUNNABLE, forced
from network_state import differences, state_of
from reference_network import formulas_of
from tolerances import FLOAT64, assert_close, norm, unit_roundoff

from fastbp import Activation, Loss, Network
from fastbp.errors import ShapeError

pytestmark = [
    pytest.mark.kernels,
    pytest.mark.filterwarnings("ignore::fastbp.errors.PerformanceWarning"),
]

SIZES = [5, 17, 9, 4]
OWN = Activation(lambda z: np.sin(z), lambda z: np.cos(z))
CASES = [
    *((g, g, "squared_error") for g in EVERY_HIDDEN),
    ("tanh", "softmax", "cross_entropy"),
    (OWN, OWN, "squared_error"),
    ("gelu", "softmax", Loss(lambda a, y: (a - y).sum(axis=1), lambda a, y: a - y)),
]
IDS = ["own" if hidden is OWN else f"{hidden}-{output}" for hidden, output, _ in CASES]


def made(
    hidden: Any = "tanh", output: Any = "sigmoid", loss: Any = "squared_error", **options: Any
) -> Any:
    """A network with small weights: exp of exp stays within a few digits."""
    options = {"dtype": "float64", "bias": True, **options}
    net = build(2, SIZES, activation=hidden, output_activation=output, loss=loss, **options)
    net.parameters = net.parameters / 2
    return net


def directions(net: Any, m: int | None, seed: int = 0) -> tuple[Any, Any, Any, Any]:
    """x, dx, dparameters and v for m rows, or for one sample."""
    rng = np.random.default_rng(seed)
    rows = () if m is None else (m,)
    x, dx = rng.standard_normal((2, *rows, net.sizes[0])).astype(net.dtype)
    v = rng.standard_normal((*rows, net.sizes[-1])).astype(net.dtype)
    return x, dx, rng.standard_normal(net.parameters.shape).astype(net.dtype), v


def assert_adjoint(net: Any, x: Any, dx: Any, dp: Any, v: Any, bound: float) -> None:
    """<v, J u> = <J^T v, u>, for inputs, parameters and both."""
    to_x, to_p = net.vjp(x, v)
    assert (to_x.shape, to_p.shape) == (x.shape, dp.shape)
    for u_x, u_p in ((dx, None), (None, dp), (dx, dp)):
        Ju = net.jvp(x, u_x, u_p)
        assert Ju.shape == v.shape
        left = np.vdot(v, Ju)
        right = sum(np.vdot(to, u) for to, u in ((to_x, u_x), (to_p, u_p)) if u is not None)
        # What is added on either side, as large as the numbers that their rounding is relative to.
        scale = norm(v) * norm(Ju) + norm(to_x) * norm(dx) + norm(to_p) * norm(dp)
        assert abs(left - right) <= bound * scale


@pytest.mark.parametrize("isa", RUNNABLE)
@pytest.mark.parametrize(("hidden", "output", "loss"), CASES, ids=IDS)
def test_vjp_is_the_transpose_of_jvp(hidden: Any, output: Any, loss: Any, isa: str) -> None:
    with forced(isa):
        net = made(hidden, output, loss)
        for m in (None, 1, 6):
            assert_adjoint(net, *directions(net, m), FLOAT64)


@settings(max_examples=40, deadline=None)
@given(networks(dtypes=("float64",)), st.booleans())
def test_it_is_for_any_network(drawn: Any, one: bool) -> None:
    net, before = drawn.net, state_of(drawn.net)
    _, dx, dp, v = directions(net, None if one else len(drawn.X))
    assert_adjoint(net, drawn.X[0] if one else drawn.X, dx, dp, v, FLOAT64)
    assert differences(state_of(net), before) == ""


@pytest.mark.parametrize("m", [1024, 1025, 2500])
def test_more_rows_than_a_chunk(m: int) -> None:
    net = made()
    x, dx, dp, v = directions(net, m)
    assert_adjoint(net, x, dx, dp, v, FLOAT64)
    whole, (to_x, to_p) = net.jvp(x, dx, dp), net.vjp(x, v)
    assert np.array_equal(whole[-1], net.jvp(x[-1], dx[-1], dp))
    assert np.array_equal(to_x[-1], net.vjp(x[-1], v[-1])[0])
    parts = [net.vjp(x[rows], v[rows])[1] for rows in (slice(0, 1000), slice(1000, m))]
    assert_close(to_p, parts[0] + parts[1])


@pytest.mark.parametrize(("hidden", "output", "loss"), CASES, ids=IDS)
def test_jvp_is_the_limit_of_differences(hidden: Any, output: Any, loss: Any) -> None:
    """(f(u + h d) - f(u - h d)) / 2h is off by h^2 f'''/6 and by u |f| / h: at 1e-5 some 1e-10."""
    net, h = made(hidden, output, loss), 1e-5
    x, dx, dp, _ = directions(net, 6)
    p, values = net.parameters, []
    for step in (h, -h):
        net.parameters = p + step * dp
        values.append(net.predict(x + step * dx))
    net.parameters = p
    assert_close(net.jvp(x, dx, dp), (values[0] - values[1]) / (2 * h), 1e-7)


@pytest.mark.parametrize(("hidden", "output", "loss"), CASES, ids=IDS)
def test_jvp_is_the_specification_s_product(hidden: Any, output: Any, loss: Any) -> None:
    """Dual numbers in lists: dz = db + sum_k (dw a + w da), da = g' dz."""
    net = made(hidden, output, loss)
    x, dx, dp, _ = directions(net, None)
    other = net.copy()
    other.parameters = dp
    a, da = x, dx
    for l in range(1, net.L + 1):
        here, change = net.layer(l), other.layer(l)
        z, dz = here.w @ a + here.b, here.w @ da + change.w @ a + change.b
        g = [hidden, hidden, output][l - 1]
        if g == "softmax":
            a = np.exp(z) / np.exp(z).sum()
            da = (np.diag(a) - np.outer(a, a)) @ dz
        else:
            pair = (g.g, g.derivative) if isinstance(g, Activation) else formulas_of(g)
            a, da = np.array(pair[0](z)), np.array(pair[1](z)) * dz
    assert_close(net.jvp(x, dx, dp), da)


@pytest.mark.parametrize("bias", [True, False, "fixed"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_vjp_of_the_loss_s_slope_is_the_gradient(dtype: str, bias: Any) -> None:
    net = made(bias=bias, dtype=dtype)
    x, _, _, y = directions(net, 6)
    _, dparameters = net.vjp(x, 2 * (net.predict(x) - y) / 6)
    g = net.gradients(x, y)
    parts = [
        part.ravel()
        for w, b in zip(g.weights, g.biases, strict=True)
        for part in ((w, b) if bias else (w,))
    ]
    # The slope is rounded once more, and the sum has other terms: some roundings a number.
    assert_close(dparameters, np.concatenate(parts), 16 * unit_roundoff(dtype))


@pytest.mark.parametrize(
    ("options", "bound"),
    [({"dtype": "float32"}, 2.0**-18), ({"dtype": "float32", "compute": "bfloat16"}, 2.0**-5)],
)
def test_other_number_types_keep_their_digits(options: Any, bound: float) -> None:
    """Roundings of a few units of 2^-24, or 2^-8, in each of three layers there and back."""
    net, exact = made(**options), made()
    exact.parameters = net.parameters
    x, dx, dp, v = directions(net, 6)
    assert net.jvp(x, dx, dp).dtype == net.vjp(x, v)[0].dtype == net.dtype
    assert_adjoint(net, x, dx, dp, v, bound)
    scale = norm(exact.jvp(x, dx, dp))
    assert norm(net.jvp(x, dx, dp) - exact.jvp(x, dx, dp)) <= bound * scale


def test_the_map_is_linear_down_to_tiny_directions() -> None:
    """No bias is added and taken away again: that would leave nothing of 1e-200."""
    net = made()
    x, dx, dp, v = directions(net, None)
    assert_close(net.jvp(x, 1e-200 * dx, 1e-200 * dp), 1e-200 * net.jvp(x, dx, dp))
    assert_close(net.vjp(x, 1e-200 * v)[1], 1e-200 * net.vjp(x, v)[1])
    assert not net.jvp(x, 0 * dx).any()


def test_dropout_and_training_elsewhere_change_nothing() -> None:
    net = made(dropout=0.5)
    x, dx, dp, v = directions(net, 6)
    assert np.array_equal(net.jvp(x, dx, dp), made().jvp(x, dx, dp))
    assert np.array_equal(net.vjp(x, v)[1], made().vjp(x, v)[1])


def test_inputs_of_every_kind() -> None:
    scipy = pytest.importorskip("scipy.sparse", reason="SciPy is not installed")
    net = made()
    x, dx, dp, v = directions(net, 6)
    x[x < 0] = 0
    expected = net.jvp(x, dx, dp)
    assert np.array_equal(net.jvp(scipy.csr_array(x), dx, dp), expected)
    assert np.array_equal(net.jvp(x.tolist(), dx.tolist(), dp.tolist()), expected)
    assert np.array_equal(net.jvp(np.asfortranarray(x), dx[::-1][::-1], dp), expected)
    assert net.vjp(x[0].tolist(), v[0].tolist())[0].shape == (5,)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda net, x, dx, dp, v: net.jvp(x), "pass dx=, dparameters= or both"),
        (lambda net, x, dx, dp, v: net.jvp(x, dx[0]), r"dx must have shape \(6, 5\).*got \(5,\)"),
        (lambda net, x, dx, dp, v: net.jvp(x[0], dx), r"dx must have shape \(5,\).*got \(6, 5\)"),
        (lambda net, x, dx, dp, v: net.jvp(x, dx[:, :4]), r"dx must have shape \(6, 5\)"),
        (lambda net, x, dx, dp, v: net.jvp(x, None, dp[1:]), "the shape of net.parameters"),
        (lambda net, x, dx, dp, v: net.jvp(x[:, :4], dx), "expected 5 features"),
        (lambda net, x, dx, dp, v: net.jvp(x[:0], dx[:0]), "at least one sample"),
        (lambda net, x, dx, dp, v: net.vjp(x, v[:3]), r"dy must have shape \(6, 4\)"),
        (lambda net, x, dx, dp, v: net.vjp(x, v * 1j), "complex"),
    ],
)
def test_what_does_not_fit_is_refused(call: Any, message: str) -> None:
    net = made()
    with pytest.raises(ValueError, match=message) as caught:
        call(net, *directions(net, 6))
    assert isinstance(caught.value, ShapeError) == ("shape" in message or "features" in message)


def test_they_are_those_of_jax() -> None:
    jax = pytest.importorskip("jax", reason="JAX is not installed")
    jax.config.update("jax_enable_x64", True)
    net = Network([5, 17, 4], "tanh", output_activation="softmax", loss="cross_entropy",
                  dtype="float64", seed=0)  # fmt: skip
    x, dx, dp, v = directions(net, 6)
    shapes = [(17, 5), (17,), (4, 17), (4,)]

    def outputs(x: Any, p: Any) -> Any:
        parts, first = [], 0
        for shape in shapes:
            parts.append(p[first : first + int(np.prod(shape))].reshape(shape))
            first += int(np.prod(shape))
        w1, b1, w2, b2 = parts
        return jax.nn.softmax(jax.numpy.tanh(x @ w1.T + b1) @ w2.T + b2)

    of_jax, dy = jax.jvp(outputs, (x, net.parameters), (dx, dp))
    assert_close(net.predict(x), np.asarray(of_jax))
    assert_close(net.jvp(x, dx, dp), np.asarray(dy))
    to_x, to_p = jax.vjp(outputs, x, net.parameters)[1](v)
    assert_close(net.vjp(x, v)[0], np.asarray(to_x))
    assert_close(net.vjp(x, v)[1], np.asarray(to_p))
