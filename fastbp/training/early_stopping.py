"""Early stopping: what it watches, when it stops, and which epoch it restores."""

from collections.abc import Collection, Mapping
from dataclasses import KW_ONLY, dataclass, replace
from math import inf

from fastbp.inputs import Targets, check_choice, check_integer, check_number
from fastbp.training.history import History

MODES = ("min", "max")
_RESTORE = ("best", "last_best", "none")


@dataclass(frozen=True)
class EarlyStopping:
    """Stop when the validation loss, or a metric, no longer improves; restore the best epoch.

    After each epoch the monitored number v on the validation samples is compared with the best so
    far:

        v < best - min_delta  (mode "min"),  v > best + min_delta  (mode "max")

    is an improvement, and v the new best; NaN never is one. Training stops ``patience`` epochs
    after the last improvement, or after the first epoch where there was none.

    Parameters
    ----------
    patience : int, default 10
        Epochs without an improvement before training stops, at least 1.
    min_delta : float, default 0.0
        How much better than the best a number must be to count, at least 0. The best stays where
        it is meanwhile, so that many small gains add up to one that counts.
    monitor : str, default "loss"
        "loss", the validation loss; "accuracy", the validation accuracy; or the name of a metric
        in ``fit(metrics=...)``, on the validation samples.
    mode : {"auto", "min", "max"}
        Whether lower or higher is better. "auto" knows it of the loss and of built-in metrics; a
        function needs one of the others.
    restore : {"best", "last_best", "none"}
        The epoch whose state is restored when training ends, by itself or by a callback's True,
        but not by an exception. "best" is the first of equally good epochs. "last_best" is the
        last of those whose number equals the best: validation accuracies are often equal, while
        the loss goes on falling. Such an epoch is kept, but is no improvement: the patience runs
        on. "none" keeps the last epoch's state.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as above. ``fit`` raises ValueError where ``monitor`` is none of its
        metrics, or an accuracy of targets that have none.

    Notes
    -----
    Restored are the parameters, the optimizer's memory and its count of steps, so that training on
    is training on from the best epoch. The random generator and the network's count of epochs are
    not: samples are drawn in new orders. ``history.best_epoch`` names the epoch, with "none" the
    first of the best. The best state takes the memory of the parameters and the optimizer's
    memory once more.

    Keras's EarlyStopping counts alike, but restores weights only if asked, and the optimizer never.
    scikit-learn's ``n_iter_no_change=n`` and torch's ReduceLROnPlateau act on epoch n + 1 without
    improvement; scikit-learn moves its best by gains below ``tol`` too, so that a steady slow fall
    counts as none.

    Examples
    --------
    >>> from fastbp import EarlyStopping
    >>> EarlyStopping(patience=5).monitor
    'loss'
    >>> stopping = EarlyStopping(20, monitor="accuracy", restore="last_best")
    """

    patience: int = 10
    min_delta: float = 0.0
    _: KW_ONLY
    monitor: str = "loss"
    mode: str = "auto"
    restore: str = "best"

    def __post_init__(self) -> None:
        check_integer("patience", self.patience, low=1)
        check_number("min_delta", self.min_delta, low=0)
        if not isinstance(self.monitor, str):
            raise TypeError(
                f"monitor must be 'loss' or the name of a metric, got {type(self.monitor).__name__}"
            )
        check_choice("mode", self.mode, ("auto", *MODES))
        check_choice("restore", self.restore, _RESTORE)


def with_mode(stopping: EarlyStopping, modes_of_metrics: Mapping[str, str]) -> EarlyStopping:
    """Check the monitor against fit's metrics, and replace the mode "auto" by what it means."""
    modes = {"loss": "min", "accuracy": "max"} | dict(modes_of_metrics)
    monitor = stopping.monitor
    if monitor not in modes:
        raise ValueError(
            f"early_stopping: monitor must be one of {', '.join(map(repr, modes))}; got "
            f"{monitor!r}. Other metrics must be in fit(metrics=...)"
        )
    mode = modes[monitor] if stopping.mode == "auto" else stopping.mode
    if mode not in MODES:
        raise ValueError(
            f"early_stopping: the mode of a function must be given: pass "
            f"EarlyStopping(monitor={monitor!r}, mode='max') if more is better, else mode='min'"
        )
    return replace(stopping, mode=mode)


def check_monitor(
    stopping: EarlyStopping, names_of_metrics: Collection[str], targets: Targets
) -> None:
    """Raise ValueError where the accuracy is to be watched, and the targets have none."""
    is_built_in = stopping.monitor == "accuracy" and "accuracy" not in names_of_metrics
    if is_built_in and not targets.has_accuracy:
        raise ValueError(
            "early_stopping: monitor='accuracy' needs classes, but y holds numbers; choose 'loss', "
            "or a metric: metrics='r2', early_stopping=EarlyStopping(monitor='r2')"
        )


class BestEpoch:
    """Which epoch is the best so far, and whether there was no better one for too long.

    ``stopping`` comes from :func:`with_mode`.

    Attributes
    ----------
    epoch : int or None
        The epoch to restore; None where none was an improvement.

    Examples
    --------
    >>> best = BestEpoch(EarlyStopping(2, mode="max", restore="last_best"))
    >>> [best.record(epoch, v) for epoch, v in enumerate([0.8, 0.9, 0.9, 0.7])]
    [True, True, True, False]
    >>> best.epoch, best.is_over(2), best.is_over(3)
    (2, False, True)
    """

    def __init__(self, stopping: EarlyStopping) -> None:
        self.epoch: int | None = None
        self._stopping = stopping
        self._sign = 1.0 if stopping.mode == "min" else -1.0
        self._mark = inf
        self._last_improvement = 0

    def monitored(self, history: History) -> float:
        """The last epoch's number in a history."""
        name = self._stopping.monitor
        if name == "loss":
            return history.validation_loss[-1]
        return history.validation_metrics.get(name, history.validation_accuracy)[-1]

    def record(self, epoch: int, value: float) -> bool:
        """Take an epoch's number; True if its state is the one to keep."""
        value *= self._sign
        if value < self._mark - self._stopping.min_delta:
            self.epoch = self._last_improvement = epoch
            self._mark = value
            return True
        is_equal = self.epoch is not None and value == self._mark
        if is_equal and self._stopping.restore == "last_best":
            self.epoch = epoch
            return True
        return False

    def is_over(self, epoch: int) -> bool:
        """Whether training must stop after an epoch."""
        return epoch - self._last_improvement >= self._stopping.patience
