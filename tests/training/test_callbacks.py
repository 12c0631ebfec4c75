"""Callbacks as objects: when each method is called, with what, and what its True does."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from network_state import state_of
from tolerances import assert_close

from fastbp import SGD, Adam, DivergenceError, EarlyStopping, Network
from fastbp.schedules import ReduceOnPlateau
from fastbp.training.callbacks import METHODS
from fastbp.training.thread_trials import Chooser
from fastbp.training.threads import Exactly

RNG = np.random.default_rng(0)
X, Y = RNG.random((23, 4)), np.eye(3)[RNG.integers(0, 3, 23)]


class Log:
    """Records every call, and returns True from one of them."""

    def __init__(self, stop: str = "", at: int = -1) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self._stop, self._at = stop, at

    def _record(self, name: str, *arguments: Any) -> bool:
        self.calls.append((name, *arguments))
        return name == self._stop and (arguments or (-1,))[0] == self._at

    def on_train_begin(self, net: Network) -> bool:
        return self._record("on_train_begin")

    def on_epoch_end(self, net: Network, epoch: int, history: Any) -> bool:
        return self._record("on_epoch_end", epoch, list(history.loss))

    def on_batch_end(self, net: Network, step: int, C: float) -> bool:
        return self._record("on_batch_end", step, C)

    def on_train_end(self, net: Network, history: Any) -> bool:
        return self._record("on_train_end", history)

    @property
    def names(self) -> list[str]:
        return [call[0].removeprefix("on_") for call in self.calls]


class OfBatches:
    """Only on_batch_end."""

    def __init__(self, call: Any = None) -> None:
        self.losses: list[float] = []
        self._call = call or (lambda net, step: None)

    def on_batch_end(self, net: Network, step: int, C: float) -> Any:
        assert step == len(self.losses)
        self.losses.append(C)
        return self._call(net, step)


def network(**options: Any) -> Network:
    return Network([4, 6, 3], **{"seed": 0} | options)


# ---------------------------------------------------------------- when, and with what


def test_the_methods_are_called_in_the_order_of_a_training() -> None:
    log = Log()
    history = network().fit(X, Y, epochs=2, batch_size=8, callbacks=log)
    epoch = ["batch_end"] * 3 + ["epoch_end"]
    assert log.names == ["train_begin", *epoch, *epoch, "train_end"]
    steps = [call[1] for call in log.calls if call[0] == "on_batch_end"]
    assert steps == list(range(6))
    assert log.calls[4] == ("on_epoch_end", 0, history.loss[:1])
    assert log.calls[-1][1] is history


def test_functions_and_objects_are_called_in_their_order() -> None:
    names: list[str] = []

    class Named:
        def __init__(self, name: str) -> None:
            self._name = name

        def on_epoch_end(self, net: Network, epoch: int, history: Any) -> None:
            names.append(self._name)

        def __call__(self, *arguments: Any) -> None:
            names.append("never: an object with methods is no function")

    callbacks = [Named("a"), lambda *_: names.append("b"), Named("c")]
    network().fit(X, Y, epochs=2, callbacks=iter(callbacks))
    assert names == ["a", "b", "c"] * 2


@pytest.mark.parametrize("weighted", [False, True])
def test_c_is_the_loss_of_the_batch_before_its_update(weighted: bool) -> None:
    weights = RNG.random(len(X)) if weighted else None
    net, expected = network(dtype="float64"), []
    before = net.copy()
    batches = itertools.cycle([slice(0, 10), slice(10, 20), slice(20, 23)])

    def compare(net: Network, step: int) -> None:
        nonlocal before
        rows = next(batches)
        sample_weight = None if weights is None else weights[rows]
        expected.append(before.loss_value(X[rows], Y[rows], sample_weight=sample_weight))
        before = net.copy()

    log = OfBatches(compare)
    options = {"shuffle": False, "batch_size": 10, "optimizer": SGD(0.5), "sample_weight": weights}
    net.fit(X, Y, epochs=2, callbacks=log, **options)
    assert len(log.losses) == 6
    assert_close(log.losses, expected, 1e-14)


WAYS: dict[str, dict[str, Any]] = {
    "of 8": {"batch_size": 8},
    "of one": {"batch_size": 1, "optimizer": SGD(0.1)},
    "of all": {"batch_size": 23, "optimizer": "rprop"},
    "weighted": {"batch_size": 5, "sample_weight": RNG.random(23)},
    "weighted, of one": {"batch_size": 1, "optimizer": "sgd", "sample_weight": RNG.random(23)},
    "held out": {"batch_size": 4, "validation": (X, Y), "early_stopping": 2},
    "three threads": {"batch_size": 16, "n_threads": Exactly(3)},
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("dropout", [0.0, 0.5])
def test_the_bits_are_those_of_a_fit_without_it(way: str, dropout: float) -> None:
    plain, called = (network(dropout=dropout) for _ in range(2))
    log = OfBatches()
    histories = [
        net.fit(X, Y, epochs=4, **{"optimizer": Adam(0.01)} | WAYS[way], callbacks=callbacks)
        for net, callbacks in ((plain, ()), (called, log))
    ]
    assert state_of(called) == state_of(plain)
    for name in ("loss", "accuracy", "validation_loss", "best_epoch"):
        assert getattr(histories[0], name) == getattr(histories[1], name)
    assert len(log.losses) == 4 * -(-23 // WAYS[way]["batch_size"])


@pytest.mark.parametrize("seed", range(3))
def test_a_weighted_loss_does_not_depend_on_where_slices_end(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An epoch of several slices: the sums of weights go on where they were."""
    rng = np.random.default_rng(seed)
    X, weights = rng.random((3000, 40)), rng.random(3000)
    losses = []
    for length in (100.0, 0.01, 0.003):
        monkeypatch.setattr(Chooser, "next", lambda self, length=length: (1, length))
        net = Network([40, 64, 1], seed=0)
        losses.append(net.fit(X, X.mean(axis=1), epochs=2, sample_weight=weights).loss)
    assert losses[1] == losses[2] == losses[0]


def test_a_batch_without_weight_takes_no_step_and_is_not_told() -> None:
    log = OfBatches()
    weights = np.r_[np.ones(8), np.zeros(8), np.ones(7)]
    network().fit(X, Y, batch_size=8, epochs=2, shuffle=False, sample_weight=weights, callbacks=log)
    assert len(log.losses) == 4
    assert np.isfinite(log.losses).all()


# ---------------------------------------------------------------- stopping


def test_true_at_the_start_trains_no_epoch_and_changes_nothing() -> None:
    net, log = network(), Log("on_train_begin", -1)
    before = state_of(net)
    history = net.fit(X, Y, epochs=3, optimizer=SGD(1.0), validation=0.2, callbacks=log)
    assert history.epochs == 0
    assert log.names == ["train_begin", "train_end"]
    assert state_of(net) == before


def test_no_epochs_begin_and_end() -> None:
    log = Log()
    network().fit(X, Y, epochs=0, callbacks=log)
    assert log.names == ["train_begin", "train_end"]


def test_true_after_a_batch_stops_there_and_keeps_its_steps() -> None:
    net, log = network(), Log("on_batch_end", 4)
    history = net.fit(X, Y, epochs=5, batch_size=8, callbacks=log)
    assert history.epochs == 1  # whole ones
    epoch = ["batch_end"] * 3
    assert log.names == ["train_begin", *epoch, "epoch_end", *epoch[:2], "train_end"]
    twin = network()
    twin.fit(X, Y, epochs=5, batch_size=8, callbacks=OfBatches(lambda net, step: step == 4))
    assert state_of(twin) == state_of(net)
    net.fit(X, Y)


def test_true_after_the_last_batch_of_an_epoch_lets_it_end() -> None:
    log = Log("on_batch_end", 2)
    history = network().fit(X, Y, epochs=5, batch_size=8, validation=(X, Y), callbacks=log)
    assert history.epochs == len(history.validation_loss) == 1
    assert log.names[-3:] == ["batch_end", "epoch_end", "train_end"]


def test_a_stop_restores_the_best_epoch_before_the_end_is_told() -> None:
    class Last:
        def on_train_end(self, net: Network, history: Any) -> None:
            assert net.loss_value(X, Y) == min(history.validation_loss)

    log = Log("on_batch_end", 13)
    options: dict[str, Any] = {"validation": (X, Y), "early_stopping": EarlyStopping(9)}
    optimizer = SGD(20.0)
    history = network(dtype="float64").fit(
        X, Y, epochs=9, batch_size=8, optimizer=optimizer, callbacks=[log, Last()], **options
    )
    assert history.epochs == 4


@pytest.mark.parametrize("value", [1, "yes", np.ones(2), 0, None])
def test_only_true_stops(value: Any) -> None:
    log = OfBatches(lambda net, step: value)
    network().fit(X, Y, epochs=1, batch_size=8, callbacks=log)
    assert len(log.losses) == 3


def test_numpys_true_stops() -> None:
    log = OfBatches(lambda net, step: np.True_)
    network().fit(X, Y, callbacks=log)
    assert len(log.losses) == 1


# ---------------------------------------------------------------- errors


class FailureError(Exception):
    """What callbacks raise here."""


@pytest.mark.parametrize("method", ["on_train_begin", "on_epoch_end", "on_batch_end"])
def test_after_an_error_no_end_is_told_and_steps_stay(method: str) -> None:
    class Fails:
        pass

    def fail(*arguments: Any) -> None:
        raise FailureError

    setattr(Fails, method, fail)
    net, log = network(), Log()
    before = state_of(net)
    with pytest.raises(FailureError):
        net.fit(X, Y, epochs=3, batch_size=8, callbacks=[Fails(), log])
    assert "train_end" not in log.names
    assert (state_of(net) == before) == (method == "on_train_begin")
    net.fit(X, Y)


def test_a_stop_after_weights_that_are_not_finite_is_a_divergence() -> None:
    net = network(dtype="float64", activation="relu", output_activation="identity")
    net.fit(X, Y, epochs=1)
    before = net.parameters

    def overflow(net: Network, step: int) -> bool:
        net.weights[0][:] = np.inf
        return True

    with pytest.raises(DivergenceError):
        net.fit(X, Y, batch_size=8, callbacks=OfBatches(overflow))
    assert np.array_equal(net.parameters, before)


def test_what_a_callback_of_batches_may_do_with_the_network(tmp_path: Any) -> None:
    def use(net: Network, step: int) -> None:
        net.predict(X)
        net.save(tmp_path / "net.fbp")
        assert np.array_equal(net.copy().parameters, net.parameters)
        net.learning_rate = 0.5 if step < 3 else 0.25
        with pytest.raises(RuntimeError, match="already being trained"):
            net.fit(X, Y)

    net, twin = network(), network()
    net.fit(
        X, Y, epochs=2, batch_size=8, shuffle=False, optimizer=SGD(0.5), callbacks=OfBatches(use)
    )
    for rate in (0.5, 0.25):
        # The rate set after step 3 counts from step 4 on.
        for rows in (slice(0, 8), slice(8, 16), slice(16, 23)):
            first = rate == 0.25 and rows.start == 0
            twin.train_step(X[rows], Y[rows], optimizer=SGD(0.5 if first else rate))
    assert np.array_equal(net.parameters, twin.parameters)


# ---------------------------------------------------------------- what is refused


class KerasLike:
    """What a Keras callback looks like."""

    def set_model(self, model: Any) -> None:
        """Get the model."""

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Begin an epoch."""

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """End an epoch."""


class Misspelt:
    def on_epoch_ends(self, net: Any, epoch: int, history: Any) -> None:
        """Never called."""


class NoMethod:
    on_epoch_end = 3


@pytest.mark.parametrize(
    ("callbacks", "message"),
    [
        (5, r"callbacks must be a function f\(net, epoch, history\) or an object .* got int"),
        (object(), "got object"),
        ([None], r"callbacks\[0\] must be a function .* got NoneType"),
        ([Log(), object()], r"callbacks\[1\] must be a function .* got object"),
        (Log, "callbacks is the class Log: pass an object of it"),
        (KerasLike(), "callbacks, a KerasLike, has on_epoch_begin, which fit never calls"),
        ([Misspelt()], r"callbacks\[0\], a Misspelt, has on_epoch_ends, .* mean on_epoch_end\?"),
        (NoMethod(), "callbacks.on_epoch_end must be a method, got int"),
    ],
)
def test_what_is_no_callback_is_refused_with_what_there_is(callbacks: Any, message: str) -> None:
    net = network()
    before = state_of(net)
    with pytest.raises(TypeError, match=message) as raised:
        net.fit(X, Y, callbacks=callbacks)
    if "class" not in message and "must be a method" not in message:
        assert all(name in str(raised.value) for name in METHODS)
    assert state_of(net) == before


def test_a_method_that_is_none_is_left_out() -> None:
    log = Log()
    log.on_batch_end = None  # type: ignore[assignment,method-assign]
    network().fit(X, Y, epochs=1, callbacks=log)
    assert log.names == ["train_begin", "epoch_end", "train_end"]


@pytest.mark.parametrize("optimizer", ["adam", "lbfgs"])
def test_a_stop_iteration_of_a_callback_comes_through(optimizer: str) -> None:
    if optimizer == "lbfgs":
        pytest.importorskip("scipy", reason="SciPy is not installed")
    rates = iter([])

    def look(net: Any, epoch: int, history: Any) -> None:
        next(rates)

    net = Network([2, 1], output_activation="identity", seed=0)
    with pytest.raises(StopIteration):
        net.fit(np.eye(2), [0.0, 1.0], epochs=3, optimizer=optimizer, callbacks=look)
    with pytest.raises(StopIteration):
        net.fit(np.eye(2), [0.0, 1.0], optimizer=Adam(schedule=lambda step: next(rates)))


def test_what_is_an_argument_elsewhere_is_told_so() -> None:
    net = Network([2, 1], seed=0)
    for callback, argument in (
        (EarlyStopping(3), "early_stopping="),
        (ReduceOnPlateau(), "schedule="),
    ):
        with pytest.raises(TypeError, match=argument):
            net.fit(np.eye(2), [0.0, 1.0], callbacks=[callback])
