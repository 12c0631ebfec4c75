"""fit and train_step: epochs, batches, validation, early stopping, history."""

import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, NoReturn

import numpy as np

from fastbp import _boundary
from fastbp.errors import DivergenceError, TrainingWarning
from fastbp.losses import Loss
from fastbp.model.best_state import BestState
from fastbp.model.model import Model
from fastbp.model.training_plan import TrainingData, TrainingPlan, TrainingProgress, TrainingState
from fastbp.optimizers import LBFGS, Optimizer, as_optimizer
from fastbp.training import diagnosis
from fastbp.training.callbacks import BatchSums
from fastbp.training.early_stopping import BestEpoch, check_monitor
from fastbp.training.evaluation import Evaluation
from fastbp.training.history import History
from fastbp.training.metrics import check_metrics
from fastbp.training.one_sample import is_lean, one_sample_batch, ready
from fastbp.training.options import BATCH_SIZE, Options
from fastbp.training.rates import (
    RateTable,
    check_horizon,
    plan_fields,
    plateau_of,
)
from fastbp.training.samples import Samples, bad_value, checked_samples
from fastbp.training.threads import chooser

#: Epochs whose sums are kept apart until they are in the history: callers who stop by a callback
#: ask for a billion.
_EPOCHS_PER_BLOCK = 1 << 16


def train(model: Model, X: Any, y: Any, sample_weight: Any, options: Options) -> History:
    """Train; see :meth:`fastbp.Network.fit`."""
    with model.training_lock.claim("fit", model.snapshot):
        training, held_out = checked_samples(
            model, X, y, options.validation, options.stopping, sample_weight, decides_kind=True
        )
        if options.label_smoothing or options.class_weight is not None:
            training = training.softened(model, options.label_smoothing, options.class_weight)
        check_watched(options, model, training)
        run = Run(model, training, held_out, options)
        history = run.go()
    if run.warning:
        warnings.warn(run.warning, TrainingWarning, stacklevel=3)  # the caller of Network.fit
    has_own_loss = isinstance(model.architecture.loss, Loss)  # its best constant is not known
    # Who says that it has converged, in however few steps, is looked at.
    steps = max(run.steps, diagnosis.FEW_STEPS * (history.message is not None))
    if steps >= diagnosis.FEW_STEPS and not has_own_loss:
        diagnosis.warn_if_no_better_than_constant(
            model,
            run.training,
            history,
            steps_before=run.steps_before,
            steps=steps,
            restored=None if run.best_state is None else history.best_epoch,
            learning_rate=run.optimizer.learning_rate,
            l2=options.l2,
            stacklevel=4,  # the caller of Network.fit
        )
    return history


def check_watched(options: Options, model: Model, samples: Samples) -> None:
    """Whether metrics, and what early stopping goes by, fit the targets."""
    if options.metrics:
        check_metrics(options.metrics, model, samples.y)
    if options.stopping is not None:
        names = [metric.name for metric in options.metrics]
        check_monitor(options.stopping, names, samples.y)


def train_step(model: Model, X: Any, y: Any, optimizer: Any, sample_weight: Any) -> float:
    """One step on one batch; returns C before the update."""
    chosen = None if optimizer is None else as_optimizer(optimizer)
    with model.training_lock.claim("train_step", model.snapshot):
        training, _ = checked_samples(model, X, y, None, None, sample_weight, check_precision=False)
        options = Options(1, training.n, chosen, n_threads=None)
        run = Run(model, training, None, options, counts_epochs=False)
        run.train(1, check=True)
        return run.history.loss[0]


def learn_one(model: Model, x: Any, y: Any) -> float:
    """One step on one sample, with all checks; readies the short way for the next ones."""
    with model.training_lock.claim("learn_one", model.snapshot):
        training, _ = checked_samples(
            model, *one_sample_batch(model, x, y), None, None, check_precision=False
        )
        run = Run(model, training, None, Options(1, 1, None), counts_epochs=False)
        if run.rates is None and is_lean(model, run.plan):  # factors come later, for some steps
            ready(model, run.plan, run.changes)  # before the step, for there may be no memory
        run.train(1, check=True)
        return run.history.loss[0]


def samples_in_a_step(batch_size: int | None, optimizer: Optimizer, n: int) -> int:
    """How many of n samples a step takes; ValueError where the rule needs all, and gets fewer."""
    if not optimizer.rule.full_batch:
        return min(BATCH_SIZE if batch_size is None else batch_size, n)
    if batch_size is not None and batch_size < n:
        raise ValueError(
            f"{type(optimizer).__name__} takes all samples in a step: batch_size must be at least "
            f"{n}, the number of samples that are trained on, got {batch_size}; leave it out"
        )
    return n


class Run:
    """One call of fit: what stays the same from epoch to epoch, and where it stands."""

    #: Whether all samples of an epoch are there; else it is not known how many there will be.
    keeps_samples = True

    def __init__(
        self,
        model: Model,
        training: Samples,
        held_out: Samples | None,
        options: Options,
        *,
        counts_epochs: bool = True,
    ) -> None:
        state, architecture = model.state, model.architecture
        self.model = model
        self.training = training
        self.n_an_epoch = training.n  # for the reporter; 0 where it is not known before
        self.held_out = held_out
        self.names = state.learned.feature_names  # for errors, which come after the rollback
        self.history = History()
        self.options = options
        shuffle = options.shuffle
        # Another thread may have set the learning rate since fit was called.
        with model.state_lock.hold():
            optimizer = options.optimizer or state.current.optimizer
            batch_size = samples_in_a_step(options.batch_size, optimizer, training.n)
            current = state.use(optimizer)
            state.batch_size = batch_size
            if state.raw is not None:
                state.begin_averaging()
                current = state.current
            has_dropout = any(architecture.dropout) and options.epochs > 0
            dropout_key = state.take_dropout_key() if has_dropout else 0
        self.optimizer = current.optimizer
        if not (counts_epochs or self.optimizer.compiled):
            raise ValueError(
                f"{type(self.optimizer).__name__} takes no single steps: use fit(X, y), or pass "
                f"another optimizer"
            )
        self.steps_before = self.steps = int(current.counters[0])
        self.epochs_before = int(current.counters[1])
        gradient, part = model.scratch.arrays(batch_size)
        rule = self.optimizer.rule.name
        self.rates: RateTable | None = None
        steps_per_epoch = -(-training.n // batch_size)
        if (schedule := self.optimizer.schedule) is not None:
            check_horizon(schedule, knows_length=counts_epochs)
            has_epochs = counts_epochs or not self.keeps_samples  # unlike a single step or pass
            if schedule.needs_validation and has_epochs and held_out is None:
                raise ValueError(
                    f"{type(schedule).__name__} follows the validation loss and needs validation "
                    "samples: pass validation=0.1 (of arrays) or validation=(X, y)"
                )
            self.rates = RateTable(
                schedule,
                self.steps_before + 1,
                options.epochs * steps_per_epoch if self.keeps_samples else sys.maxsize,
                steps_per_epoch,
                plateau_of(schedule, current.plateau),
            )
        convergence = options.convergence
        self.plan = TrainingPlan(
            rule,
            self.optimizer.numbers,
            batch_size,
            l1=options.l1,
            l2=options.l2,
            averaged_from=current.averaged_from,
            learns_biases=architecture.bias is True,
            shuffle=shuffle,
            count=training.y.count_id,
            counts_epochs=counts_epochs,
            dropout_key=dropout_key,
            batch_l2=options.batch_l2,
            clip=options.clip,
            loss_by_batches=options.loss_by_batches,
            loss_factor=options.loss_factor,
            continues_order=options.continues_order,
            tol=0.0 if convergence is None else convergence.tol,
            patience=-1.0 if convergence is None else convergence.patience,
            normalizes=training.softening is not None and training.softening.normalizes,
            **(
                plan_fields(self.optimizer, len(architecture.sizes) - 1)
                if self.optimizer.has_options
                else {}
            ),
        )
        order = None
        if shuffle:
            rows = training.rows
            order = np.arange(training.n, dtype=np.intp) if rows is None else rows.copy()
        self.data = TrainingData(
            training.X,
            training.y.array,
            training.rows,
            order,
            training.weights,
            training.divisors,
            training.softening and training.softening.padded(architecture.dtype),
        )
        needs_norms = self.plan.clip_norm < np.inf or self.plan.batch_l2 > 0
        self.changes = TrainingState(
            gradient,
            part,
            current.memory,
            current.counters,
            state.rng,
            model.scratch.block_norms() if needs_norms else None,
            model.snapshot.epoch_end(),
        )
        self.progress = TrainingProgress.of(options.epochs, min(options.epochs, _EPOCHS_PER_BLOCK))
        if convergence is not None:
            self.progress.best, self.progress.stale = convergence.best, convergence.stale
        if training.weights is not None:
            self.progress.weight_sums = np.zeros(len(self.progress.losses))
        self.kind = (architecture.compute or architecture.dtype.char, rule)  # dtype.name takes 2 us
        self.n_threads = options.n_threads if architecture.is_builtin else 1
        self.batch_sums = None
        if options.callbacks.on_batch_end is not None:
            self.batch_sums = BatchSums(self.progress, current.counters, training.n)
        is_one_step = options.epochs == 1 and batch_size >= training.n
        self.chooser = chooser(
            self.n_threads,
            architecture.sizes,
            batch_size,
            *self.kind,
            stepwise=self.batch_sums is not None
            or is_one_step
            or not self.keeps_samples  # a call for each batch
            or not self.optimizer.compiled,  # L-BFGS
        )
        stopping, metrics = options.stopping, options.metrics
        self.best = None if stopping is None else BestEpoch(stopping)
        self.best_state: BestState | None = None
        if stopping is not None and stopping.restore != "none":
            self.best_state = BestState(state, model.state_lock)
        self.evaluations: list[tuple[Evaluation, dict[str, list[float]]]] = []
        if metrics:
            of_training, of_held_out = self.history.metrics, self.history.validation_metrics
            for samples, lists in ((training, of_training), (held_out, of_held_out)):
                if samples is not None and (samples is held_out or self.keeps_samples):
                    lists |= {metric.name: [] for metric in metrics}
                    evaluation = Evaluation(model, metrics, samples, options.n_threads)
                    self.evaluations.append((evaluation, lists))
        self.stopped = False  # by a callback
        self.warning: str | None = None

    def go(self) -> History:
        """All epochs, and the calls before and after them."""
        callbacks, options = self.options.callbacks, self.options
        stopped = callbacks.on_train_begin is not None and callbacks.on_train_begin()
        if not stopped:
            self.epochs()
        if callbacks.on_train_end is not None:
            with self.model.state_lock.hold():
                self.model.state.finish_averaging()
            callbacks.on_train_end(self.history)
        if options.epochs == 0 or stopped:
            self.model.snapshot.request_rollback()  # what was only looked at teaches nothing
        return self.history

    def epochs(self) -> None:
        """All epochs: in one go where nobody wants to hear of each."""
        options, reporter = self.options, self.options.reporter
        n_epochs, callbacks = options.epochs, options.callbacks
        hears = callbacks.on_epoch_end is not None or callbacks.on_batch_end is not None
        alone = self.held_out is None and not self.evaluations and reporter is None and not hears
        if n_epochs:  # what is wrong is found before an epoch is spent
            if self.held_out is not None:
                self._validate(options.check_input)
            if self.evaluations:
                self.evaluations[-1][0].try_functions()
        try:
            if reporter is not None:
                reporter.begin(n_epochs, self.n_an_epoch)
            if isinstance(self.optimizer, LBFGS):
                self._minimize(self.optimizer)
            else:
                goes_on = n_epochs > 0
                while goes_on:
                    epoch = self.progress.epochs_done
                    checked = options.check_input and epoch == 0
                    self.train(n_epochs if alone and not checked else epoch + 1, checked)
                    goes_on = (
                        self.progress.epochs_done < n_epochs if alone else self.end_epoch(epoch)
                    )
                    if options.convergence is not None:
                        goes_on = not self._has_converged() and goes_on
        finally:
            if reporter is not None:
                reporter.finish()
        self.steps = int(self.changes.counters[0])
        if self.best_state is not None and self.history.best_epoch is not None:
            self.best_state.restore()

    def _has_converged(self) -> bool:
        """Whether the loss no longer falls, and nothing is to be tried against that."""
        if (convergence := self.options.convergence) is None:
            return False
        convergence.best, convergence.stale = self.progress.best, self.progress.stale
        if not convergence.is_reached:
            return False
        if convergence.goes_on():
            self.progress.stale = convergence.stale = 0
            return False
        return True

    def _minimize(self, optimizer: LBFGS) -> None:
        from fastbp.training.lbfgs import Minimization

        minimization = Minimization(
            self.model,
            self.training,
            self.options,
            self.plan,
            self.data,
            self.changes,
            self.chooser,
            self.history,
            self.progress,
            self.names,
        )
        self.warning = minimization.run(optimizer, self.end_epoch)

    def end_epoch(self, epoch: int) -> bool:
        """Evaluate the network after an epoch and tell of it; whether another one is to come."""
        history, progress = self.history, self.progress
        if progress.first and not self.model.state.is_finite():
            self.fail(_boundary.BAD_W)  # stopped within an epoch, whose end looks at that
        if progress.epochs_done == epoch:
            return False
        if self.held_out is not None:
            validation_loss, validation_accuracy = self._validate(False)
            history.validation_loss.append(validation_loss)
            if self.rates is not None and self.rates.plateau is not None:
                self._follow(validation_loss)
            if self.held_out.y.has_accuracy:
                history.validation_accuracy.append(validation_accuracy)
        for evaluation, lists in self.evaluations:
            for name, value in evaluation.values().items():
                lists[name].append(value)
        if self.best is not None:
            self._look_at(epoch, self.best)
        if self.options.reporter is not None:
            self.options.reporter.epoch_end(history)
        if (notify := self.options.callbacks.on_epoch_end) is not None:
            with self.watching_parameters():
                self.stopped |= notify(epoch, history)
        is_over = self.best is not None and self.best.is_over(epoch)
        return not (self.stopped or is_over) and progress.epochs_done < self.options.epochs

    def _look_at(self, epoch: int, best: BestEpoch) -> None:
        """Let early stopping look at an epoch, and keep its state where it is the best."""
        if best.record(epoch, best.monitored(self.history)):
            if self.best_state is not None:
                self.best_state.keep()
            self.history.best_epoch = epoch

    def train(self, n_epochs: int, check: bool) -> None:
        """Train until so many epochs are done, and enter them into the history.

        The boundary comes back after a bounded slice of work. Epochs that end in the same slice
        share its time evenly.
        """
        n, history, clock = self.training.n, self.history, time.perf_counter()
        progress, losses = self.progress, self.progress.losses
        if check != self.plan.check:
            self.plan = replace(self.plan, check=check)
        while progress.epochs_done < n_epochs:
            if progress.epochs_done == progress.base + len(losses):
                progress.base = progress.epochs_done
                losses[:] = progress.n_correct[:] = 0
                if progress.weight_sums is not None:
                    progress.weight_sums[:] = 0
            before = progress.epochs_done
            progress.n_epochs = min(n_epochs, progress.base + len(losses))
            status = self.train_slice()
            now = time.perf_counter()
            batch = None if self.batch_sums is None else self.batch_sums.end()
            if progress.epochs_done > before:
                done = slice(before - progress.base, progress.epochs_done - progress.base)
                n_done = progress.epochs_done - before
                total = n if progress.weight_sums is None else progress.weight_sums[done]
                history.loss += self._losses(done)
                if self.training.y.has_accuracy:
                    history.accuracy += (progress.n_correct[done] / total).tolist()
                history.learning_rate += progress.rates[done].tolist()
                history.seconds += [(now - clock) / n_done] * n_done
                clock = now
            if status not in (_boundary.FINISHED, _boundary.UNFINISHED):
                self.fail(status)
            if self.options.reporter is not None:
                self.options.reporter.advance(progress.first or n)
            if progress.epochs_done > before and 0 <= self.plan.patience < progress.stale:
                return
            if batch is not None:
                if self._batch_end(*batch):
                    return
                clock += time.perf_counter() - now

    def _losses(self, epochs: slice) -> list[float]:
        """The losses of epochs that are done, by their places in the progress."""
        sums, progress = self.progress.losses[epochs], self.progress
        if self.plan.loss_by_batches or progress.weight_sums is None:
            return list((sums / self.training.n).tolist())
        return list((sums / progress.weight_sums[epochs]).tolist())

    def end_at_whole_epoch(self) -> None:
        """After an exception: enter every whole epoch's loss, and go back to the end of the last.

        An exception in the compiled loop, such as Ctrl-C's, leaves the slice's epochs unreported.
        """
        progress, before = self.progress, len(self.history.loss)
        compared = progress.epochs_done  # those of the slices before
        progress.epochs_done = int(self.changes.counters[1]) - self.epochs_before
        if progress.epochs_done > before:
            new = slice(before - progress.base, progress.epochs_done - progress.base)
            self.history.loss += self._losses(new)
        if (convergence := self.options.convergence) is not None:
            convergence.best, convergence.stale = progress.best, progress.stale
            for loss in self.history.loss[compared:]:
                convergence.follow(loss)
        self.model.snapshot.request_epoch_end()

    def _batch_end(self, step: int, C: float) -> bool:
        """Call on_batch_end; whether it stops the training."""
        call = self.options.callbacks.on_batch_end
        assert call is not None
        with self.watching_parameters():
            self.stopped = call(step, C)
        return self.stopped

    @contextmanager
    def watching_parameters(self) -> Iterator[None]:
        """Let the moving average begin anew where a callback writes parameters in here."""
        state = self.model.state
        if not self.optimizer.ema:
            yield
            return
        before = state.parameters.flat.copy()
        yield
        if not np.array_equal(before, state.parameters.flat):
            with self.model.state_lock.hold():
                state.restart_averaging()
            self.plan = replace(self.plan, averaged_from=state.current.averaged_from)

    def _follow(self, validation_loss: float) -> None:
        assert self.rates is not None
        plateau, state = self.rates.follow(validation_loss), self.model.state
        with self.model.state_lock.hold():
            state.current = replace(state.current, plateau=plateau)

    def train_slice(self) -> int:
        """Train for a bounded slice of work; returns the boundary's number for how it ended."""
        state, progress = self.model.state, self.progress
        epochs_before, first_before = progress.epochs_done, progress.first
        progress.n_threads, progress.slices = self.chooser.next()
        start = time.perf_counter()
        with self.model.state_lock.hold():
            if state.current.optimizer is not self.optimizer:  # net.learning_rate was set
                self.optimizer = state.current.optimizer
                self.plan = replace(self.plan, numbers=self.optimizer.numbers)
            if self.rates is not None:
                step = int(state.current.counters[0]) + 1
                self.plan = self.rates.extend(self.plan, step)
            if self.batch_sums is not None:
                self.batch_sums.begin()
            status = self.model.program.run(self.plan, self.data, self.changes, progress)
        samples = (progress.epochs_done - epochs_before) * self.training.n
        samples += progress.first - first_before
        costs = time.perf_counter() - start - progress.seconds
        self.chooser.record(progress.n_threads, progress.seconds, samples, costs, progress.waited)
        return status

    def fail(self, status: int) -> NoReturn:
        """Go back to the last good moment, and say what was wrong."""
        progress, data = self.progress, self.data
        if status in (_boundary.BAD_X, _boundary.BAD_Y):
            self.model.snapshot.request_rollback()
            order = data.rows if data.order is None else data.order
            raise bad_value(self.training, status, progress.bad, order, self.names)
        last_finite, epoch = float("nan"), progress.epochs_done - progress.base
        weights = None if self.plan.loss_by_batches else progress.weight_sums
        if total := progress.first if weights is None else weights[epoch]:
            last_finite = float(progress.losses[epoch] / total)
        elif self.history.loss:
            last_finite = self.history.loss[-1]
        raise self._divergence(last_finite)

    def _divergence(self, last_finite: float) -> DivergenceError:
        """The error, which no frame of this run may hold on to: it holds the frames."""
        error = DivergenceError(
            self.progress.epochs_done,
            last_finite,
            self.optimizer.learning_rate,
            self.options.check_input,
        )
        if isinstance(loss := self.model.architecture.loss, Loss):
            error.add_note(
                f"The loss is {loss!r}, your own: its value may be NaN or infinite where a and y "
                f"are not. net.loss.value(net.predict(X), y) shows the rows; keep roots, "
                f"logarithms and quotients away from 0"
            )
        return error

    def _validate(self, check: bool) -> tuple[float, float]:
        assert self.held_out is not None
        X, y, rows, n, weights, *_ = self.held_out
        status, loss, correct, bad = self.model.program.gradients(
            X,
            y.array,
            rows,
            None,
            None,
            check,
            y.count_id,
            weights,
            self.model.state.averaged_parameters,
            clip=self.plan.clip,
        )
        loss *= self.plan.loss_factor
        if status != _boundary.FINISHED:
            self.model.snapshot.request_rollback()
            raise bad_value(self.held_out, status, bad, rows, self.names, "validation ")
        return (loss / n, correct / n) if weights is None else (loss, correct)
