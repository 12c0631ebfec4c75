"""Which nodes dropout drops: the formula's, everywhere alike, and at random.

The draws are a promise: a network goes on with the same ones in every later version.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
from kernel_sets import RUNNABLE, forced
from numpy.typing import NDArray
from team_sizes import exactly
from tolerances import unit_roundoff
from ways_in import NUMBERS

from fastbp import SGD, Network, reference_options
from fastbp._boundary import LayerCalls, leading_dimension

pytestmark = pytest.mark.kernels

Masks = NDArray[np.bool_]
KEY = 0xFEDCBA9876543210


@cache  # every kernel set and number type is compared with the same draws
def kept_by_formula(key: int, t: int, l: int, m: int, n: int, rate: float) -> Masks:
    """Which of n nodes are kept in each of a batch's m rows, by the specification."""
    rows = [reference_options.factors(key, t, l, row, n, rate) for row in range(m)]
    return np.array(rows) != 0


# ------------------------------------------------------------------ the promise


@pytest.mark.parametrize(
    ("key", "t", "l", "row", "j", "expected"),
    [
        (0x1, 1, 1, 0, 0, 0x4BE84B2D),
        (0x1, 1, 1, 0, 1, 0x0A8674A0),
        (0x1, 1, 1, 1, 0, 0x99EF5A67),
        (0x1, 1, 2, 0, 0, 0x59EB49F6),
        (0x1, 2, 1, 0, 0, 0x1A44F355),
        (0xFFFFFFFFFFFFFFFF, 4611686018427387904, 3, 1023, 4095, 0x529C1C84),
    ],
)
def test_row_61_the_bits_of_a_node_are_those_of_the_first_version(
    key: int, t: int, l: int, row: int, j: int, expected: int
) -> None:
    seed = reference_options.row_seed(key, t, l, row)
    assert reference_options.node_bits(seed, j) == expected


def test_the_seeds_are_those_of_splitmix64() -> None:
    # The first numbers of the published generator from the seed 1234567.
    expected = [6457827717110365317, 3203168211198807973, 9817491932198370423]
    assert [reference_options.seed_of(1234567, n) for n in range(3)] == expected


@pytest.mark.parametrize(
    ("rate", "threshold"),
    [
        (0.0, 0),
        (2.0**-34, 0),
        (2.0**-33, 1),
        (2.0**-32, 1),
        (0.2, 858993459),
        (0.5, 2**31),
        (0.7, 3006477107),
        (1 - 2.0**-32, 2**32 - 1),
        (1 - 2.0**-53, 2**32 - 1),
    ],
    ids=str,
)
def test_a_rate_is_rounded_to_32_bits(rate: float, threshold: int) -> None:
    assert reference_options.threshold_of(rate) == threshold


@pytest.mark.parametrize("isa", RUNNABLE)
def test_the_kernels_round_a_rate_to_32_bits(isa: str) -> None:
    bits = hashes(KEY, 1, 1, 1, 9)[0]
    for j, bits_of_node in enumerate(bits.tolist()):
        for more, is_kept in ((-0.6, True), (0.4, True), (0.6, False), (1.0, False)):
            with forced(isa):
                net = Network([1, 9, 1], dropout=(bits_of_node + more) / 2**32, seed=0)
            assert drawn(net)[0, j] == is_kept
    with forced(isa):
        net = Network([1, 1024, 1], dropout=0.7, seed=0)
    assert np.array_equal(drawn(net, m=1024), hashes(KEY, 1, 1, 1024, 1024) >= 3006477107)


def hashes(key: int, t: int, l: int, m: int, n: int) -> NDArray[np.uint32]:
    """The formula's 32 bits of m rows and n nodes, in NumPy's integers, which wrap around."""

    def mixed(x: Any) -> Any:
        x = (x ^ x >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ x >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
        return x ^ x >> np.uint64(31)

    layer = reference_options.seed_of(reference_options.seed_of(key, t), l)
    rows = np.arange(1, m + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    seeds = mixed(rows + np.uint64(layer))[:, None]
    x = np.arange(n, dtype=np.uint32) * np.uint32(0x3779B97F) ^ seeds.astype(np.uint32)
    x = (x ^ x >> np.uint32(16)) * np.uint32(0x7FEB352D)
    x += (seeds >> np.uint64(32)).astype(np.uint32)
    return (x ^ x >> np.uint32(15)) * np.uint32(0x846CA68B)


# ------------------------------------------------------------------ the same everywhere


def drawn(net: Network, key: int = KEY, t: int = 1, l: int = 1, row: int = 0, m: int = 1) -> Masks:
    """Which nodes of layer l the kernels keep in m rows of a batch, from `row` on."""
    n = net.sizes[l]
    ld = leading_dimension(n, net.dtype.itemsize)
    y = np.full((m, ld), 9, net.dtype)
    LayerCalls(net._model.program).drop(l, key, t, row, np.ones((m, ld), net.dtype), y)
    kept = y[:, :n] != 0
    scale = (
        1 / (1 - net.dropout[l - 1]) if reference_options.threshold_of(net.dropout[l - 1]) else 1
    )
    assert np.all(np.abs(y[:, :n][kept] / scale - 1) <= 3 * unit_roundoff(net.dtype))
    return kept


@pytest.mark.parametrize("isa", RUNNABLE)
@pytest.mark.parametrize("numbers", NUMBERS)
@pytest.mark.parametrize("n", [1, 2, 7, 8, 9, 16, 31, 33, 130])
def test_every_kernel_set_and_number_type_draws_the_formula_s(
    isa: str, numbers: str, n: int
) -> None:
    with forced(isa):
        net = Network([1, 3, n, 1], dropout=(0.5, 0.3), seed=0, **NUMBERS[numbers])
    expected = kept_by_formula(KEY, 7, 2, 9, n, 0.3)
    assert np.array_equal(drawn(net, t=7, l=2, m=9), expected)
    assert np.array_equal(drawn(net, t=7, l=2, row=4, m=5), expected[4:])


def kept_in_training(net: Network, l: int, n_threads: int, batch_size: int) -> Masks:
    """Which nodes of layer l an epoch keeps, by sample: m samples, each with an input of its own.

    The layers before l hand the samples on, and w^(l), which begins at 0, is moved in its column i
    by sample i alone: where node j is kept, by as much as anything after it says.
    """
    m = net.sizes[0]
    before = np.eye(m)
    for layer in range(1, net.L + 1):
        net.weights[layer - 1][...] = before if layer < l else 0 if layer == l else 1
    with exactly(n_threads) as team:
        net.fit(
            np.eye(m),
            np.ones((m, net.sizes[-1])),
            epochs=1,
            batch_size=batch_size,
            shuffle=False,
            optimizer=SGD(1.0),
            n_threads=team,
        )
    return np.array(net.weights[l - 1]).T != 0


def expected_in_training(net: Network, l: int, rate: float, batch_size: int) -> Masks:
    m, key = net.sizes[0], net._model.state.dropout_key
    batches = [min(batch_size, m - first) for first in range(0, m, batch_size)]
    return np.concatenate(
        [kept_by_formula(key, t, l, rows, net.sizes[l], rate) for t, rows in enumerate(batches, 1)]
    )


@pytest.mark.threads
@pytest.mark.parametrize("isa", RUNNABLE)
@pytest.mark.parametrize("numbers", NUMBERS)
@pytest.mark.parametrize(
    ("sizes", "l", "activation", "batch_size"),
    [
        ([45, 130, 1], 1, "identity", 20),  # columns for some teams, a short last batch
        ([45, 130, 1], 1, "softsign", 1),  # keeps g'; one row a batch
        ([60, 60, 37, 1], 2, "identity", 60),
        ([33, 33, 33, 7, 2], 3, ["identity", "identity", "silu"], 32),
        ([1100, 17, 1], 1, "identity", 1060),  # chunks of 1,024 rows and 36
    ],
    ids=str,
)
def test_row_71_every_number_of_threads_drops_the_same(
    isa: str, numbers: str, sizes: list[int], l: int, activation: Any, batch_size: int
) -> None:
    rates = [0.0] * (len(sizes) - 2)
    rates[l - 1] = 0.3
    expected = None
    for n_threads in (1, 2, 3, 7):
        with forced(isa):
            net = Network(
                sizes,
                activation,
                output_activation="identity",
                loss="half_squared_error",
                bias=False,
                dropout=rates,
                seed=1,
                **NUMBERS[numbers],
            )
        kept = kept_in_training(net, l, n_threads, batch_size)
        if expected is None:
            expected = expected_in_training(net, l, 0.3, batch_size)
        assert np.array_equal(kept, expected), n_threads


@pytest.mark.threads
@pytest.mark.parametrize("isa", RUNNABLE)
@pytest.mark.parametrize("numbers", NUMBERS)
def test_row_71_training_with_dropout_has_the_same_bits_with_any_number_of_threads(
    isa: str, numbers: str
) -> None:
    rng = np.random.default_rng(0)
    X, Y = rng.standard_normal((61, 17)), rng.random((61, 3))
    results = set()
    for n_threads in (1, 2, 3, 7):
        with forced(isa):
            net = Network(
                [17, 129, 65, 3], ["tanh", "gelu"], dropout=0.4, seed=2, **NUMBERS[numbers]
            )
        with exactly(n_threads) as team:
            history = net.fit(X, Y, epochs=2, batch_size=31, n_threads=team)
        results.add((net.parameters.tobytes(), *history.loss))
    assert len(results) == 1


# ------------------------------------------------------------------ at random
#
# Each number below is a standard normal one if the draws are independent and as often dropped as
# the rate says: a sum of at least 10^5 of them, or a chi-square through Wilson and Hilferty's cube
# root, which is off by less than 0.1 there. Of 300 such numbers one is beyond 5 with a chance of
# 2e-4; the draws never change, so the tests give the same numbers always. A weak formula is far
# beyond: without its second round, by some hundred.

FAR = 5.0
ROWS, NODES = 4096, 256


def masks(rate: float, **places: Any) -> NDArray[np.float64]:
    """Dropped or not, less the rate, over the standard deviation: ROWS x NODES."""
    dropped = ~drawn(Network([1, NODES, NODES, 1], dropout=rate, seed=0), m=ROWS, **places)
    return (dropped - rate) / np.sqrt(rate * (1 - rate))


def of_sum(values: NDArray[np.float64]) -> float:
    """The sum of independent numbers of mean 0 and variance 1, in its standard deviations."""
    return float(values.sum() / np.sqrt(values.size))


def of_chi_square(value: float, df: int) -> float:
    spread = 2 / (9 * df)
    return float(((value / df) ** (1 / 3) - (1 - spread)) / np.sqrt(spread))


RATES = pytest.mark.parametrize("rate", [0.05, 0.2, 0.5, 0.9])


@RATES
def test_as_many_are_dropped_as_the_rate_says(rate: float) -> None:
    x = masks(rate)
    by_node, by_row = x.sum(axis=0) / np.sqrt(ROWS), x.sum(axis=1) / np.sqrt(NODES)
    assert abs(of_sum(x)) < FAR
    assert abs(of_chi_square(np.square(by_node).sum(), NODES)) < FAR
    # Sums of 256 numbers that are not normal: the fourth moment adds to the variance, at most
    # (1 / (0.05 * 0.95) - 6) / 256 = 6% of 2.
    assert abs(of_chi_square(np.square(by_row).sum(), ROWS)) < FAR * 1.03


@RATES
def test_neighbouring_nodes_are_dropped_independently(rate: float) -> None:
    x = masks(rate)
    for distance in (1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 32, 64, 128):
        assert abs(of_sum(x[:, distance:] * x[:, :-distance])) < FAR, distance
    # Every pair of nodes: the correlations over the rows, all at once.
    pairs = (x.T @ x / np.sqrt(ROWS))[np.triu_indices(NODES, 1)]
    # Those are uncorrelated, not normal: the variance of a square is at most 2 + (1 / (p q) - 3)^2
    # / ROWS for a rate of 0.05, 8% more than 2.
    assert abs(of_chi_square(np.square(pairs).sum(), len(pairs))) < FAR * 1.04


@RATES
def test_rows_steps_layers_and_keys_are_independent(rate: float) -> None:
    x = masks(rate)
    for distance in (1, 2, 3, 8, 16, 64, 1024):
        assert abs(of_sum(x[distance:] * x[:-distance])) < FAR, distance
    others: list[dict[str, Any]] = [
        {"t": 2},
        {"t": 3},
        {"t": 1 + 2**32},
        {"l": 2},
        {"t": 2, "l": 2},
    ]
    others += [{"key": KEY ^ 1 << bit} for bit in (0, 1, 7, 31, 32, 62, 63)]
    others += [{"key": KEY + 1}, {"key": 1}, {"row": ROWS}]
    for places in others:
        assert abs(of_sum(x * masks(rate, **places))) < FAR, places
    assert abs(of_sum(masks(rate, t=2, l=1) * masks(rate, t=1, l=2))) < FAR


@RATES
def test_all_patterns_of_eight_neighbours_are_as_frequent_as_they_should_be(rate: float) -> None:
    for shape in ((ROWS, NODES // 8, 8), (ROWS // 8, 8, NODES)):
        dropped = (masks(rate) > 0).reshape(shape)
        axis = shape.index(8, 1) if shape[-1] != 8 else 2
        pattern = np.moveaxis(dropped, axis, -1) @ (1 << np.arange(8))
        counts = np.bincount(pattern.ravel(), minlength=256)
        n_dropped = np.array([number.bit_count() for number in range(256)])
        expected = pattern.size * rate**n_dropped * (1 - rate) ** (8 - n_dropped)
        enough = expected > 20
        share = np.square(counts - expected)[enough] / expected[enough]
        assert abs(of_chi_square(share.sum(), enough.sum())) < FAR


def test_a_pattern_in_the_draws_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def without_the_second_round(*args: Any, m: int, **places: Any) -> Masks:
        j = np.arange(NODES, dtype=np.uint32)
        rows = np.arange(m, dtype=np.uint32)[:, None]
        return (j * np.uint32(0x3779B97F) ^ rows * np.uint32(0x7FEB352D)) >= np.uint32(2**31)

    monkeypatch.setitem(globals(), "drawn", without_the_second_round)
    tests: list[Callable[[float], None]] = [
        test_neighbouring_nodes_are_dropped_independently,
        test_rows_steps_layers_and_keys_are_independent,
        test_all_patterns_of_eight_neighbours_are_as_frequent_as_they_should_be,
    ]
    for test in tests:
        with pytest.raises(AssertionError):
            test(0.5)
