"""Training by "sgd" and "adam": epochs as scikit-learn has them, in the compiled loop."""

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from fastbp.errors import DivergenceError
from fastbp.inputs import Array
from fastbp.sklearn import target_scale
from fastbp.sklearn.choices import clip_of, loss_factor
from fastbp.sklearn.class_weights import with_class_weights
from fastbp.sklearn.engine import Engine
from fastbp.sklearn.held_out import HeldOut
from fastbp.sklearn.own_callbacks import OwnCallbacks
from fastbp.sklearn.plain_arrays import aligned
from fastbp.sklearn.solvers import (
    STACK_LEVEL,
    adopt_memory,
    batch_size_of,
    optimizer_of,
    schedule_of,
)
from fastbp.sklearn.targets import as_targets
from fastbp.sklearn.task_run import TaskRun
from fastbp.sklearn.validation_data import ValidationCurve, validation_rows
from fastbp.training.callbacks import Callbacks
from fastbp.training.convergence import Convergence
from fastbp.training.fit import Run
from fastbp.training.history import History
from fastbp.training.options import Options
from fastbp.training.samples import Samples

#: Of scikit-learn, which has it for parameters that are not finite.
DIVERGED = (
    "Solver produced non-finite parameter weights. The input data may contain large values and "
    "need to be preprocessed."
)


def fit_stochastic(
    estimator: Any, X: Any, y: Array, sample_weight: Array | None, incremental: bool
) -> None:
    """Train; ``incremental`` is one epoch of a ``partial_fit``."""
    if estimator.early_stopping and incremental:
        raise ValueError("partial_fit does not support early_stopping=True")
    engine = estimator._training_engine(np.result_type(*estimator.coefs_))
    Training(estimator, engine, X, y, sample_weight, incremental).run()


@dataclass(slots=True, eq=False, repr=False)
class AdaptiveConvergence(Convergence):
    """scikit-learn's end of a fit: its optimizer decides, and may go on with a smaller rate."""

    training: "Training | None" = None

    def goes_on(self) -> bool:
        """Ask the optimizer, which prints what it does where that is wanted."""
        assert self.training is not None
        return not self.training.is_over("Training loss")


class Training:
    """One call of fit or partial_fit, and what scikit-learn's attributes get from it."""

    def __init__(
        self,
        estimator: Any,
        engine: Engine,
        X: Any,
        y: Array,
        sample_weight: Array | None,
        incremental: bool,
    ) -> None:
        self.estimator, self.engine, self.incremental = estimator, engine, incremental
        self.state = engine.model.state
        is_new = not incremental or not hasattr(estimator, "_optimizer")
        if is_new:
            estimator._optimizer = schedule_of(estimator)
            self.state.restart()
        if not incremental:  # a fit that goes on from another has marks of its own
            _reset_marks(estimator)
        self.state.rng = np.random.Generator(estimator._random_state._bit_generator)
        #: The number type of a loss, as scikit-learn has it.
        self.loss_type = estimator._loss_type(X, y, sample_weight)
        validation = validation_rows(estimator)
        self.held_out = HeldOut.of(estimator, X, y, sample_weight, validation)
        rows = None if self.held_out is None else self.held_out.training_rows
        weights = None if sample_weight is None else _checked_weights(sample_weight)
        weights = with_class_weights(estimator, y, rows, weights)
        y = target_scale.standardized(estimator, y, rows, weights)
        if self.held_out is not None:
            self.held_out.y = target_scale.of_y(estimator, self.held_out.y)
        self.curve = ValidationCurve(estimator, validation, self.loss_type, incremental)
        n = X.shape[0] if rows is None else len(rows)
        self.samples = Samples(estimator._rows_of(X), as_targets(y), rows, n, weights)
        self.epochs_done = self.n_scored = 0
        self.is_stopped = self.is_restored = False
        #: The parameters of the best validation score.
        self.best = None if self.held_out is None else self.state.parameters.flat.copy()
        batch_size = batch_size_of(estimator, n)
        self.tasks = estimator._tasks
        self.own = None if estimator.callbacks is None else OwnCallbacks(estimator, self)
        hears = self.tasks is not None or (self.own is not None and self.own.hear_epochs)
        epoch_end = self._hear if hears or self.held_out is not None or estimator.verbose else None
        optimizer = optimizer_of(estimator, n, batch_size, is_new)
        if not is_new and not self.state.current.memory:
            adopt_memory(estimator, self.state, optimizer)
        self.options = Options(
            1 if incremental else int(estimator.max_iter),  # which True is, too
            batch_size,
            optimizer,
            shuffle=estimator.shuffle,
            n_threads=estimator._most_threads(),
            callbacks=Callbacks(on_epoch_end=epoch_end)
            if self.own is None
            else self.own.with_epoch_end(epoch_end),
            check_input=False,
            batch_l2=float(estimator.alpha),
            clip=clip_of(estimator, engine.model.architecture.dtype),
            loss_by_batches=True,
            loss_factor=loss_factor(estimator),
            continues_order=True,
            convergence=None
            if self.held_out is not None
            else AdaptiveConvergence(
                float(estimator.tol),
                float(estimator.n_iter_no_change),
                np.inf if estimator.best_loss_ is None else float(estimator.best_loss_),
                estimator._no_improvement_count,
                self,
            ),
        )

    def run(self) -> None:
        """Train, and set the attributes, also where the training is cut short."""
        estimator, model = self.estimator, self.engine.model
        history = History()
        estimator.n_iter_ = 0
        try:
            with model.training_lock.claim("fit", model.snapshot):
                arguments = model, self.samples, self.curve.samples, self.options
                if self.tasks is None:
                    run = Run(*arguments)
                else:
                    run, self.tasks.best = TaskRun(self.tasks, *arguments), self.best
                history = run.history
                try:
                    run.go()
                except BaseException:
                    run.end_at_whole_epoch()
                    self.is_restored = False
                    self._record(history)
                    self.curve.fill(self.epochs_done)
                    if self.n_scored < self.epochs_done:  # cut short at the epoch's very end
                        self._score()
                    raise
        except DivergenceError as error:
            if self.best is None:
                if "_is_initialized" in vars(estimator):  # first weights are no fit
                    del estimator.coefs_, estimator.intercepts_
                raise ValueError(DIVERGED) from error
            self._record(history)
            self._record_divergence()
            if self.tasks is not None:
                self.tasks.cut_short()
        finally:
            self._record_convergence()
            self._record(history)
            self._restore_best()
            # These refer to this object. Without them it is freed at once, and X and y with it.
            del self.options, self.own
        if not self.is_stopped and not self.incremental and self.epochs_done == estimator.max_iter:
            warnings.warn(
                f"Stochastic Optimizer: Maximum iterations ({estimator.max_iter}) reached and the "
                "optimization hasn't converged yet.",
                ConvergenceWarning,
                stacklevel=STACK_LEVEL,
            )

    def is_over(self, what: str) -> bool:
        """Whether training ends; else it goes on with the rate that the optimizer has now."""
        estimator, optimizer = self.estimator, self.estimator._optimizer
        message = (
            f"{what} did not improve more than tol={estimator.tol:f} for "
            f"{estimator.n_iter_no_change:d} consecutive epochs."
        )
        self.is_stopped |= optimizer.trigger_stopping(message, estimator.verbose)
        if not self.is_stopped:
            self.state.set_learning_rate(optimizer.learning_rate)
        return self.is_stopped

    # ---------------------------------------------------------------- after epochs

    def _record(self, history: History) -> None:
        """Enter the epochs that are not yet in the attributes."""
        estimator, losses = self.estimator, history.loss[self.epochs_done :]
        if not losses:
            return
        self.epochs_done = estimator.n_iter_ = len(history.loss)
        estimator.loss_curve_ += [self.loss_type(loss) for loss in losses]
        estimator.loss_ = estimator.loss_curve_[-1]
        self.curve.extend(history)
        estimator.t_ += self.samples.n * len(losses)
        estimator._optimizer.iteration_ends(estimator.t_)
        self._record_convergence()

    def _record_convergence(self) -> None:
        """Enter the least loss, which a callback at an epoch's end does not yet find compared."""
        if (convergence := self.options.convergence) is not None and self.epochs_done:
            self.estimator.best_loss_ = self.loss_type(convergence.best)
            self.estimator._no_improvement_count = convergence.stale

    def _hear(self, epoch: int, history: History) -> bool:
        """Look at an epoch, and let callbacks; whether it is the last one."""
        is_last = self._epoch_end(history)
        if self.own is not None and self.own.epoch_end(epoch, history):
            is_last = True
        if self.tasks is not None:
            self.tasks.best = self.best
            if self.tasks.end():
                self.is_stopped = is_last = True
        return is_last

    def _restore_best(self) -> None:
        """Go back to the best validation score, once."""
        if self.best is not None and not self.is_restored:
            self.engine.model.state.parameters.flat[:] = self.best
            self.is_restored = True

    def stop(self) -> None:
        """End the training at a callback's word, which is no lack of convergence."""
        self.is_stopped = True

    def finish(self, history: History) -> None:
        """Let the estimator be what the fit comes to, for callbacks at its end."""
        self._record(history)
        self._restore_best()

    def _epoch_end(self, history: History) -> bool:
        """Print what is asked for, and let early stopping look at the validation score."""
        estimator = self.estimator
        self._record(history)
        if estimator.verbose:
            print(f"Iteration {estimator.n_iter_}, loss = {estimator.loss_:.8f}")
        if self.held_out is None:
            return False
        self._score()
        if estimator._no_improvement_count > estimator.n_iter_no_change:
            if self.is_over("Validation score"):
                return True
            estimator._no_improvement_count = 0
        return False

    def _score(self) -> None:
        """Score the held-out rows, and keep the parameters where they are the best."""
        if self.held_out is None:
            return
        estimator, parameters = self.estimator, self.state.averaged_parameters
        score = self.held_out.score(self.engine.model, parameters)
        estimator.validation_scores_.append(score)
        if estimator.verbose:
            print(f"Validation score: {score:f}")
        best = estimator.best_validation_score_
        estimator._no_improvement_count += 1
        if not score < best + estimator.tol:
            estimator._no_improvement_count = 0
        if score > best:
            estimator.best_validation_score_ = score
            self.best = parameters.copy()
        self.n_scored = self.epochs_done

    def _record_divergence(self) -> None:
        """Enter the epoch that was not finite, which ends the training."""
        estimator = self.estimator
        estimator.loss_curve_.append(self.loss_type("nan"))
        estimator.validation_scores_.append(float("nan"))
        self.curve.fill(self.epochs_done + 1)
        estimator.n_iter_ += 1
        estimator.t_ += self.samples.n
        estimator.loss_ = estimator.loss_curve_[-1]
        warnings.warn(
            f"Stochastic Optimizer: the loss of epoch {estimator.n_iter_} was not finite; training "
            f"ended, and the weights are those of the best validation score. Scale X and y, or "
            f"lower learning_rate_init.",
            ConvergenceWarning,
            stacklevel=STACK_LEVEL + 1,
        )


def _reset_marks(estimator: Any) -> None:
    """Let a fit compare its own epochs; the curves go on where it is a warm start."""
    estimator._no_improvement_count = 0
    if estimator.early_stopping:
        estimator.best_loss_, estimator.best_validation_score_ = None, -np.inf
        estimator.validation_scores_ = estimator.validation_scores_ or []
    else:
        estimator.best_loss_, estimator.best_validation_score_ = np.inf, None
        estimator.validation_scores_ = None


def _checked_weights(sample_weight: Array) -> Array:
    """Weights, which scikit-learn has looked at, as the kernels read them."""
    weights = aligned(np.ascontiguousarray(sample_weight, np.float64))
    if not weights.any():
        raise ValueError("sample_weight must be above 0 for some sample, got 0 for all of them")
    return weights
