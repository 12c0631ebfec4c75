"""What training can go back to when it fails."""

from typing import TYPE_CHECKING

import numpy as np

from fastbp.validation import Array

if TYPE_CHECKING:
    from fastbp.network import Network


class Checkpoint:
    """All that training changes in a network, as it was at one moment.

    One object serves a network's whole life: its arrays are allocated once, since a fresh array of
    some hundred kilobytes for every step would cost as much as the step.
    """

    def __init__(self, net: "Network") -> None:
        self._net = net
        self._flat = np.empty_like(net._parameters.flat)
        self._memory: list[Array] = []
        self._later: list[Array] = []

    def take(self) -> None:
        """Keep the present moment."""
        net, state = self._net, self._net._state
        np.copyto(self._flat, net._parameters.flat)
        if len(self._memory) != len(state.memory):
            self._memory = [np.empty_like(flat) for flat in state.memory]
        for kept, flat in zip(self._memory, state.memory, strict=True):
            np.copyto(kept, flat)
        self._optimizer = state.optimizer
        self._counters = state.counters.copy()
        self._random = state.rng.bit_generator.state
        self._classes = net.classes
        self._target_kind = net._target_kind

    def arrays(self) -> tuple[Array | None, ...]:
        """What the boundary keeps an epoch's end in: parameters, the optimizer's memory, counts."""
        state = self._net._state
        self._later = self._memory
        is_other = state.optimizer != self._optimizer or len(state.memory) != len(self._memory)
        if is_other:  # till then the old one's memory, or its having none yet, is needed
            self._later = [np.empty_like(flat) for flat in state.memory]
        first, second, *_ = [*self._later, None, None]
        return self._flat, first, second, self._counters

    def restore(self, *, epoch_end: bool = False) -> None:
        """Bring the network back to the moment that was kept, or to the end of the last epoch."""
        net, state = self._net, self._net._state
        np.copyto(net._parameters.flat, self._flat)
        state.counters[:] = self._counters
        if epoch_end:
            state.memory = [flat.copy() for flat in self._later]
            return
        state.memory = [flat.copy() for flat in self._memory]
        state.optimizer = self._optimizer
        state.rng.bit_generator.state = self._random
        net._classes = self._classes
        net._target_kind = self._target_kind
