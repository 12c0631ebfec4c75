"""compute="bfloat16": products of rounded numbers; sums, weights and all else are float32.

What is right is computed in float64, from numbers that NumPy rounds to bfloat16: their products are
exact in float32, so only the roundings of the sums remain: rounding_error.py has the bounds.
That threads, batches and a trace change no bit is tested where it is for the other number types.
"""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from drawn import EVERY_OPTIMIZER, EVERY_TRIPLE, batch_for, build, targets
from kernel_sets import RUNNABLE
from model_files import edit_json, edited, file_bytes, refuse, split
from rounding_error import bounded_results, gamma
from tolerances import assert_within, norm, unit_roundoff
from ways_in import bits, identity_network, run_script

from fastbp import SGD, Network, _cpu
from fastbp._boundary import LayerCalls
from fastbp.datasets import load_digits
from fastbp.model import kernel_sets
from fastbp.model.padded_rows import padded_base, padded_copy, padded_zeros

pytestmark = pytest.mark.kernels

U = unit_roundoff("float32")
SMALLEST_NORMAL = float(np.finfo("float32").tiny)


def bf16(values: Any) -> np.ndarray:
    """Round to the nearest number of 8 bits of mantissa, the even one of two; as float64."""
    bits = np.asarray(values, np.float32).view(np.uint32).astype(np.uint64)
    nearest = ((bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF0000).astype(np.uint32)
    return nearest.view(np.float32).astype(np.float64)


def assert_products(sums: Any, A: Any, B: Any, start: Any = 0.0) -> None:
    """Sums of products of rounded numbers, within the error of as many float32 additions."""
    A, B = bf16(A), bf16(B)
    bound = gamma(A.shape[1] + 2, U) * (np.abs(A) @ np.abs(B) + np.abs(start))
    error = np.abs(sums - (A @ B + start))
    assert (error <= bound).all(), float(np.max(error / np.maximum(bound, SMALLEST_NORMAL)))


def assert_a_pass_of_rounded_products(sizes: list[int], m: int) -> None:
    """Forward, delta and gradient, each from the very numbers that it was made of."""
    rng = np.random.default_rng([m, *sizes])
    linear = {"activation": "identity", "output_activation": "identity"}
    net = build(m, sizes, bias=True, loss="half_squared_error", compute="bfloat16", **linear)
    X, y = (rng.standard_normal((m, n)).astype("float32") for n in (sizes[0], sizes[-1]))
    _, _, a, delta = net._model.program.trace(X, y, np.zeros_like(net._model.state.parameters.flat))
    g = net.gradients(X, y)
    assert np.array_equal(net.predict(X), a[-1])
    for l in range(1, net.L + 1):
        w, b = net.layer(l).w, net.layer(l).b
        assert_products(a[l], a[l - 1], w.T, b)
        assert_products(m * g.weights[l - 1].astype("float64"), delta[l - 1].T, a[l - 1])
        if l > 1:
            assert_products(delta[l - 2], delta[l - 1], w)


def test_products_are_those_of_rounded_numbers_at_every_size() -> None:
    for n in range(1, 34):
        assert_a_pass_of_rounded_products([n, 5, 3], 4)
        assert_a_pass_of_rounded_products([3, n, 34 - n], 7)
        assert_a_pass_of_rounded_products([6, 4, n], 34 - n)
        assert_a_pass_of_rounded_products([2, 3, 2], n)


@pytest.mark.parametrize(
    ("sizes", "m"),
    [
        ([385, 300, 77], 61),  # blocks of terms and of panels, each with a rest
        ([9000, 3], 5),  # more terms than a sum may have
        ([3, 4100, 40], 9),
        ([40, 70, 50], 1023),  # the longest gradient
    ],
    ids=str,
)
def test_products_are_those_of_rounded_numbers_across_blocks(sizes: list[int], m: int) -> None:
    assert_a_pass_of_rounded_products(sizes, m)


def test_pads_of_a_layer_may_hold_anything() -> None:
    for n in (1, 3, 15, 17, 31, 33):  # the last pair's second number is a pad, or a number no more
        net = Network([n, 5], output_activation="identity", compute="bfloat16", seed=0)
        X = np.random.default_rng(0).standard_normal((7, n))
        x, z, a = (
            padded_copy(X, net.dtype),
            padded_zeros(7, 5, net.dtype),
            padded_zeros(7, 5, net.dtype),
        )
        padded_base(x)[:, n:] = np.nan
        LayerCalls(net._model.program).forward(1, *map(padded_base, (x, z, a)))
        assert np.array_equal(a, net.predict(X)), n


@pytest.mark.parametrize(("hidden", "output", "loss"), EVERY_TRIPLE, ids=str)
def test_gradients_are_within_the_derived_bound(hidden: Any, output: Any, loss: Any) -> None:
    for seed in range(3, 100):
        net = build(
            seed,
            [6, 5, 3],
            activation=hidden,
            output_activation=output,
            loss=loss,
            bias=True,
            compute="bfloat16",
        )
        rng = np.random.default_rng(seed + 1)
        X, y = rng.standard_normal((9, 6)).astype("float32"), targets(rng, loss, 9, 3, "float32")
        X /= 4  # for exp, which magnifies errors of large z
        a, C, *gradients = bounded_results(net, X, y)
        if all(norm(bound) < norm(expected) for _, expected, bound in gradients):
            break  # else zeros would do: a slope may jump within the error of a, or a z be large
    else:
        raise AssertionError("no draw whose bounds tell anything")
    for actual, expected, bound in (a, C, *gradients):
        assert (np.abs(actual - np.array(expected)) <= bound).all()
    assert bits(gradients[0][0]) != bits(twin(net).gradients(X, y).weights[0])


def twin(net: Network, **options: Any) -> Network:
    """The same network without `compute`, or with other options."""
    config = net._model.architecture.config() | {"compute": None}
    result = Network(**(config | options))
    result.parameters = net.parameters
    return result


def linear(w: Any, compute: str | None) -> Network:
    """One layer with these weights, without biases and activation."""
    return identity_network(w, "float32", compute=compute, output_activation="identity")


def test_weights_keep_steps_that_bfloat16_would_lose() -> None:
    net = linear([[1.0]], "bfloat16")
    for _ in range(10):
        net.train_step([[1.0]], [0.0], optimizer=SGD(0.5e-4))  # 2 a x = 2
    assert net.weights[0][0, 0] == pytest.approx((1 - 1e-4) ** 10, abs=1e-5)
    assert bf16(net.weights[0])[0, 0] == 1.0
    assert net.predict([[1.0]])[0, 0] == 1.0  # the product's number is the rounded one


@pytest.mark.parametrize("optimizer", EVERY_OPTIMIZER, ids=repr)
def test_every_optimizer_moves_float32_weights_by_such_gradients(optimizer: Any) -> None:
    net = Network([19, 33, 5], activation="tanh", compute="bfloat16", seed=1)
    exact = twin(net)
    rng = np.random.default_rng(2)
    X, y = rng.standard_normal((40, 19)), rng.random((40, 5))
    before = net.parameters
    # Short steps: the two networks' gradients are those of nearly the same weights.
    optimizer = replace(optimizer, learning_rate=optimizer.learning_rate / 100)
    for network in (net, exact):
        network.fit(
            X, y, epochs=3, batch_size=batch_for(optimizer, 8), optimizer=optimizer, shuffle=False
        )
    moved, expected = net.parameters - before, exact.parameters - before
    # Each step is off by some 2^-8 of itself; but for the few gradients that are smaller than their
    # error: most rules divide them by themselves, or go by their signs.
    errors = np.abs(moved - expected)
    assert np.quantile(errors, 0.95) <= 0.02 * norm(expected) / np.sqrt(len(expected))
    assert bits(moved) != bits(expected)


def predicted(compute: str | None, w: Any, X: Any) -> np.ndarray:
    net = linear(np.zeros_like(w), compute)
    net.weights[0][...] = w  # any number: nobody checks what is written into a view
    return net.predict(np.float32(X))


@pytest.mark.parametrize("n", [1, 2, 17, 40])
def test_nan_infinities_and_zeros_do_what_they_do_in_float32(n: int) -> None:
    rng = np.random.default_rng(n)
    w, X = rng.standard_normal((5, n)).astype("float32"), rng.standard_normal((8, n))
    for row, value in enumerate([np.nan, np.inf, -np.inf, 0.0, -0.0]):
        X[row, -1] = value
    X[5], X[6] = 0.0, -0.0
    w[0], w[1, -1], w[2, 0] = -0.0, np.inf, np.nan
    with np.errstate(invalid="ignore"):
        actual, in_float32 = predicted("bfloat16", w, X), predicted(None, w, X)
    finite = np.isfinite(in_float32)
    assert np.array_equal(actual[~finite], in_float32[~finite], equal_nan=True)
    assert np.isfinite(actual[finite]).all()
    zero = in_float32 == 0
    assert np.array_equal(actual[zero], in_float32[zero])
    assert np.array_equal(np.signbit(actual[zero]), np.signbit(in_float32[zero]))


def test_a_bias_of_minus_zero_keeps_its_sign() -> None:
    for n in (1, 2, 3, 32, 33):
        net = Network([n, 3], output_activation="identity", compute="bfloat16", initializer="zeros")
        net.weights[0] = np.full((3, n), -1.0)
        net.biases[0] = [-0.0] * 3
        assert np.signbit(net.predict(np.zeros((1, n)))).all(), n


def test_numbers_below_the_normal_ones_count_as_themselves_or_as_zero() -> None:
    tiny = np.float32([SMALLEST_NORMAL / 4, -SMALLEST_NORMAL / 64, 1e-45, 0.0])[:, np.newaxis]
    actual = predicted("bfloat16", [[1.0]], tiny)
    assert ((actual == 0) | (actual == bf16(tiny))).all()
    half = np.float32([[SMALLEST_NORMAL]])
    assert predicted("bfloat16", [[0.5]], half)[0, 0] in (0.0, SMALLEST_NORMAL / 2)


def test_numbers_are_rounded_to_nearest_and_ties_to_even() -> None:
    ulp = 2.0**-7  # of a bfloat16 number between 1 and 2
    expected = {
        1 + ulp / 2: 1.0,
        1 + 3 * ulp / 2: 1 + 2 * ulp,
        1 + ulp / 2 + 2.0**-23: 1 + ulp,
        -1 - 3 * ulp / 2: -1 - 2 * ulp,
        2 - ulp / 2: 2.0,
        3.39e38: float(bf16(3.39e38)),
        3.4e38: np.inf,
    }
    for n in (1, 2):  # the first and the second of a pair
        X = np.zeros((len(expected), n))
        X[:, -1] = list(expected)
        actual = predicted("bfloat16", np.ones((1, n)), X)
        assert actual[:, 0].tolist() == list(expected.values())


def test_any_set_of_kernels_gives_the_same_within_rounding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = """
import numpy as np, fastbp
rng = np.random.default_rng(0)
X, y = np.float32(rng.standard_normal((70, 119))), rng.integers(0, 5, 70)
net = fastbp.Network([119, 5], output_activation="softmax", loss="cross_entropy", seed=1,
                     compute="bfloat16")
print(net.predict(X).tobytes().hex(), net.gradients(X, y).weights[0].tobytes().hex())
"""
    results = []
    for isa in RUNNABLE:
        monkeypatch.setenv("FASTBP_ISA", isa)
        a, g = run_script(code, tmp_path).split()
        results.append([np.frombuffer(bytes.fromhex(part), np.float32) for part in (a, g)])
    for a, g in results[1:]:
        # Sums of 119 terms in float32; some delta may be rounded to the neighbour of bfloat16.
        assert np.abs(a - results[0][0]).max() <= 119 * U
        assert_within(g, results[0][1], 2.0**-8 * np.abs(results[0][1]).max())


def test_the_digits_are_learnt_as_well_as_in_float32() -> None:
    X, y = load_digits()
    accuracies: dict[Any, list[float]] = {None: [], "bfloat16": []}
    for compute, accuracies_of_seeds in accuracies.items():
        for seed in range(5):
            net = Network(
                [64, 64, 10],
                activation="relu",
                output_activation="softmax",
                loss="cross_entropy",
                compute=compute,
                seed=seed,
            )
            net.fit(X[:1400], y[:1400], epochs=15, optimizer="adam")
            accuracies_of_seeds.append(net.score(X[1400:], y[1400:]))
    assert abs(np.mean(accuracies[None]) - np.mean(accuracies["bfloat16"])) < 0.01, accuracies


# ------------------------------------------------------------- the argument, and where it is kept


@pytest.mark.parametrize(
    ("options", "error", "match"),
    [
        ({"compute": "float16"}, ValueError, "compute must be None or 'bfloat16', got 'float16'"),
        ({"compute": 16}, TypeError, "compute must be None or 'bfloat16', got int"),
        (
            {"compute": "bfloat16", "dtype": "float64"},
            ValueError,
            "compute='bfloat16' goes with dtype='float32'.*got dtype='float64'. Leave compute out",
        ),
    ],
)
def test_what_is_no_way_to_compute_is_refused(options: Any, error: Any, match: str) -> None:
    with pytest.raises(error, match=match):
        Network([2, 1], **options)


def test_compute_is_shown_and_kept(tmp_path: Path) -> None:
    net = Network([4, 3, 2], activation="tanh", compute="bfloat16", seed=0)
    assert net.compute == "bfloat16"
    assert repr(net).endswith("dtype='float32', compute='bfloat16')")
    X, y = np.random.default_rng(0).random((9, 4)), np.ones((9, 2))
    net.fit(X, y, epochs=1)
    net.save(tmp_path / "net")
    for other in (net.copy(), pickle.loads(pickle.dumps(net)), Network.load(tmp_path / "net")):
        assert other.compute == "bfloat16"
        assert bits(other.predict(X)) == bits(net.predict(X))
        assert bits(other.copy().predict(X)) != bits(twin(net).predict(X))


def test_a_model_file_without_it_is_as_it_was(tmp_path: Path) -> None:
    net = Network([4, 3, 2], seed=0)
    assert net.compute is None
    assert "compute" not in repr(net)
    assert "compute" not in split(file_bytes(tmp_path, net))[0]["__metadata__"]["network"]


@pytest.mark.parametrize("value", ["float8", None, 16])
def test_a_model_file_with_another_way_to_compute_is_refused(value: Any, tmp_path: Path) -> None:
    path = edited(tmp_path, lambda _, metadata: edit_json(metadata, "network", compute=value))
    refuse(path, "network")


def test_an_activation_of_ones_own_has_the_same_products() -> None:
    from fastbp import Activation, PerformanceWarning

    own = Activation(np.tanh, lambda z: 1 - np.tanh(z) ** 2)
    sizes: Any = [7, 19, 3]
    with pytest.warns(PerformanceWarning):
        net = Network(sizes, activation=own, compute="bfloat16", seed=0)
    built_in = Network(sizes, activation="tanh", compute="bfloat16", seed=0)
    X, y = np.random.default_rng(0).random((9, 7)), np.ones((9, 3))
    own_g, g = net.gradients(X, y), built_in.gradients(X, y)
    for actual, expected in zip(own_g.weights, g.weights, strict=True):
        # NumPy's tanh may differ in the last place, and so round to the neighbour of bfloat16.
        assert_within(actual, expected, 2.0**-8 * np.abs(expected).max())


def test_show_config_tells_how_products_are_made() -> None:
    products = kernel_sets.config()["bfloat16 products"]
    native = _cpu.BFLOAT16 and kernel_sets.ISA == "x86-64-v4"
    assert products.startswith("native" if native else "emulated")


def test_a_processor_without_the_instructions_emulates_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if kernel_sets.ISA != "x86-64-v4":
        pytest.skip("only x86-64-v4 has such processors")
    monkeypatch.setattr(_cpu, "BFLOAT16", False)
    kernel_sets._bfloat16_set.cache_clear()
    try:
        assert kernel_sets.config()["bfloat16 products"] == "emulated (x86-64-v3)"
    finally:
        monkeypatch.undo()
        kernel_sets._bfloat16_set.cache_clear()
