"""What a failed training goes back to."""

import numpy as np

from fastbp._boundary import copy_arrays
from fastbp.inputs import Array
from fastbp.model.state import OptimizerState, TrainingState


class Snapshot:
    """The parameters and training state at a fit's start, and then at the end of each epoch.

    One object serves a network's whole life: its arrays are allocated once, since a fresh array of
    some hundred kilobytes for every step would cost as much as the step. It refers to arrays and
    descriptions, never to the network: only the cyclic collector would free the two then.
    """

    def __init__(self) -> None:
        self._flat: Array | None = None
        self._memory: tuple[Array, ...] = ()
        self._later: tuple[Array, ...] = ()
        #: Whether a training is under way that would go back here.
        self.is_live = False

    def take(self, flat: Array, state: TrainingState) -> None:
        """Copy the present moment; whatever fails here leaves the network alone."""
        start = state.current
        if self._flat is None:
            self._flat = np.empty_like(flat)
        if len(self._memory) != len(start.memory):
            self._memory, self._later = self._later, ()  # the last fit's, if they are as many
        if len(self._memory) != len(start.memory):
            self._memory = tuple(np.empty_like(array) for array in start.memory)
        copy_arrays([(self._flat, flat), *zip(self._memory, start.memory, strict=True)])
        self._start: OptimizerState = start
        self._counters = start.counters.copy()
        self._epochs = state.epochs
        self._random = state.rng.bit_generator.state
        self.is_live = True

    def epoch_end(self, state: TrainingState) -> tuple[Array | None, ...]:
        """What the boundary copies an epoch's end into: parameters, memory, counters.

        Another optimizer has other memory. The first one's stays as it was and needs no copy.
        """
        self._later = self._memory
        if state.current.counters is not self._start.counters:
            self._later = tuple(np.empty_like(array) for array in state.memory)
        first, second, *_ = [*self._later, None, None]
        return self._flat, first, second, self._counters

    def is_untouched(self, state: TrainingState) -> bool:
        """Whether no step was taken since the snapshot."""
        same = state.current.counters is self._start.counters
        return state.steps == (self._counters[0] if same else 0)

    def restore(self, flat: Array, state: TrainingState) -> bool:
        """Go back to the end of the last epoch, or to the start where no epoch has ended.

        Nothing is allocated but small objects: running out of memory is one of the reasons to come
        here. Returns whether it was the start.
        """
        assert self._flat is not None
        now = state.current
        pairs = [(flat, self._flat)]
        if now.counters is self._start.counters or not self._at_start:
            memory = self._memory if now.counters is self._start.counters else self._later
            pairs += [(now.counters, self._counters), *zip(now.memory, memory, strict=True)]
        copy_arrays(pairs)
        if self._at_start:
            state.current = self._start  # with its learning rate, or another optimizer's memory
            state.rng.bit_generator.state = self._random
        return self._at_start

    def copy(self, state: TrainingState) -> tuple[Array, TrainingState]:
        """What :meth:`restore` would go back to, as parameters and a state of their own."""
        assert self._flat is not None
        now = self._start if self._at_start else state.current
        memory = self._memory if now.counters is self._start.counters else self._later
        twin = state.copy()
        twin.own(now.optimizer, memory, self._counters)
        if self._at_start:
            twin.rng.bit_generator.state = self._random
        return self._flat.copy(), twin

    @property
    def _at_start(self) -> bool:
        return bool(self._counters[1] == self._epochs)
