"""The warning after a fit that learnt nothing: that it did, why as far as a look tells, what to do.

A network whose loss ends where a constant output's lies has failed, and its history alone does not
show it: 0.66 looks like any other loss. The constant's loss is known from the targets, so the
comparison costs some microseconds; only where it is not clearly won are some rows looked at for
causes.
"""

import warnings
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from fastbp import _boundary
from fastbp.errors import TrainingWarning
from fastbp.inputs import Array, spread_rows
from fastbp.model.model import Model
from fastbp.training import failure_causes
from fastbp.training.constant_output import Moments, constant_loss, least_loss, moments
from fastbp.training.failure_causes import Cause
from fastbp.training.history import History
from fastbp.training.samples import Samples

#: Steps before anything is said of a network, and before anything is expected of one that nothing
#: is seen to hinder. With the defaults, 10 epochs of 150 rows are 50 steps, of 569 rows 180.
FEW_STEPS, _ENOUGH_STEPS = 20, 100
#: Samples, and samples times weights (and what a sample costs besides), of a fit that takes some
#: hundred times as long as the look for causes: 2 ms, and 9 ms for 784-512-512-10.
_MANY_SAMPLES, _LONG = 3 * 10**5, 4 * 10**9
_WEIGHTS_A_SAMPLE = 800
#: A loss within 1% of the constant's is not clearly better: what is less is noise as often as not.
_CLEARLY = 0.99
#: Below this share of what some of the targets say, more of them need not be counted.
_SAFELY = 0.8
#: Where a quarter of a layer is dead on columns of unlike ranges, C may be well below the
#: constant's and the network still far from what it could be. (Of 40 networks on the raw columns of
#: breast_cancer, with Adam, C ended at 0.36 to 2.6 times the constant's; at 0.1 on scaled ones.)
_FAR_BETTER = 1 / 3
#: Of the square of a constant target: an output that is farther off has not come near it.
_FAR_OFF = 0.01
#: An epoch that lowers C by less than this share gets nowhere.
_FALLS = 0.02
#: Numbers in y that are counted in no time, and rows of it where there are more. So many that a
#: constant's loss is known to 1%: its deviation is some sqrt(2 / 65,536) of it.
_FEW_TARGETS, _SOME_TARGETS, _MANY_TARGETS = 8192, 512, 65_536
_SOME_ROWS = 256
#: Rows looked at after a fit that was no failure: one for so many samples' steps, from so many on.
_STEPS_A_ROW, _FEWEST_ROWS, _MOST_ROWS = 100, 32, 64


def warn_if_no_better_than_constant(
    model: Model,
    samples: Samples,
    history: History,
    *,
    steps_before: int,
    learning_rate: float,
    l2: float,
    stacklevel: int,
) -> None:
    """Give one TrainingWarning if a fit has ended no better than a constant output.

    Parameters
    ----------
    model, samples, history
        The network after the fit, what it was trained on, and what came of it.
    steps_before : int
        The steps it had taken with this optimizer before.
    learning_rate : float
        Nothing is expected of a rate of 0.
    l2 : float
        The penalty, which may be a cause.
    stacklevel : int
        As ``warnings.warn`` takes it, counted from here: that of the caller of ``fit``.
    """
    if not history.loss or learning_rate == 0 or not _is_due(model, samples, history, steps_before):
        return
    if _is_ignored(TrainingWarning):
        return
    try:
        with np.errstate(all="ignore"):  # a comparison is not worth an error after a fit
            message = _verdict(model, samples, history, l2)
    except (IndexError, ValueError, MemoryError):
        return  # arrays that another thread has changed meanwhile: the fit itself has gone well
    if message:
        warnings.warn(message, TrainingWarning, stacklevel=stacklevel)


def _is_due(model: Model, samples: Samples, history: History, before: int) -> bool:
    """Whether a fit has taken enough steps to be looked at.

    A loop of short fits is one training: it is looked at when its steps are enough, and each time
    that they have doubled. So ten thousand fits of four rows take no longer than they did.
    """
    steps = model.state.steps
    if (steps // FEW_STEPS).bit_length() > (before // FEW_STEPS).bit_length():
        return True
    trained = samples.n * len(history.loss)
    weights = len(model.state.parameters.flat) + _WEIGHTS_A_SAMPLE
    is_long = trained >= _MANY_SAMPLES and trained * weights >= _LONG
    return is_long and steps - before >= FEW_STEPS


def _is_ignored(category: type[Warning]) -> bool:
    """Whether all warnings of a kind are filtered out: whoever does that need not wait for them."""
    for action, text, of, module, line in warnings.filters:
        if text is None and module is None and line == 0 and issubclass(category, of):
            return action == "ignore"
    return False


def _verdict(model: Model, samples: Samples, history: History, l2: float) -> str:
    """The warning's text, or nothing."""
    y, loss, n_L = samples.y.array, model.architecture.loss, model.architecture.sizes[-1]
    C = history.loss[-1 if history.best_epoch is None else history.best_epoch]
    few = samples.n * n_L <= _FEW_TARGETS
    some = _spread(samples, samples.n if few else _SOME_TARGETS)
    of_some = moments(y, n_L, some)
    end = _End(
        C,
        constant_loss(loss, of_some, of_some.best),
        least_loss(loss, y, some),
    )
    if unreachable := failure_causes.targets_outside(model, y, some, end.constant):
        return _text(model, end, [unreachable])
    if end.share < _SAFELY:
        return _what_hinders(model, samples, history, end)
    of_all = moments(
        y,
        n_L,
        _spread(samples, _MANY_TARGETS // n_L + 1),
    )
    end = end._replace(constant=constant_loss(loss, of_all, of_all.best))
    # Where all targets are the same, a constant is all that can be learnt; a large one takes long.
    square = float(np.square(of_all.best).sum())
    if end.constant - end.least <= 1e-12 * square:
        far = end.C > _FAR_OFF * square > 1
        large = failure_causes.of_targets(model, of_all, end.C, end.constant)
        return _text(model, end, large) if far and large else ""
    if end.share < _CLEARLY:
        return _what_hinders(model, samples, history, end)
    # The history has C before each update; what counts is what the weights of now get.
    rows = _spread(samples, _SOME_ROWS)
    now = _share_now(model, samples, rows, of_all)
    if not now >= _CLEARLY:
        return ""
    reasons = failure_causes.of_equal_rows(samples.X[rows]) or _of_inputs(model, samples, rows)
    reasons += failure_causes.of_weights(model, l2) + failure_causes.of_targets(
        model, of_all, end.C, end.constant
    )
    reasons += failure_causes.of_nodes(model, samples.X[rows], reasons)
    if not reasons and model.state.steps < _ENOUGH_STEPS:
        return ""
    reasons = reasons or failure_causes.of_biases(model, end.C, end.constant)
    reasons = reasons or failure_causes.of_steps(model, end.C, of_all)
    if not reasons:
        falls = now < (1 - _FALLS) * end.share
        if falls and len(history.loss) == 1:
            return ""  # it has only begun
        if falls or history.loss[-1] < (1 - _FALLS) * history.loss[-2:][0]:
            reasons = [Cause("C was still falling", "train longer, or with a larger learning_rate")]
    return _text(model, end, reasons)


class _End(NamedTuple):
    """C at the end of a fit, that of the best constant, and the least that there is."""

    C: float
    constant: float
    least: float

    @property
    def share(self) -> float:
        """What is left of a constant's excess over the least: 1 where nothing was learnt."""
        most = self.constant - self.least
        return (self.C - self.least) / most if most > 0 else np.inf


def _what_hinders(model: Model, samples: Samples, history: History, end: _End) -> str:
    """The text after a fit that has learnt something, where much keeps it from learning more."""
    count = min(_MOST_ROWS, samples.n * len(history.loss) // _STEPS_A_ROW)
    if end.share < _FAR_BETTER or count < _FEWEST_ROWS:
        return ""
    rows = _spread(samples, count)
    inputs = _of_inputs(model, samples, rows)
    nodes = failure_causes.of_nodes(model, samples.X[rows], inputs) if inputs else []
    return _text(model, end, inputs + nodes) if nodes else ""


def _of_inputs(model: Model, samples: Samples, rows: Array) -> list[Cause]:
    X = np.asarray(samples.X[rows], np.float64)
    return failure_causes.of_inputs(X, model.state.learned.feature_names)


def _text(model: Model, end: _End, reasons: list[Cause]) -> str:
    what = (
        "the mean of y"
        if model.state.learned.target_kind == "numbers"
        else "the shares of the classes"
    )
    head = (
        "this fit has gone worse than it could"
        if end.share < _CLEARLY
        else "after this fit the network is no better than a constant output"
    )
    head += f": C ended at {end.C:.4g}, and answering {what} for every row gets {end.constant:.4g}"
    if not reasons:
        other = "" if model.state.current.optimizer.name == "adam" else " or optimizer='adam'"
        return (
            f"{head}. A look at some rows shows no cause: it may be that X says nothing about y. "
            f"If it does, train longer, or try another learning_rate{other} or seed"
        )
    seen = ". ".join(cause.text for cause in reasons)
    remedies = "; ".join(dict.fromkeys(cause.remedy for cause in reasons))
    return f"{head}. {seen}. What helps: {remedies}"


def _spread(samples: Samples, count: int) -> Array:
    """So many rows, all over the samples and in step with no pattern in them."""
    rows = _spread_numbers(samples.n, count)
    return rows if samples.rows is None else np.asarray(samples.rows[rows])


@lru_cache(maxsize=4)
def _spread_numbers(n: int, count: int) -> Array:
    return np.arange(n) if count >= n else spread_rows(n, count)


def _share_now(model: Model, samples: Samples, rows: Array, of_all: Moments) -> float:
    """The share of :class:`_End` of some rows now, with the best constant of all rows."""
    y, loss, n_L = samples.y.array, model.architecture.loss, model.architecture.sizes[-1]
    status, C, _, _ = model.program.gradients(samples.X, y, rows, None, None, False)
    if status != _boundary.FINISHED:
        return float("nan")
    constant = constant_loss(loss, moments(y, n_L, rows), of_all.best)
    return _End(C / len(rows), constant, least_loss(loss, y, rows)).share
