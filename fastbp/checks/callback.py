"""A callback that diagnoses the network while it trains."""

from collections.abc import Callable
from typing import Any, NamedTuple

from fastbp.inputs import check_flag, check_integer
from fastbp.training.findings import Finding
from fastbp.training.history import History


class Found(NamedTuple):
    """A finding, and the epoch after which it was first there."""

    epoch: int
    finding: Finding


class DiagnosisCallback:
    """Diagnose the network after epochs of a fit, and report each finding once.

    Parameters
    ----------
    X, y
        Samples as for :meth:`fastbp.Network.diagnose`, such as those that are trained on.
    every : int
        Diagnose after each so many epochs. A diagnosis takes 40 steps, and up to 320 more where
        other learning rates have to be tried.
    report : callable or None
        Called with a line of text for each new finding; None collects them only.
    stop : bool
        True ends the fit at the first finding.

    Attributes
    ----------
    found : list of Found
        Each finding of the last fit, ``.finding``, with the ``.epoch`` (from 0) after which it was
        first seen. One is new if no other of its kind was found in its layer.

    Examples
    --------
    >>> import fastbp
    >>> X, y = fastbp.datasets.load_digits()
    >>> net = fastbp.Network([64, 16, 10], "tanh", output_activation="softmax",
    ...                      loss="cross_entropy", seed=0)
    >>> watch = fastbp.DiagnosisCallback(X, y, report=None, stop=True)
    >>> history = net.fit(X, y, epochs=5, optimizer=fastbp.SGD(1e-5), callbacks=watch)
    >>> [(found.epoch, found.finding.kind) for found in watch.found]
    [(0, 'rate_too_low')]
    """

    def __init__(
        self,
        X: Any,
        y: Any,
        *,
        every: int = 1,
        report: Callable[[str], Any] | None = print,
        stop: bool = False,
    ) -> None:
        if report is not None and not callable(report):
            raise TypeError(
                f"report must be a function of a line of text, such as print, or None; "
                f"got {type(report).__name__}"
            )
        self._X, self._y, self._report = X, y, report
        self._every = check_integer("every", every, low=1)
        self._stop = check_flag("stop", stop)
        self.found: list[Found] = []

    def on_train_begin(self, net: Any) -> None:
        """Forget what an earlier fit showed."""
        self.found = []

    def on_epoch_end(self, net: Any, epoch: int, history: History) -> bool:
        """Diagnose, and report what is new."""
        if (epoch + 1) % self._every:
            return False
        known = {(found.finding.kind, found.finding.layer) for found in self.found}
        for finding in net.diagnose(self._X, self._y):
            if (finding.kind, finding.layer) not in known:
                self.found.append(Found(epoch, finding))
                if self._report is not None:
                    self._report(f"epoch {epoch}: {finding}")
        return self._stop and bool(self.found)
