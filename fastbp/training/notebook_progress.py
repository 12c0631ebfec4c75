"""Progress in a notebook: tqdm's bar, where it is installed."""

from __future__ import annotations

import sys
import time
from typing import Any

from fastbp.text.formatting import loss_text
from fastbp.training.history import History

_SECONDS_BETWEEN_TEXTS = 0.1


def notebook_progress() -> NotebookProgress | None:
    """Return a bar in a notebook that can show one (extra ``[progress]``), else None.

    Nothing is imported outside a notebook.
    """
    if not in_notebook():
        return None
    try:
        import ipywidgets  # noqa: F401 - tqdm.notebook fails without it, but only once it is used
        from tqdm.notebook import tqdm
    except ImportError:
        return None
    return NotebookProgress(tqdm)


def in_notebook() -> bool:
    """Whether this process is an IPython kernel: not a terminal, not IPython in a terminal."""
    ipython = sys.modules.get("IPython")
    if ipython is None or not hasattr(ipython, "get_ipython"):
        return False
    return getattr(ipython.get_ipython(), "kernel", None) is not None


class NotebookProgress:
    """Shows the progress of `fit` on a bar of tqdm's, which counts samples.

    Parameters
    ----------
    tqdm : callable
        ``tqdm.notebook.tqdm``, or another class of bars with its methods.
    """

    def __init__(self, tqdm: Any) -> None:
        self._tqdm = tqdm
        self._bar: Any = None

    def begin(self, epochs: int, samples: int) -> None:
        """Start a run of so many epochs of so many samples; of an unknown number if 0."""
        self._epochs, self._samples = epochs, samples
        self._done = self._shown = 0
        self._last_text = -_SECONDS_BETWEEN_TEXTS
        self._history: History | None = None
        self._exception = sys.exc_info()[1]
        if epochs:
            self._bar = self._tqdm(
                total=epochs * samples or epochs,
                desc=f"epoch 1/{epochs}",
                unit=" samples" if samples else " epochs",
                unit_scale=bool(samples),
            )

    def advance(self, samples_done: int) -> None:
        """Move the bar to so many samples of the running epoch."""
        if self._samples:
            self._move(self._done * self._samples + min(samples_done, self._samples))

    def epoch_end(self, history: History) -> None:
        """Show the losses of the epoch that has just ended."""
        self._done, self._history = len(history.loss), history
        now = time.monotonic()
        if now - self._last_text >= _SECONDS_BETWEEN_TEXTS:
            self._last_text = now
            self._write()
        self._move(self._done * (self._samples or 1))

    def finish(self) -> None:
        """Show the last epoch's losses and end the bar.

        One that training has stopped early is whole, one that an exception has ended is not.
        """
        if self._bar is None:
            return
        self._write()
        exception = sys.exc_info()[1]
        if exception is None or exception is self._exception:
            self._bar.total = self._bar.n  # else tqdm takes it for a failure
        self._bar.refresh()
        self._bar.close()
        self._bar = None

    def _move(self, count: int) -> None:
        if self._bar is not None and count > self._shown:
            self._bar.update(count - self._shown)
            self._shown = count

    def _write(self) -> None:
        history = self._history
        if history is None or self._bar is None:
            return
        numbers = {"loss": history.loss, "validation_loss": history.validation_loss}
        texts = {name: loss_text(values[-1]) for name, values in numbers.items() if values}
        self._bar.set_description(f"epoch {self._done}/{self._epochs}", refresh=False)
        self._bar.set_postfix(texts, refresh=False)
