"""sample_weight in the kernels' loops: the weighted mean of the specification, whatever the way."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from drawn import EVERY_OPTIMIZER, Drawn, networks
from hypothesis import given
from hypothesis import strategies as st
from kernel_sets import RUNNABLE, fast_path, forced
from network_state import state_of
from recorded_slices import gradient_and_update_apart, taking
from reference_network import Specification, assert_gradients_close
from team_sizes import exactly
from test_against_reference import OPTIMIZERS, SMALL
from tolerances import assert_close
from ways_in import NUMBERS, bits, gradient_arrays

from fastbp import SGD, Activation, Adam, Network
from fastbp._boundary import COUNT_IDS, ROWS_PER_CHUNK, UNFINISHED
from fastbp.inputs import as_sample_weights
from fastbp.model.training_plan import TrainingData, TrainingPlan, TrainingProgress, TrainingState

pytestmark = [
    pytest.mark.kernels,
    pytest.mark.filterwarnings("ignore::fastbp.TrainingWarning"),  # noise is not learnt
]

ENTROPY = {"output_activation": "softmax", "loss": "cross_entropy"}


def weights_like(X: Any, seed: int = 3) -> Any:
    """Weights of all sizes, a third of them 0."""
    rng = np.random.default_rng(seed)
    weights = rng.random(len(X)) * 3
    weights[::3] = 0
    weights[-1] = 0.7
    return weights


def problem(n: int, n_in: int = 5, n_classes: int = 3, dtype: str = "float64") -> tuple[Any, Any]:
    rng = np.random.default_rng(n)
    return rng.standard_normal((n, n_in)).astype(dtype), rng.integers(0, n_classes, n)


@given(networks(dtypes=("float64",)))
def test_weighted_loss_and_gradients_equal_the_specification(drawn: Drawn) -> None:
    weights = weights_like(drawn.X)
    C, dC_dw, dC_db = Specification.of(drawn.net).gradient(drawn.X, drawn.y, weights)
    assert_close(drawn.net.loss_value(drawn.X, drawn.y, sample_weight=weights), C)
    gradients = drawn.net.gradients(drawn.X, drawn.y, sample_weight=weights)
    assert_gradients_close(gradients, (dC_dw, dC_db))


@given(networks(dtypes=("float64",), widths=SMALL, most_layers=3), st.sampled_from(OPTIMIZERS))
def test_a_weighted_train_step_equals_the_specification(drawn: Drawn, optimizer: Any) -> None:
    net, spec, weights = drawn.net, Specification.of(drawn.net), weights_like(drawn.X)
    for _ in range(4):
        C = net.train_step(drawn.X, drawn.y, optimizer=optimizer, sample_weight=weights)
        assert_close(C, spec.step(drawn.X, drawn.y, optimizer, weights=weights), 1e-11)
        assert_close(net.parameters, spec.parameters(), 1e-11)


@given(
    networks(dtypes=("float64",), widths=SMALL, most_layers=3),
    st.sampled_from(OPTIMIZERS),
    st.integers(1, 7),
    st.sampled_from([0.0, 0.02]),
)
def test_a_whole_weighted_fit_equals_the_specification(
    drawn: Drawn, optimizer: Any, batch_size: int, l2: float
) -> None:
    """Batches without weight among them, and l2 as strong as ever."""
    net, spec, weights = drawn.net, Specification.of(drawn.net), weights_like(drawn.X)
    options: dict[str, Any] = {"batch_size": batch_size, "l2": l2}
    history = net.fit(
        drawn.X,
        drawn.y,
        epochs=3,
        optimizer=optimizer,
        shuffle=False,
        sample_weight=weights,
        **options,
    )
    orders = [range(len(drawn.X))] * 3
    expected = spec.fit(drawn.X, drawn.y, optimizer, weights=weights, orders=orders, **options)
    assert_close(history.loss, expected, 1e-10)
    assert_close(net.parameters, spec.parameters(), 1e-10)


@pytest.mark.parametrize("optimizer", EVERY_OPTIMIZER, ids=lambda optimizer: optimizer.rule.name)
def test_a_weight_of_2_equals_the_row_twice_in_full_batches(optimizer: Any) -> None:
    X, y = problem(12)
    net = Network([5, 4, 3], "tanh", **ENTROPY, dtype="float64", seed=0)
    twin = net.copy()
    rows = np.append(np.arange(12), [2, 7])
    weights = np.ones(12)
    weights[[2, 7]] = 2
    full = {"epochs": 20, "optimizer": optimizer, "batch_size": 14}
    history = net.fit(X, y, sample_weight=weights, **full)
    expected = twin.fit(X[rows], y[rows], **full)
    # Rounding, which 20 steps carry on.
    assert_close(history.loss, expected.loss, 1e-10)
    assert_close(net.parameters, twin.parameters, 1e-10)


@pytest.mark.parametrize("optimizer", EVERY_OPTIMIZER, ids=lambda optimizer: optimizer.rule.name)
def test_a_weight_of_0_equals_leaving_the_row_out_in_full_batches(optimizer: Any) -> None:
    X, y = problem(12)
    net = Network([5, 4, 3], "tanh", **ENTROPY, dtype="float64", seed=0)
    twin = net.copy()
    weights = weights_like(X)
    counted = weights > 0
    full = {"epochs": 20, "optimizer": optimizer, "batch_size": 12}
    history = net.fit(X, y, sample_weight=weights, **full)
    expected = twin.fit(X[counted], y[counted], sample_weight=weights[counted], **full)
    assert_close(history.loss, expected.loss, 1e-10)
    assert_close(net.parameters, twin.parameters, 1e-10)


@pytest.mark.filterwarnings("ignore::fastbp.PerformanceWarning")
@pytest.mark.parametrize("isa", RUNNABLE)
@pytest.mark.parametrize("numbers", NUMBERS)
@pytest.mark.parametrize("g", ["exp", Activation(np.exp, np.exp)], ids=["exp", "own"])
@pytest.mark.parametrize("dropout", [0.0, 0.5])
def test_a_row_of_weight_0_may_overflow(isa: str, numbers: str, g: Any, dropout: float) -> None:
    """e^1000 is infinite: its C_0 and delta would be so too, and 0 times it NaN."""
    with forced(isa):
        options = {"activation": ["tanh", g], "output_activation": "identity", "dropout": dropout}
        net = Network([1, 3, 40, 1], seed=0, **NUMBERS[numbers], **options)
        net.weights[1][...] = 1.0
        net.biases[1][...] = -1.0
        net.weights[0][...] = [[1.0], [1.0], [1000.0]]
        net.weights[1][:, 2] = 1000.0
        X, y = np.array([[-0.1], [-0.2], [1.0]]), [0.5, 0.2, 0.0]
        twin, first = net.copy(), net.parameters
        with np.errstate(over="ignore"):
            for network, rows, weights in ((net, 3, [1, 2, 0]), (twin, 2, [1, 2])):
                how = {"epochs": 3, "optimizer": SGD(0.01), "shuffle": False}
                network.fit(X[:rows], y[:rows], sample_weight=weights, **how)
    # The sums are rounded as they come; w_i m / sum_i w_i are other numbers for 3 rows than for 2.
    moved = [network.parameters - first for network in (net, twin)]
    assert_close(*moved, 1e-10 if numbers == "float64" else 1e-2)


def test_loss_and_gradients_leave_rows_of_weight_0_out_whatever_they_hold() -> None:
    X, y = problem(6)
    net = Network([5, 4, 3], "tanh", **ENTROPY, seed=0)
    X[2], weights = np.nan, np.array([1, 2, 0, 0.5, 3, 1])
    counted = weights > 0
    all_rows, some = (X, y), (X[counted], y[counted])
    C, of_some = (
        net.loss_value(*rows, sample_weight=w)
        for rows, w in ((all_rows, weights), (some, weights[counted]))
    )
    assert of_some == C
    gradients, of_some = (
        bits(*gradient_arrays(net.gradients(*rows, sample_weight=w)))
        for rows, w in ((all_rows, weights), (some, weights[counted]))
    )
    assert gradients == of_some


@pytest.mark.parametrize("numbers", NUMBERS)
@pytest.mark.parametrize("isa", RUNNABLE)
@pytest.mark.parametrize("batch_size", [1, 7, 64])
def test_equal_weights_give_the_same_bits_as_none(isa: str, numbers: str, batch_size: int) -> None:
    X, y = problem(50)
    with forced(isa):
        net = Network([5, 7, 3], "relu", seed=1, **NUMBERS[numbers])
        twin = net.copy()
    for optimizer in (SGD(0.1), Adam()):
        options = {"epochs": 2, "batch_size": batch_size, "optimizer": optimizer}
        fours = np.full(50, 4)
        history = net.fit(X, y, validation=(X, y, fours), sample_weight=fours, **options)
        expected = twin.fit(X, y, validation=(X, y), **options)
        history.seconds = expected.seconds
        assert history == expected
        assert np.array_equal(net.parameters, twin.parameters)
    assert net.loss_value(X, y, sample_weight=[0.5] * 50) == net.loss_value(X, y)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("factor", [1e-300, 1e300, 2.0**-900, 7.0])
def test_row_108_only_the_ratios_of_weights_count(dtype: str, factor: float) -> None:
    X, y = problem(40, dtype=dtype)
    net = Network([5, 7, 3], "tanh", **ENTROPY, dtype=dtype, seed=1)
    twin, weights = net.copy(), weights_like(X)
    history = net.fit(X, y, sample_weight=weights * factor, epochs=3, batch_size=4)
    expected = twin.fit(X, y, sample_weight=weights, epochs=3, batch_size=4)
    # A factor rounds each weight, by 2^-53 of it, and then other roundings go another way.
    bound = 1e-12 if dtype == "float64" else 1e-5
    assert_close(history.loss, expected.loss, bound)
    assert_close(net.parameters, twin.parameters, bound)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("small", [1e-30, 1e-200, 1e-280])
def test_row_108_a_batch_of_tiny_weights_takes_a_whole_step(dtype: str, small: float) -> None:
    """Beside batches of large ones: its own sum of weights divides."""
    X, y = problem(8, dtype=dtype)
    net = Network([5, 7, 3], "tanh", **ENTROPY, dtype=dtype, seed=1)
    twin = net.copy()
    options = {"epochs": 1, "batch_size": 4, "shuffle": False, "optimizer": SGD(0.5)}
    net.fit(X, y, sample_weight=np.repeat([1, small], 4), **options)
    twin.fit(X, y, **options)
    assert_close(net.parameters, twin.parameters, 1e-12 if dtype == "float64" else 1e-6)


@pytest.mark.threads
@pytest.mark.parametrize("n_threads", [2, 3, 7])
@pytest.mark.parametrize(
    ("sizes", "batch_size"),
    [((5, 150, 3), 32), ((5, 20, 20, 3), 32), ((5, 3), 20), ((5, 150, 3), 2500)],
    ids=str,
)
@pytest.mark.parametrize("loss", ["cross_entropy", "binary_cross_entropy"])
def test_weighted_training_gives_the_same_bits_on_any_number_of_threads(
    n_threads: int, sizes: tuple[int, ...], batch_size: int, loss: str
) -> None:
    """Batches without weight among them; batches larger than a chunk; weights of columns and rows.

    One kind of targets is counted by the largest output, the other by all of them.
    """
    X, y = problem(2600)
    output, Y = ENTROPY, np.asarray(y)
    if loss == "binary_cross_entropy":
        output, Y = {"output_activation": "sigmoid", "loss": loss}, X[:, :3] > 0
    weights = weights_like(X)
    weights[100:700] = 0
    assert batch_size <= 2500 < 2600
    results = []
    for threads in (1, n_threads):
        net = Network(list(sizes), "relu", **output, seed=1)
        with exactly(threads) as team:
            history = net.fit(
                X,
                Y,
                sample_weight=weights,
                epochs=2,
                batch_size=batch_size,
                shuffle=False,
                n_threads=team,
                optimizer=Adam(),
            )
        results.append((bits(net.parameters), history.loss, history.accuracy, state_of(net)))
    assert results[0] == results[1]
    assert ROWS_PER_CHUNK < 2500


@pytest.mark.parametrize("numbers", ["float32", "float64"])
@pytest.mark.parametrize("isa", [isa for isa in RUNNABLE if isa != "plain"])
@pytest.mark.parametrize(
    ("loss", "kind"), [("squared_error", "numbers"), ("binary_cross_entropy", "labels")]
)
def test_every_loop_gives_the_same_bits_with_weights(
    isa: str, numbers: str, loss: str, kind: str
) -> None:
    """Single samples on few nodes, whole batches in one pass, and gradient and update apart."""
    X, _ = problem(60)
    Y = X[:, :2] if kind == "numbers" else (X[:, :2] > 0).astype(float)
    with forced(isa):
        start = Network([5, 3, 2], "tanh", loss=loss, seed=1, **NUMBERS[numbers])
    for optimizer, batch_size, path in (
        (SGD(0.3), 1, fast_path(isa, start, sgd_of_one=True)),
        (SGD(0.3), 7, "fused"),
        (Adam(), 1, "fused"),
    ):
        options = {
            "epochs": 3,
            "batch_size": batch_size,
            "optimizer": optimizer,
            "sample_weight": weights_like(X),
        }
        with forced(isa):
            net, twin = start.copy(), start.copy()
            with taking(path):
                history = net.fit(X, Y, **options)
            with gradient_and_update_apart():
                expected = twin.fit(X, Y, **options)
        assert history.loss == expected.loss
        assert history.accuracy == expected.accuracy
        assert state_of(net) == state_of(twin)


def test_activations_of_ones_own_are_trained_with_weights_like_built_in_ones() -> None:
    X, _ = problem(20)
    Y, weights = np.tanh(X[:, :2]), weights_like(X)
    tanh = Activation(np.tanh, lambda z: 1 - np.tanh(z) ** 2)
    built_in = Network([5, 4, 2], "tanh", output_activation="tanh", dtype="float64", seed=0)
    with pytest.warns(UserWarning, match="activation of your own"):
        net = Network([5, 4, 2], tanh, output_activation=tanh, dtype="float64", seed=0)
    options = {"epochs": 3, "batch_size": 3, "sample_weight": weights, "shuffle": False}
    assert_close(net.fit(X, Y, **options).loss, built_in.fit(X, Y, **options).loss, 1e-11)
    assert_close(net.parameters, built_in.parameters, 1e-11)


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=str)
@pytest.mark.parametrize("batch_size", [1, 4])
def test_row_108_a_batch_without_weight_takes_no_step(optimizer: Any, batch_size: int) -> None:
    """No step is counted, no memory fades, and the epoch's loss does not know of it."""
    X, y = problem(12)
    net = Network([5, 4, 3], "tanh", seed=0)
    twin = net.copy()
    weights = np.array([1, 2, 3, 4] + [0] * 4 + [4, 3, 2, 1])
    counted = weights > 0
    options = {"epochs": 3, "batch_size": batch_size, "shuffle": False, "optimizer": optimizer}
    history = net.fit(X, y, sample_weight=weights, **options)
    expected = twin.fit(X[counted], y[counted], sample_weight=weights[counted], **options)
    assert (history.loss, history.accuracy) == (expected.loss, expected.accuracy)
    assert state_of(net) == state_of(twin)
    assert net._model.state.steps == 3 * 8 // batch_size


def test_weights_follow_their_rows_where_an_epoch_shuffles() -> None:
    X, y = problem(30)
    net = Network([5, 4, 3], "tanh", dtype="float64", seed=3)
    twin, weights = net.copy(), weights_like(X)
    order = twin._model.state.rng.permutation(30)
    net.fit(X, y, sample_weight=weights, epochs=1, batch_size=4)
    twin.fit(
        X[order], y[order], sample_weight=weights[order], epochs=1, batch_size=4, shuffle=False
    )
    assert np.array_equal(net.parameters, twin.parameters)


def test_weighted_training_pauses_after_any_step() -> None:
    """The sums of an epoch go on where the last slice of work has left them."""
    X, y = problem(50)
    weights, results = as_sample_weights(weights_like(X), 50), []
    for slices in (1e-6, 1.0):
        net = Network([5, 6, 3], seed=0)
        program, layout = net._model.program, net._model.layout
        plan = TrainingPlan("sgd", SGD(0.3).numbers, 8, count=COUNT_IDS["largest"])
        state = TrainingState(layout.zeros(), None, (), np.zeros(2, np.int64))
        progress = TrainingProgress.of(2, 2)
        progress.weight_sums, progress.slices, calls = np.zeros(2), slices, 1
        data = TrainingData(X, y, weights=weights)
        while program.run(plan, data, state, progress) == UNFINISHED:
            calls += 1
        results.append(
            bits(net.parameters, progress.losses, progress.n_correct, progress.weight_sums)
        )
        assert (calls == 1) == (slices == 1)
    assert results[0] == results[1]
    assert np.allclose(progress.weight_sums, weights.sum(), rtol=1e-14)


def test_no_weight_is_read_beyond_its_end() -> None:
    X, y = problem(4)
    program = Network([5, 3], seed=0)._model.program
    for weights in (np.ones(3), np.ones(8)[::2], np.ones(4, np.float32), np.ones((4, 1))):
        with pytest.raises(ValueError, match="the boundary"):
            program.gradients(X, y, None, None, None, weights=weights)
