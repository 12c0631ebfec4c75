"""How far the training of a table model is, for people."""

from __future__ import annotations

import time

from fastbp import TableModel
from fastbp.cli.messages import print_item
from fastbp.tabular.progress import MembersBar
from fastbp.text.formatting import duration, plural


class MembersProgress(MembersBar):
    """A bar for all members, and before it what is trained and how long it takes.

    Attributes
    ----------
    seconds : float
        What training took, over all fits.
    """

    def __init__(self, model: TableModel) -> None:
        self._model = model
        self._n_fits = 0
        self.seconds = 0.0

    def begin(self, samples: int, seconds: float) -> None:
        """Print what comes, for the first fit."""
        if not self._n_fits:
            recipe = self._model.recipe
            hidden = "-".join(map(str, recipe.hidden)) or "none"
            print_item(
                "network",
                f"{plural(self._model.members, 'member')}, recipe {recipe.name}: hidden layers "
                f"{hidden}, {recipe.activation}; {recipe.optimizer.name}, seed {self._model.seed}",
            )
            about = f"about {duration(round(seconds))}" if seconds >= 1 else "about a second"
            print_item("expected", f"{about} of training")
        self._n_fits += 1
        self._start = time.perf_counter()
        super().begin(samples, seconds)

    def finish(self) -> None:
        """Take the bar away, and stop the clock."""
        self.seconds += time.perf_counter() - self._start
        super().finish()
