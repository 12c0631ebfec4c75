"""A bar that shows how far the training of all members is."""

from __future__ import annotations

from typing import Any

from fastbp.tabular.members import MembersReporter
from fastbp.text.streams import standard_output
from fastbp.training.progress import Bar

_METHODS = ("begin", "advance", "finish")


class MembersBar:
    """One bar for all members, in a terminal."""

    def begin(self, samples: int, seconds: float) -> None:
        """Show nothing done of so many rows."""
        self._samples, self._done = samples, 0
        self._bar = Bar(standard_output())
        self._bar.begin()

    def advance(self, samples: int) -> None:
        """Show so many more done."""
        self._done += samples
        self._bar.show(self._done / max(self._samples, 1), "training")

    def finish(self) -> None:
        """Take the bar away."""
        self._bar.erase()


def as_members_reporter(progress: Any) -> MembersReporter | None:
    """Check ``progress``: True is a bar."""
    if progress is None or progress is False:
        return None
    if progress is True:
        return MembersBar()
    for method in _METHODS:
        if not callable(getattr(progress, method, None)):
            raise TypeError(
                f"progress must be True, False or None, or an object with the methods "
                f"{', '.join(_METHODS)}; {type(progress).__name__} has no {method}"
            )
    reporter: MembersReporter = progress
    return reporter
