"""callbacks: functions and objects of the caller's own, called with the estimator."""

from typing import Any, Protocol

from fastbp.training.callbacks import Call, Callbacks, as_callbacks
from fastbp.training.history import History


class Stoppable(Protocol):
    """A training as callbacks see it."""

    def stop(self) -> None:
        """End the training at a callback's word, which is no lack of convergence."""

    def finish(self, history: History) -> None:
        """Let the estimator be what the fit comes to."""


class OwnCallbacks:
    """The callbacks of one fit, with what the estimator does before they are called."""

    def __init__(self, estimator: Any, training: Stoppable) -> None:
        given = estimator.callbacks
        self._calls = as_callbacks(() if given is None else given, estimator)
        self._training = training

    @property
    def hear_epochs(self) -> bool:
        """Whether there is one to call after each epoch."""
        return self._calls.on_epoch_end is not None

    def with_epoch_end(self, epoch_end: Call | None) -> Callbacks:
        """All calls of the training loop, ``epoch_end`` among them, which calls back here."""
        return Callbacks(
            self._stopping(self._calls.on_train_begin),
            epoch_end,
            self._stopping(self._calls.on_batch_end),
            None if self._calls.on_train_end is None else self._train_end,
        )

    def epoch_end(self, epoch: int, history: History) -> bool:
        """Call those for an epoch's end; whether one of them ends the training."""
        call = self._stopping(self._calls.on_epoch_end)
        return call is not None and call(epoch, history)

    def _train_end(self, history: History) -> bool:
        assert self._calls.on_train_end is not None
        self._training.finish(history)
        return self._calls.on_train_end(history)

    def _stopping(self, call: Call | None) -> Call | None:
        if call is None:
            return None

        def stopping(*arguments: Any) -> bool:
            stops = call(*arguments)
            if stops:
                self._training.stop()
            return stops

        return stopping
