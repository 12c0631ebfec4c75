"""What every optimizer takes beside its rule's numbers, and l1: beside the specification."""

from __future__ import annotations

import copy
import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from drawn import EVERY_OPTIMIZER, build
from network_state import differences, state_of
from recorded_slices import gradient_and_update_apart
from reference_network import Specification
from team_sizes import exactly
from tolerances import assert_close

from fastbp import SGD, Adam, DivergenceError, EarlyStopping, Network, RProp
from fastbp.schedules import Cosine, Exponential, ReduceOnPlateau

pytestmark = pytest.mark.kernels

SIZES = [5, 7, 3]
L = len(SIZES) - 1


def every_other(step: int) -> float:
    return 1.0 if step % 2 else 0.25


OPTIONS: dict[str, dict[str, Any]] = {
    "schedule": {"schedule": every_other},
    "weight_decay": {"weight_decay": 0.3},
    "weight_decay of layers": {"weight_decay": [0.0, 0.3]},
    "clip_value": {"clip_value": 0.05},
    "clip_norm": {"clip_norm": 0.3},
    "layer_rates": {"layer_rates": [0.25, 0.75]},
    "bias_rate": {"bias_rate": 0.25},
    "ema": {"ema": 0.7},
    "all": {
        "schedule": every_other,
        "weight_decay": 0.3,
        "clip_value": 0.1,
        "clip_norm": 0.6,
        "layer_rates": [0.25, 0.75],
        "bias_rate": 0.25,
        "ema": 0.7,
    },
}
"""Such that each changes every rule's parameters, or the average of them."""
PENALTIES: dict[str, dict[str, float]] = {
    "l1": {"l1": 0.1},
    "l1 and l2": {"l1": 0.1, "l2": 0.2},
}
by_option = pytest.mark.parametrize("options", OPTIONS.values(), ids=list(OPTIONS))
by_rule = pytest.mark.parametrize("optimizer", EVERY_OPTIMIZER, ids=lambda o: o.rule.name)


def samples(n: int = 11, sizes: list[int] = SIZES, dtype: str = "float64") -> tuple[Any, Any]:
    rng = np.random.default_rng(3)
    X, y = rng.standard_normal((n, sizes[0])), rng.standard_normal((n, sizes[-1]))
    return X.astype(dtype), y.astype(dtype)


def network(bias: Any = True, sizes: list[int] = SIZES, dtype: str = "float64") -> Network:
    return build(1, sizes, activation="tanh", output_activation="identity", bias=bias, dtype=dtype)


def fit(net: Network, X: Any, y: Any, optimizer: Any, epochs: int = 3, **options: Any) -> Any:
    size = None if optimizer.rule.full_batch else 4
    options = {"shuffle": False, "batch_size": size, "check_input": False} | options
    return net.fit(X, y, epochs=epochs, optimizer=optimizer, **options)


def specified(net: Network, X: Any, y: Any, optimizer: Any, epochs: int = 3, **penalties: float):
    twin = Specification.of(net)
    size = len(X) if optimizer.rule.full_batch else 4
    order = [range(len(X))] * epochs
    twin.fit(X, y, optimizer, batch_size=size, orders=order, **penalties)
    return twin


@by_rule
@by_option
def test_options_move_weights_as_specified(optimizer: Any, options: dict[str, Any]) -> None:
    optimizer = replace(optimizer, **options)
    X, y = samples()
    net = network()
    twin = specified(net, X, y, optimizer)
    fit(net, X, y, optimizer)
    expected = twin.averaged_parameters() if optimizer.ema else twin.parameters()
    assert_close(net.parameters, expected, 1e-12)
    assert_close(net.raw_parameters, twin.parameters(), 1e-12)


@by_rule
@pytest.mark.parametrize("penalties", PENALTIES.values(), ids=list(PENALTIES))
@pytest.mark.parametrize("options", [{}, {"clip_norm": 0.3, "weight_decay": 0.2}], ids=str)
def test_penalties_move_weights_as_specified(
    optimizer: Any, penalties: dict[str, float], options: dict[str, Any]
) -> None:
    optimizer = replace(optimizer, **options)
    X, y = samples()
    net = network()
    net.weights[0][0, 0] = 0  # the slope of l1 is 0 there
    twin = specified(net, X, y, optimizer, **penalties)
    fit(net, X, y, optimizer, **penalties)
    assert_close(net.parameters, twin.parameters(), 1e-12)


@by_option
@pytest.mark.parametrize("bias", [False, "fixed"])
def test_biases_that_are_not_learnt_count_in_no_norm(options: dict[str, Any], bias: Any) -> None:
    optimizer = Adam(0.01, **options)
    X, y = samples()
    net = network(bias)
    twin = specified(net, X, y, optimizer)
    fit(net, X, y, optimizer)
    assert_close(net.raw_parameters, twin.parameters(), 1e-12)


@pytest.mark.threads
@by_option
@pytest.mark.parametrize("sizes", [[70, 90, 40], [30, 50, 40, 20]], ids=str)
@pytest.mark.parametrize("kind", [SGD, Adam])
def test_options_give_the_same_bits_on_every_path_and_team(
    options: dict[str, Any], sizes: list[int], kind: Any
) -> None:
    if "layer_rates" in options:
        options = options | {"layer_rates": [0.5, 2.0, 1.0][: len(sizes) - 1]}
    if isinstance(options.get("weight_decay"), list):
        options = options | {"weight_decay": [0.1, 0.3, 0.2][: len(sizes) - 1]}
    X, y = samples(60, sizes, "float32")
    nets = {}
    for n_threads in (1, 2, 3, 7):
        net = nets[n_threads] = network(sizes=sizes, dtype="float32")
        with exactly(n_threads) as count:
            fit(net, X, y, kind(0.01, **options), batch_size=25, n_threads=count)
    apart = nets[0] = network(sizes=sizes, dtype="float32")
    with gradient_and_update_apart():
        fit(apart, X, y, kind(0.01, **options), batch_size=25)
    states = [state_of(net) for net in nets.values()]
    assert not any(differences(states[0], state) for state in states[1:])


@by_rule
@by_option
def test_a_saved_training_goes_on_with_the_same_bits(
    optimizer: Any, options: dict[str, Any], tmp_path: Path
) -> None:
    """With a schedule of a given horizon; a function is passed again, as no file holds it."""
    X, y = samples()
    optimizer = replace(optimizer, **options)
    whole, half = (
        Network(SIZES, "tanh", output_activation="identity", dropout=0.2, seed=1) for _ in "ab"
    )
    fit(whole, X, y, optimizer, epochs=10, shuffle=True)
    fit(half, X, y, optimizer, epochs=5, shuffle=True)
    half.save(tmp_path / "half")
    loaded = Network.load(tmp_path / "half")
    assert not differences(
        {**state_of(half), "optimizer": None}, {**state_of(loaded), "optimizer": None}
    )
    for net in (loaded, pickle.loads(pickle.dumps(half)), copy.deepcopy(half), half):
        fit(net, X, y, optimizer, epochs=5, shuffle=True)
        assert not differences(state_of(whole), state_of(net))


def test_a_schedule_of_a_given_horizon_goes_on_where_it_was(tmp_path: Path) -> None:
    X, y = samples(40)
    optimizer = Adam(0.01, schedule=Cosine(warmup=0.2, epochs=10), ema=0.9)
    whole, half = network(), network()
    history = fit(whole, X, y, optimizer, epochs=10)
    first = fit(half, X, y, optimizer, epochs=5)
    half.save(tmp_path / "half")
    half = Network.load(tmp_path / "half")
    second = half.fit(X, y, epochs=5, batch_size=4, shuffle=False)
    assert not differences(state_of(whole), state_of(half))
    assert first.learning_rate + second.learning_rate == history.learning_rate


def test_a_schedule_without_a_horizon_spans_one_fit() -> None:
    X, y = samples(40)
    net = network()
    for _ in range(2):
        history = fit(net, X, y, SGD(0.1, schedule=Exponential(0.01)), epochs=4)
        expected = 0.1 * 0.01 ** ((10 * np.arange(1, 5) - 1) / 40)  # of each epoch's last step
        np.testing.assert_allclose(history.learning_rate, expected, rtol=1e-14)


def test_a_function_is_called_once_for_each_step_and_tables_are_bounded() -> None:
    steps = []

    def schedule(step: int) -> float:
        steps.append(step)
        return 0.5

    X, y = samples(100)
    optimizer = SGD(0.01, schedule=schedule)
    net = network()
    net.fit(X, y, epochs=45, batch_size=1, optimizer=optimizer)
    assert steps == list(range(4500))
    net.fit(X, y, epochs=1, batch_size=1, optimizer=optimizer)
    assert steps == list(range(4600))


def test_a_function_that_fails_leaves_the_steps_that_were_taken() -> None:
    def schedule(step: int) -> float:
        return 1.0 if step < 5000 else -1.0

    X, y = samples(100)
    net = network()
    with pytest.raises(ValueError, match="factor at step 5000 must be"):
        net.fit(X, y, epochs=60, batch_size=1, optimizer=SGD(1e-3, schedule=schedule))
    assert net._model.state.steps == 4096
    before = state_of(net)
    with pytest.raises(ValueError, match="factor at step 5000 must be"):
        net.fit(X, y, epochs=10, batch_size=1)
    assert not differences(before, state_of(net))


def test_another_rate_or_schedule_keeps_the_memories() -> None:
    X, y = samples()
    net = network()
    fit(net, X, y, Adam(0.01))
    steps = net._model.state.steps
    for optimizer in (Adam(0.02), Adam(0.02, schedule=Cosine()), Adam(0.01, schedule=lambda t: 1)):
        memory = net._model.state.current.memory
        fit(net, X, y, optimizer)
        assert net._model.state.current.memory is memory
        assert net.optimizer == optimizer
        steps += 9
        assert net._model.state.steps == steps
    fit(net, X, y, Adam(0.01, clip_norm=1.0))
    assert net._model.state.steps == 9


def test_rprop_moves_by_its_steps_times_the_rates() -> None:
    X, y = samples()
    for options in ({"schedule": lambda t: 0.0}, {"layer_rates": [0, 0]}):
        net = network()
        before = net.parameters
        fit(net, X, y, RProp(**options))
        np.testing.assert_array_equal(net.parameters, before)


# ------------------------------------------------------------------------------ the average


def test_validation_early_stopping_and_the_network_have_the_average() -> None:
    X, y = samples(30)
    net, seen = network(), []

    def look(net: Network, epoch: int, history: Any) -> None:
        seen.append((net.copy().loss_value(X, y), net.loss_value(X, y)))

    options = {"validation": (X, y), "callbacks": look, "metrics": "r2"}
    history = fit(net, X, y, SGD(0.05, ema=0.9), **options)
    assert history.validation_loss == [average for average, _ in seen]
    assert history.metrics == history.validation_metrics
    assert history.metrics["r2"][-1] == pytest.approx(net.score(X, y), rel=1e-14)
    assert net.loss_value(X, y) == history.validation_loss[-1]
    raw = net.copy()
    raw.parameters = net.raw_parameters
    assert raw.loss_value(X, y) == seen[-1][1] != net.loss_value(X, y)

    stopped = network()
    history = fit(
        stopped, X, y, SGD(0.15, ema=0.5), 30, validation=(X, y), early_stopping=EarlyStopping(3)
    )
    assert history.best_epoch is not None
    assert stopped.loss_value(X, y) == min(history.validation_loss)
    at_best = network()
    fit(at_best, X, y, SGD(0.15, ema=0.5), 1 + history.best_epoch)
    np.testing.assert_array_equal(at_best.raw_parameters, stopped.raw_parameters)


def test_one_step_after_another_keeps_the_average_of_a_fit() -> None:
    X, y = samples(12)
    optimizer = SGD(0.05, ema=0.9)
    fitted, stepped = network(), network()
    fit(fitted, X, y, optimizer, epochs=1)
    for i in range(0, 12, 4):
        stepped.train_step(X[i : i + 4], y[i : i + 4], optimizer=optimizer)
    np.testing.assert_array_equal(fitted.parameters, stepped.parameters)
    np.testing.assert_array_equal(fitted.raw_parameters, stepped.raw_parameters)


def test_parameters_that_somebody_changed_are_what_training_goes_on_from() -> None:
    X, y = samples()
    optimizer = SGD(0.05, ema=0.9)
    net = network()
    fit(net, X, y, optimizer)
    assert np.any(net.raw_parameters != net.parameters)
    net.weights[0][0, 0] += 1
    np.testing.assert_array_equal(net.raw_parameters, net.parameters)
    plain = network()
    plain.parameters = net.parameters
    fit(net, X, y, optimizer, epochs=1)
    fit(plain, X, y, SGD(0.05), epochs=1)
    assert_close(net.raw_parameters, plain.parameters, 1e-14)
    one = net.copy()
    fit(net, X, y, SGD(0.05), epochs=1)
    np.testing.assert_array_equal(net.raw_parameters, net.parameters)
    fit(one, X, y, SGD(0.05), epochs=1)
    np.testing.assert_array_equal(net.parameters, one.parameters)


def test_a_first_average_is_the_parameters_and_a_user_may_begin_anew() -> None:
    X, y = samples(4)
    net = network()
    fit(net, X, y, SGD(0.05, ema=0.9), epochs=1)
    np.testing.assert_array_equal(net.raw_parameters, net.parameters)
    net.parameters = np.zeros_like(net.parameters)
    fit(net, X, y, SGD(0.05, ema=0.9), epochs=1)
    np.testing.assert_array_equal(net.raw_parameters, net.parameters)


class StopError(Exception):
    """Raised by a callback."""


@pytest.mark.parametrize("after", [0, 1])
def test_a_fit_that_is_cut_short_leaves_the_average(after: int) -> None:
    X, y = samples()
    net, expected = network(), network()
    optimizer = SGD(0.05, ema=0.9)
    fit(net, X, y, optimizer)
    fit(expected, X, y, optimizer)

    def stop(net: Network, epoch: int, history: Any) -> None:
        if epoch == after:
            raise StopError

    with pytest.raises(StopError):
        fit(net, X, y, optimizer, callbacks=stop)
    fit(expected, X, y, optimizer, epochs=after + 1)
    assert not differences(state_of(net), state_of(expected))


def test_a_fit_that_is_refused_leaves_average_and_raw_parameters() -> None:
    X, y = samples()
    net = network()
    fit(net, X, y, SGD(0.05, ema=0.9))
    before, raw = state_of(net), net.raw_parameters
    X[-1, -1] = np.nan
    with pytest.raises(ValueError, match="nan"):
        fit(net, X, y, SGD(0.05, ema=0.9), check_input=True)
    assert not differences(before, state_of(net))
    np.testing.assert_array_equal(net.raw_parameters, raw)


# ------------------------------------------------------------------------------ the plateau


def test_a_plateau_lowers_the_rate_and_is_saved(tmp_path: Path) -> None:
    X, y = samples(30)
    optimizer = SGD(0.01, schedule=ReduceOnPlateau(0.5, patience=2, min_delta=1e9))
    whole, half = network(), network()
    history = fit(whole, X, y, optimizer, epochs=8, validation=(X, y))
    # The first epoch is below the mark, which is infinite; then none is by so much.
    assert [rate / 0.01 for rate in history.learning_rate] == [1, 1, 1, 0.5, 0.5, 0.25, 0.25, 0.125]
    fit(half, X, y, optimizer, epochs=4, validation=(X, y))
    half.save(tmp_path / "half")
    half = Network.load(tmp_path / "half")
    second = half.fit(X, y, epochs=4, batch_size=4, shuffle=False, validation=(X, y))
    assert second.learning_rate == history.learning_rate[4:]
    assert not differences(state_of(whole), state_of(half))
    with pytest.raises(ValueError, match="pass validation="):
        fit(half, X, y, optimizer)


@pytest.mark.parametrize(("name", "values"), [("layer_rates", [1.0]), ("weight_decay", [1, 2, 3])])
def test_one_number_for_each_layer_is_asked_for(name: str, values: list[float]) -> None:
    X, y = samples()
    net = network()
    before = state_of(net)
    with pytest.raises(ValueError, match=rf"{name} has {len(values)} numbers, and the network 2"):
        fit(net, X, y, SGD(**{name: values}))
    assert not differences(before, state_of(net))


# ------------------------------------------------------------------------------ streams


def halves(X: Any, y: Any) -> list[tuple[Any, Any]]:
    return [(X[i : i + 4], y[i : i + 4]) for i in range(0, len(X), 4)]


@by_option
def test_batches_of_an_iterable_have_the_bits_of_those_of_arrays(options: dict[str, Any]) -> None:
    X, y = samples(10)
    optimizer = Adam(0.01, **options)
    arrays, batches, calls = network(), network(), network()
    seen: list[list[Any]] = [[], []]

    class Watch:
        def __init__(self, to: list[Any]) -> None:
            self.to = to

        def on_batch_end(self, net: Network, step: int, C: float) -> None:
            self.to.append((step, C))

    checked = {"check_input": True}
    expected = fit(arrays, X, y, optimizer, callbacks=Watch(seen[0]), **checked)
    history = batches.fit(
        halves(X, y), epochs=3, optimizer=optimizer, callbacks=Watch(seen[1]), shuffle=False
    )
    assert not differences(state_of(arrays), state_of(batches))
    assert (history.loss, history.learning_rate) == (expected.loss, expected.learning_rate)
    assert seen[0] == seen[1]
    assert len(seen[0]) == 9
    for _ in range(3):
        calls.partial_fit(X, y, batch_size=4, optimizer=optimizer)
    np.testing.assert_array_equal(calls.parameters, arrays.parameters)
    np.testing.assert_array_equal(calls.raw_parameters, arrays.raw_parameters)


def test_a_stream_has_no_end_that_a_schedule_could_span() -> None:
    X, y = samples(8)
    net = network()
    before = state_of(net)
    for schedule in (Cosine(), Cosine(epochs=2)):
        optimizer = SGD(0.1, schedule=schedule)
        for train in (
            lambda o: net.train_step(X, y, optimizer=o),
            lambda o: net.partial_fit(X, y, optimizer=o),
            lambda o: net.fit(halves(X, y), optimizer=o),
        ):
            with pytest.raises(ValueError, match="Cosine needs steps= here"):
                train(optimizer)
    assert not differences(before, state_of(net))
    stepped, fitted = network(), network()
    optimizer = SGD(0.1, schedule=Cosine(steps=5))
    for X_i, y_i in halves(X, y):
        stepped.train_step(X_i, y_i, optimizer=optimizer)
    fitted.fit(halves(X, y), epochs=1, optimizer=optimizer)
    np.testing.assert_array_equal(stepped.parameters, fitted.parameters)


def test_metrics_of_a_stream_are_those_of_its_validation_samples() -> None:
    X, y = samples(8)
    history = network().fit(halves(X, y), epochs=2, validation=(X, y), metrics="mae")
    assert history.metrics == {}
    assert len(history.validation_metrics["mae"]) == 2


# ------------------------------------------------------------------------------ edges


def test_on_train_end_sees_what_the_fit_leaves() -> None:
    X, y = samples()

    class Watch:
        def on_train_end(self, net: Network, history: Any) -> None:
            self.loss = net.loss_value(X, y)

    net, watch = network(), Watch()
    fit(net, X, y, SGD(0.05, ema=0.9), callbacks=watch)
    assert watch.loss == net.loss_value(X, y)


@pytest.mark.parametrize("at", ["on_epoch_end", "on_batch_end"])
def test_parameters_that_a_callback_writes_begin_an_average_anew(at: str) -> None:
    X, y = samples(4)
    net = network()

    class Writer:
        def write(self, net: Network, i: int, _: Any) -> None:
            if i == 2:
                net.parameters = np.zeros_like(net.parameters)

    writer = Writer()
    setattr(writer, at, writer.write)
    fit(net, X, y, SGD(0.05, ema=0.9), callbacks=writer)
    np.testing.assert_array_equal(net.parameters, 0)
    np.testing.assert_array_equal(net.raw_parameters, 0)


def test_a_rollback_that_is_cut_short_still_leaves_the_average() -> None:
    X, y = samples()
    net, expected = network(), network()
    optimizer = SGD(0.05, ema=0.9)
    fit(expected, X, y, optimizer, epochs=1)

    def go_back(net: Network, epoch: int, history: Any) -> None:
        if epoch == 1:
            net._model.snapshot.request_rollback()
            raise StopError

    original = type(net._model.state).finish_averaging
    calls = []

    def once(state: Any) -> None:
        original(state)
        calls.append(state)
        if len(calls) == 1:
            raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(net._model.state), "finish_averaging", once)
        with pytest.raises(KeyboardInterrupt):
            fit(net, X, y, optimizer, callbacks=go_back)
    assert len(calls) == 2
    np.testing.assert_array_equal(net.parameters, expected.parameters)
    np.testing.assert_array_equal(net.raw_parameters, expected.raw_parameters)


def test_a_norm_that_no_double_holds_is_told() -> None:
    net = Network(
        [1, 1], output_activation="identity", loss="absolute_error", dtype="float64", bias=False
    )
    before = net.parameters
    with pytest.raises(DivergenceError):
        net.fit([[1e160]], [1.0], epochs=1, optimizer=SGD(1.0, clip_norm=1.0))
    np.testing.assert_array_equal(net.parameters, before)


@pytest.mark.parametrize("value", [np.array(0.1), [], np.ones((2, 2))], ids=str)
@pytest.mark.parametrize("name", ["layer_rates", "weight_decay"])
def test_numbers_of_layers_must_be_a_sequence(name: str, value: Any) -> None:
    with pytest.raises(TypeError, match=f"{name} must be .*a sequence of a number a layer"):
        SGD(**{name: value})


def test_metrics_count_samples_as_the_accuracy_of_the_history_does() -> None:
    X = samples(30)[0]
    labels = np.arange(30) % 3
    net = Network(SIZES, "tanh", output_activation="softmax", loss="cross_entropy", seed=0)
    options = {"class_weight": {0: 10.0}, "label_smoothing": 0.3, "metrics": "accuracy"}
    history = net.fit(X, labels, epochs=1, batch_size=30, optimizer=SGD(0.0), **options)
    assert history.metrics["accuracy"] == pytest.approx(history.accuracy, rel=1e-12)


def test_fixed_biases_are_their_own_average() -> None:
    X, y = samples()
    net = network("fixed")
    biases = [b.copy() for b in net.biases]
    optimizer = SGD(0.05, ema=0.9)
    history = fit(net, X, y, optimizer, validation=(X, y))
    assert net.loss_value(X, y) == history.validation_loss[-1]
    for start in biases:
        start += 1
    for b, start in zip(net.biases, biases, strict=True):
        b[...] = start
    fit(net, X, y, optimizer)
    fit(net, X, y, SGD(0.05))
    for b, start in zip(net.biases, biases, strict=True):
        np.testing.assert_array_equal(b, start)


def test_early_stopping_brings_the_plateau_back_too() -> None:
    X, y = [[1.0]], [1.0]
    nets = [Network([1, 1], output_activation="identity", seed=0) for _ in "ab"]
    optimizer = SGD(0.01, schedule=ReduceOnPlateau(0.1, patience=1))
    far = {"validation": (np.repeat(X, 2, 0), [-1.0, -1.0]), "optimizer": optimizer}
    stopped = nets[0].fit(X, y, epochs=6, early_stopping=3, **far)
    assert stopped.best_epoch == 0
    nets[1].fit(X, y, epochs=1, **far)
    first, second = (net.fit(X, y, epochs=2, **far).learning_rate for net in nets)
    assert first == second == [0.01, 0.001]


@by_option
@pytest.mark.parametrize("kind", [SGD, Adam])
def test_one_sample_after_another_has_the_bits_of_steps(kind: Any, options: dict[str, Any]) -> None:
    X, y = samples(10)
    one, stepped = network(), network()
    for net in (one, stepped):
        net.optimizer = kind(0.01, **options)
    for x, target in zip(X, y, strict=True):
        assert one.learn_one(x, target) == stepped.train_step(x[None], target[None])
    assert not differences(state_of(one), state_of(stepped))


def test_a_function_is_asked_for_no_step_of_a_stream_that_may_not_come() -> None:
    X, y = samples(8)
    rates = [1.0, 0.5]
    net = network()
    history = net.fit(halves(X, y), epochs=1, optimizer=SGD(0.1, schedule=lambda t: rates[t]))
    assert history.learning_rate == [0.05]


def test_a_plateau_needs_validation_samples_beside_batches_too() -> None:
    X, y = samples(8)
    optimizer = SGD(0.1, schedule=ReduceOnPlateau())
    net = network()
    with pytest.raises(ValueError, match="needs validation samples"):
        net.fit(halves(X, y), epochs=1, optimizer=optimizer)
    net.fit(halves(X, y), epochs=1, optimizer=optimizer, validation=(X, y))
    net.train_step(X, y)  # a single step takes the rate that there is
