"""Training: the history, callbacks, progress, and rows alone or in a batch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from drawn import DTYPES
from small_tasks import classifier, curve_samples, regressor, samples
from tolerances import assert_close

import fastbp
from fastbp import SGD, Adam, Network, training

pytestmark = pytest.mark.kernels

LISTS = ("loss", "accuracy", "validation_loss", "validation_accuracy", "seconds")


def test_the_history_has_one_entry_an_epoch() -> None:
    X, y = samples()
    history = classifier().fit(X, y, epochs=3, validation=samples(30, 1))
    assert history.epochs == 3
    for name in LISTS:
        values = getattr(history, name)
        assert isinstance(values, list), name
        assert len(values) == 3, name
        assert all(isinstance(value, float) for value in values), name
    assert all(seconds > 0 for seconds in history.seconds)


def test_without_validation_or_classes_the_lists_are_empty() -> None:
    X, y = curve_samples()
    history = regressor().fit(X, y, epochs=2)
    assert len(history.loss) == len(history.seconds) == 2
    assert history.accuracy == history.validation_loss == history.validation_accuracy == []


def test_no_epochs_leave_everything_as_it_was() -> None:
    X, y = samples()
    net = classifier()
    before = net.parameters
    history = net.fit(X, y, epochs=0)
    assert history.epochs == 0
    assert all(getattr(history, name) == [] for name in LISTS)
    assert np.array_equal(net.parameters, before)


def test_no_epochs_keep_the_optimizers_memory_the_generator_and_what_targets_mean() -> None:
    X, y = samples()
    net = classifier()
    net.train_step(X, y, optimizer="adam")
    twin = net.copy()
    names = np.array(["a", "b", "c"])[y]
    net.fit(X, names, epochs=0, optimizer="sgd", validation=0.2, early_stopping=2)
    assert net.optimizer == twin.optimizer == Adam()
    assert net.classes is None
    for trained in (net, twin):  # one-hot rows or labels: nothing was settled
        trained.fit(X, np.eye(3)[y], epochs=2, validation=0.2)
    assert np.array_equal(net.parameters, twin.parameters)


@pytest.mark.parametrize("batch_size", [1, 7, 60])
def test_the_loss_of_an_epoch_is_the_weighted_mean_of_its_batches(batch_size: int) -> None:
    """Each batch's C is from before its update, and counts by its samples."""
    X, y = samples()
    net, twin = classifier(), classifier()
    history = net.fit(X, y, epochs=1, batch_size=batch_size, optimizer=SGD(0.3), shuffle=False)
    total = 0.0
    for start in range(0, len(X), batch_size):
        batch = slice(start, start + batch_size)
        total += twin.train_step(X[batch], y[batch], optimizer=SGD(0.3)) * len(X[batch])
    assert_close(history.loss, [total / len(X)])
    assert np.array_equal(net.parameters, twin.parameters)


def test_validation_is_measured_after_the_epoch() -> None:
    X, y = samples()
    Xv, yv = samples(33, seed=2)
    net = classifier()
    history = net.fit(X, y, epochs=1, validation=(Xv, yv))
    assert_close(history.validation_loss, [net.loss_value(Xv, yv)])
    assert history.validation_accuracy == [net.score(Xv, yv)]


def test_accuracy_without_a_step_is_the_score() -> None:
    X, y = samples()
    net = classifier()
    history = net.fit(X, y, epochs=1, optimizer=SGD(0.0))
    assert history.accuracy == [net.score(X, y)]
    assert_close(history.loss, [net.loss_value(X, y)])


def test_training_learns() -> None:
    X, y = samples(300)
    net = classifier()
    history = net.fit(X, y, epochs=30, optimizer=Adam(0.01))
    assert history.loss[-1] < history.loss[0] / 2
    assert net.score(X, y) > 0.75


def test_callbacks_are_called_after_every_epoch_in_their_order() -> None:
    X, y = samples()
    calls: list[tuple[str, int]] = []
    callbacks = [
        lambda net, epoch, history, name=name: calls.append((name, epoch)) for name in "ab"
    ]
    classifier().fit(X, y, epochs=2, callbacks=callbacks)
    assert calls == [("a", 0), ("b", 0), ("a", 1), ("b", 1)]


def test_a_callback_that_returns_true_stops_the_training() -> None:
    X, y = samples()
    net, twin = classifier(), classifier()
    history = net.fit(X, y, epochs=10, callbacks=[lambda net, epoch, history: epoch == 2])
    twin.fit(X, y, epochs=3)
    assert history.epochs == 3
    assert np.array_equal(net.parameters, twin.parameters)


def test_a_callback_may_look_at_the_network() -> None:
    """predict, loss_value, gradients and trace inside a callback change nothing."""
    X, y = samples()
    net, twin = classifier(), classifier()

    def look(network: Any, epoch: int, history: Any) -> None:
        network.predict(X)
        network.loss_value(X, y)
        network.gradients(X, y)
        network.trace(X[0], y[0])

    net.fit(X, y, epochs=3, callbacks=[look])
    twin.fit(X, y, epochs=3)
    assert np.array_equal(net.parameters, twin.parameters)


def test_progress_is_told_what_happens() -> None:
    class Listener:
        def __init__(self) -> None:
            self.calls: list[Any] = []

        def begin(self, epochs: int, samples: int) -> None:
            self.calls.append(("begin", epochs, samples))

        def advance(self, samples_done: int) -> None:
            self.calls.append("advance")
            assert 0 < samples_done <= 60

        def epoch_end(self, history: Any) -> None:
            self.calls.append(("epoch_end", history.epochs))

        def finish(self) -> None:
            self.calls.append("finish")

    X, y = samples()
    listener = Listener()
    classifier().fit(X, y, epochs=2, progress=listener)
    assert [call for call in listener.calls if call != "advance"] == [
        ("begin", 2, 60),
        ("epoch_end", 1),
        ("epoch_end", 2),
        "finish",
    ]
    assert "advance" in listener.calls


def test_finish_is_called_on_an_error_too() -> None:
    finished = []

    class Listener:
        begin = advance = epoch_end = staticmethod(lambda *_: None)

        def finish(self) -> None:
            finished.append(True)

    def fail(net: Any, epoch: int, history: Any) -> None:
        raise LookupError("a callback of the user's own")

    X, y = samples()
    net = classifier()
    with pytest.raises(LookupError, match="user's own"):
        net.fit(X, y, progress=Listener(), callbacks=[fail])
    assert finished == [True]
    net.fit(X, y, epochs=1)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n", [2, 33, 1025, 2500])
def test_a_row_alone_gives_the_bits_it_gives_in_a_batch(n: int, dtype: str) -> None:
    net = Network([13, 17, 5], activation="softplus", dtype=dtype, seed=0)
    X = np.random.default_rng(n).standard_normal((n, 13)).astype(dtype)
    a = net.predict(X)
    assert a.shape == (n, 5)
    assert a.dtype == np.dtype(dtype)
    for i in {0, 1, n // 2, min(1023, n - 1), min(1024, n - 1), n - 1}:
        assert np.array_equal(net.predict(X[i : i + 1])[0], a[i])


def test_a_batch_of_many_rows_trains_on_their_mean() -> None:
    X, y = curve_samples(2500)
    net, twin = regressor(), regressor()
    g = net.gradients(X, y)
    C = net.train_step(X, y, optimizer=SGD(0.5))
    history = twin.fit(X, y, epochs=1, batch_size=2500, optimizer=SGD(0.5), shuffle=False)
    assert_close(history.loss, [C])
    assert np.array_equal(net.parameters, twin.parameters)
    start = regressor()
    for l in range(2):
        assert_close(net.weights[l], start.weights[l] - 0.5 * g.weights[l])
        assert_close(net.biases[l], start.biases[l] - 0.5 * g.biases[l])


def test_a_step_counts_no_epoch() -> None:
    net = Network([3, 2], seed=0)
    X, y = np.ones((4, 3)), np.zeros((4, 2))
    for _ in range(3):
        net.train_step(X, y)
    assert (net._model.state.steps, net._model.state.epochs) == (3, 0)
    net.fit(X, y, epochs=2)
    net.train_step(X, y)
    assert (net._model.state.steps, net._model.state.epochs) == (6, 2)


def test_a_batch_size_beyond_the_samples_is_all_of_them() -> None:
    X, y = samples(10)
    net, twin = classifier(), classifier()
    net.fit(X, y, epochs=2, batch_size=10, shuffle=False)
    twin.fit(X, y, epochs=2, batch_size=10_000, shuffle=False)
    assert np.array_equal(net.parameters, twin.parameters)


def test_the_public_names_are_there() -> None:
    for name in (
        "Network",
        "SGD",
        "Adam",
        "EarlyStopping",
        "Activation",
        "ShapeError",
        "FileFormatError",
        "DivergenceError",
        "PerformanceWarning",
        "show_config",
        "reference",
        "datasets",
    ):
        assert hasattr(fastbp, name), name
    assert training.EarlyStopping is fastbp.EarlyStopping  # older pickles name it there
    assert training.Reporter.__name__ == "Reporter"  # help(Network.fit) names it there


@pytest.mark.parametrize("validation", [None, 0.3])
def test_the_sums_of_many_epochs_are_kept_in_blocks(
    monkeypatch: pytest.MonkeyPatch, validation: Any
) -> None:
    """So that a billion epochs, which a callback ends, take no memory of their own."""
    X, y = samples(20)
    nets = classifier(), classifier()
    histories = []
    for net, block in zip(nets, (1 << 16, 3), strict=True):
        monkeypatch.setattr("fastbp.training.fit._EPOCHS_PER_BLOCK", block)
        histories.append(net.fit(X, y, epochs=10, batch_size=7, validation=validation))
    assert np.array_equal(nets[0].parameters, nets[1].parameters)
    for name in ("loss", "accuracy", "validation_loss", "validation_accuracy"):
        assert getattr(histories[0], name) == getattr(histories[1], name), name
    assert nets[0]._model.state.epochs == nets[1]._model.state.epochs == 10


def test_a_billion_epochs_take_no_memory_of_their_own() -> None:
    X, y = samples(20)
    history = classifier().fit(X, y, epochs=10**9, callbacks=lambda net, epoch, history: epoch == 4)
    assert len(history.loss) == 5
