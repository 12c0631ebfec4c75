"""Training on streams: fit on an iterable of batches, and partial_fit."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from network_state import count_an_epoch, differences, share_target_kind, state_of
from small_tasks import classifier, regressor, samples
from small_tasks import curve_samples as numbers
from ways_in import bits

from fastbp import SGD, Adam, DivergenceError, EarlyStopping, Network, RProp, ShapeError
from fastbp.schedules import ReduceOnPlateau
from fastbp.training.progress import Progress

X, Y = samples(70)
WEIGHTS = np.random.default_rng(3).random(70)


def batches(x: Any, *rest: Any, size: int = 16) -> list[Any]:
    """Some rows after the others, as pairs or triples."""
    return [tuple(array[i : i + size] for array in (x, *rest)) for i in range(0, len(x), size)]


OPTIONS: dict[str, dict[str, Any]] = {
    "plain": {},
    "momentum and l2": {"optimizer": SGD(0.1, momentum=0.9), "l2": 0.01},
    "validation": {"validation": (X[:20], Y[:20])},
    "early stopping": {
        "optimizer": SGD(20.0),
        "validation": (X[:9], Y[:9], np.arange(9)),
        "early_stopping": EarlyStopping(2),
        "epochs": 30,
    },
    "unchecked": {"check_input": False},
}


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_batches_give_the_bits_that_arrays_give(options: dict[str, Any], dtype: str) -> None:
    net, twin = classifier(dtype=dtype, dropout=0.2), classifier(dtype=dtype, dropout=0.2)
    options = {"epochs": 4} | options
    history = net.fit(batches(X, Y), **options)
    expected = twin.fit(X, Y, batch_size=16, shuffle=False, **options)
    assert not differences(state_of(twin), state_of(net))
    for name in ("loss", "accuracy", "validation_loss", "validation_accuracy", "best_epoch"):
        assert getattr(history, name) == getattr(expected, name), name
    assert len(history.seconds) == len(history.loss)


def test_weighted_batches_give_the_bits_that_arrays_give() -> None:
    net, twin = classifier(), classifier()
    weights = WEIGHTS * np.repeat([1, 2.0**60, 2.0**-60, 1, 4], 16)[:70]  # each batch its own
    weights[48:64] = 0
    history = net.fit(batches(X, Y, weights), epochs=3)
    expected = twin.fit(X, Y, sample_weight=weights, batch_size=16, shuffle=False, epochs=3)
    assert not differences(state_of(twin), state_of(net))
    assert history.loss == pytest.approx(expected.loss, rel=1e-15)
    assert history.accuracy == pytest.approx(expected.accuracy, rel=1e-15)


def test_batches_without_weights_count_as_weights_of_1() -> None:
    net, twin = classifier(), classifier()
    weighted = [(x, y, np.ones(len(x))) for x, y in batches(X, Y)]
    mixed = [
        (*pair, None) if i % 2 else triple
        for i, (pair, triple) in enumerate(zip(batches(X, Y), weighted, strict=True))
    ]
    losses = [n.fit(b, epochs=2).loss for n, b in ((net, mixed), (twin, weighted))]
    assert losses[0] == losses[1]
    assert bits(net.parameters) == bits(twin.parameters)


class Loader:
    """What begins anew in each epoch, in batches of various sizes, as lists, like a DataLoader."""

    def __init__(self, *arrays: Any) -> None:
        self.arrays, self.epochs = arrays, 0

    def __iter__(self) -> Iterator[list[Any]]:
        self.epochs += 1
        return iter([[array[rows] for array in self.arrays] for rows in self.rows()])

    def rows(self) -> list[slice]:
        """Short ones and one of more than 1,024 rows."""
        return [slice(0, 3), slice(3, 3), slice(3, 1100), slice(1100, None)]


def test_batches_of_any_sizes_are_the_steps_that_train_step_makes() -> None:
    x, y = numbers(1200)
    net, twin = regressor(), regressor()
    loader = Loader(x, y)
    history = net.fit(loader, epochs=2)
    assert loader.epochs == 2
    losses = []
    for _ in range(2):
        C = [(twin.train_step(x[r], y[r]), len(x[r])) for r in loader.rows() if r.start != r.stop]
        losses.append(sum(loss * n for loss, n in C) / len(x))
        count_an_epoch(twin)
    share_target_kind(net, twin)
    assert not differences(state_of(net), state_of(twin))
    assert history.loss == pytest.approx(losses, rel=1e-14)
    assert history.accuracy == []


def test_a_generator_is_read_one_batch_at_a_time_before_each_step() -> None:
    net, seen = classifier(), []

    def generator() -> Iterator[Any]:
        for batch in batches(X, Y):
            seen.append(bits(net.parameters))
            yield batch

    net.fit(generator(), epochs=1)
    assert len(set(map(tuple, seen))) == len(seen) == 5


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda net: net.fit(iter(batches(X, Y))), ValueError, r"epochs must be 1 .*__iter__"),
        (lambda net: net.fit(batches(X, Y), batch_size=3), ValueError, "batch_size must be left"),
        (lambda net: net.fit(batches(X, Y), validation=0.1), ValueError, "Set some batches aside"),
        (lambda net: net.fit(batches(X, Y), sample_weight=WEIGHTS), ValueError, "give triples"),
        (lambda net: net.fit(X), TypeError, r"y must be an array, got None. Pass net.fit\(X, y\)"),
        (lambda net: net.fit(X.tolist()), TypeError, "y must be an array, got None"),
        (lambda net: net.fit({"X": X}), TypeError, "y must be an array, got None"),
        (lambda net: net.fit([]), ValueError, "X must give at least one batch that holds samples"),
        (lambda net: net.fit([(X[:0], Y[:0])]), ValueError, "at least one batch that holds"),
        (lambda net: net.fit([(X, Y), X]), TypeError, r"batch 1: a batch must be a pair \(X, y\)"),
        (lambda net: net.fit([(X, Y)] * 2, optimizer=RProp()), ValueError, "batch 1: RProp takes"),
        (lambda net: net.fit([(X, Y)], validation=(X[:, :2], Y)), ShapeError, "^validation X must"),
    ],
)
def test_what_does_not_go_with_batches_is_refused(call: Any, error: Any, message: str) -> None:
    net = classifier()
    before = state_of(net)
    with pytest.raises(error, match=message):
        call(net)
    assert not differences(before, state_of(net))


NAN = np.where(np.arange(70)[:, None] == 40, np.nan, X)
BAD: dict[str, tuple[Any, type[Exception], str]] = {
    "a width": ((X[:, :3], Y), ShapeError, "batch 2: X must have one column .*expected 4"),
    "a NaN": ((NAN, Y), ValueError, r"batch 2: X must hold finite .*X\[40, 0\]"),
    "a label": ((X, Y + 3), ValueError, "batch 2: y must hold class labels"),
    "names": ((X, Y.astype(str)), ValueError, "batch 2: y"),
    "a count": ((X, Y[:9]), ShapeError, "batch 2: X and y must have the same number"),
    "a weight": ((X, Y, -WEIGHTS), ValueError, "batch 2: sample_weight must hold no negative"),
    "a dict": ({"X": X}, TypeError, "batch 2: a batch must be a pair"),
}


@pytest.mark.parametrize(("bad", "error", "message"), BAD.values(), ids=BAD)
def test_a_bad_batch_is_named_and_the_fit_goes_back_to_its_start(
    bad: Any, error: type[Exception], message: str
) -> None:
    net = classifier()
    net.fit(X, Y, epochs=1, optimizer=Adam(0.01))
    net.classes = ("a", "b", "c")
    before = state_of(net)
    with pytest.raises(error, match=message) as caught:
        net.fit([*batches(X[:32], Y), bad], epochs=2, optimizer=SGD(0.1, momentum=0.5))
    assert type(caught.value) is error
    assert not differences(before, state_of(net))


class Fails:
    """Two batches an epoch; in the second epoch what is to go wrong comes after the first."""

    def __init__(self, failure: Any) -> None:
        self.failure, self.epoch = failure, -1

    def __iter__(self) -> Iterator[Any]:
        self.epoch += 1
        yield X[:30], Y[:30]
        if self.epoch == 1 and isinstance(self.failure, BaseException):
            raise self.failure
        yield self.failure if self.epoch == 1 else (X[30:], Y[30:])


def test_a_bad_batch_of_a_later_epoch_goes_back_to_the_last_epoch_s_end() -> None:
    net, twin = classifier(), classifier()
    with pytest.raises(ValueError, match="batch 1 of epoch 1: X must hold finite"):
        net.fit(Fails((NAN, Y)), epochs=3)
    twin.fit([(X[:30], Y[:30]), (X[30:], Y[30:])], epochs=1)
    assert not differences(state_of(twin), state_of(net))


@pytest.mark.parametrize("error", [ValueError("of ours"), OSError(5, "disk"), KeyboardInterrupt()])
def test_an_exception_of_the_iterable_comes_through_and_the_steps_taken_stay(
    error: BaseException,
) -> None:
    net, twin = classifier(), classifier()
    text = str(error)
    with pytest.raises(type(error)) as caught:
        net.fit(Fails(error), epochs=3)
    assert caught.value is error
    assert str(error) == text
    twin.fit([(X[:30], Y[:30]), (X[30:], Y[30:])], epochs=1)
    twin.train_step(X[:30], Y[:30])
    assert not differences(state_of(twin), state_of(net))


def test_an_exception_before_the_first_step_leaves_the_network_as_it_was() -> None:
    net = classifier()
    before = state_of(net)

    def generator() -> Iterator[Any]:
        yield X[:0], Y[:0]
        raise EOFError

    with pytest.raises(EOFError):
        net.fit(generator(), epochs=1, optimizer="sgd")
    assert not differences(before, state_of(net))


def test_an_iterable_that_is_used_up_is_refused_in_the_second_epoch() -> None:
    class Once:
        """It looks as if it could begin anew."""

        def __init__(self) -> None:
            self.items = iter(batches(X, Y))

        def __iter__(self) -> Iterator[Any]:
            return self.items

    net, twin = classifier(), classifier()
    with pytest.raises(ValueError, match=r"epoch 1 has none\. It is used up"):
        net.fit(Once(), epochs=2)
    twin.fit(batches(X, Y), epochs=1)
    assert not differences(state_of(twin), state_of(net))


def test_divergence_names_the_batch_and_the_last_loss_and_goes_back() -> None:
    net = regressor()
    x, y = numbers()
    huge = np.full_like(y, 1e200)
    with pytest.raises(DivergenceError) as caught:
        net.fit([(x, y), (x, huge)], epochs=1, optimizer=SGD(0.01))
    twin = regressor()
    assert caught.value.loss == twin.train_step(x, y, optimizer=SGD(0.01))
    assert caught.value.__notes__ == ["in batch 1"]
    # The batch was not applied: the step before it stays, as in fit.
    share_target_kind(net, twin)
    assert not differences(state_of(twin), state_of(net))


def test_weights_that_are_infinite_go_back_to_the_last_epoch_s_end() -> None:
    net, twin = regressor(dtype="float32"), regressor(dtype="float32")
    x, y = numbers()
    optimizer = SGD(0.01, momentum=0.5)

    def explode(net: Any, epoch: int, history: Any) -> None:
        net.learning_rate = 1e300

    with pytest.raises(DivergenceError, match="in epoch 1") as caught:
        net.fit([(x[:9], y[:9]), (x, y)], epochs=3, optimizer=optimizer, callbacks=explode)
    assert caught.value.__notes__ == ["in batch 0 of epoch 1"]
    twin.fit([(x[:9], y[:9]), (x, y)], epochs=1, optimizer=optimizer, callbacks=explode)
    assert not differences(state_of(twin), state_of(net))


def test_unchecked_batches_are_not_searched_for_nan() -> None:
    with pytest.raises(DivergenceError, match="check_input=True says where"):
        regressor().fit([(NAN, X[:, :2])], epochs=1, check_input=False)


def test_labels_settle_at_once_that_targets_are_classes() -> None:
    net = regressor()
    with pytest.raises(ValueError, match=r"batch 1: y must be of the kind .*classes; got numbers"):
        net.fit([(X, Y % 2), (X, X[:, :2])])


def test_names_are_learnt_from_the_first_batch_or_set_before() -> None:
    names = np.array(["x", "y", "z"])[Y]
    net, twin, early = classifier(), classifier(), classifier()
    net.fit(batches(X, names), epochs=2)
    assert net.classes == ("x", "y", "z")
    twin.fit(batches(X, Y), epochs=2)
    assert bits(net.parameters) == bits(twin.parameters)
    few = [(X[:2], names[:2]), *batches(X, names)]
    with pytest.raises(ValueError, match=r"batch 0: y has 2 class names.* set net.classes to"):
        early.fit(few)
    assert early.classes is None
    early.classes = ["z", "y", "x"]
    early.fit(few)
    with pytest.raises(ValueError, match=r"batch 1: y\[0\] is 'w', .*an output for each name"):
        net.fit([(X, names), (X[:1], ["w"])])


def test_zeros_and_ones_are_numbers_where_a_later_batch_is() -> None:
    x, y = X[:8], np.eye(2)[Y[:8] % 2]
    net = regressor()
    history = net.fit([(x, y), (x, y)], epochs=2, validation=(x, y))
    assert len(history.accuracy) == len(history.validation_accuracy) == 2
    net = regressor()
    history = net.fit([(x, y), (x, y / 3), (x, y)], epochs=2, validation=(x, y))
    assert history.accuracy == history.validation_accuracy == []
    assert net._model.state.learned.target_kind == "numbers"


def test_callbacks_and_progress_work_where_the_length_is_not_known() -> None:
    net, stream, epochs = classifier(), io.StringIO(), []

    def callback(net: Any, epoch: int, history: Any) -> bool:
        epochs.append((epoch, len(history.loss)))
        net.learning_rate /= 2
        return epoch == 1

    net.fit(batches(X, Y), epochs=9, callbacks=callback, progress=Progress(stream))
    assert epochs == [(0, 1), (1, 2)]
    assert net.learning_rate == 0.00025
    rows = stream.getvalue().splitlines()
    assert "samples/s" in rows[0]
    assert all(int(row.split()[-1].replace(",", "")) > 0 for row in rows[1:])


# ---------------------------------------------------------------- partial_fit


def test_a_schedule_that_follows_the_validation_loss_needs_one() -> None:
    net, optimizer = classifier(), SGD(0.1, schedule=ReduceOnPlateau(0.5, patience=1))
    before = state_of(net)
    with pytest.raises(ValueError, match=r"^ReduceOnPlateau .* pass validation="):
        net.fit(batches(X, Y), optimizer=optimizer)
    assert not differences(before, state_of(net))
    history = net.fit(batches(X, Y), optimizer=optimizer, epochs=4, validation=(X, (Y + 1) % 3))
    assert history.learning_rate == [0.1, 0.1, 0.05, 0.025]


class StopsFrom:
    """on_batch_end that returns True from this step on, and counts its calls."""

    def __init__(self, step: int) -> None:
        self.step, self.calls = step, 0

    def on_batch_end(self, net: Network, step: int, C: float) -> bool:
        self.calls += 1
        assert self.calls < 100, "the fit goes on and on"
        return step >= self.step


@pytest.mark.parametrize("last", [0, 2, 4, 7])
def test_on_batch_end_stops_at_a_batch(last: int) -> None:
    net, twin, stops = classifier(), classifier(), StopsFrom(last)
    assert len(batches(X, Y)) == 5
    history = net.fit(batches(X, Y), epochs=4, callbacks=stops)
    assert stops.calls == last + 1
    assert history.epochs == last // 5  # whole ones; the last batch stops within its epoch
    for x, y in (batches(X, Y) * 2)[: last + 1]:
        twin.train_step(x, y)
    assert bits(net.parameters) == bits(twin.parameters)


def test_partial_fits_are_the_steps_of_a_fit_in_order() -> None:
    net, twin = classifier(dropout=0.1), classifier(dropout=0.1)
    optimizer = Adam(0.01)
    C = [net.partial_fit(*pair, optimizer=optimizer, l2=0.1) for pair in batches(X, Y, size=32)]
    history = twin.fit(X, Y, epochs=1, shuffle=False, optimizer=optimizer, l2=0.1)
    count_an_epoch(net)
    assert not differences(state_of(net), state_of(twin))
    assert np.dot(C, [32, 32, 6]) / 70 == pytest.approx(history.loss[0], rel=1e-14)


def test_a_partial_fit_goes_in_batches_and_returns_the_weighted_mean() -> None:
    net, twin = classifier(), classifier()
    C = net.partial_fit(X, Y, sample_weight=WEIGHTS, batch_size=9)
    history = twin.fit(X, Y, sample_weight=WEIGHTS, batch_size=9, shuffle=False, epochs=1)
    assert history.loss == [C]
    assert bits(net.parameters) == bits(twin.parameters)


def test_names_are_fixed_by_the_first_partial_fit() -> None:
    names = np.array(["x", "y", "z"])[Y]
    net = classifier()
    with pytest.raises(ValueError, match=r"set net\.classes to the 3 names first"):
        net.partial_fit(X[:2], names[:2])
    net.partial_fit(X[:3], names[:3])
    net.partial_fit(X[:1], ["z"])
    assert net.classes == ("x", "y", "z")
    before = state_of(net)
    with pytest.raises(ValueError, match="none of the network's classes"):
        net.partial_fit(X[:1], ["w"])
    assert not differences(before, state_of(net))


@pytest.mark.parametrize(
    ("options", "y", "kind"),
    [
        ({"output_activation": "softmax", "loss": "cross_entropy"}, [1], "classes"),
        ({"output_activation": "identity"}, [1], "classes"),
        ({"output_activation": "identity"}, [[0, 1, 0]], None),
        ({"output_activation": "identity"}, [[0.5, 1, 0]], None),
        ({"loss": "binary_cross_entropy"}, [[1, 1, 0]], "multilabel"),
    ],
)
def test_the_first_partial_fit_settles_what_y_is_where_it_can_tell(
    options: dict[str, Any], y: Any, kind: str | None
) -> None:
    net = Network([4, 3], seed=0, **options)
    net.partial_fit(X[:1], y)
    assert net._model.state.learned.target_kind == kind


@pytest.mark.parametrize("bad", [lambda x: np.full_like(x, np.nan), lambda x: x[:, :3]])
def test_a_partial_fit_that_fails_leaves_the_network_as_it_was(bad: Any) -> None:
    net = classifier()
    net.partial_fit(X, Y, optimizer=SGD(0.1, momentum=0.9))
    before = state_of(net)
    with pytest.raises(ValueError, match="X must"):
        net.partial_fit(np.concatenate([bad(X)]), Y, optimizer="adam", batch_size=7)
    assert not differences(before, state_of(net))
