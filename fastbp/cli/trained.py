"""What a training of ``fastbp train`` leaves to be saved and reported."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fastbp import History


@dataclass(frozen=True)
class Trained:
    """A training that has something to save.

    Attributes
    ----------
    name : str
        Of what was learnt, for the curve's title.
    save : callable
        Writes the model to the path that it is given.
    report : callable
        Prints what there is to say of the training but the last line, which it returns.
    history : History or None
        The curve of the only network, or of the first one.
    stop : BaseException or None
        What ended the training too early: KeyboardInterrupt, or an OSError of standard output.
    progress : str
        How far it came then: ``after 3 of 40 epochs``.
    """

    name: str
    save: Callable[[Path], None]
    report: Callable[[], str]
    history: History | None
    stop: BaseException | None = None
    progress: str = ""
