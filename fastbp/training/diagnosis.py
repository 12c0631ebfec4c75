"""The TrainingWarning after a fit whose loss is no better than that of a constant output.

A network whose loss ends where a constant output's lies has failed, and its history alone does not
show it: 0.66 looks like any other loss. The constant's loss follows from the targets, so the
comparison costs some microseconds; only if the fit is not clearly better, a sample of rows is
checked for causes.
"""

import warnings
from functools import lru_cache

import numpy as np

from fastbp import _boundary
from fastbp.errors import TrainingWarning
from fastbp.inputs import Array, SparseRows, spread_rows
from fastbp.model.model import Model
from fastbp.training import failure_causes
from fastbp.training.constant_output import (
    Losses,
    WeightedTargets,
    best_constant,
    loss_of_outputs,
    weighted,
)
from fastbp.training.findings import Finding
from fastbp.training.history import History
from fastbp.training.samples import Samples

#: Steps before a warning with a known cause, and before one without. With the defaults, 10 epochs
#: of 150 rows are 50 steps, of 569 rows 180.
FEW_STEPS, ENOUGH_STEPS = 20, 100
#: Samples, and samples times weights (and what a sample costs besides), of a fit that takes some
#: hundred times as long as the checks for causes: 2 ms, and 9 ms for 784-512-512-10.
_MANY_SAMPLES, _LONG = 3 * 10**5, 4 * 10**9
_WEIGHTS_A_SAMPLE = 800
#: A loss within 1% of the constant's is not clearly better: what is less is noise as often as not.
_CLEARLY = 0.99
#: Below this share, estimated from some of the targets, no more of them are counted.
SAFELY = 0.8
#: Where a quarter of a layer is dead on columns of unlike ranges, C may be well below the
#: constant's and the network still far from what it could be. (Of 40 networks on the raw columns of
#: breast_cancer, with Adam, C ended at 0.36 to 2.6 times the constant's; at 0.1 on scaled ones.)
_FAR_BETTER = 1 / 3
#: Of the square of a constant target: an output that is farther off has not come near it.
_FAR_OFF = 0.01
#: An epoch that lowers C by less than this share counts as no progress.
_FALLS = 0.02
#: Numbers in y up to which all are read, rows of it where there are more, and numbers from which a
#: constant's loss is known to 1%: its deviation is some sqrt(2 / 65,536) of it.
_FEW_TARGETS, _SOME_TARGETS, _MANY_TARGETS = 8192, 512, 65_536
_SOME_ROWS = 256
#: Rows checked after a fit that did not fail: one for so many samples trained, at least, at most.
_STEPS_A_ROW, _FEWEST_ROWS, _MOST_ROWS = 100, 32, 64
#: Numbers of sparse rows that are made dense to be looked at.
_MOST_DENSE = 1 << 22
#: The steps of the sum of weights among which rows are drawn by weight.
_STEPS = 1 << 40


def warn_if_no_better_than_constant(
    model: Model,
    samples: Samples,
    history: History,
    *,
    steps_before: int,
    steps: int,
    restored: int | None,
    learning_rate: float,
    l2: float,
    stacklevel: int,
) -> None:
    """Give one TrainingWarning if a fit has ended no better than a constant output.

    Parameters
    ----------
    model, samples, history
        The network after the fit, its training samples, and the history.
    steps_before, steps : int
        The steps that it had taken with this optimizer before, and at the end of training.
    restored : int or None
        The epoch whose state was restored then.
    learning_rate : float
        Nothing is expected of a rate of 0.
    l2 : float
        The penalty, which may be a cause.
    stacklevel : int
        As ``warnings.warn`` takes it, counted from here: that of the caller of ``fit``.
    """
    samples = samples.counted()
    if (
        not history.loss
        or learning_rate == 0
        or not _is_due(model, samples, history, steps_before, steps)
    ):
        return
    if _is_ignored(TrainingWarning):
        return
    try:
        with np.errstate(all="ignore"):  # a comparison is not worth an error after a fit
            message = _verdict(model, samples, history, l2, steps, restored)
    except (IndexError, ValueError, MemoryError):
        return  # another thread has changed the arrays; the fit itself succeeded
    if message:
        warnings.warn(message, TrainingWarning, stacklevel=stacklevel)


def _is_due(
    model: Model, samples: Samples, history: History, steps_before: int, steps: int
) -> bool:
    """Whether a fit has taken enough steps to be looked at.

    A loop of short fits is one training: it is looked at when its steps are enough, and each time
    that they have doubled. So ten thousand fits of four rows take no longer than they did.
    """
    if (steps // FEW_STEPS).bit_length() > (steps_before // FEW_STEPS).bit_length():
        return True
    n_trained = samples.n * len(history.loss)
    weights = len(model.state.parameters.flat) + _WEIGHTS_A_SAMPLE
    is_long = n_trained >= _MANY_SAMPLES and n_trained * weights >= _LONG
    return is_long and steps - steps_before >= FEW_STEPS


def _is_ignored(category: type[Warning]) -> bool:
    """Whether a filter ignores all warnings of a category, so that the checks can be skipped."""
    for action, message, kind, module, line in warnings.filters:
        if message is None and module is None and line == 0 and issubclass(category, kind):
            return action == "ignore"
    return False


def _verdict(
    model: Model, samples: Samples, history: History, l2: float, steps: int, restored: int | None
) -> str:
    """The warning's text, or nothing."""
    loss, n_L = model.architecture.named_loss, model.architecture.sizes[-1]
    # C by the sum of the weights, as those of constants are.
    unit = _divisor(samples)
    C = history.loss[-1 if restored is None else restored] * unit
    few_targets = samples.n * n_L <= _FEW_TARGETS
    some_targets = _targets(samples, n_L, samples.n if few_targets else _SOME_TARGETS)
    result = Losses(
        C,
        loss_of_outputs(loss, some_targets, best_constant(loss, some_targets)),
        loss_of_outputs(loss, some_targets, some_targets.y),  # soft labels leave the entropies some
        samples.weights is not None,
        unit,
    )
    if unreachable := failure_causes.targets_outside(model, some_targets, result.constant):
        return _text(model, result, [unreachable])
    if result.share < SAFELY:
        return _partial_failure(model, samples, history, result)
    many_targets = _targets(samples, n_L, _MANY_TARGETS // n_L + 1)
    constant = best_constant(loss, many_targets)
    result = result._replace(constant=loss_of_outputs(loss, many_targets, constant))
    # Where all targets are the same, a constant is all that can be learnt; a large one takes long.
    square = float(np.square(constant).sum())
    if result.constant - result.least <= 1e-12 * square:
        is_far = result.C > _FAR_OFF * square > 1
        kind = model.state.learned.target_kind
        large_targets = failure_causes.target_causes(
            model, kind, many_targets, result.C, result.constant
        )
        return _text(model, result, large_targets) if is_far and large_targets else ""
    if result.share < _CLEARLY:
        return _partial_failure(model, samples, history, result)
    # The history has C before each update; what counts is what the weights of now get.
    rows = _spread(samples, _SOME_ROWS)
    share_now = _share_now(model, samples, rows, constant)
    if not share_now >= _CLEARLY:
        return ""
    reasons = failure_causes.equal_row_causes(_dense(samples, rows)) or _input_causes(
        model, samples, rows
    )
    reasons += failure_causes.weight_causes(model, l2) + failure_causes.target_causes(
        model, model.state.learned.target_kind, many_targets, result.C, result.constant
    )
    reasons += _node_causes(model, samples, rows, reasons)
    if not reasons and steps < ENOUGH_STEPS:
        return ""
    reasons = reasons or failure_causes.bias_causes(model, result.C, result.constant)
    reasons = reasons or failure_causes.step_causes(model, result.C, many_targets)
    if not reasons:
        is_falling = share_now < (1 - _FALLS) * result.share
        if is_falling and len(history.loss) == 1:
            return ""  # too early to tell
        if is_falling or history.loss[-1] < (1 - _FALLS) * history.loss[-2:][0]:
            remedy = "train longer, or with a larger learning_rate"
            reasons = [Finding("still_falling", "C was still falling", remedy)]
    return _text(model, result, reasons)


def _partial_failure(model: Model, samples: Samples, history: History, result: Losses) -> str:
    """The warning's text after a fit that learnt something, but far less than it could."""
    count = min(_MOST_ROWS, samples.n * len(history.loss) // _STEPS_A_ROW)
    if result.share < _FAR_BETTER or count < _FEWEST_ROWS:
        return ""
    rows = _spread(samples, count)
    inputs = _input_causes(model, samples, rows)
    nodes = _node_causes(model, samples, rows, inputs) if inputs else []
    return _text(model, result, inputs + nodes) if nodes else ""


def _input_causes(model: Model, samples: Samples, rows: Array) -> list[Finding]:
    X = np.asarray(_dense(samples, rows), np.float64)
    is_sparse = isinstance(samples.X, SparseRows)
    return failure_causes.input_causes(X, model.state.learned.feature_names, is_sparse)


def _node_causes(
    model: Model, samples: Samples, rows: Array, scale_causes: list[Finding]
) -> list[Finding]:
    is_sparse = isinstance(samples.X, SparseRows)
    return failure_causes.node_causes(model, _dense(samples, rows), scale_causes, is_sparse)


def _dense(samples: Samples, rows: Array) -> Array:
    """Rows of X; of sparse ones, which may be very wide, so many that memory is bounded."""
    if not isinstance(samples.X, SparseRows):
        return np.asarray(samples.X[rows])
    most = max(_FEWEST_ROWS, _MOST_DENSE // samples.X.shape[1])
    some: Array = samples.X[rows[:: -(-len(rows) // most)]].toarray()
    return some


def _text(model: Model, result: Losses, reasons: list[Finding]) -> str:
    constant = model.architecture.loss_row.constant
    is_numbers = model.state.learned.target_kind == "numbers"
    baseline = constant.words if is_numbers else constant.words_of_classes
    baseline += " by weight" * result.are_weighted
    head = (
        "this fit has gone worse than it could"
        if result.share < _CLEARLY
        else "after this fit the network is no better than a constant output"
    )
    head += (
        f": C ended at {result.C / result.unit:.4g}, and answering {baseline} for every row gets "
        f"{result.constant / result.unit:.4g}"
    )
    if not reasons:
        optimizer = model.state.current.optimizer
        alternative = "" if optimizer.name == "adam" else " or optimizer='adam'"
        other = f"learning_rate{alternative}" if optimizer.compiled else "optimizer"
        return (
            f"{head}. A look at some rows shows no cause: it may be that X says nothing about y. "
            f"If it does, train longer, or try another {other} or seed"
        )
    findings = ". ".join(cause.text for cause in reasons)
    remedies = "; ".join(dict.fromkeys(cause.remedy for cause in reasons))
    return f"{head}. {findings}. What helps: {remedies}"


def _spread(samples: Samples, count: int) -> Array:
    """So many rows, all over the samples and in step with no pattern in them.

    Those with weights are drawn in proportion to them, some several times: a few rows may hold
    nearly all of the weight, and each drawn one counts the same.
    """
    weights = samples.weights
    if weights is None or count >= samples.n:
        rows = _spread_numbers(samples.n, count)
    else:
        up_to = np.cumsum(weights if samples.rows is None else weights[samples.rows])
        shares = (spread_rows(_STEPS, count) + 0.5) / _STEPS
        rows = np.searchsorted(up_to, shares * up_to[-1], side="right")
    return rows if samples.rows is None else np.asarray(samples.rows[rows])


def _weights_of(samples: Samples, rows: Array) -> Array | None:
    """The weights of rows that `_spread` gave: of all samples, not of a draw by weight."""
    if samples.weights is None or len(rows) != samples.n:
        return None
    return np.asarray(samples.weights[rows])


def _targets(samples: Samples, n_L: int, count: int) -> WeightedTargets:
    """The targets of some of the samples, as many as `_spread` gives."""
    rows = _spread(samples, count)
    return _targets_of(samples, n_L, rows)


def _targets_of(samples: Samples, n_L: int, rows: Array) -> WeightedTargets:
    """Those of rows that `_spread` gave, as training took them."""
    y, weights = samples.y.array, _weights_of(samples, rows)
    if samples.softening is None:
        return weighted(y, n_L, rows, weights)
    return weighted(samples.softening.of(y[rows]), n_L, None, weights)


def _divisor(samples: Samples) -> float:
    """What the history's losses were divided by, by the sum of the weights."""
    if samples.divisors is None or samples.weights is None:
        return 1.0
    pair = samples.divisors, samples.weights
    divisors, weights = pair if samples.rows is None else (of[samples.rows] for of in pair)
    return float(divisors.sum() / weights.sum())


@lru_cache(maxsize=4)
def _spread_numbers(n: int, count: int) -> Array:
    return np.arange(n) if count >= n else spread_rows(n, count)


def _share_now(model: Model, samples: Samples, rows: Array, constant: Array) -> float:
    """The share of :class:`Losses` of some rows now, with the best constant of all rows."""
    loss, n_L = model.architecture.named_loss, model.architecture.sizes[-1]
    weights = _weights_of(samples, rows)
    y = samples.y.array[rows]
    y = y if samples.softening is None else samples.softening.of(y)
    status, C, _, _ = model.program.gradients(
        samples.X[rows], y, None, None, None, False, weights=weights
    )
    if status != _boundary.FINISHED:
        return float("nan")
    targets = _targets_of(samples, n_L, rows)
    most, least = (loss_of_outputs(loss, targets, a) for a in (constant, targets.y))
    return Losses(C if weights is not None else C / len(rows), most, least).share
