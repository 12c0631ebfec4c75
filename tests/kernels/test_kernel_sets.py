"""The kernel sets: chosen by what the machine can run, accurate, and right at the odd places."""

from __future__ import annotations

import math
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from activation_bounds import bound, near
from drawn import EVERY_HIDDEN, EVERY_LOSS, EVERY_OPTIMIZER
from kernel_sets import RUNNABLE, fast_path, forced
from recorded_slices import gradient_and_update_apart, taking
from reference_network import formulas_of as specified
from team_sizes import exactly, real_size
from ways_in import NUMBERS, run_script

from fastbp import SGD, Network
from fastbp._boundary import LayerCalls
from fastbp._cpu import SUPPORTED
from fastbp.model import kernel_sets
from fastbp.model.activation_choice import formulas_of
from fastbp.model.loss_choice import loss_row
from fastbp.model.padded_rows import padded_base, padded_copy, padded_zeros
from fastbp.model.training_plan import TrainingData, TrainingPlan, TrainingProgress, TrainingState

pytestmark = pytest.mark.kernels

KEEP_SLOPE = [name for name in EVERY_HIDDEN if formulas_of(name).row.keeps == "slope"]


def through_a_kernel(name: Any, values: Any, dtype: str) -> Any:
    """g(z) of each value, by a network of one node whose z is its input."""
    net = Network([1, 1], output_activation=name, dtype=dtype, initializer="zeros")
    net.weights[0] = [[1.0]]
    return net.predict(np.asarray(values, dtype).reshape(-1, 1))[:, 0]


def in_double(name: Any, z: Any) -> Any:
    """g(z) of each value in double, for comparing float32 with."""
    return np.array(specified(name)[0](np.asarray(z, float).tolist()))


@pytest.mark.parametrize("name", EVERY_HIDDEN, ids=str)
def test_float32_activations_are_within_their_bound(name: Any) -> None:
    bits = np.random.default_rng(0).integers(0, 2**32, 40_000, dtype=np.uint32)
    z = np.concatenate([bits.view(np.float32), np.linspace(-120, 120, 20_001, dtype=np.float32)])
    z = z[np.isfinite(z)]
    actual = through_a_kernel(name, z, "float32").astype(float)
    expected = in_double(name, z)
    assert np.all(near(name, z, actual, expected, "float32"))


@pytest.mark.parametrize("name", EVERY_HIDDEN, ids=str)
def test_float64_activations_are_within_their_bound(name: Any) -> None:
    # NumPy's long double has 11 more bits on x86-64, and libm's double is within an ulp elsewhere.
    z = np.concatenate([np.linspace(-40, 40, 40_001), np.geomspace(1e-300, 1, 2_000)])
    actual = through_a_kernel(name, z, "float64")
    long = z.astype(np.longdouble)
    expected = formulas_of(name).g(long)
    assert np.all(near(name, z, actual, expected, "float64"))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", KEEP_SLOPE, ids=str)
def test_kept_slopes_are_within_their_bound(name: Any, dtype: str) -> None:
    ends = [-math.inf, -1e30, 1e30, math.inf, math.nan]
    z = np.concatenate(
        [ends, np.linspace(-40, 40, 8_001), np.linspace(-2, 0, 8_001), np.geomspace(1e-30, 1, 200)]
    )
    z = z.astype(dtype)
    net = Network([1, 1, 1], activation=name, dtype=dtype, initializer="zeros")
    net.weights[0] = [[1.0]]
    x, of_z, a, slope = (padded_zeros(len(z), 1, net.dtype) for _ in range(4))
    x[:, 0] = z
    LayerCalls(net._model.program).forward(1, *map(padded_base, (x, of_z, a, slope)))
    assert slope[[0, 4], 0] == pytest.approx([slope[1, 0], math.nan], nan_ok=True)
    assert slope[2, 0] == pytest.approx(slope[3, 0], abs=1e-50)
    z, slope = z[5:], slope[5:]
    right = formulas_of(name).derivative(z.astype(np.longdouble)).astype(float)
    # g' passes through 0 where |z| < 2: its terms cancel there, and their errors stay.
    of_terms = np.where(np.abs(z) < 2, np.finfo(dtype).eps, 0)
    error = np.abs(slope[:, 0] - right)
    assert np.all(error <= np.maximum(bound(name, z, right, dtype), of_terms))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", EVERY_HIDDEN, ids=str)
def test_the_ends_of_the_number_line(name: Any, dtype: str) -> None:
    z = [-math.inf, -1000.0, -0.0, 0.0, 1000.0, math.inf]
    actual = through_a_kernel(name, z, dtype)
    finite = in_double(name, z[1:-1])
    far = in_double(name, [-1e300, 1e300])
    ends = zip(formulas_of(name).row.limits, far, strict=True)
    low, high = (limit if math.isinf(limit) else value for limit, value in ends)
    expected = [low, *finite, high]
    assert np.allclose(actual, expected, rtol=1e-6, atol=0)
    assert np.isnan(through_a_kernel(name, [math.nan], dtype)[0])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_subnormal_inputs_reach_the_other_side(dtype: str) -> None:
    tiny = np.finfo(dtype).smallest_subnormal * np.arange(1, 40)
    through_zero = [
        name
        for name in EVERY_HIDDEN
        if formulas_of(name).g(np.zeros(1)) == 0 and formulas_of(name).derivative(tiny[:1]) == 1
    ]
    assert len(through_zero) >= 4
    for name in through_zero:
        assert np.array_equal(through_a_kernel(name, tiny, dtype), tiny.astype(dtype))


def test_no_set_of_another_machine_is_built_or_said_to_run() -> None:
    foreign = "x86-64-" if platform.machine() in ("aarch64", "arm64") else "aarch64-"
    runs_here = [name for name, supported in SUPPORTED.items() if supported]
    assert not [name for name in [*kernel_sets.available(), *runs_here] if name.startswith(foreign)]


@pytest.mark.parametrize("isa", ["z80", *sorted(set(kernel_sets.PREFIXES) - set(RUNNABLE))])
def test_row_97_an_instruction_set_that_is_not_there_is_refused_clearly(
    isa: str, tmp_path: Path
) -> None:
    completed = subprocess.run(
        [sys.executable, "-c", "import fastbp"],
        env=os.environ | {"FASTBP_ISA": isa},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert completed.returncode == 1
    last = completed.stderr.splitlines()[-1]
    assert last.startswith(f"ImportError: FASTBP_ISA='{isa}'")
    assert "plain" in last


@pytest.mark.parametrize("other", RUNNABLE)  # than the one in use, of each run
def test_every_set_trains_to_the_same_weights_within_rounding(other: str, tmp_path: Path) -> None:
    code = """
import numpy as np
import fastbp
rng = np.random.default_rng(0)
X, y = rng.standard_normal((70, 19)), rng.integers(0, 5, 70)
net = fastbp.Network([19, 33, 17, 5], activation=["tanh", "elu"], output_activation="softmax",
                     loss="cross_entropy", dtype="float64", seed=1)
net.fit(X, y, epochs=3, batch_size=9, optimizer=fastbp.SGD(0.1, momentum=0.9))
print(fastbp.model.kernel_sets.ISA)
print(net.parameters.tobytes().hex())
"""
    os.environ["FASTBP_ISA"], before = other, os.environ.get("FASTBP_ISA")
    try:
        name, weights = run_script(code, tmp_path).split()
    finally:
        del os.environ["FASTBP_ISA"]
        if before is not None:
            os.environ["FASTBP_ISA"] = before
    assert name == other
    scope: dict[str, Any] = {"print": lambda *_: None}
    exec(code, scope)
    # 24 steps of sums of at most 33 terms, each off by a few units of 1e-16.
    assert np.allclose(np.frombuffer(bytes.fromhex(weights)), scope["net"].parameters, atol=1e-13)


@pytest.mark.parametrize("m", [3, 40])  # one tile of rows, and several
@pytest.mark.parametrize("sizes", [[9000, 3], [3, 9000, 2], [4097, 5]])
def test_sums_over_more_nodes_than_a_block_are_whole(sizes: list[int], m: int) -> None:
    # Sums over 4,096 nodes and more go on with a fresh accumulator.
    net = Network(sizes, activation="tanh", output_activation="identity", dtype="float64", seed=0)
    rng = np.random.default_rng(1)
    X, y = rng.standard_normal((m, sizes[0])), rng.standard_normal((m, sizes[-1]))
    a = [X]
    for l, (w, b) in enumerate(zip(net.weights, net.biases, strict=True), start=1):
        z = a[-1] @ w.T + b
        a.append(z if l == net.L else np.tanh(z))
    assert np.allclose(net.predict(X), a[-1], rtol=0, atol=1e-12)
    delta = 2 * (a[-1] - y)
    gradients = net.gradients(X, y)
    for l in range(net.L, 0, -1):
        assert np.allclose(gradients.weights[l - 1], delta.T @ a[l - 1] / m, rtol=0, atol=1e-11)
        delta = (delta @ net.weights[l - 1]) * (1 - a[l - 1] ** 2)


@pytest.mark.parametrize("numbers", NUMBERS)
@pytest.mark.parametrize("optimizer", EVERY_OPTIMIZER, ids=lambda optimizer: optimizer.rule.name)
@pytest.mark.parametrize("isa", RUNNABLE)
def test_a_step_has_the_same_bits_with_gradient_and_update_apart(
    isa: str, optimizer: Any, numbers: str
) -> None:
    rng = np.random.default_rng(3)
    for sizes, m, l2 in [([15, 129, 65], 14, 0.01), ([7, 33, 17, 3], 31, 0.3), ([5, 2], 1, 0.0)]:
        with forced(isa):
            together, apart = (
                Network(sizes, activation="tanh", seed=1, **NUMBERS[numbers]) for _ in range(2)
            )
        path = fast_path(isa, together, sgd_of_one=m == 1 and optimizer.rule.name == "sgd")
        X, y = rng.standard_normal((m, sizes[0])), rng.random((m, sizes[-1]))
        X, y = X.astype(together.dtype), y.astype(together.dtype)
        options = {"epochs": 1, "batch_size": m, "optimizer": optimizer, "l2": l2, "shuffle": False}
        for _ in range(3):
            with taking(path):
                together.fit(X, y, **options)
            with gradient_and_update_apart():
                apart.fit(X, y, **options)
            assert np.array_equal(together.parameters, apart.parameters)


@pytest.mark.parametrize("numbers", NUMBERS)
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
@pytest.mark.parametrize("m", [110, 401, 1024])
@pytest.mark.parametrize("isa", RUNNABLE)
def test_a_gradient_of_packed_columns_has_the_bits_of_one_left_in_place(
    isa: str, m: int, optimizer: str, numbers: str
) -> None:
    # Of 701 columns the tiles' are packed, of 20 not; a step sums more than 256 rows in blocks.
    rng = np.random.default_rng(4)
    with forced(isa):
        together, apart, few = (
            Network(sizes, activation="tanh", seed=1, **NUMBERS[numbers])
            for sizes in ([701, 99, 2], [701, 99, 2], [20, 99, 2])
        )
    program, of_few = LayerCalls(together._model.program), LayerCalls(few._model.program)
    X, y = rng.standard_normal((m, 701)), rng.standard_normal((m, 2))
    delta = padded_copy(rng.standard_normal((m, 99)), together.dtype)
    whole, part = (np.zeros_like(net._model.state.parameters.flat) for net in (together, few))
    program.accumulate(1, padded_base(delta), padded_base(padded_copy(X, together.dtype)), whole)
    columns = padded_copy(X[:, 667:687], few.dtype)
    of_few.accumulate(1, padded_base(delta), padded_base(columns), part)
    dw, dw_of_few = (
        net._model.state.parameters.layout.w(gradient, 1)
        for net, gradient in ((together, whole), (few, part))
    )
    assert np.array_equal(dw[:, 667:687], dw_of_few)
    options = {"epochs": 2, "batch_size": m, "optimizer": optimizer, "shuffle": False}
    with taking(fast_path(isa, together)):
        together.fit(X, y, **options)
    with gradient_and_update_apart():
        apart.fit(X, y, **options)
    assert np.array_equal(together.parameters, apart.parameters)


@pytest.mark.parametrize("name", [g for g in EVERY_HIDDEN if g not in KEEP_SLOPE], ids=str)
def test_the_slope_at_an_infinite_output_is_a_number(name: Any) -> None:
    net = Network([1, 1, 1], activation=name, dtype="float32", initializer="zeros")
    a, dC_da, delta = (padded_zeros(2, 1, net.dtype) for _ in range(3))
    dC_da[...] = 1
    with np.errstate(over="ignore"):
        a[:, 0] = specified(name)[0]([-700.0, 700.0])
        slope = np.asarray(specified(name)[1]([-700.0, 700.0])).astype(a.dtype)
    limits = formulas_of(name).row.limits
    a[np.isinf(limits), 0] = np.asarray(limits)[np.isinf(limits)]
    LayerCalls(net._model.program).slope(1, *map(padded_base, (a, dC_da, delta)))
    assert np.allclose(delta[:, 0], slope)


@pytest.mark.filterwarnings("ignore::fastbp.TrainingWarning")  # noise: none can learn it
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "sizes",
    [
        [2, 4, 1],
        [8, 7, 5, 8],
        pytest.param([1, 1], marks=pytest.mark.slow),
        pytest.param([3, 8, 8, 8, 2], marks=pytest.mark.slow),
    ],
    ids=str,
)
@pytest.mark.parametrize("isa", RUNNABLE)
def test_steps_of_one_sample_have_the_same_bits_on_every_path(
    isa: str, sizes: Any, dtype: str
) -> None:
    # Two threads, or a penalty, be it too small to change anything, take that of larger networks.
    rng = np.random.default_rng(0)
    X, y = 0.1 * rng.standard_normal((67, sizes[0])), rng.random((67, sizes[-1]))
    of_losses = [
        ("tanh", loss_row(loss).output_activations[-1], loss)
        for loss in EVERY_LOSS
        if loss_row(loss).targets != "shares"  # they have no such loop
    ]
    of_hidden = [
        (name, name, "half_squared_error") if i % 2 else (name, "sigmoid", "binary_cross_entropy")
        for i, name in enumerate(EVERY_HIDDEN)
    ]
    for name, output, loss in of_hidden + of_losses:
        seen = set()
        for n_threads, l2, fast in (
            (1, 0, True),
            (1, 1e-300, True),
            (2, 0, True),
            (1, 0, False),
        ):
            with forced(isa):
                net = Network(
                    sizes,
                    [name] * (len(sizes) - 2),
                    output_activation=output,
                    loss=loss,
                    dtype=dtype,
                    seed=1,
                )
            path = fast_path(isa, net, sgd_of_one=real_size(n_threads) == 1 and l2 == 0)
            way = taking(path) if fast else gradient_and_update_apart()
            with exactly(n_threads) as team, way:
                history = net.fit(
                    X, y, epochs=2, batch_size=1, optimizer=SGD(1e-5), l2=l2, n_threads=team
                )
            seen.add((net._model.state.parameters.flat.tobytes(), *history.loss, *history.accuracy))
        assert len(seen) == 1, (name, output, loss)


@pytest.mark.parametrize("numbers", NUMBERS)
def test_a_row_has_the_same_bits_alone_and_among_others(numbers: str) -> None:
    rng = np.random.default_rng(0)
    # 300 and 700 nodes: a single row of so wide a layer has a loop of its own, with and without
    # a rest of eight terms.
    for sizes in ([9, 300, 700, 3], [64, 301, 5], [5000, 300], [7, 40, 2]):
        net = Network(sizes, activation="tanh", seed=1, **NUMBERS[numbers])
        X = rng.standard_normal((33, sizes[0])).astype(net.dtype)
        whole_batch = net.predict(X)  # of several tiles, whose sums go over blocks of terms
        for m in (1, 2, 3, 5, 9, 14, 15):
            for i in range(len(X) - m + 1):
                assert np.array_equal(net.predict(X[i : i + m]), whole_batch[i : i + m])


@pytest.mark.parametrize("bit_generator", [np.random.PCG64, np.random.MT19937, np.random.SFC64])
def test_samples_are_shuffled_as_numpy_permutes(bit_generator: Any) -> None:
    for n in [1, 2, 3, 4, 5, 8, 9, 31, 32, 33, 1000, 65_536, 65_537]:
        theirs, ours = (np.random.Generator(bit_generator(7)) for _ in range(2))
        net = Network([1, 1], initializer="zeros", seed=ours)
        order = np.empty(n, np.intp)
        X, y = np.arange(n, dtype=np.float64).reshape(-1, 1), np.zeros((n, 1))
        for _ in range(2):
            _train_with(net, X, y, order, None)
            assert np.array_equal(order, theirs.permutation(n))
        rows = np.arange(0, n, 2)
        order = order[: len(rows)].copy()
        _train_with(net, X, y, order, rows)
        assert np.array_equal(order, rows[theirs.permutation(len(rows))])
        assert np.array_equal(ours.integers(2**32, size=3), theirs.integers(2**32, size=3))


def _train_with(net: Network, X: Any, y: Any, order: Any, rows: Any) -> None:
    """One epoch that shuffles, and moves nothing."""
    gradient, part = net._model.scratch.arrays(len(X))
    net._model.program.run(
        TrainingPlan("sgd", SGD(0.0).numbers, min(len(X), 1000), shuffle=True),
        TrainingData(X, y, rows, order),
        TrainingState(gradient, part, (), np.zeros(2, np.int64), net._model.state.rng),
        TrainingProgress(1, np.zeros(1), np.zeros(1), np.zeros(1), slices=1e9),
    )
