"""label_smoothing and class_weight in the kernels' loops: the specification's, whatever the way."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from drawn import build, optimizer_of, targets
from kernel_sets import RUNNABLE, fast_path, forced
from network_state import state_of
from recorded_slices import gradient_and_update_apart, taking
from reference_network import Specification, rows_of
from team_sizes import exactly
from tolerances import assert_close
from ways_in import NUMBERS, bits

from fastbp import SGD, Adam, Network
from fastbp._boundary import ROWS_PER_CHUNK
from fastbp.operations import LOSSES
from fastbp.reference_options import divisor, smoothed, smoothed_cross_entropy

pytestmark = [
    pytest.mark.kernels,
    pytest.mark.filterwarnings("ignore::fastbp.TrainingWarning"),  # noise is not learnt
]

SOFTMAX = {"output_activation": "softmax", "loss": "cross_entropy"}
SIGMOID = {"output_activation": "sigmoid", "loss": "binary_cross_entropy"}
FORMS = ("labels", "one_hot", "rows")
OPTIMIZERS = (SGD(0.1), optimizer_of("nesterov", 0.05, momentum=0.6), Adam(0.02, eps=1e-6))
WEIGHTS = {0: 0.3, 1: 2.5, 3: 0.0, 4: 1.5}  # a class without weight, and one that counts 1
ROUNDING = 1e-12


def weights_in_order(K: int, chosen: dict[int, float] | None) -> list[float]:
    return [1.0 if chosen is None else chosen.get(c, 1.0) for c in range(K)]


def random_case(seed: int, form: str, loss: dict[str, Any], n: int = 23) -> tuple[Any, Any, Any]:
    """A network of random widths with five or more outputs, and samples of that form."""
    rng = np.random.default_rng([seed, 7])
    sizes = [*rng.integers(1, 9, rng.integers(1, 4)).tolist(), int(rng.integers(5, 40))]
    net = build(seed, sizes, activation="tanh", bias=True, dtype="float64", **loss)
    return net, rng.standard_normal((n, sizes[0])), targets(rng, loss["loss"], n, sizes[-1],
                                                            "float64", form)  # fmt: skip


@pytest.mark.parametrize("s", [0.0, 0.3])
def test_the_specifications_delta_is_the_slope_of_its_loss(s: float) -> None:
    """By central differences, whose error is some h^2."""
    rng = np.random.default_rng(0)
    z, y, h = rng.standard_normal(5), rng.dirichlet(np.ones(5)).tolist(), 1e-5
    loss, output_delta = smoothed_cross_entropy(s, weights_in_order(5, WEIGHTS))
    a = np.exp(z) / np.exp(z).sum()
    sides = [[loss(z + step * row, None, y) for row in np.eye(5)] for step in (h, -h)]
    assert_close(np.subtract(*sides) / (2 * h), output_delta(z, a, y, None), 1e-8)
    w = weights_in_order(5, WEIGHTS)
    by_hand = -sum(w[c] * ((1 - s) * y[c] + s / 5) * np.log(a[c]) for c in range(5))
    assert_close([loss(z, a, y)], [by_hand], ROUNDING)


@pytest.mark.parametrize("sample_weights", [False, True])
@pytest.mark.parametrize("class_weight", [None, WEIGHTS])
@pytest.mark.parametrize("s", [0.0, 0.1, 0.7])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("seed", [1, 2])
def test_a_fit_with_cross_entropy_equals_the_specification(
    seed: int, form: str, s: float, class_weight: Any, sample_weights: bool
) -> None:
    net, X, y = random_case(seed, form, SOFTMAX)
    w = weights_in_order(net.sizes[-1], class_weight)
    own = np.arange(23) % 4 / 2 if sample_weights else None
    weights = np.ones(23) if own is None else own
    spec = Specification.of(net)
    spec.loss, spec.output_delta = smoothed_cross_entropy(s, w)
    n = weights * [divisor(row, w) for row in rows_of(y, len(w))]
    options: dict[str, Any] = {"batch_size": 5, "l2": 0.01}
    optimizer = OPTIMIZERS[seed]
    history = net.fit(
        X, y, epochs=2, shuffle=False, optimizer=optimizer, sample_weight=own,
        label_smoothing=s, class_weight=class_weight, **options,
    )  # fmt: skip
    expected = spec.fit(X, y, optimizer, weights=weights, divisors=n, orders=[range(23)] * 2,
                        **options)  # fmt: skip
    assert_close(history.loss, expected, ROUNDING)
    assert_close(net.parameters, spec.parameters(), ROUNDING)


@pytest.mark.parametrize("form", ["labels", "several"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=str)
def test_smoothed_binary_cross_entropy_equals_the_specification(form: str, optimizer: Any) -> None:
    """Keras's BinaryCrossentropy(label_smoothing=s) takes y (1 - s) + s / 2."""
    net, X, y = random_case(3, "labels", SIGMOID)
    y = y if form == "labels" else (X[:, :1] > np.linspace(-1, 1, net.sizes[-1])).astype(float)
    spec, s = Specification.of(net), 0.3
    rows = np.array([smoothed(row, s, 0.5) for row in rows_of(y, net.sizes[-1])])
    history = net.fit(
        X, y, epochs=2, batch_size=5, shuffle=False, optimizer=optimizer, label_smoothing=s
    )
    expected = spec.fit(X, rows, optimizer, batch_size=5, orders=[range(23)] * 2)
    assert_close(history.loss, expected, ROUNDING)
    assert_close(net.parameters, spec.parameters(), ROUNDING)


@pytest.mark.parametrize(
    ("loss", "form"),
    [
        (loss, form)
        for loss, row in LOSSES.items()
        for form in ("labels", "one_hot", "one_output")
        if "sigmoid" in row.output_activations and (row.targets, form) != ("labels", "one_hot")
    ],
)
def test_class_weights_of_other_losses_are_sample_weights(loss: str, form: str) -> None:
    """One-hot rows of binary_cross_entropy would be several labels each."""
    rng = np.random.default_rng(4)
    K = 1 if form == "one_output" else 4
    X, labels = rng.standard_normal((30, 3)), rng.integers(0, max(K, 2), 30)
    y = np.eye(4)[labels] if form == "one_hot" else labels
    net = Network([3, 5, K], "tanh", loss=loss, dtype="float64", seed=0)
    twin, w = net.copy(), np.array([0.5, 3.0, 1.0, 0.0])
    options = {"epochs": 3, "batch_size": 4, "optimizer": Adam(0.01)}
    history = net.fit(X, y, class_weight={0: 0.5, 1: 3, 3: 0} if K > 1 else {0: 0.5, 1: 3},
                      **options)  # fmt: skip
    expected = twin.fit(X, y, sample_weight=w[labels], **options)
    assert history.loss == expected.loss
    assert history.accuracy == expected.accuracy
    assert state_of(net) == state_of(twin)


@pytest.mark.parametrize("numbers", ["float32", "float64"])
@pytest.mark.parametrize("isa", RUNNABLE)
@pytest.mark.parametrize("K", [3, 10, 40])
def test_accuracies_count_targets_as_they_were(isa: str, numbers: str, K: int) -> None:
    """The class weights move the largest entry of the smoothed targets elsewhere."""
    rng = np.random.default_rng(K)
    X, y = rng.standard_normal((50, 4)), rng.integers(0, K, 50)
    soft = np.eye(K)[y] * 0.6 + 0.4 / K
    heavy = {0: 1e4}
    weights = np.where(y == 0, 1e4, 1.0)
    with forced(isa):
        net = Network([4, K], **SOFTMAX, seed=0, **NUMBERS[numbers])
        for rows in (y, np.eye(K)[y], soft):
            n = weights if rows is not soft else soft @ np.where(np.arange(K) == 0, 1e4, 1.0)
            right = net.predict(X).argmax(axis=1) == y
            for options, expected in (
                ({"label_smoothing": 0.5}, right.mean()),
                ({"label_smoothing": 0.5, "class_weight": heavy}, np.average(right, weights=n)),
                ({"class_weight": heavy}, np.average(right, weights=n)),
            ):
                history = net.fit(X, rows, epochs=1, optimizer=SGD(0.0), batch_size=7, **options)
                assert_close(history.accuracy, [expected], 1e-6)


CASES = [
    ("labels", {"label_smoothing": 0.1}),
    ("labels", {"class_weight": WEIGHTS}),
    ("labels", {"label_smoothing": 0.1, "class_weight": WEIGHTS}),
    ("rows", {"label_smoothing": 0.1, "class_weight": "balanced"}),
]


@pytest.mark.parametrize(("form", "options"), CASES, ids=str)
@pytest.mark.parametrize("K", [10, 40])
@pytest.mark.parametrize("batch_size", [3, 2500])
def test_no_number_of_threads_changes_a_bit(
    form: str, options: dict[str, Any], K: int, batch_size: int
) -> None:
    """A class whose samples all come first and have no weight leaves batches without any."""
    rng = np.random.default_rng(0)
    n = 2600 if batch_size > ROWS_PER_CHUNK else 90
    X, y = rng.standard_normal((n, 5)), targets(rng, "cross_entropy", n, K, "float64", form)
    if form == "labels":
        y[:40] = 3
    results = []
    for threads in (1, 2, 3, 7):
        net = Network([5, 70, K], "relu", **SOFTMAX, seed=1)
        with exactly(threads) as team:
            history = net.fit(X, y, epochs=2, batch_size=batch_size, shuffle=False,
                              n_threads=team, optimizer=Adam(), **options)  # fmt: skip
        results.append((bits(net.parameters), history.loss, history.accuracy, state_of(net)))
    assert results[1:] == results[:1] * 3


@pytest.mark.parametrize("numbers", ["float32", "float64"])
@pytest.mark.parametrize("isa", [isa for isa in RUNNABLE if isa != "plain"])
@pytest.mark.parametrize("loss", [SOFTMAX, SIGMOID], ids=["softmax", "sigmoid"])
def test_every_loop_gives_the_same_bits(isa: str, numbers: str, loss: Any) -> None:
    """Single samples on few nodes, whole batches in one pass, and gradient and update apart."""
    rng = np.random.default_rng(1)
    X, y = rng.standard_normal((40, 4)), rng.integers(0, 4, 40)
    with forced(isa):
        start = Network([4, 3, 4], "tanh", seed=1, **loss, **NUMBERS[numbers])
    for options in (
        {"label_smoothing": 0.2},
        {"class_weight": {0: 0.3, 1: 2.5, 3: 0.0}},
        {"label_smoothing": 0.2, "class_weight": "balanced"},
    ):
        for optimizer, batch_size, path in (
            (SGD(0.3), 1, fast_path(isa, start, sgd_of_one=True)),
            (SGD(0.3), 7, "fused"),
            (Adam(), 1, "fused"),
        ):
            arguments = {"epochs": 2, "batch_size": batch_size, "optimizer": optimizer, **options}
            with forced(isa):
                net, twin = start.copy(), start.copy()
                with taking(path):
                    history = net.fit(X, y, **arguments)
                with gradient_and_update_apart():
                    expected = twin.fit(X, y, **arguments)
            assert history.loss == expected.loss
            assert history.accuracy == expected.accuracy
            assert state_of(net) == state_of(twin)


def test_steps_of_one_sample_have_the_smoothed_gradient() -> None:
    """Whose weight by its divisor is not 1, unlike that of a sample weight alone."""
    net, X, y = random_case(5, "labels", SOFTMAX, n=6)
    w = weights_in_order(net.sizes[-1], WEIGHTS)
    spec = Specification.of(net)
    spec.loss, spec.output_delta = smoothed_cross_entropy(0.4, w)
    options: dict[str, Any] = {"epochs": 1, "batch_size": 1, "shuffle": False}
    net.fit(X, y, optimizer=SGD(0.3), label_smoothing=0.4, class_weight=WEIGHTS, **options)
    divisors = [w[label] for label in y]
    spec.fit(X, y, SGD(0.3), divisors=divisors, batch_size=1, orders=[range(6)])
    assert_close(net.parameters, spec.parameters(), ROUNDING)


@pytest.mark.parametrize("s", [0.0, 0.2])
def test_a_batch_of_classes_without_weight_takes_no_step(s: float) -> None:
    """Though smoothed targets have some of the other classes."""
    rng = np.random.default_rng(2)
    X, y = rng.standard_normal((12, 4)), np.array([0, 1, 2, 1] + [3] * 4 + [2, 0, 1, 1])
    net = Network([4, 4], **SOFTMAX, seed=0)
    twin, counted = net.copy(), y != 3
    options = {"epochs": 3, "batch_size": 4, "shuffle": False, "label_smoothing": s,
               "class_weight": {3: 0, 1: 2}}  # fmt: skip
    history = net.fit(X, y, **options)
    expected = twin.fit(X[counted], y[counted], **options)
    assert (history.loss, history.accuracy) == (expected.loss, expected.accuracy)
    assert state_of(net) == state_of(twin)
    assert net._model.state.steps == 6


@pytest.mark.parametrize("numbers", NUMBERS)
@pytest.mark.parametrize("isa", RUNNABLE)
def test_every_set_and_number_type_agrees_with_float64(isa: str, numbers: str) -> None:
    rng = np.random.default_rng(3)
    X, y = rng.standard_normal((40, 6)), rng.dirichlet(np.ones(5), 40)
    losses = []
    for chosen, number_type in ((isa, numbers), ("plain", "float64")):
        with forced(chosen):
            net = Network([6, 20, 5], "tanh", **SOFTMAX, seed=0, **NUMBERS[number_type])
            history = net.fit(X, y, epochs=3, label_smoothing=0.1, class_weight=WEIGHTS,
                              optimizer=SGD(0.1), shuffle=False)  # fmt: skip
        losses.append(history.loss)
    # What few steps make of their roundings: bfloat16's are 2^-8 of each term, of both signs.
    assert_close(*losses, {"float64": 1e-12, "float32": 1e-5, "bfloat16": 5e-3}[numbers])
