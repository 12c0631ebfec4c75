"""The kernels against the specification, on networks of every legal kind."""

from __future__ import annotations

import numpy as np
import pytest
from drawn import BIASES, DTYPES, PAIRS, Drawn, build, networks, optimizer_of, targets
from hypothesis import assume, given
from hypothesis import strategies as st
from reference_network import Specification, assert_gradients_close
from rounding_error import bounded_results, worst_case
from tolerances import assert_close, assert_within, norm, tells_apart, unit_roundoff

from fastbp import SGD, Adam, Network, reference
from fastbp.operations import RULES

pytestmark = pytest.mark.kernels

OPTIMIZERS = (
    *(
        optimizer_of(rule, 0.01, momentum=0.6, eps=1e-8)
        for rule, row in RULES.items()
        if not row.full_batch
    ),
    Adam(0.02, beta1=0.8, beta2=0.95, eps=1e-6),
)
"""Rates at which no network drawn diverges: growth without bound would magnify the rounding too.

Nor may a gradient that is 0 but for rounding count: where two terms cancel, RProp goes by the sign
of what is left of them, and Adagrad's own eps is no larger. RProp is compared in
test_update_rules.py.
"""

SMALL = st.integers(1, 9)


@given(networks(dtypes=("float64",)))
def test_predict_equals_the_specification(drawn: Drawn) -> None:
    assert_close(drawn.net.predict(drawn.X), Specification.of(drawn.net).predict(drawn.X))


@given(networks(dtypes=("float64",)))
def test_loss_and_gradients_equal_the_specification(drawn: Drawn) -> None:
    C, dC_dw, dC_db = Specification.of(drawn.net).gradient(drawn.X, drawn.y)
    assert_close(drawn.net.loss_value(drawn.X, drawn.y), C)
    assert_gradients_close(drawn.net.gradients(drawn.X, drawn.y), (dC_dw, dC_db))


@given(networks(dtypes=("float32",)))
def test_float32_stays_within_the_bounds_of_its_rounding(drawn: Drawn) -> None:
    results = bounded_results(drawn.net, drawn.X, drawn.y)
    checks = [of for of in results if tells_apart(of[2], of[1])]
    assume(checks)
    for actual, expected, bound in checks:
        assert_within(actual, expected, bound)


def test_the_bounds_of_float32_are_not_empty() -> None:
    """On a middling network of each kind they are some hundred times the rounding seen.

    And they are of the specification's own numbers.
    """
    for i, (hidden, output, loss) in enumerate(PAIRS):
        net = build(
            i,
            [20, 11, 5],
            activation=hidden,
            output_activation=output,
            loss=loss,
            bias=True,
            dtype="float32",
        )
        rng = np.random.default_rng(i)
        X = rng.standard_normal((9, 20)).astype("float32")
        y = targets(rng, loss, 9, 5, "float32")
        model = worst_case(net, X, y)
        _, dC_dw, _ = Specification.of(net).gradient(X, y)
        for expected, sums, bound in zip(dC_dw[1:], model.values.dw, model.bounds.dw, strict=True):
            assert_close(sums / 9, expected)
            assert norm(bound / 9) < 2e-3 * norm(expected), (hidden, output, loss)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("bias", BIASES)
def test_gradients_are_fresh_contiguous_arrays(dtype: str, bias: object) -> None:
    net = build(0, [5, 4, 3], activation="tanh", bias=bias, dtype=dtype)
    X = np.ones((2, 5), dtype=dtype)
    y = np.zeros((2, 3), dtype=dtype)
    g, again = net.gradients(X, y), net.gradients(X, y)
    for first, second, size in zip(
        [*g.weights, *g.biases],
        [*again.weights, *again.biases],
        [(4, 5), (3, 4), *(((0,), (0,)) if bias is False else ((4,), (3,)))],
        strict=True,
    ):
        assert first.flags.c_contiguous
        assert first.dtype == np.dtype(dtype)
        assert first.shape == size
        assert not np.shares_memory(first, second)
        assert np.array_equal(first, second)


@given(
    networks(dtypes=("float64",), widths=SMALL, most_layers=3),
    st.sampled_from(OPTIMIZERS),
    st.sampled_from([0.0, 0.02]),
)
def test_train_step_equals_the_specification(drawn: Drawn, optimizer: object, l2: float) -> None:
    """Several steps, so that velocity and moments are carried; l2 comes with fit."""
    net, spec = drawn.net, Specification.of(drawn.net)
    for _ in range(4):
        if l2:
            history = net.fit(
                drawn.X,
                drawn.y,
                epochs=1,
                batch_size=len(drawn.X),
                l2=l2,
                optimizer=optimizer,
                shuffle=False,
            )
            C = history.loss[0]
        else:
            C = net.train_step(drawn.X, drawn.y, optimizer=optimizer)
        assert_close(C, spec.step(drawn.X, drawn.y, optimizer, l2), 1e-11)
        assert_close(net.parameters, spec.parameters(), 1e-11)


@given(
    networks(dtypes=("float32",), widths=SMALL, most_layers=3),
    st.sampled_from(OPTIMIZERS),
)
def test_float32_updates_follow_the_rule(drawn: Drawn, optimizer: object) -> None:
    """Each step, from the network's own gradient: w' is off by a few u of |w| and of the step.

    The rule gets what the network had, so only the update's own rounding counts: some ten
    operations on the state, each relative to the state; a state entry times the learning rate
    (over the root, for Adam, where no step can exceed learning_rate / sqrt(1 - beta2)) is a step.
    """
    net, spec = drawn.net, Specification.of(drawn.net)
    largest = np.zeros(len(spec.parameters()))
    for step in range(1, 4):
        g = net.gradients(drawn.X, drawn.y)
        slopes = _flat_slopes(g, net._model.config()["bias"])
        before = spec.parameters()
        net.train_step(drawn.X, drawn.y, optimizer=optimizer)
        spec.apply(slopes, optimizer)
        largest = np.maximum(largest, np.abs(spec.parameters() - before))
        if isinstance(optimizer, Adam):
            largest = np.maximum(largest, optimizer.learning_rate)
        u = unit_roundoff("float32")
        bound = 32 * step * u * (np.abs(before) + largest)
        assert_within(net.parameters, spec.parameters(), bound, label="the parameters")


def _flat_slopes(g: object, bias: object) -> list[float]:
    values: list[float] = []
    for w, b in zip(g.weights, g.biases, strict=True):
        values += w.ravel().tolist() + (b.tolist() if bias is True else [0.0] * len(w))
    return values


@pytest.mark.filterwarnings("ignore::fastbp.TrainingWarning")  # what is drawn need not be learnt
@given(
    networks(dtypes=("float64",), widths=SMALL, most_layers=3),
    st.sampled_from(OPTIMIZERS),
    st.integers(1, 7),
    st.sampled_from([0.0, 0.02]),
)
def test_a_whole_fit_in_the_given_order_equals_the_specification(
    drawn: Drawn, optimizer: object, batch_size: int, l2: float
) -> None:
    """Batches of any size, the last of them short."""
    net, n = drawn.net, len(drawn.X)
    spec = Specification.of(net)
    history = net.fit(
        drawn.X, drawn.y, epochs=3, batch_size=batch_size, optimizer=optimizer, l2=l2, shuffle=False
    )
    expected = spec.fit(
        drawn.X, drawn.y, optimizer, batch_size=batch_size, l2=l2, orders=[range(n)] * 3
    )
    assert_close(history.loss, expected, 1e-10)
    assert_close(net.parameters, spec.parameters(), 1e-10)


@pytest.mark.parametrize("order", ["given", "shuffled"])
def test_fit_equals_the_specification_s_own_training_loop(order: str) -> None:
    """fastbp.reference.train itself, with a short last batch: 10 = 4 + 4 + 2."""
    drawing, replay = np.random.default_rng(5), np.random.default_rng(5)
    net = Network([3, 4, 2], dtype="float64", initializer=_standard_normal, seed=drawing)
    for n_out, n_in in ((4, 3), (2, 4)):
        _standard_normal(replay, n_out, n_in)
    spec = Specification.of(net)
    rng = np.random.default_rng(6)
    X, Y = rng.standard_normal((10, 3)), rng.random((10, 2))
    shuffle = order == "shuffled"
    history = net.fit(X, Y, epochs=5, batch_size=4, optimizer=SGD(0.7), shuffle=shuffle)
    expected = reference.train(
        X.tolist(),
        Y.tolist(),
        spec.w,
        spec.b,
        spec.g,
        spec.g_prime,
        5,
        4,
        0.7,
        order=(lambda epoch: replay.permutation(10)) if shuffle else None,
    )
    assert_close(history.loss, expected)
    assert_close(net.parameters, spec.parameters())


def _standard_normal(rng: np.random.Generator, n_out: int, n_in: int) -> np.ndarray:
    return rng.standard_normal((n_out, n_in))


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_generator_that_draws_the_weights_shuffles_each_epoch(dtype: str) -> None:
    """w(1), w(2), then one permutation of the samples an epoch."""
    net = Network([3, 5, 2], dtype=dtype, initializer=_standard_normal, seed=11)
    replay = np.random.default_rng(11)
    for w, shape in zip(net.weights, ((5, 3), (2, 5)), strict=True):
        assert np.array_equal(w, _standard_normal(replay, *shape).astype(dtype))
    rng = np.random.default_rng(12)
    X, y = rng.standard_normal((13, 3)).astype(dtype), rng.random((13, 2)).astype(dtype)
    twin = net.copy()
    net.fit(X, y, epochs=3, batch_size=4, optimizer=SGD(0.5, momentum=0.9))
    for _ in range(3):
        order = replay.permutation(13)
        twin.fit(
            X[order],
            y[order],
            epochs=1,
            batch_size=4,
            optimizer=SGD(0.5, momentum=0.9),
            shuffle=False,
        )
    assert np.array_equal(net.parameters, twin.parameters)


def test_l2_shrinks_weights_only_and_is_not_in_the_loss() -> None:
    """With a gradient of zero only the decay is left: w (1 - eta l2), and b as it was."""
    net = build(
        3, [2, 3, 2], activation="tanh", bias=True, output_activation="identity", dtype="float64"
    )
    X = np.array([[0.3, -0.2]])
    y = net.predict(X)
    before, biases = [w.copy() for w in net.weights], [b.copy() for b in net.biases]
    history = net.fit(X, y, epochs=1, optimizer=SGD(0.5), l2=0.1)
    assert history.loss == [0.0]
    for w, old in zip(net.weights, before, strict=True):
        assert_close(w, old * (1 - 0.5 * 0.1), 1e-15)
    for b, old in zip(net.biases, biases, strict=True):
        assert np.array_equal(b, old)


def test_a_batch_larger_than_one_chunk_is_summed_right() -> None:
    """More than 1,024 rows: two whole chunks and a short one."""
    net = build(1, [3, 4, 2], activation="tanh", bias=True, dtype="float64")
    rng = np.random.default_rng(1)
    X, y = rng.standard_normal((2300, 3)), rng.random((2300, 2))
    C, dC_dw, dC_db = Specification.of(net).gradient(X, y)
    assert_close(net.predict(X), Specification.of(net).predict(X))
    assert_close(net.loss_value(X, y), C)
    assert_gradients_close(net.gradients(X, y), (dC_dw, dC_db))
