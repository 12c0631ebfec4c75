"""``net.check_gradients``: right gradients pass, wrong ones are found and their author is named."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import complex_step
import numpy as np
import pytest
from drawn import EVERY_TRIPLE, build, targets
from reference_network import Specification, rows_of
from small_tasks import classifier, curve_samples, regressor, samples

from fastbp import Activation, Loss, Network, PerformanceWarning
from fastbp.model.model import Model
from fastbp.model.parameters import Gradients

X, Y = curve_samples()


def network(*args: Any, **options: Any) -> Network:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PerformanceWarning)
        return Network(*args, **{"output_activation": "identity", "seed": 0, **options})


# ---------------------------------------------------------------- right ones


@pytest.mark.parametrize(("hidden", "output", "loss"), EVERY_TRIPLE, ids=str)
def test_every_legal_combination_is_right(hidden: Any, output: Any, loss: Any) -> None:
    net = build(
        1, [3, 4, 3, 2], activation=hidden, output_activation=output, loss=loss, bias=True,
        dtype="float64",
    )  # fmt: skip
    rng = np.random.default_rng(0)
    rows = 0.3 * rng.standard_normal((8, 3))  # so that e^(e^z) stays finite
    check = net.check_gradients(rows, targets(rng, loss, 8, 2, "float64"))
    assert check.ok, check
    assert check.n_checked == check.n_parameters == net.parameters.size
    assert not check.kinks


@pytest.mark.parametrize("scale", [1e-3, 1.0, 30.0])
@pytest.mark.parametrize("hidden", ["sigmoid", "tanh", "silu", "softplus"])
def test_differences_are_within_their_bounds_of_the_complex_step(hidden: str, scale: float) -> None:
    """So the bound holds what it promises, and is not so wide that it would hide a mistake."""
    net = build(
        2, [3, 4, 2], activation=hidden, output_activation="tanh", loss="squared_error",
        bias=True, dtype="float64",
    )  # fmt: skip
    rng = np.random.default_rng(1)
    rows = scale * rng.standard_normal((6, 3))
    y = targets(rng, "squared_error", 6, 2, "float64")
    spec = Specification.of(net)
    exact_w, exact_b = complex_step.gradient(
        rows.tolist(), rows_of(y, 2), spec.w, spec.b, net._model.config()
    )
    size = max(float(np.abs(w).max()) for w in exact_w[1:])
    for check in every_check(net, rows, y):
        exact = exact_b[check.l][check.j] if check.k is None else (
            exact_w[check.l][check.j][check.k]
        )  # fmt: skip
        assert abs(check.difference - exact) <= check.bound
        assert check.bound < 1e-6 * max(1, size)


def test_the_bound_holds_where_the_truncation_is_the_larger_error() -> None:
    """C = (e^(e^z) - y)^2 / 2 at z = 5.5: its third derivative is (2 e^z)^2 times its first."""
    net = build(
        0, [1, 1, 1], activation="exp", output_activation="exp", loss="half_squared_error",
        bias=True, dtype="float64",
    )  # fmt: skip
    net.parameters = [5.5, 0.0, 1.0, 0.0]
    inner = np.exp(5.5)
    exact = np.exp(2 * inner) * inner
    checks = [check for check in every_check(net, [[1.0]], [0.0]) if check.l == 1]
    assert len(checks) == 2
    for check in checks:
        assert check.bound / 10 < abs(check.difference - exact) <= check.bound


def test_the_bound_grows_with_terms_that_cancel() -> None:
    """z is some 1 of terms of 10^6, each rounded at 10^-10, and C is as uncertain."""
    rng = np.random.default_rng(0)
    net = network([20, 1], dtype="float64")
    rows = 1e6 * (1 + rng.random((8, 20)))
    net.weights[0][0] = np.linalg.svd(rows)[2][-1]  # rows @ w = 0
    check = net.check_gradients(rows, rng.standard_normal(8))
    assert check.ok, check
    assert check.n_checked == 21


def every_check(net: Network, rows: Any, y: Any) -> list[Any]:
    """All comparisons, taken as wrong ones of gradients that are turned round."""
    with pytest.MonkeyPatch.context() as patch:
        break_gradients(patch, lambda l, w: -w - 1e6, lambda l, b: -b - 1e6)
        check = net.check_gradients(rows, y)
    assert len(check.wrong) == net.parameters.size
    return list(check.wrong)


def test_the_difference_is_that_of_the_textbook() -> None:
    net = network([1, 1], initializer="zeros", dtype="float64")
    net.weights[0][...] = 2.0
    worst = net.check_gradients([[3.0]], [1.0]).worst
    assert worst is not None
    assert worst.gradient == pytest.approx(2 * (6 - 1) * (3 if worst.k == 0 else 1))
    assert worst.difference == pytest.approx(worst.gradient, rel=1e-9)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_network_stays_as_it_is_and_float32_is_said(dtype: str) -> None:
    net = network([4, 6, 2], "relu", dtype=dtype)
    before, state = net.parameters, net._model.state.rng.bit_generator.state
    check = net.check_gradients(X, Y)
    assert check.ok
    assert np.array_equal(net.parameters, before)
    assert net._model.state.rng.bit_generator.state == state
    assert ("float64: float32 has too few digits" in str(check)) == (dtype == "float32")


def test_products_of_bfloat16_are_checked_in_float64() -> None:
    check = network([4, 6, 2], "relu", compute="bfloat16").check_gradients(X, Y)
    assert check.ok
    assert "without bfloat16" in str(check)


@pytest.mark.parametrize("bias", [True, False, "fixed"])
def test_labels_names_and_sparse_rows_are_taken(bias: Any) -> None:
    scipy = pytest.importorskip("scipy.sparse", reason="scipy is not installed")
    net, (rows, labels) = classifier(bias=bias), samples()
    check = net.check_gradients(scipy.csr_array(rows), labels)
    assert check.ok
    assert check.n_parameters == net.parameters.size
    net.classes = ["a", "b", "c"]
    assert net.check_gradients(rows, np.array(["a", "b", "c"])[labels]).ok


def test_a_perfect_fit_is_right_though_c_is_zero() -> None:
    net = network([2, 1], initializer="zeros")
    assert net.check_gradients([[1, 2], [2, 1]], [0, 0]).ok


def test_a_large_network_is_sampled_by_the_seed_and_says_so() -> None:
    net = network([784, 128, 10], "relu", output_activation="softmax", loss="cross_entropy")
    rows = np.random.default_rng(0).random((100, 784))
    first, second, other = (
        net.check_gradients(rows, np.arange(100) % 10, max_weights=60, seed=seed)
        for seed in (0, 0, 1)
    )
    assert first.ok
    assert first.n_checked + len(first.kinks) <= 60
    assert first.n_rows == 32
    assert first.n_samples == 100
    assert "chosen by seed=0" in str(first)
    assert first.worst == second.worst != other.worst
    assert all(layer.n_checked for layer in first.by_layer)


# ---------------------------------------------------------------- kinks


XOR = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])


@pytest.mark.parametrize(
    "activation",
    ["relu", ("leaky_relu", 0.2), "selu", Activation(lambda z: np.maximum(z, 0), lambda z: z > 0)],
    ids=["relu", "leaky_relu", "selu", "own"],
)
def test_kinks_are_counted_apart(activation: Any) -> None:
    """First biases are 0, so that the row (0, 0) has z = 0 at every node of layer 1."""
    net = network([2, 3, 1], activation)
    check = net.check_gradients(XOR, [1, 1, 1, 0])
    assert check.ok
    assert [(kink.l, kink.j, kink.k) for kink in check.kinks] == [(1, j, None) for j in range(3)]
    assert check.by_layer[0].n_kinks == 3
    assert check.n_checked == 10
    if not isinstance(activation, Activation):
        assert [(kink.layer, kink.node, kink.row) for kink in check.kinks] == [
            (1, j, 0) for j in range(3)
        ]
        assert "b_1^(1) (node 1 of layer 1, row 0)" in str(check)


def pinball(a: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.abs(a - y).sum(axis=1)


@pytest.mark.parametrize("loss", ["absolute_error", Loss(pinball, lambda a, y: np.sign(a - y))])
def test_kinks_of_a_loss_are_counted_apart(loss: Any) -> None:
    net = network([2, 1], initializer="zeros", loss=loss)
    check = net.check_gradients([[1.0, 0.0], [2.0, 1.0]], [0.0, 1.0])
    assert check.ok
    assert [kink.name for kink in check.kinks] == ["w_00^(1)", "b_0^(1)"]


def test_a_kink_near_by_is_passed_by_a_shorter_step() -> None:
    net = network([1, 1, 1], "relu", dtype="float64", initializer="zeros")
    net.weights[0][...] = net.weights[1][...] = 1.0
    check = net.check_gradients([[1e-6]], [1.0])  # z = 1e-6, and h = 6e-6
    assert check.ok
    assert not check.kinks


# ---------------------------------------------------------------- wrong ones


def break_gradients(
    patch: pytest.MonkeyPatch,
    of_w: Callable[[int, np.ndarray], np.ndarray],
    of_b: Callable[[int, np.ndarray], np.ndarray],
) -> None:
    """Let the network's gradients be something else."""
    right = Model.gradients

    def gradients(self: Model, *args: Any) -> Gradients:
        g = right(self, *args)
        return Gradients(
            tuple(of_w(l, w) for l, w in enumerate(g.weights, start=1)),
            tuple(of_b(l, b) for l, b in enumerate(g.biases, start=1)),
        )

    patch.setattr(Model, "gradients", gradients)


def same(l: int, array: np.ndarray) -> np.ndarray:
    return array


def below(top: int) -> Callable[[int, np.ndarray], np.ndarray]:
    """Wrong in layer ``top`` and below it, in no constant ratio."""
    return lambda l, array: array * (1 + 0.1 * np.arange(array.size).reshape(array.shape)) if (
        l <= top
    ) else array  # fmt: skip


PATTERNS: dict[str, tuple[Any, Any, str]] = {
    "2": (
        lambda l, w: 2 * w,
        lambda l, b: 2 * b,
        "is 2 times what it should be, everywhere: a 1/2",
    ),
    "1/2": (lambda l, w: w / 2, lambda l, b: b / 2, "a 2 is missing in it"),
    "sign": (lambda l, w: -w, lambda l, b: -b, "its sign is turned"),
    "sum": (lambda l, w: 32 * w, lambda l, b: 32 * b, "the sum over the samples instead of their"),
    "n_L": (lambda l, w: w / 3, lambda l, b: b / 3, "the mean over the outputs instead of their"),
    "biases": (same, lambda l, b: 0 * b, "only biases are wrong"),
    "weights": (lambda l, w: w[::-1], same, "only weights are wrong"),
    "layer 2": (below(2), below(2), "layer 2 and all below it are wrong"),
    "layer 1": (below(1), below(1), "layer 1 and all below it are wrong"),
    "all": (below(3), below(3), "all layers are wrong: the loss's slope"),
}


@pytest.mark.parametrize("pattern", PATTERNS)
def test_what_a_pattern_of_errors_means_is_said(
    pattern: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_w, of_b, words = PATTERNS[pattern]
    rows, y = curve_samples()
    net = Network([4, 5, 4, 3], "tanh", output_activation="tanh", seed=0)
    y = np.column_stack([y, y[:, :1]])
    assert net.check_gradients(rows, y).ok
    break_gradients(monkeypatch, of_w, of_b)
    check = net.check_gradients(rows, y)
    assert not check
    assert not check.ok
    assert check.causes
    assert words in check.causes[0]
    assert words in str(check)


@pytest.mark.parametrize("l", [1, 2])
def test_one_wrong_weight_is_found_by_its_indices(l: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def spoil(layer: int, w: np.ndarray) -> np.ndarray:
        w = w.copy()
        if layer == l:
            w[1, 2] *= 1.00001
        return w

    net = regressor()
    break_gradients(monkeypatch, spoil, same)
    check = net.check_gradients(X, Y)
    assert [(wrong.l, wrong.j, wrong.k) for wrong in check.wrong] == [(l, 1, 2)]
    worst = check.worst
    assert worst is not None
    assert worst.name == f"w_12^({l})"
    assert worst == check.by_layer[l - 1].worst
    assert worst.gradient == pytest.approx(1.00001 * worst.difference, rel=1e-6)
    assert [layer.n_wrong for layer in check.by_layer] == [int(layer == l) for layer in (1, 2)]


# ---------------------------------------------------------------- functions of one's own


def logistic(z: np.ndarray) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-z)))


ACTIVATIONS: dict[str, tuple[Activation, str]] = {
    "of a": (Activation(logistic, lambda a: a * (1 - a)), "written in terms of a"),
    "doubled": (Activation(np.tanh, lambda z: 2 - 2 * np.tanh(z) ** 2), "It is 2 times"),
    "sign": (Activation(np.cos, np.sin), "its sign is turned"),
    "another": (Activation(np.sin, np.sin), "is not that of g (sin)"),
    "slightly off": (
        Activation(np.tanh, lambda z: 1 - np.tanh(z) ** 2 + 1e-4),
        "is not that of g (tanh)",
    ),
    "not by node": (
        Activation(
            lambda z: np.exp(z) / np.exp(z).sum(axis=1, keepdims=True),
            lambda z: np.exp(z) / np.exp(z).sum(axis=1, keepdims=True),
        ),
        "is not node by node",
    ),
    "not by row": (Activation(lambda z: z - z.mean(axis=0), np.ones_like), "is not row by row"),
}


@pytest.mark.parametrize("l", [1, 2, 3])
@pytest.mark.parametrize("mistake", ACTIVATIONS)
def test_a_wrong_derivative_of_ones_own_is_named(mistake: str, l: int) -> None:
    g, words = ACTIVATIONS[mistake]
    choices: list[Any] = ["tanh", "softplus", "tanh"]
    choices[l - 1] = g
    net = network([4, 5, 4, 2], choices[:2], output_activation=choices[2])
    check = net.check_gradients(X, Y)
    assert not check.ok
    (cause,) = check.causes
    assert cause.startswith(f"the activation of layer {l}: ")
    assert words in cause
    # Errors in that layer and in all below it, in none above.
    assert [layer.n_wrong > 0 for layer in check.by_layer] == [m <= l for m in (1, 2, 3)]


def test_right_functions_of_ones_own_are_right() -> None:
    g = Activation(np.sin, np.cos)
    loss = Loss(lambda a, y: ((a - y) ** 4).sum(axis=1), lambda a, y: 4 * (a - y) ** 3)
    check = network([4, 5, 4, 2], g, output_activation=g, loss=loss).check_gradients(X, Y)
    assert check.ok
    assert check.causes == ()


def in_float32(z: np.ndarray) -> np.ndarray:
    return np.tanh(z.astype(np.float32)).astype(np.float64)


@pytest.mark.parametrize("slope", [1.0, 2.0])
def test_functions_too_rough_for_differences_are_named_and_not_called_right(slope: float) -> None:
    """With the wrong derivative too: nothing was compared that it would show in."""
    g = Activation(in_float32, lambda z: slope * (1 - np.tanh(z) ** 2))
    check = network([4, 5, 4, 2], ["softplus", g]).check_gradients(X, Y)
    assert not check.ok
    assert check.by_layer[1].n_kinks > check.by_layer[1].n_checked
    assert any(cause.startswith("the activation of layer 2: g (in_float32) is not smooth: it jumps "
                                "by some") for cause in check.causes)  # fmt: skip
    loss = Loss(lambda a, y: in_float32(a - y).sum(axis=1), lambda a, y: 1 - np.tanh(a - y) ** 2)
    (cause,) = network([4, 5, 2], "tanh", loss=loss).check_gradients(X, Y).causes
    assert cause.startswith("the loss: value (<lambda>) is not smooth")


def test_functions_that_are_not_repeatable_are_named() -> None:
    rng = np.random.default_rng(0)
    g = Activation(lambda z: np.tanh(z) + 1e-3 * rng.standard_normal(z.shape), np.cos)
    check = network([4, 5, 2], g).check_gradients(X, Y)
    assert not check
    assert check.causes == (
        "the activation of layer 1: g (<lambda>) is not repeatable: for the same z it gives other "
        "numbers each time",
    )
    assert "NOT COMPARED for" in str(check)


def test_a_network_of_which_nothing_can_be_compared_is_not_called_right() -> None:
    net = network([1, 1], output_activation="relu", initializer="zeros")
    check = net.check_gradients([[1.0]], [1.0])
    assert check.n_checked == 0
    assert not check.ok
    assert "NOT COMPARED for 2 of 2, where slopes jump" in str(check)


LOSSES: dict[str, tuple[Loss, str]] = {
    "1/2": (Loss(lambda a, y: ((a - y) ** 2).sum(axis=1), lambda a, y: a - y), "It is 0.5 times"),
    "sign": (
        Loss(lambda a, y: ((a - y) ** 2).sum(axis=1), lambda a, y: 2 * (y - a)),
        "its sign is turned",
    ),
    "mean over outputs": (
        Loss(lambda a, y: ((a - y) ** 2).sum(axis=1), lambda a, y: 2 * (a - y) / a.shape[1]),
        "the mean over the outputs instead of their sum",
    ),
    "another": (
        Loss(lambda a, y: np.cosh(a - y).sum(axis=1), lambda a, y: a - y),
        "is not that of value",
    ),
}


@pytest.mark.parametrize("mistake", LOSSES)
def test_a_wrong_gradient_of_a_loss_of_ones_own_is_named(mistake: str) -> None:
    loss, words = LOSSES[mistake]
    check = network([4, 5, 2], "tanh", loss=loss).check_gradients(X, Y)
    assert not check.ok
    (cause,) = check.causes
    assert cause.startswith("the loss: gradient")
    assert words in cause
    assert all(layer.n_wrong for layer in check.by_layer)


def test_a_loss_of_shares_is_not_blamed_where_its_logarithm_ends() -> None:
    net = network(
        [4, 5, 3],
        Activation(np.sin, np.sin),
        output_activation="softmax",
        loss=Loss(lambda a, y: -(y * np.log(a)).sum(axis=1), lambda a, y: -y / a),
    )
    rows, labels = samples()
    (cause,) = net.check_gradients(rows, labels).causes
    assert cause.startswith("the activation of layer 1")


# ---------------------------------------------------------------- arguments


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_weights": 0}, "max_weights must be at least 1"),
        ({"max_weights": 1.5}, "max_weights must be an integer"),
        ({"seed": -1}, "seed must be at least 0"),
    ],
)
def test_arguments_are_checked(options: dict[str, Any], message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        regressor().check_gradients(X, Y, **options)


def test_numbers_that_are_not_finite_are_refused() -> None:
    bad = X.copy()
    bad[3, 1] = np.nan
    with pytest.raises(ValueError, match=r"X\[3, 1\]"):
        regressor().check_gradients(bad[:10], Y[:10])
    net = regressor()
    net.weights[1][...] = 1e200
    with pytest.raises(ValueError, match="C is inf"):
        net.check_gradients(X, Y)
