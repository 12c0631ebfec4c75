"""A progress display that shows nothing, to be given to fit."""

from __future__ import annotations

from typing import Any


class Silent:
    """A progress display that shows nothing: with one, training stops for a word at each slice."""

    def begin(self, epochs: int, samples: int) -> None:
        pass

    def advance(self, samples_done: int) -> None:
        pass

    def epoch_end(self, history: Any) -> None:
        pass

    def finish(self) -> None:
        pass
