"""Early stopping: what counts as an improvement, when it stops, and which state comes back."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest
from alarms import at_each_line, is_interrupted_at_line
from network_state import state_of
from small_tasks import classifier, curve_samples, regressor, samples

from fastbp import SGD, Adagrad, Adam, AdamW, EarlyStopping, NAdam, RMSprop, TrainingWarning
from fastbp.model.best_state import BestState
from fastbp.optimizers import Optimizer

NAN = math.nan


def scripted(values: Sequence[float]) -> Callable[..., float]:
    """A metric that gives these numbers on the validation samples, one an epoch."""
    coming = iter([values[0], *values])  # the first is the trial

    def score(y: np.ndarray, a: np.ndarray) -> float:
        return next(coming) if len(y) == 7 else 0.0

    return score


def stopped_by(values: Sequence[float], **options: Any) -> tuple[int, int | None, int | None]:
    """Epochs trained, the best epoch, and the one whose parameters the network has at the end."""
    X, y = curve_samples()
    net, log = regressor(), []
    stopping = EarlyStopping(**{"monitor": "score", "mode": "max"} | options)
    history = net.fit(
        X,
        y,
        epochs=len(values),
        validation=(X[:7], y[:7]),
        metrics=scripted(values),
        early_stopping=stopping,
        callbacks=lambda net, epoch, history: log.append(net.parameters),
    )
    assert np.array_equal(
        history.validation_metrics["score"], values[: history.epochs], equal_nan=True
    )
    at_end = [e for e, flat in enumerate(log) if np.array_equal(flat, net.parameters)]
    return history.epochs, history.best_epoch, at_end[0]


@pytest.mark.parametrize(
    ("values", "options", "expected"),
    [
        # More is better, less is; the first of equals, the last of them.
        ([1, 3, 2, 2, 2], {"patience": 9}, (5, 1, 1)),
        ([3, 1, 2, 2, 2], {"patience": 9, "mode": "min"}, (5, 1, 1)),
        ([1, 3, 2, 3, 2], {"patience": 9}, (5, 1, 1)),
        ([1, 3, 2, 3, 2], {"patience": 9, "restore": "last_best"}, (5, 3, 3)),
        ([1, 3, 2, 3, 2], {"patience": 9, "restore": "none"}, (5, 1, 4)),
        # Stops so many epochs after the last improvement; an equal epoch is kept, but is none.
        ([1, 3, 2, 2, 2, 2], {"patience": 3}, (5, 1, 1)),
        ([1, 3, 3, 3, 3, 3], {"patience": 3}, (5, 1, 1)),
        ([1, 3, 3, 3, 3, 3], {"patience": 3, "restore": "last_best"}, (5, 4, 4)),
        ([1, 3, 2, 2, 4, 2], {"patience": 3}, (6, 4, 4)),
        # A steady slow rise adds up to an improvement: the mark stays.
        ([0, 2, 3, 4, 5, 6], {"patience": 2, "min_delta": 1.5}, (6, 5, 5)),
        ([0, 2, 3, 4, 5, 6], {"patience": 1, "min_delta": 1.5}, (3, 1, 1)),
        # Within min_delta, but not equal.
        ([1, 1.5, 2, 1.5], {"patience": 9, "min_delta": 1, "restore": "last_best"}, (4, 0, 0)),
        ([1, 3, 3.5, 3], {"patience": 9, "min_delta": 1, "restore": "last_best"}, (4, 3, 3)),
        # NaN is no improvement, nor are infinities of the wrong side.
        ([NAN, 1, NAN, NAN, 9], {"patience": 2}, (4, 1, 1)),
        ([NAN, NAN, NAN, NAN], {"patience": 2}, (3, None, 2)),
        ([NAN, NAN, NAN, NAN], {"patience": 2, "restore": "last_best"}, (3, None, 2)),
        ([-math.inf, -math.inf], {"patience": 9, "restore": "last_best"}, (2, None, 1)),
        ([-math.inf, -math.inf, 1], {"patience": 9, "restore": "last_best"}, (3, 2, 2)),
        ([math.inf, 1, math.inf], {"patience": 9, "restore": "last_best"}, (3, 2, 2)),
    ],
)
def test_epochs_are_counted_and_kept_by_the_rule(
    values: list[float], options: Any, expected: tuple[int, int | None, int]
) -> None:
    assert stopped_by(values, **options) == expected


@pytest.mark.parametrize(
    ("name", "monitor", "worse"),
    [("accuracy", "accuracy", min), ("log_loss", "log_loss", max), ("top_2", "top_2", min)],
)
def test_the_mode_of_a_built_in_metric_is_known(name: str, monitor: str, worse: Any) -> None:
    X, y = samples()
    noise = np.random.default_rng(3).integers(3, size=60)
    stopping = EarlyStopping(50, monitor=monitor)
    history = classifier().fit(
        X,
        y,
        epochs=40,
        optimizer=Adam(0.05),
        validation=(X, noise),
        metrics=name,
        early_stopping=stopping,
    )
    numbers = history.validation_metrics[name]
    best = numbers[history.best_epoch or 0]
    assert history.best_epoch == numbers.index(best)
    assert all(worse(number, best) == number for number in numbers)


def test_the_accuracy_may_be_watched_without_being_a_metric() -> None:
    X, y = samples()
    how = {"epochs": 12, "optimizer": Adam(0.02), "validation": (X, y)}
    stopping = EarlyStopping(3, monitor="accuracy", restore="last_best")
    net, twin = classifier(), classifier()
    history = net.fit(X, y, **how, early_stopping=stopping)
    of_metric = twin.fit(X, y, **how, early_stopping=stopping, metrics="accuracy")
    best = max(history.validation_accuracy)
    last = len(history.validation_accuracy) - 1 - history.validation_accuracy[::-1].index(best)
    assert history.best_epoch == of_metric.best_epoch == last
    assert np.array_equal(net.parameters, twin.parameters)


# ------------------------------------------------------------------------- the restored state


@pytest.mark.parametrize("restore", ["best", "last_best"])
@pytest.mark.parametrize("dropout", [0.0, 0.3])
@pytest.mark.parametrize(
    "optimizer",
    [
        SGD(0.05),
        SGD(0.05, momentum=0.9),
        SGD(0.05, momentum=0.9, nesterov=True),
        Adam(0.02),
        AdamW(0.02),
        NAdam(0.02),
        RMSprop(0.01, momentum=0.5),
        Adagrad(0.1),
    ],
    ids=str,
)
def test_training_on_is_training_on_from_the_best_epoch(
    optimizer: Optimizer, dropout: float, restore: str
) -> None:
    """Bit for bit, where nothing is shuffled: weights, the rule's memory, steps, dropout."""
    X, y = curve_samples()
    how: Any = {"shuffle": False, "optimizer": optimizer, "batch_size": 16}
    values = [1, 2, 5, 5, 3, 4]
    net, twin = (regressor(dropout=dropout) for _ in range(2))
    stopping = EarlyStopping(9, monitor="score", mode="max", restore=restore)
    history = net.fit(
        X,
        y,
        epochs=len(values),
        validation=(X[:7], y[:7]),
        metrics=scripted(values),
        early_stopping=stopping,
        **how,
    )
    best = 2 if restore == "best" else 3
    assert history.best_epoch == best
    twin.fit(X, y, epochs=best + 1, **how)
    state, expected = net._model.state, twin._model.state
    assert state.steps == expected.steps == 4 * (best + 1)
    assert state.epochs == len(values)
    tensors, of_twin = state.tensors(), expected.tensors()
    assert tensors.keys() == of_twin.keys()
    assert all(np.array_equal(tensors[name], of_twin[name]) for name in tensors)
    assert net.fit(X, y, epochs=3, **how).loss == twin.fit(X, y, epochs=3, **how).loss
    assert np.array_equal(net.parameters, twin.parameters)


def test_a_rate_set_in_a_callback_stays_after_the_restore() -> None:
    X, y = curve_samples()
    net = regressor()

    def halve(net: Any, epoch: int, history: Any) -> None:
        net.learning_rate /= 2

    values = [1, 2, 1, 1]
    stopping = EarlyStopping(9, monitor="score", mode="max")
    how: Any = {"validation": (X[:7], y[:7]), "early_stopping": stopping, "epochs": 4}
    net.fit(X, y, optimizer=Adam(0.16), metrics=scripted(values), callbacks=halve, **how)
    assert net.optimizer == Adam(0.01)
    assert net._model.state.steps == 2 * 2


@pytest.mark.parametrize("restore", ["best", "last_best", "none"])
def test_the_training_warning_is_of_the_epoch_that_the_network_is_left_at(restore: str) -> None:
    """What was learnt is forgotten in the last epochs, for good unless the best epoch is back."""
    X, y = samples()

    def forget(net: Any, epoch: int, history: Any) -> None:
        if epoch == 56:
            net.parameters = np.zeros_like(net.parameters)
            net.learning_rate = 1e-12

    stopping = EarlyStopping(99, restore=restore)
    how: Any = {"epochs": 60, "optimizer": Adam(0.05), "callbacks": forget}
    warned = pytest.warns(TrainingWarning) if restore == "none" else nullcontext()
    with warned:
        classifier().fit(X, y, validation=(X, y), early_stopping=stopping, **how)


def test_an_exception_restores_no_best_epoch() -> None:
    X, y = curve_samples()
    net, log = regressor(), []

    def fails(net: Any, epoch: int, history: Any) -> None:
        log.append(net.parameters)
        if epoch == 3:
            raise KeyError

    stopping = EarlyStopping(9, monitor="score", mode="max")
    how: Any = {"validation": (X[:7], y[:7]), "early_stopping": stopping, "epochs": 9}
    with pytest.raises(KeyError):
        net.fit(X, y, metrics=scripted([5, 1, 1, 1]), callbacks=fails, **how)
    assert np.array_equal(net.parameters, log[3])
    assert net._model.state.steps == 4 * 2


#: The files of the package that early stopping goes through.
WAY = ("model/best_state.py", "training/early_stopping.py", "training/fit.py")


def test_at_every_line_the_weights_the_memory_and_the_steps_are_of_one_moment() -> None:
    """So a signal's handler sees them, and so Ctrl-C leaves them, while the best state is kept
    and comes back: those of the start or of an epoch's end, and at last the best ones, with the
    count of all epochs."""
    X, y = curve_samples()
    moments: list[Any] = []

    def moment(net: Any) -> Any:
        state = state_of(net)
        return state["epochs"], state["steps"], state["parameters"], state["memory"]

    def fit(net: Any, **more: Any) -> None:
        stopping = EarlyStopping(9, monitor="score", mode="max")
        how: Any = {"validation": (X[:7], y[:7]), "early_stopping": stopping, "epochs": 3} | more
        net.fit(X, y, shuffle=False, metrics=scripted([1, 3, 2]), n_threads=1, **how)

    first = regressor()
    first.fit(X, y, epochs=1, optimizer=Adam(0.05))
    net = first.copy()
    moments.append(moment(net))
    fit(net, callbacks=lambda net, epoch, history: moments.append(moment(net)))
    moments.append((4, *moments[2][1:]))
    assert moment(net) == moments[4]
    net, seen = first.copy(), []
    at_each_line(lambda: fit(net), lambda: seen.append(moment(net)), *WAY)
    assert moment(net) == moments[4] == seen[-1]
    assert moments[3] in seen
    assert all(each in moments for each in seen)
    ends = set()
    for count in range(1, len(seen) + 1):
        net = first.copy()
        assert is_interrupted_at_line(lambda net=net: fit(net), count, *WAY)
        assert moment(net) in moments
        if seen[count - 1] == moments[4]:  # what came back stays
            assert moment(net) == moments[4]
        ends.add(moments.index(moment(net)))
    assert ends == {0, 1, 2, 3, 4}


def test_the_best_state_is_copied_into_the_same_arrays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Allocated before the first epoch, and never again."""
    X, y = curve_samples()
    states: list[BestState] = []
    addresses: list[tuple[int, ...]] = []
    original = BestState.keep

    def keep(self: BestState) -> None:
        states.append(self)
        addresses.append(tuple(array.ctypes.data for array in self._copies))
        original(self)

    monkeypatch.setattr(BestState, "keep", keep)
    stopping = EarlyStopping(9, monitor="score", mode="max")
    how: Any = {"validation": (X[:7], y[:7]), "early_stopping": stopping, "epochs": 4}
    net = regressor()
    net.fit(X, y, metrics=scripted([1, 2, 3, 4]), optimizer=Adam(0.01), **how)
    assert len(states) == 4
    assert len(set(addresses)) == len({id(state) for state in states}) == 1
    assert len(addresses[0]) == 3  # the parameters, m and v


# ---------------------------------------------------------------------------------- refusals


def test_the_arguments_keep_their_places() -> None:
    assert EarlyStopping(5, 0.5) == EarlyStopping(patience=5, min_delta=0.5)
    with pytest.raises(TypeError):
        EarlyStopping(5, 0.5, "loss")  # type: ignore[misc]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"monitor": 3}, TypeError, "monitor must be 'loss' or the name of a metric, got int"),
        ({"mode": "most"}, ValueError, "mode must be one of 'auto', 'min', 'max'; got 'most'"),
        ({"restore": True}, TypeError, "restore must be one of 'best', 'last_best', 'none'"),
        ({"restore": "first"}, ValueError, "restore must be one of"),
    ],
)
def test_arguments_that_are_none_are_refused(
    options: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        EarlyStopping(**options)


def my_metric(y: np.ndarray, a: np.ndarray) -> float:
    return 0.0


@pytest.mark.parametrize(
    ("stopping", "metrics", "message"),
    [
        (
            {"monitor": "mae"},
            ("r2", "rmse"),
            r"monitor must be one of 'loss', 'accuracy', 'r2', 'rmse'; got 'mae'. .*fit\(metrics=",
        ),
        ({"monitor": "val_loss"}, (), "monitor must be one of 'loss', 'accuracy'; got 'val_loss'"),
        ({"monitor": "my_metric"}, my_metric, "EarlyStopping.monitor='my_metric', mode='max'"),
        ({"monitor": "accuracy"}, (), "monitor='accuracy' needs classes, but y holds numbers"),
    ],
)
def test_a_monitor_that_cannot_be_watched_is_refused(
    stopping: Any, metrics: Any, message: str
) -> None:
    X, y = curve_samples()
    net = regressor()
    before = net.parameters
    how: Any = {"validation": 0.3, "early_stopping": EarlyStopping(**stopping)}
    with pytest.raises(ValueError, match=message):
        net.fit(X, y, metrics=metrics, **how)
    assert np.array_equal(net.parameters, before)
    assert net._model.state.epochs == 0


def test_the_remedies_of_the_refusals_work() -> None:
    X, y = curve_samples()
    for metrics, stopping in (
        ("r2", EarlyStopping(monitor="r2")),
        (my_metric, EarlyStopping(monitor="my_metric", mode="max")),
    ):
        history = regressor().fit(
            X, y, epochs=2, validation=0.3, metrics=metrics, early_stopping=stopping
        )
        assert history.best_epoch is not None
