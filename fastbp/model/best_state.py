"""The state after a training's best epoch, which early stopping restores."""

from dataclasses import replace

import numpy as np

from fastbp._boundary import FairRLock, replace_all
from fastbp.model.state import State


class BestState:
    """Copies of all that steps change, in arrays that are allocated once, before the first epoch.

    Each copy is one call of ``replace_all``: what a signal's handler or another thread sees, saves
    or raises in between is one whole moment.
    """

    def __init__(self, state: State, state_lock: FairRLock) -> None:
        self._state = state
        self._lock = state_lock
        self._copies = tuple(np.empty_like(array) for array in state.step_arrays())
        self._counters = np.empty_like(state.current.counters)
        self._plateau = state.current.plateau  # of a schedule that follows the validation loss

    def keep(self) -> None:
        """Copy the present state."""
        with self._lock.hold():
            arrays = self._state.step_arrays()
            pairs = zip(self._copies, arrays, strict=True)
            self._plateau = self._state.current.plateau
            replace_all([(self._counters, self._state.current.counters), *pairs])

    def restore(self) -> None:
        """Go back to what was kept last; the count of epochs stays."""
        with self._lock.hold():
            counters = self._state.current.counters
            kept = self._counters.copy()
            kept[1] = counters[1]
            pairs = zip(self._state.step_arrays(), self._copies, strict=True)
            current = replace(self._state.current, plateau=self._plateau)
            replace_all([(counters, kept), *pairs], [(self._state, "current", current)])
