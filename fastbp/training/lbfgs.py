"""A fit by L-BFGS: SciPy's minimizer over the parameters, an epoch for each of its iterations."""

import time
from collections.abc import Callable
from dataclasses import fields
from typing import Any

import numpy as np

from fastbp import _boundary
from fastbp.errors import DivergenceError
from fastbp.inputs import Array
from fastbp.model.model import Model
from fastbp.model.parameters import Parameters
from fastbp.model.training_plan import TrainingData, TrainingPlan, TrainingProgress, TrainingState
from fastbp.optimizers import LBFGS
from fastbp.text.formatting import plural
from fastbp.training.history import History
from fastbp.training.options import Options
from fastbp.training.samples import Samples, bad_value
from fastbp.training.thread_trials import Chooser

#: What of a plan and of data is known here; of all else the default alone is right.
_TAKES = (
    *("rule", "numbers", "batch_size", "l2", "learns_biases", "shuffle"),
    *("check", "count", "counts_epochs", "fast_paths", "averaged_from"),
    *("X", "y", "rows", "order", "weights"),
)
#: ftol where none is given: SciPy's own, and about the rounding error of C.
_FTOL = {"float64": 2.2e-9, "float32": 1e-7}


class _EndOfFitError(Exception):
    """The fit has ended by its epochs, early stopping or a callback.

    Or by a StopIteration of a callback, the cause, by which SciPy would understand an end.
    """

    def __init__(self, cause: StopIteration | None = None) -> None:
        super().__init__()
        self.cause = cause


class Minimization:
    """One fit: C + l2/2 sum w_jk^2 as a function of float64 variables, and where SciPy stands.

    The variables are the parameters that training changes, in the order of ``net.parameters``.
    Points that a line search tries are in an array of their own: the network has whole iterates
    only.
    """

    def __init__(
        self,
        model: Model,
        training: Samples,
        options: Options,
        plan: TrainingPlan,
        data: TrainingData,
        changes: TrainingState,
        chooser: Chooser,
        history: History,
        progress: TrainingProgress,
        names: tuple[str, ...] | None,
    ) -> None:
        _refuse(model, options, plan, data)
        self._model, self._training, self._options = model, training, options
        self._l2, self._changes, self._chooser = plan.l2, changes, chooser
        self._history, self._progress, self._names = history, progress, names
        architecture, layout = model.architecture, model.layout
        self._trial = layout.zeros()
        place_of = np.arange(layout.total)
        learns_biases = architecture.bias is True
        parts = list(Parameters(layout, learns_biases, place_of).parts())
        self._places = np.concatenate([part.ravel() for _, part in parts])
        self._is_weight = np.concatenate([np.full(part.size, n[0] == "w") for n, part in parts])
        self._check = False

    def run(self, optimizer: LBFGS, end_epoch: Callable[[int], bool]) -> str | None:
        """Minimize; ``end_epoch`` is called after each iteration. Returns a warning's text."""
        try:
            from scipy.optimize import minimize
        except ImportError as error:
            raise ImportError('LBFGS needs SciPy: pip install "fastbp[scipy]"') from error
        if self._options.epochs == 0:
            return None
        self._check = self._options.check_input
        self._end_epoch, self._clock = end_epoch, time.perf_counter()
        live = self._model.state.parameters.flat
        self._trial[:] = live
        name = self._model.architecture.dtype.name
        ftol = _FTOL[name] if optimizer.ftol is None else optimizer.ftol
        limits = {
            "maxcor": optimizer.history_size,
            "ftol": ftol,
            "gtol": optimizer.gtol,
            "maxiter": self._options.epochs,
            "maxfun": 100 * self._options.epochs,  # no limit: a line search makes 20 at most
        }
        try:
            result = minimize(
                self._objective,
                live[self._places].astype(np.float64),
                jac=True,
                method="L-BFGS-B",
                callback=self._end_iteration,
                options=limits,
            )
        except _EndOfFitError as end:
            if end.cause is not None:
                raise end.cause from None
            return None
        done = self._progress.epochs_done
        if result.status == 0:
            is_flat = np.abs(result.jac).max(initial=0) <= optimizer.gtol
            self._history.message = f"converged in {plural(done, 'iteration')}: " + (
                f"no |dC/dw| is above gtol={optimizer.gtol:g}"
                if is_flat
                else f"the last one lowered C by no more than ftol={ftol:g}"
            )
            return None
        self._history.message = (
            f"LBFGS ended after {done} of {self._options.epochs} iterations without having "
            f"converged: its line search found no lower C. "
            + (
                "In float32 C has some 7 digits, and its last ones are noise: build the network "
                'with dtype="float64", or stop earlier by a larger ftol or gtol'
                if name == "float32"
                else "C is as low as its rounding allows (stop earlier by a larger ftol or gtol), "
                "or has kinks, such as relu's, or an activation of your own has a wrong derivative"
            )
        )
        return self._history.message

    def _objective(self, x: Array) -> tuple[float, Array]:
        """C + l2/2 sum w_jk^2 and its gradient."""
        samples, changes, n = self._training, self._changes, self._training.n
        flat = self._trial
        with np.errstate(over="ignore", under="ignore"):
            flat[self._places] = x
        n_threads, _ = self._chooser.next()
        start = time.perf_counter()
        status, C, n_correct, bad = self._model.program.gradients(
            samples.X,
            samples.y.array,
            samples.rows,
            changes.gradient,
            changes.part,
            self._check,
            samples.y.count_id,
            samples.weights,
            parameters=flat,
            n_threads=n_threads,
        )
        self._chooser.record(n_threads, time.perf_counter() - start, n)
        if status != _boundary.FINISHED:
            self._model.snapshot.request_rollback()
            raise bad_value(samples, status, bad, samples.rows, self._names)
        self._check = False
        if samples.weights is None:
            C, n_correct = C / n, n_correct / n
        self._at, self._C, self._accuracy = x.copy(), C, n_correct
        w = np.where(self._is_weight, flat[self._places].astype(np.float64), 0)
        with np.errstate(over="ignore", invalid="ignore"):
            value = C + self._l2 / 2 * float(w @ w)
            slope = changes.gradient[self._places].astype(np.float64) / n + self._l2 * w
        if not (np.isfinite(value) and np.isfinite(slope).all()):
            loss = self._history.loss[-1] if self._history.loss else float("nan")
            raise DivergenceError(self._progress.epochs_done, loss, None, self._options.check_input)
        return value, slope

    def _end_iteration(self, xk: Array) -> None:  # SciPy goes by the argument's name
        """Enter an iterate into the network and the history, and end the epoch."""
        if not np.array_equal(xk, self._at):
            self._objective(xk)
        state, trial = self._model.state, self._trial
        flat, counters = state.parameters.flat, self._changes.counters
        assert self._changes.snapshot is not None
        with self._model.state_lock.hold():
            if self._progress.epochs_done:
                storage, _, counters_then = self._changes.snapshot
                _boundary.replace_all([(storage, flat), (counters_then, counters)])
            _boundary.replace_all([(flat, trial), (counters, counters + 1)])
        history = self._history
        history.loss.append(float(self._C))
        if self._training.y.has_accuracy:
            history.accuracy.append(float(self._accuracy))
        history.seconds.append(time.perf_counter() - self._clock)
        self._progress.epochs_done += 1
        try:
            goes_on = self._end_epoch(self._progress.epochs_done - 1)
        except StopIteration as error:
            raise _EndOfFitError(error) from None
        if not goes_on:
            raise _EndOfFitError
        if not np.array_equal(flat, trial):
            raise RuntimeError(
                "LBFGS cannot go on from parameters that were changed while it trains: return True "
                "from the callback to end this fit, and call fit again"
            )
        self._clock = time.perf_counter()


def _refuse(model: Model, options: Options, plan: TrainingPlan, data: TrainingData) -> None:
    """ValueError for what L-BFGS cannot train with."""
    if any(model.architecture.dropout):
        raise ValueError(
            "LBFGS cannot train with dropout, which gives another C at each evaluation: use l2, or "
            "another optimizer"
        )
    if options.callbacks.on_batch_end is not None:
        raise ValueError(
            "LBFGS takes no batches: a callback's on_batch_end cannot be called; use on_epoch_end, "
            "or another optimizer"
        )
    if data.softening is not None:
        what = "label_smoothing" if options.label_smoothing else "class_weight on soft labels"
        raise ValueError(f"LBFGS cannot train with {what}: use another optimizer")
    of_plan, of_data = ([(given, field) for field in fields(given)] for given in (plan, data))
    for given, option in of_plan + of_data:
        value: Any = getattr(given, option.name)
        if option.name not in _TAKES and np.any(value != option.default):
            raise ValueError(f"LBFGS cannot train with {option.name}: use another optimizer")
