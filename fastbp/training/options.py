"""Validation of fit's options: early stopping, callbacks, progress and the rest."""

from typing import Any, NamedTuple, Protocol

import numpy as np

from fastbp.inputs import (
    check_class_weight,
    check_epochs,
    check_flag,
    check_integer,
    check_number,
    short_repr,
)
from fastbp.optimizers import Optimizer, as_optimizer
from fastbp.training.callbacks import NO_CALLBACKS, Callbacks, as_callbacks
from fastbp.training.convergence import Convergence
from fastbp.training.early_stopping import EarlyStopping, with_mode
from fastbp.training.history import History
from fastbp.training.metrics import Metric, as_metrics
from fastbp.training.threads import check_threads

#: Samples in a step, where nothing else is asked for.
BATCH_SIZE = 32


class Reporter(Protocol):
    """The interface of objects for ``fit(progress=...)``."""

    def begin(self, epochs: int, samples: int) -> None:
        """Training starts; ``samples`` are those of an epoch, or 0 where a stream gives them."""

    def advance(self, samples_done: int) -> None:
        """``samples_done`` samples of the present epoch are done."""

    def epoch_end(self, history: History) -> None:
        """An epoch has ended and its numbers are in the history."""

    def finish(self) -> None:
        """Training has ended, in whatever way."""


class Options(NamedTuple):
    """The checked arguments of one fit; see :meth:`fastbp.Network.fit`. The defaults: one step."""

    epochs: int
    batch_size: int | None
    optimizer: Optimizer | None
    l1: float = 0.0
    l2: float = 0.0
    shuffle: bool = False
    validation: Any = None  # checked with the samples
    stopping: EarlyStopping | None = None
    callbacks: Callbacks = NO_CALLBACKS
    reporter: Reporter | None = None
    n_threads: int | None = 1
    check_input: bool = True
    metrics: tuple[Metric, ...] = ()
    label_smoothing: float = 0.0
    class_weight: Any = None  # checked further with the samples
    # Not of Network.fit; see TrainingPlan.
    batch_l2: float = 0.0
    clip: float = 0.0
    loss_by_batches: bool = False
    loss_factor: float = 1.0
    continues_order: bool = False
    convergence: Convergence | None = None


def as_options(
    net: Any,
    *,
    epochs: Any,
    batch_size: Any,
    optimizer: Any,
    l1: Any,
    l2: Any,
    shuffle: Any,
    validation: Any,
    early_stopping: Any,
    callbacks: Any,
    progress: Any,
    n_threads: Any,
    check_input: Any,
    metrics: Any,
    label_smoothing: Any = 0.0,
    class_weight: Any = None,
) -> Options:
    """Check the arguments of fit; ``net`` is passed to callbacks."""
    is_empty = metrics is None or (type(metrics) is tuple and not metrics)
    checked_metrics = () if is_empty else as_metrics(metrics)
    stopping = as_stopping(early_stopping, validation, checked_metrics)
    reporter = as_reporter(progress)
    has_callbacks = callbacks is not None and not (type(callbacks) is tuple and not callbacks)
    options = step_options(
        batch_size=batch_size,
        optimizer=optimizer,
        l1=l1,
        l2=l2,
        n_threads=n_threads,
        check_input=check_input,
    )
    return options._replace(
        epochs=check_epochs(epochs),
        shuffle=check_flag("shuffle", shuffle),
        label_smoothing=check_number("label_smoothing", label_smoothing, low=0, below=1),
        class_weight=None if class_weight is None else check_class_weight(class_weight),
        validation=validation,
        stopping=stopping,
        callbacks=as_callbacks(callbacks, net) if has_callbacks else NO_CALLBACKS,
        reporter=reporter,
        metrics=checked_metrics,
    )


def step_options(
    *, batch_size: Any, optimizer: Any, l1: Any, l2: Any, n_threads: Any, check_input: Any
) -> Options:
    """Check those that say what a step is: one pass of such steps, in the order given."""
    return Options(
        epochs=1,
        batch_size=None if batch_size is None else check_integer("batch_size", batch_size, low=1),
        l1=check_number("l1", l1, low=0),
        l2=check_number("l2", l2, low=0),
        check_input=check_flag("check_input", check_input),
        n_threads=None if n_threads is None else check_threads(n_threads),
        optimizer=None if optimizer is None else as_optimizer(optimizer),
    )


def as_stopping(
    value: Any, validation: Any, metrics: tuple[Metric, ...] = ()
) -> EarlyStopping | None:
    """Check ``early_stopping``, which needs validation samples; its mode is found."""
    if value is None or value is False:
        return None
    if value is True or value is np.True_:
        value = EarlyStopping()
    if not isinstance(value, EarlyStopping):
        if not isinstance(value, (int, np.integer)) or isinstance(value, type):
            raise TypeError(
                "early_stopping must be EarlyStopping(...), a patience in epochs, True or None; "
                f"got {short_repr(value)}"
            )
        value = EarlyStopping(check_integer("early_stopping", value, low=1))
    if validation is None:
        raise ValueError(
            "early_stopping watches the validation loss, or a metric of validation samples: pass "
            "validation=0.1 or validation=(X, y)"
        )
    return with_mode(value, {metric.name: metric.mode for metric in metrics})


def as_reporter(progress: Any) -> Reporter | None:
    """Check ``progress``: True is tqdm's bar in a notebook that has it, else fastbp's own."""
    if progress is None or progress is False:
        return None
    if progress is True:
        from fastbp.training.notebook_progress import notebook_progress
        from fastbp.training.progress import Progress

        return notebook_progress() or Progress()
    for method in ("begin", "advance", "epoch_end", "finish"):
        if not callable(getattr(progress, method, None)):
            raise TypeError(
                f"progress must be True, False or None, or an object with the methods begin, "
                f"advance, epoch_end and finish; {type(progress).__name__} has no {method}"
            )
    return progress  # type: ignore[no-any-return]
