"""What a failed training goes back to, and when."""

from dataclasses import replace
from typing import Any

import numpy as np

from fastbp._boundary import ExclusiveLock, FairRLock, replace_all
from fastbp.inputs import Array
from fastbp.model.state import Learned, OptimizerState, State


class Snapshot:
    """The state at a training's start, then at epochs' ends: ``with lock.claim(what, snapshot)``.

    An exception goes back to it where it finds nothing worth keeping. That is where no step was
    taken, since the split may have drawn, the data may have named classes and columns, and another
    optimizer have taken its place; and where a number is not finite, since Ctrl-C may come in an
    epoch that diverges. Otherwise the steps that were taken stay.

    One object serves a network's whole life: its arrays are allocated once, since a fresh array of
    some hundred kilobytes for every step would cost as much as the step.

    A signal's handler may raise at any bytecode in here. It cannot leave anything half done: what
    :meth:`take` writes counts once it is complete, :meth:`settle` is called until it comes to its
    end, and each of the two things that it may change, it changes in one call.
    """

    def __init__(self, state: State, state_lock: FairRLock, training_lock: ExclusiveLock) -> None:
        self._state = state
        self._lock = state_lock
        self._training_lock = training_lock
        self._claim_number = 0  # of the training that this is the snapshot of
        self._goes_back = False
        self._flat: Array | None = None
        #: The memory of the optimizer at the start, and of the one that trains: the same arrays
        #: where it is the same optimizer.
        self._memory: tuple[Array, ...] = ()
        self._present_memory: tuple[Array, ...] = ()

    @property
    def is_live(self) -> bool:
        """Whether a training is under way that would go back here."""
        number = self._training_lock.claim_number
        return number != 0 and number == self._claim_number

    def take(self) -> None:
        """Copy the present moment; whatever fails here leaves the network alone."""
        state = self._state
        with self._lock.hold():
            start = state.current
            if self._flat is None:
                self._flat = np.empty_like(state.parameters.flat)
            if len(self._memory) != len(start.memory):
                # the last fit's, if they are as many
                self._memory, self._present_memory = self._present_memory, ()
            if len(self._memory) != len(start.memory):
                self._memory = tuple(np.empty_like(array) for array in start.memory)
            pairs = zip(self._memory, start.memory, strict=True)
            replace_all([(self._flat, state.parameters.flat), *pairs])
            self._start: OptimizerState = start
            self._counters = start.counters.copy()
            self._epochs = start.counters[1]
            self._random = state.rng.bit_generator.state
            self._learned: Learned = state.learned
            self._dropout_key = state.dropout_key
            self._raw = state.raw  # nobody writes into it
            self._goes_back = False
            self._claim_number = self._training_lock.claim_number

    def request_rollback(self) -> None:
        """Let the training that is under way go back at its end, however that is."""
        self._goes_back = True

    def request_epoch_end(self) -> None:
        """Let the training go back to its last epoch's end, where it is in the middle of another.

        An epoch's end is copied when the next one begins: in between there is nothing to undo.
        """
        if self._counters[1] == self._state.current.counters[1]:
            self._goes_back = True

    def settle(self, error: BaseException | None) -> None:
        """Go back where a training that ends so must, to the last epoch's end or to the start.

        The reason is found out once, before anything is changed: half of the way, a state may look
        as if there were none.
        """
        if not self._goes_back and error is not None:
            self._goes_back = self._is_untouched() or not self._state.is_finite()
        if self._goes_back:
            self._restore()
        if self._state.current.optimizer.ema:
            with self._lock.hold():
                self._state.finish_averaging()

    def epoch_end(self) -> tuple[Array, tuple[Array, ...], Array]:
        """What the boundary copies an epoch's end into: parameters, memories, counters.

        Another optimizer has other memory. The first one's stays as it was and needs no copy.
        """
        assert self._flat is not None
        now = self._state.current
        self._present_memory = self._memory
        if now.counters is not self._start.counters:
            self._present_memory = tuple(np.empty_like(array) for array in now.memory)
        return self._flat, self._present_memory, self._counters

    def take_epoch_end(self) -> None:
        """Copy what an epoch left, as the boundary does where it has whole epochs to train."""
        assert self._flat is not None
        state = self._state
        with self._lock.hold():
            now = state.current
            memories = zip(self._present_memory, now.memory, strict=True)
            pairs = (self._flat, state.parameters.flat), (self._counters, now.counters)
            replace_all([*pairs, *memories])

    def _restore(self) -> None:
        """Nothing is allocated but small objects: lack of memory is a reason to come here."""
        assert self._flat is not None
        state = self._state
        with self._lock.hold():
            now = state.current
            pairs = [(state.parameters.flat, self._flat)]
            # What is restored are raw parameters; `settle` then makes them an average, once more
            # where a handler's exception has cut it short.
            attributes: list[tuple[object, str, Any]] = [(state, "raw", None)]
            is_same = now.counters is self._start.counters
            if is_same or not self._at_start:
                memory = self._memory if is_same else self._present_memory
                pairs += [(now.counters, self._counters), *zip(now.memory, memory, strict=True)]
            if self._at_start:
                attributes = [
                    (state.rng.bit_generator, "state", self._random),
                    (state, "current", self._start),  # with its rate, or another one's memory
                    (state, "learned", self._learned),
                    (state, "dropout_key", self._dropout_key),
                    (state, "raw", self._raw),
                ]
            replace_all(pairs, attributes)

    def copy(self) -> State:
        """What the training would go back to, as a state of its own."""
        assert self._flat is not None
        state, at_start = self._state, self._at_start
        now = self._start if at_start else state.current
        memory = self._memory if now.counters is self._start.counters else self._present_memory
        twin = state.copy_with(
            self._flat,
            self._raw if at_start else None,
            replace(now, memory=memory, counters=self._counters),
            self._learned if at_start else state.learned,
        )
        if at_start:
            twin.rng.bit_generator.state = self._random
            twin.dropout_key = self._dropout_key
        return twin

    def _is_untouched(self) -> bool:
        """Whether no step was taken since the snapshot.

        Early stopping may have gone back to its steps, but epochs later.
        """
        now = self._state.current.counters
        return bool((now == self._counters).all() if now is self._start.counters else now[0] == 0)

    @property
    def _at_start(self) -> bool:
        return bool(self._counters[1] == self._epochs)
