"""All that training changes: parameters, optimizer, counts, generator, what the data taught."""

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from fastbp._boundary import replace_all
from fastbp.inputs import Array, check_integer
from fastbp.model import random_state
from fastbp.model.parameters import Layout, Parameters
from fastbp.operations import AVERAGE, RAW
from fastbp.optimizers import Optimizer, as_optimizer

if TYPE_CHECKING:  # few networks have one, and its import takes a millisecond
    from fastbp.schedules import PlateauState


@dataclass(frozen=True, eq=False)
class OptimizerState:
    """An optimizer, its memory and the counts: replaced as one, so that they always agree."""

    optimizer: Optimizer
    memory: tuple[Array, ...]  # one flat array for each name in optimizer.remembers
    counters: Array  # int64: steps with this optimizer, epochs in the network's life
    averaged_from: int = 0  # the step after which a moving average began
    plateau: "PlateauState | None" = None  # of a schedule that follows the validation loss


class Learned(NamedTuple):
    """What the first data teach a network beside its parameters; replaced as one."""

    classes: tuple[str, ...] | None = None
    feature_names: tuple[str, ...] | None = None
    target_kind: str | None = None  # a name in inputs.KINDS, from the first fit on


class State:
    """What is saved, copied and pickled with a network, and what a failed training goes back to.

    It refers to arrays and descriptions only, never to a network or a model.
    """

    def __init__(self, layout: Layout, bias: bool | str, rng: "np.random.Generator") -> None:
        self.layout = layout
        self.parameters = Parameters(layout, bias)
        self.rng = rng
        self.learned = Learned()
        self.dropout_key = 0  # 64 bits; 0 where there was no step with dropout
        self.batch_size = 0  # of the last training in this process; for diagnose, and in no file
        #: Where the parameters are a moving average, those that training goes on from.
        self.raw: Array | None = None
        self.current = OptimizerState(as_optimizer("adam"), (), np.zeros(2, np.int64))

    @property
    def steps(self) -> int:
        """Steps taken with the present optimizer."""
        return int(self.current.counters[0])

    @property
    def epochs(self) -> int:
        """Whole epochs in the network's life."""
        return int(self.current.counters[1])

    def step_arrays(self) -> tuple[Array, ...]:
        """All arrays of numbers that a step changes: the parameters and the optimizer's memory."""
        return (self.parameters.flat, *self.current.memory)

    def use(self, optimizer: Optimizer) -> OptimizerState:
        """Go on with a description that differs in its rates over time at most, or start afresh.

        These are its learning rate and its schedule.

        All memory is allocated first, and then takes its place in one assignment: a handler or an
        error in between leaves the old optimizer with the old memory.
        """
        now, remembers = self.current, optimizer.remembers
        if len(now.memory) == len(remembers) and type(optimizer) is type(now.optimizer):
            if optimizer == now.optimizer:
                return now
            rates = {"learning_rate": optimizer.learning_rate, "schedule": optimizer.schedule}
            if optimizer == replace(now.optimizer, **rates):
                is_same = optimizer.schedule == now.optimizer.schedule
                plateau = now.plateau if is_same else None
                self.current = now = replace(now, optimizer=optimizer, plateau=plateau)
                return now
        for kept, start in zip(optimizer.memories, optimizer.starts, strict=True):
            if start > float(np.finfo(self.layout.dtype).max):
                raise ValueError(
                    f"{kept.start} must be finite in {self.layout.dtype.name}, got {start:g}"
                )
        counters = np.array([0, now.counters[1]], np.int64)
        memory = self.layout.memory(optimizer.starts)
        if optimizer.ema:
            memory[-1][:] = self._start_of_average()
        if now.counters[0]:  # steps are counted from 1 again: they must not drop the same nodes
            self.dropout_key = 0
        now = OptimizerState(optimizer, memory, counters)
        replace_all([], [(self, "raw", None), (self, "current", now)])
        return now

    def set_learning_rate(self, learning_rate: float) -> None:
        """Go on with another learning rate, and with the memory and counts that there are."""
        now = self.current
        optimizer = replace(now.optimizer, learning_rate=learning_rate)
        self.current = replace(now, optimizer=optimizer)

    def begin_averaging(self) -> None:
        """Go on from the raw parameters, before a step of an optimizer with a moving average.

        Parameters that are no longer that average were changed by somebody else: it begins anew.
        """
        raw = self.raw
        if raw is not None and self.raw_parameters is not self.parameters:
            replace_all([(self.parameters.flat, raw)], [(self, "raw", None)])
        else:
            self.restart_averaging()

    def restart_averaging(self) -> None:
        """Drop the moving average and what it was made of: it begins anew with the next step."""
        now = replace(self.current, averaged_from=int(self.current.counters[0]))
        anew = [(now.memory[-1], self._start_of_average())] if now.optimizer.ema else []
        replace_all(anew, [(self, "raw", None), (self, "current", now)])

    def _start_of_average(self) -> Array:
        """Zeros, from which the first step makes the parameters; fixed biases as they are."""
        start = self._like_parameters(self.layout.zeros())
        if self.parameters.bias != True:  # noqa: E712 - it may be a word
            for to, b in zip(start.biases, self.parameters.biases, strict=True):
                to[...] = b
        return start.flat

    def finish_averaging(self) -> None:
        """Let the moving average be the parameters, and keep those that it was made of."""
        now = self.current
        if self.is_averaging:
            flat = self.parameters.flat
            replace_all([(flat, now.memory[-1])], [(self, "raw", flat.copy())])

    @property
    def is_averaging(self) -> bool:
        """Whether there is a moving average, and the parameters are not it."""
        now = self.current
        is_kept = bool(now.optimizer.ema) and len(now.memory) == len(now.optimizer.remembers)
        return is_kept and self.raw is None and bool(now.counters[0] > now.averaged_from)

    @property
    def averaged_parameters(self) -> Array:
        """The flat parameters that a validation is of: the moving average, if there is one."""
        return self.current.memory[-1] if self.is_averaging else self.parameters.flat

    @property
    def raw_parameters(self) -> Parameters:
        """The parameters that the next step goes on from."""
        raw = self.raw
        if raw is None or not np.array_equal(self.parameters.flat, self.current.memory[-1]):
            return self.parameters
        return self._like_parameters(raw)

    def take_dropout_key(self) -> int:
        """The key that seeds dropout's draws, drawn once for an optimizer's steps, and never 0."""
        if not self.dropout_key:
            key = self.rng.integers(2**64 - 1, dtype=np.uint64, endpoint=True)
            self.dropout_key = int(key) or 1
        return self.dropout_key

    def copy(self) -> "State":
        """An independent state in memory of its own."""
        return self.copy_with(self.parameters.flat, self.raw, self.current, self.learned)

    def copy_with(
        self, flat: Array, raw: Array | None, current: OptimizerState, learned: Learned
    ) -> "State":
        """A copy that has these parameters instead, this optimizer's state and what was learnt."""
        twin = State(self.layout, self.parameters.bias, copy.deepcopy(self.rng))
        twin.fill(flat, raw, current)
        twin.learned, twin.dropout_key = learned, self.dropout_key
        twin.batch_size = self.batch_size
        return twin

    def fill(self, flat: Array, raw: Array | None, current: OptimizerState) -> None:
        """Copy parameters and an optimizer's state in."""
        memory = tuple(self._aligned(array) for array in current.memory)
        self.parameters.flat[:] = flat
        self.raw = None if raw is None else self._aligned(raw)
        self.current = replace(current, memory=memory, counters=np.array(current.counters))

    def _aligned(self, flat: Array) -> Array:
        copy = self.layout.zeros()
        copy[:] = flat
        return copy

    def __getstate__(self) -> tuple[Any, ...]:
        return (
            (self.layout.sizes, self.layout.dtype, self.parameters.bias, self.rng),
            (self.parameters.flat, self.raw, self.current),
            (self.learned, self.dropout_key),
        )

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        (sizes, dtype, bias, rng), numbers, (learned, dropout_key) = state
        State.__init__(self, Layout(sizes, dtype), bias, rng)
        self.fill(*numbers)  # what was unpickled may be read-only memory, and is seldom aligned
        self.learned, self.dropout_key = learned, dropout_key

    def forget_memory(self) -> None:
        """Leave the memory out, which the next training then starts afresh, with the steps."""
        self.raw = None
        self.current = replace(self.current, memory=())

    def restart(self) -> None:
        """Let the next training be as a first one: no memory, no steps, no key for dropout."""
        self.forget_memory()
        self.current = replace(
            self.current,
            counters=np.array([0, self.epochs], np.int64),
            averaged_from=0,
            plateau=None,
        )
        self.dropout_key = 0

    def is_finite(self) -> bool:
        """Whether no parameter and no number of the memory is NaN or infinite."""
        return self.parameters.all_finite() and self._memory_is_finite()

    def _memory_is_finite(self) -> bool:
        return all(self._like_parameters(flat).all_finite() for flat in self.current.memory)

    def tensors(self) -> dict[str, Array]:
        """Live views of all numbers by their names in a file: w1, b1, ..., velocity.w1, ...

        The memory is left out where a number of it is not finite, as after an overflow in an epoch
        that was cut short: no step can be made from it. Training then starts the memory afresh.
        """
        now = self.current
        memory = dict(zip(now.optimizer.remembers, now.memory, strict=False))
        if self.raw is not None:
            memory[RAW] = self.raw
        return dict(self.named_tensors(memory if self._memory_is_finite() else {}))

    def named_tensors(self, memory: Mapping[str, Array]) -> Iterator[tuple[str, Array]]:
        """The parameters' views and those of some flat arrays, each with its name in a file."""
        yield from self.parameters.parts()
        for group, flat in memory.items():
            for part, view in self._like_parameters(flat).parts():
                yield f"{group}.{part}", view

    def description(self) -> dict[str, Any]:
        """The optimizer, the counts, the generator's state and dropout's key as plain values."""
        return {
            "optimizer": self.current.optimizer.config(),
            "steps": self.steps,
            "epochs": self.epochs,
            "averaged_from": self.current.averaged_from,
            "plateau": self._plateau_values(),
            "random": copy.deepcopy(dict(self.rng.bit_generator.state)),
            "dropout_key": self.dropout_key,
        }

    def _plateau_values(self) -> list[Any] | None:
        if self.current.plateau is None:
            return None
        factor, mark, wait = self.current.plateau
        return [factor, mark if np.isfinite(mark) else None, wait]

    def restore(self, description: dict[str, Any], memory: Mapping[str, Array]) -> None:
        """Install a :meth:`description`, after checking it, and flat arrays as the memory.

        Without arrays the memory is started afresh by the next training, and the steps with it.
        """
        optimizer = as_optimizer(description["optimizer"])
        *counts, averaged_from = (
            check_integer(name, description[name], low=0)
            for name in ("steps", "epochs", "averaged_from")
        )
        if max(counts) > np.iinfo(np.int64).max:
            raise ValueError("steps and epochs must be below 2^63; one of them is not")
        if averaged_from > counts[0]:
            raise ValueError(f"averaged_from must be at most steps, got {averaged_from}")
        plateau = None
        if description["plateau"] is not None:
            if optimizer.schedule is None or not optimizer.schedule.needs_validation:
                raise ValueError("plateau belongs to a schedule that the optimizer does not have")
            plateau = optimizer.schedule.read(description["plateau"])
        remembers = optimizer.remembers
        kept = {name: array for name, array in memory.items() if name != RAW}
        if (memory and sorted(kept) != sorted(remembers)) or (
            RAW in memory and AVERAGE not in memory
        ):
            raise ValueError(f"the optimizer's state must be {remembers}, got {tuple(memory)}")
        rng = self.rng
        if description["random"] is not None:
            rng = random_state.generator(description["random"])
        arrays = tuple(memory[name] for name in remembers) if memory else ()
        self.rng, self.dropout_key = rng, description["dropout_key"]
        self.raw = memory.get(RAW)
        self.current = OptimizerState(
            optimizer, arrays, np.array(counts, np.int64), averaged_from, plateau
        )

    def _like_parameters(self, flat: Array) -> Parameters:
        return Parameters(self.layout, self.parameters.bias, flat)
