"""fit and train_step: epochs, batches, validation, early stopping, callbacks, history."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, Protocol

import numpy as np

from fastbp import _boundary, diagnosis
from fastbp.errors import DivergenceError
from fastbp.history import History
from fastbp.optimizers import Optimizer, as_optimizer
from fastbp.splitting import split_rows
from fastbp.threads import check_threads, chooser
from fastbp.validation import (
    Array,
    Targets,
    check_epochs,
    check_flag,
    check_integer,
    check_number,
    classes_of,
    nonfinite,
)

if TYPE_CHECKING:
    from fastbp.network import Network

#: Epochs whose sums are kept apart until they are in the history: callers who stop by a callback
#: ask for a billion.
_EPOCHS_PER_BLOCK = 1 << 16

Callback = Callable[["Network", int, History], Any]


class Reporter(Protocol):
    """What ``fit(progress=...)`` takes beside True and False."""

    def begin(self, epochs: int, samples: int) -> None:
        """Training starts."""

    def advance(self, samples_done: int) -> None:
        """So many samples of the present epoch are done."""

    def epoch_end(self, history: History) -> None:
        """An epoch has ended and its numbers are in the history."""

    def finish(self) -> None:
        """Training has ended, in whatever way."""


@dataclass(frozen=True)
class EarlyStopping:
    """Stop when the validation loss no longer falls, and restore the best weights.

    It goes by the loss whatever kind of targets there are, never by an accuracy.

    Parameters
    ----------
    patience : int, default 10
        Epochs without an improvement before training stops.
    min_delta : float, default 0.0
        How much lower than the best the validation loss must be to count.

    Examples
    --------
    >>> from fastbp import EarlyStopping
    >>> EarlyStopping(patience=5)
    EarlyStopping(patience=5, min_delta=0.0)
    """

    patience: int = 10
    min_delta: float = 0.0

    def __post_init__(self) -> None:
        check_integer("patience", self.patience, low=1)
        check_number("min_delta", self.min_delta, low=0)


class Samples(NamedTuple):
    """Samples that the boundary can read; ``rows`` None means all of them."""

    X: Array
    y: Targets
    rows: Array | None

    def __len__(self) -> int:
        return len(self.X) if self.rows is None else len(self.rows)


def fit(
    net: "Network",
    X: Any,
    y: Any,
    *,
    epochs: int,
    batch_size: int,
    optimizer: Any,
    l2: float,
    shuffle: bool,
    validation: Any,
    early_stopping: Any,
    callbacks: Iterable[Callback],
    progress: Any,
    n_threads: int | None,
    check_input: bool,
) -> History:
    """Train; the arguments are those of :meth:`Network.fit`."""
    epochs = check_epochs(epochs)
    batch_size = check_integer("batch_size", batch_size, low=1)
    l2 = check_number("l2", l2, low=0)
    shuffle = check_flag("shuffle", shuffle)
    check_input = check_flag("check_input", check_input)
    n_threads = check_threads(n_threads)
    chosen = None if optimizer is None else as_optimizer(optimizer)
    stopping = _as_stopping(early_stopping, validation)
    callbacks = _as_callbacks(callbacks)
    reporter = _as_reporter(progress)
    with net._training_lock.claim("fit"), _RollBack(net) as roll_back:
        training, held_out = _samples(net, X, y, validation, stopping, decides_kind=True)
        run = _Fit(
            net,
            roll_back,
            training,
            held_out,
            chosen,
            epochs=epochs,
            batch_size=batch_size,
            l2=l2,
            shuffle=shuffle,
            n_threads=n_threads,
        )
        history = run.epochs(stopping, callbacks, reporter, check_input)
    diagnosis.warn_if_no_better_than_constant(
        net,
        run.training,
        history,
        steps_before=run.steps_before,
        learning_rate=run.optimizer.learning_rate,
        stacklevel=4,  # the caller of Network.fit
    )
    return history


def train_step(net: "Network", X: Any, y: Any, optimizer: Any) -> float:
    """One step on one batch; returns C before the update."""
    chosen = None if optimizer is None else as_optimizer(optimizer)
    with net._training_lock.claim("train_step"), _RollBack(net) as roll_back:
        training, _ = _samples(net, X, y, None, None, check_precision=False)
        run = _Fit(
            net,
            roll_back,
            training,
            None,
            chosen,
            epochs=1,
            batch_size=len(training),
            counts_epochs=False,
        )
        run.train(1, None, check=True)
        return run.history.loss[0]


class _RollBack:
    """Takes a snapshot, and goes back to it where an exception finds nothing worth keeping.

    That is where no step was taken, since the split may have drawn, the data may have named classes
    and columns, and another optimizer have taken its place; and where a number is not finite, since
    Ctrl-C may come in an epoch that diverges. Otherwise the steps that were taken stay.
    """

    #: What the first data teach a network, beside its parameters.
    LEARNED = ("_classes", "_feature_names", "_target_kind")

    def __init__(self, net: "Network") -> None:
        self.net = net
        self.snapshot = net._snapshot

    def __enter__(self) -> "_RollBack":
        net = self.net
        self.learned = {name: getattr(net, name) for name in self.LEARNED}
        with net._state_lock.hold():
            self.snapshot.take(net._parameters.flat, net._state)
        return self

    def __exit__(self, kind: Any, error: Any, traceback: Any) -> None:
        if error is not None and (
            self.snapshot.is_untouched(self.net._state) or not _is_finite(self.net)
        ):
            self.now()

    def now(self) -> None:
        """Go back, to the end of the last epoch or to the start."""
        try:
            self._go_back()
        except BaseException:  # a handler's, halfway: all of it is done once more
            self._go_back()
            raise

    def _go_back(self) -> None:
        net = self.net
        with net._state_lock.hold():
            at_start = self.snapshot.restore(net._parameters.flat, net._state)
            for name, value in self.learned.items() if at_start else ():
                setattr(net, name, value)


def _is_finite(net: "Network") -> bool:
    return net._parameters.all_finite() and net._state.memory_is_finite()


class _Fit:
    """One call of fit: what stays the same from epoch to epoch, and where it stands."""

    def __init__(
        self,
        net: "Network",
        roll_back: _RollBack,
        training: Samples,
        held_out: Samples | None,
        optimizer: Optimizer | None,
        *,
        epochs: int,
        batch_size: int,
        l2: float = 0.0,
        shuffle: bool = False,
        n_threads: int | None = 1,
        counts_epochs: bool = True,
    ) -> None:
        self.net = net
        self.roll_back = roll_back
        self.training = training
        self.held_out = held_out
        self.names = net._feature_names  # for errors, which come after the rollback
        self.history = History()
        self.wanted = epochs
        self.counted = self.first = 0  # epochs done, samples done of the next one
        self.base = 0  # the epoch of losses[0]: sums of C_0, and of right answers
        self.losses = np.zeros(min(epochs, _EPOCHS_PER_BLOCK))
        self.rights = np.zeros(min(epochs, _EPOCHS_PER_BLOCK), np.int64)
        batch_size = min(batch_size, len(training))
        state = net._state
        # Another thread may have set the learning rate since fit was called.
        with net._state_lock.hold():
            state.use(state.optimizer if optimizer is None else optimizer)
            self.optimizer = state.optimizer
        self.steps_before = state.steps
        gradient, part = net._scratch(batch_size)
        memory = [*state.memory, None, None]
        numbers = self.optimizer.rule()
        rule = numbers.pop("name")
        kind = (net.compute or net.dtype.char, rule)  # dtype.name takes 2 us
        self.chooser = chooser(n_threads, net.sizes, batch_size, *kind)
        self.order = np.empty(len(training), np.intp) if shuffle else training.rows
        self.arguments: dict[str, Any] = {
            "gradient": gradient,
            "part": part,
            "rule": _boundary.RULE_IDS[rule],
            "state1": memory[0],
            "state2": memory[1],
            "counters": state.counters,
            "losses": self.losses,
            "rights": self.rights,
            "batch_size": batch_size,
            "l2": l2,
            "move_biases": net.bias is True,
            "random": state.rng if shuffle else None,
            "rows": training.rows if shuffle else None,
            "kept": roll_back.snapshot.epoch_end(state),
            "count": training.y.count_id,
            "counts_epochs": counts_epochs,
            **numbers,
        }

    def epochs(
        self,
        stopping: EarlyStopping | None,
        callbacks: tuple[Callback, ...],
        reporter: Reporter | None,
        check: bool,
    ) -> History:
        """All epochs: in one go where nobody wants to hear of each."""
        net, history = self.net, self.history
        best, best_loss = None, np.inf
        alone = self.held_out is None and reporter is None and not callbacks
        if self.held_out is not None and self.wanted:
            self._validate(check)  # a bad value is found before an epoch is spent
        try:
            if reporter is not None:
                reporter.begin(self.wanted, len(self.training))
            while self.counted < self.wanted:
                epoch = self.counted
                checked = check and epoch == 0
                self.train(self.wanted if alone and not checked else epoch + 1, reporter, checked)
                if self.held_out is not None:
                    validation_loss, validation_accuracy = self._validate(False)
                    history.validation_loss.append(validation_loss)
                    if self.held_out.y.has_accuracy:
                        history.validation_accuracy.append(validation_accuracy)
                    if stopping is not None and validation_loss < best_loss - stopping.min_delta:
                        best, best_loss = net._parameters.flat.copy(), validation_loss
                        history.best_epoch = epoch
                if reporter is not None:
                    reporter.epoch_end(history)
                answers = [callback(net, epoch, history) for callback in callbacks]
                if any(isinstance(answer, (bool, np.bool_)) and answer for answer in answers):
                    break
                if stopping is not None and epoch - (history.best_epoch or 0) >= stopping.patience:
                    break
        finally:
            if reporter is not None:
                reporter.finish()
        if best is not None:
            with net._state_lock.hold():
                net._parameters.flat[:] = best
        return history

    def train(self, wanted: int, reporter: Reporter | None, check: bool) -> None:
        """Train until so many epochs are done, and enter them into the history.

        The boundary comes back after a bounded slice of work. Epochs that end in the same slice
        share its time evenly.
        """
        n, history, clock = len(self.training), self.history, time.perf_counter()
        net = self.net
        while self.counted < wanted:
            if self.counted == self.base + len(self.losses):
                self.base = self.counted
                self.losses[:] = self.rights[:] = 0
            before, place = self.counted, self.first
            threads, slices = self.chooser.next()
            with net._state_lock.hold():
                self._follow_learning_rate()
                start = time.perf_counter()
                status, self.counted, self.first, bad = net._program.run(
                    self.training.X, self.training.y.array, self.order,
                    epochs=min(wanted, self.base + len(self.losses)), base=self.base,
                    counted=before, first=place, check=check, n_threads=threads, slices=slices,
                    **self.arguments,
                )  # fmt: skip
            now = time.perf_counter()
            samples = (self.counted - before) * n + self.first - place
            self.chooser.saw(threads, now - start, samples)
            if self.counted > before:
                done = slice(before - self.base, self.counted - self.base)
                n_done = self.counted - before
                history.loss += (self.losses[done] / n).tolist()
                if self.training.y.has_accuracy:
                    history.accuracy += (self.rights[done] / n).tolist()
                history.seconds += [(now - clock) / n_done] * n_done
                clock = now
            if status not in (_boundary.FINISHED, _boundary.UNFINISHED):
                self._fail(status, bad)
            if reporter is not None:
                reporter.advance(self.first or n)

    def _follow_learning_rate(self) -> None:
        """Go on with the rate that the network has now: ``net.learning_rate`` can be set."""
        optimizer = self.net._state.optimizer
        if optimizer is not self.optimizer:
            self.optimizer = optimizer
            self.arguments["learning_rate"] = optimizer.learning_rate

    def _fail(self, status: int, bad: int) -> NoReturn:
        """Go back to the last good moment, and say what was wrong."""
        if status in (_boundary.BAD_X, _boundary.BAD_Y):
            self.roll_back.now()
            raise _bad_value(self.training, status, bad, self.order, self.names)
        last_finite = float("nan")
        if self.first > 0:
            last_finite = float(self.losses[self.counted - self.base] / self.first)
        elif self.history.loss:
            last_finite = self.history.loss[-1]
        raise DivergenceError(self.counted, last_finite, self.optimizer.learning_rate)

    def _validate(self, check: bool) -> tuple[float, float]:
        assert self.held_out is not None
        X, y, rows = self.held_out
        status, loss, right, bad = self.net._program.gradients(
            X, y.array, rows, None, None, check, y.count_id
        )
        if status != _boundary.FINISHED:
            self.roll_back.now()
            raise _bad_value(self.held_out, status, bad, rows, self.names, "validation ")
        return loss / len(self.held_out), right / len(self.held_out)


def _bad_value(
    samples: Samples,
    status: int,
    bad: int,
    order: Array | None,
    names: tuple[str, ...] | None,
    prefix: str = "",
) -> ValueError:
    name, array = ("X", samples.X) if status == _boundary.BAD_X else ("y", samples.y.array)
    names = names if name == "X" else None
    row, column = divmod(bad, array.shape[1])
    row = row if order is None else int(order[row])
    return nonfinite(prefix + name, (row, column), array[row, column], names)


def _samples(
    net: "Network",
    X: Any,
    y: Any,
    validation: Any,
    stopping: EarlyStopping | None,
    *,
    decides_kind: bool = False,
    check_precision: bool = True,
) -> tuple[Samples, Samples | None]:
    """The training samples and the held-out ones, checked.

    What a network's targets mean is decided once, from all of them: a single batch is too few.
    """
    X, y = _pair(net, X, y, learn_names=True, check_precision=check_precision)
    if decides_kind:
        net._target_kind = y.kind
    if len(X) == 0:
        raise ValueError("X and y must hold at least one sample to train on, got 0")
    if validation is None:
        return Samples(X, y, None), None
    if isinstance(validation, (tuple, list)):
        if len(validation) != 2:
            raise ValueError(
                f"validation must be a pair (X, y) or a fraction, got {len(validation)} elements"
            )
        held_X, held_y = validation
        held_out = Samples(*_pair(net, held_X, held_y, "validation "), None)
        training = Samples(X, y, None)
    else:
        if isinstance(validation, bool) or not isinstance(validation, (int, float, np.number)):
            raise TypeError(
                f"validation must be a pair (X, y) or a fraction between 0 and 1, "
                f"got {validation!r}"
            )
        fraction = check_number("validation", validation, above=0, below=1)
        one_class_each = y.has_accuracy and y.kind != "multilabel"
        labels = classes_of(y.array) if one_class_each else None
        try:
            kept, held = split_rows(len(X), fraction, labels, net._state.rng)
        except ValueError as error:
            raise ValueError(f"validation={fraction:g}: {error}") from None
        training, held_out = Samples(X, y, kept), Samples(X, y, held)
    if len(held_out) == 0:
        raise ValueError("validation must hold at least one sample, got 0")
    if stopping is not None and len(held_out) < 2:
        raise ValueError(
            "early_stopping needs at least 2 validation samples to judge by, got 1; hold out more"
        )
    return training, held_out


def _pair(
    net: "Network",
    X: Any,
    y: Any,
    prefix: str = "",
    *,
    learn_names: bool = False,
    check_precision: bool = False,
) -> tuple[Array, Targets]:
    X = net._batch(
        X,
        f"{prefix}X",
        order="C",  # every epoch reads it row by row
        learn_names=learn_names,
        check_precision=check_precision,
    )
    targets = net._targets(y, len(X), f"{prefix}y", fitted_kind=net._target_kind, may_name=True)
    if targets.classes is not None:
        net._classes = targets.classes
    return X, targets


def _as_stopping(value: Any, validation: Any) -> EarlyStopping | None:
    if value is None or value is False:
        return None
    if value is True:
        value = EarlyStopping()
    if not isinstance(value, EarlyStopping):
        value = EarlyStopping(check_integer("early_stopping", value, low=1))
    if validation is None:
        raise ValueError(
            "early_stopping watches the validation loss and needs validation samples: pass "
            "validation=0.1 or validation=(X, y)"
        )
    return value  # type: ignore[no-any-return]


def _as_callbacks(callbacks: Any) -> tuple[Callback, ...]:
    if callbacks is not None and not callable(callbacks) and not isinstance(callbacks, Iterable):
        raise TypeError(
            f"callbacks must be callables f(net, epoch, history), got {type(callbacks).__name__}"
        )
    several: tuple[Callback, ...] = (callbacks,) if callable(callbacks) else tuple(callbacks or ())
    for i, callback in enumerate(several):
        if not callable(callback):
            raise TypeError(
                f"callbacks[{i}] must be a callable f(net, epoch, history), "
                f"got {type(callback).__name__}"
            )
    return several


def _as_reporter(progress: Any) -> Reporter | None:
    if progress is None or progress is False:
        return None
    if progress is True:
        from fastbp.progress import Progress

        return Progress()
    for method in ("begin", "advance", "epoch_end", "finish"):
        if not callable(getattr(progress, method, None)):
            raise TypeError(
                f"progress must be True, False or None, or an object with the methods begin, "
                f"advance, epoch_end and finish; {type(progress).__name__} has no {method}"
            )
    return progress  # type: ignore[no-any-return]
