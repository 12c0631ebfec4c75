"""fit and train_step: epochs, batches, validation, early stopping, callbacks, history."""

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from fastbp import _boundary
from fastbp.errors import DivergenceError
from fastbp.inputs import check_epochs, check_flag, check_integer, check_number
from fastbp.optimizers import Optimizer, as_optimizer
from fastbp.training import diagnosis
from fastbp.training.history import History
from fastbp.training.options import (
    Callback,
    EarlyStopping,
    Reporter,
    as_callbacks,
    as_reporter,
    as_stopping,
)
from fastbp.training.rollback import RollBack
from fastbp.training.samples import Samples, bad_value, checked_samples
from fastbp.training.threads import check_threads, chooser

if TYPE_CHECKING:
    from fastbp.network import Network

__all__ = ["Callback", "EarlyStopping", "Reporter", "fit", "train_step"]

#: Epochs whose sums are kept apart until they are in the history: callers who stop by a callback
#: ask for a billion.
_EPOCHS_PER_BLOCK = 1 << 16


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
    stopping = as_stopping(early_stopping, validation)
    callbacks = as_callbacks(callbacks)
    reporter = as_reporter(progress)
    with net._training_lock.claim("fit"), RollBack(net) as roll_back:
        training, held_out = checked_samples(net, X, y, validation, stopping, decides_kind=True)
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
        if epochs == 0:
            roll_back.now()  # what was only looked at teaches nothing
    diagnosis.warn_if_no_better_than_constant(
        net,
        run.training,
        history,
        steps_before=run.steps_before,
        learning_rate=run.optimizer.learning_rate,
        l2=l2,
        stacklevel=4,  # the caller of Network.fit
    )
    return history


def train_step(net: "Network", X: Any, y: Any, optimizer: Any) -> float:
    """One step on one batch; returns C before the update."""
    chosen = None if optimizer is None else as_optimizer(optimizer)
    with net._training_lock.claim("train_step"), RollBack(net) as roll_back:
        training, _ = checked_samples(net, X, y, None, None, check_precision=False)
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


class _Fit:
    """One call of fit: what stays the same from epoch to epoch, and where it stands."""

    def __init__(
        self,
        net: "Network",
        roll_back: RollBack,
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
        self.checks_input = True
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
        rule = self.optimizer.rule.name
        kind = (net.compute or net.dtype.char, rule)  # dtype.name takes 2 us
        self.chooser = chooser(n_threads, net.sizes, batch_size, *kind)
        self.order = np.empty(len(training), np.intp) if shuffle else training.rows
        self.arguments: dict[str, Any] = {
            "gradient": gradient,
            "part": part,
            "rule": _boundary.RULE_IDS[rule],
            "numbers": self.optimizer.numbers,
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
        }

    def epochs(
        self,
        stopping: EarlyStopping | None,
        callbacks: tuple[Callback, ...],
        reporter: Reporter | None,
        check: bool,
    ) -> History:
        """All epochs: in one go where nobody wants to hear of each."""
        net, history, self.checks_input = self.net, self.history, check
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
            self.arguments["numbers"] = optimizer.numbers

    def _fail(self, status: int, bad: int) -> NoReturn:
        """Go back to the last good moment, and say what was wrong."""
        if status in (_boundary.BAD_X, _boundary.BAD_Y):
            self.roll_back.now()
            raise bad_value(self.training, status, bad, self.order, self.names)
        last_finite = float("nan")
        if self.first > 0:
            last_finite = float(self.losses[self.counted - self.base] / self.first)
        elif self.history.loss:
            last_finite = self.history.loss[-1]
        raise DivergenceError(
            self.counted, last_finite, self.optimizer.learning_rate, self.checks_input
        )

    def _validate(self, check: bool) -> tuple[float, float]:
        assert self.held_out is not None
        X, y, rows = self.held_out
        status, loss, right, bad = self.net._program.gradients(
            X, y.array, rows, None, None, check, y.count_id
        )
        if status != _boundary.FINISHED:
            self.roll_back.now()
            raise bad_value(self.held_out, status, bad, rows, self.names, "validation ")
        return loss / len(self.held_out), right / len(self.held_out)
