"""What fit calls while it trains: functions, and objects that have methods for it."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np

from fastbp.inputs import Array
from fastbp.model.training_plan import TrainingProgress
from fastbp.training.history import History

#: ``f(net, epoch, history)``, called after each epoch; True stops training.
Callback = Callable[[Any, int, History], Any]
#: One kind of call on all callbacks, bound to the network; whether one of them returned True.
Call = Callable[..., bool]

#: The methods that are called, and with what.
METHODS = {
    "on_train_begin": "net",
    "on_epoch_end": "net, epoch, history",
    "on_batch_end": "net, step, C",
    "on_train_end": "net, history",
}
_METHODS = ", ".join(f"{name}({arguments})" for name, arguments in METHODS.items())
_CHOICES = f"a function f(net, epoch, history) or an object with any of the methods {_METHODS}"


class Callbacks(NamedTuple):
    """The callbacks of one fit by what they are called for; None where there is nothing to call."""

    on_train_begin: Call | None = None
    on_epoch_end: Call | None = None
    on_batch_end: Call | None = None
    on_train_end: Call | None = None


NO_CALLBACKS = Callbacks()


#: What other libraries have as a callback, and here is an argument.
_PLACES = {
    "EarlyStopping": "early_stopping=...",
    "ReduceOnPlateau": "optimizer=Adam(schedule=...)",
}


def as_callbacks(callbacks: Any, net: Any) -> Callbacks:
    """Check ``callbacks``, one or several, and bind them to ``net``."""
    is_one = callable(callbacks) or _has_methods(callbacks)
    if not is_one and not isinstance(callbacks, Iterable):
        raise TypeError(
            f"callbacks must be {_CHOICES}, or a sequence of these; got {type(callbacks).__name__}"
        )
    named = (
        [("callbacks", callbacks)]
        if is_one
        else [(f"callbacks[{i}]", callback) for i, callback in enumerate(callbacks)]
    )
    for name, callback in named:
        if (place := _PLACES.get(type(callback).__name__)) and not _has_methods(callback):
            raise TypeError(f"{name} must be {_CHOICES}; pass {type(callback).__name__} as {place}")
    methods = [_methods(name, callback) for name, callback in named]
    return Callbacks(
        *(_joined(net, [found[name] for found in methods if name in found]) for name in METHODS)
    )


def _has_methods(callback: Any) -> bool:
    """Whether it has a method of such a name, right or misspelt."""
    return any(name.startswith("on_") for name in dir(callback))


def _methods(name: str, callback: Any) -> dict[str, Callable[..., Any]]:
    """What is called of one callback: its methods, or else the function that it is."""
    methods = {
        method: getattr(callback, method)
        for method in dir(callback)
        if method.startswith("on_") and getattr(callback, method, None) is not None
    }
    if isinstance(callback, type) and methods:
        raise TypeError(f"{name} is the class {callback.__name__}: pass an object of it")
    for method, value in methods.items():
        if method not in METHODS:
            from difflib import get_close_matches

            close = get_close_matches(method, METHODS, n=1)
            raise TypeError(
                f"{name}, a {type(callback).__name__}, has {method}, which fit never calls"
                + (f"; did you mean {close[0]}?" if close else ";")
                + f" The methods are {_METHODS}"
            )
        if not callable(value):
            raise TypeError(f"{name}.{method} must be a method, got {type(value).__name__}")
    if methods:
        return methods
    if not callable(callback):
        raise TypeError(f"{name} must be {_CHOICES}; got {type(callback).__name__}")
    return {"on_epoch_end": callback}


def _joined(net: Any, functions: list[Callable[..., Any]]) -> Call | None:
    """All of them in one call; every one of them is called, whatever the others return."""
    if not functions:
        return None

    def call(*arguments: Any) -> bool:
        stops = False
        for function in functions:
            result = function(net, *arguments)
            if result is True or (isinstance(result, np.bool_) and result):
                stops = True
        return stops

    return call


class BatchSums:
    """The C of single batches, taken out of the sums of an epoch that a step is added to.

    The sums are set to 0 before a step and restored by one addition after it, as the step itself
    would have added to them: so C has all its bits, and so has the epoch's loss.
    """

    def __init__(self, progress: TrainingProgress, counters: Array, n: int) -> None:
        self._progress, self._counters, self._n = progress, counters, n
        self._start = int(counters[0])  # the number of steps before the fit

    def begin(self) -> None:
        """Before a step: keep what the epoch has summed."""
        progress = self._progress
        sums = progress.losses, progress.weight_sums
        self._place = progress.epochs_done - progress.base
        self._first, self._steps = progress.first, int(self._counters[0])
        self._sums = [array for array in sums if array is not None]
        self._before = [float(array[self._place]) for array in self._sums]
        for array in self._sums:
            array[self._place] = 0.0

    def end(self) -> tuple[int, float] | None:
        """After it: the step's number in this fit and C, or None where no step was taken."""
        place, progress = self._place, self._progress
        batch = [float(array[place]) for array in self._sums]
        for array, before, value in zip(self._sums, self._before, batch, strict=True):
            array[place] = before + value
        if self._counters[0] == self._steps:
            return None
        size = (progress.first or self._n) - self._first
        return self._steps - self._start, batch[0] / (batch[1] if len(batch) > 1 else size)
