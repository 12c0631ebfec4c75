"""What training carries from step to step: the optimizer's memory, the generator, the counts."""

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from fastbp.inputs import Array, as_parameter, check_integer
from fastbp.model import random_state
from fastbp.model.parameters import Layout, Parameters
from fastbp.optimizers import Optimizer, as_optimizer


@dataclass(frozen=True, eq=False)
class OptimizerState:
    """An optimizer, its memory and the counts: replaced as one, so that they always agree."""

    optimizer: Optimizer
    memory: tuple[Array, ...]  # one flat array for each name in optimizer.remembers
    counters: Array  # int64: steps with this optimizer, epochs in the network's life


class TrainingState:
    """One object, owned by a Network, saved, copied and pickled with it."""

    def __init__(self, layout: Layout, bias: bool | str, rng: "np.random.Generator") -> None:
        self.layout = layout
        self.bias = bias
        self.rng = rng
        self.current = OptimizerState(as_optimizer("adam"), (), np.zeros(2, np.int64))

    @property
    def optimizer(self) -> Optimizer:
        """The description that training goes on with."""
        return self.current.optimizer

    @property
    def memory(self) -> tuple[Array, ...]:
        """The optimizer's memory, laid out like the parameters."""
        return self.current.memory

    @property
    def counters(self) -> Array:
        """The counts of steps and epochs, as the boundary keeps them."""
        return self.current.counters

    @property
    def steps(self) -> int:
        """Steps taken with the present optimizer."""
        return int(self.counters[0])

    @property
    def epochs(self) -> int:
        """Whole epochs in the network's life."""
        return int(self.counters[1])

    def use(self, optimizer: Optimizer) -> None:
        """Go on with a description that differs in its learning rate at most, else start afresh.

        All memory is allocated first, and then takes its place in one assignment: a handler or an
        error in between leaves the old optimizer with the old memory.
        """
        now, remembers = self.current, optimizer.remembers
        if len(now.memory) == len(remembers):
            if optimizer == now.optimizer:
                return
            if optimizer == replace(now.optimizer, learning_rate=optimizer.learning_rate):
                self.current = replace(now, optimizer=optimizer)
                return
        memory = tuple(self.layout.zeros() for _ in remembers)
        self.current = OptimizerState(optimizer, memory, np.array([0, self.epochs], np.int64))

    def set_learning_rate(self, learning_rate: float) -> None:
        """Go on with another learning rate, and with the memory and counts that there are."""
        optimizer = replace(self.optimizer, learning_rate=learning_rate)
        self.current = replace(self.current, optimizer=optimizer)

    def copy(self) -> "TrainingState":
        """An independent state in memory of its own."""
        twin = TrainingState(self.layout, self.bias, copy.deepcopy(self.rng))
        twin.own(self.optimizer, self.memory, self.counters)
        return twin

    def own(self, optimizer: Optimizer, memory: Iterable[Array], counters: Array) -> None:
        """Take over an optimizer's state by copying it."""
        copies = []
        for array in memory:
            copies.append(self.layout.zeros())
            copies[-1][:] = array
        self.current = OptimizerState(optimizer, tuple(copies), np.array(counters))

    def __getstate__(self) -> tuple[Any, ...]:
        now = self.current
        return (
            (self.layout.sizes, self.layout.dtype, self.bias, self.rng),
            (now.optimizer, now.memory, now.counters),
        )

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        (sizes, dtype, bias, rng), current = state
        TrainingState.__init__(self, Layout(sizes, dtype), bias, rng)
        self.own(*current)  # what was unpickled may be read-only memory, and is seldom aligned

    def forget_memory(self) -> None:
        """Leave the memory out, which the next training then starts afresh, with the steps."""
        self.current = replace(self.current, memory=())

    def finite_memory(self) -> dict[str, Array]:
        """The memory by name, live and flat, or nothing where no step can be made from it.

        That is where a number of it is not finite, as after an overflow in an epoch that was cut
        short. Training then starts the memory afresh.
        """
        if not self.memory or not self.memory_is_finite():
            return {}
        return dict(zip(self.optimizer.remembers, self.memory, strict=True))

    def memory_is_finite(self) -> bool:
        """Whether no number of the memory is NaN or infinite."""
        return all(self._parts(flat).all_finite() for flat in self.memory)

    def description(self) -> dict[str, Any]:
        """The state without the memory, as plain values."""
        return {
            "optimizer": self.optimizer.config(),
            "steps": self.steps,
            "epochs": self.epochs,
            "random": copy.deepcopy(dict(self.rng.bit_generator.state)),
        }

    def config(self) -> dict[str, Any]:
        """The state as plain values and dense arrays."""
        tensors = {
            name: {part: array.copy(order="C") for part, array in self._parts(flat).parts()}
            for name, flat in self.finite_memory().items()
        }
        return {**self.description(), "tensors": tensors}

    def from_config(self, config: dict[str, Any]) -> None:
        """Install what :meth:`config` gave, after checking it; on an error nothing is changed."""
        memory = {}
        for name, tensors in config["tensors"].items():
            memory[name] = self.layout.zeros()
            parts = dict(self._parts(memory[name]).parts())
            if sorted(parts) != sorted(tensors):
                raise ValueError(f"{name} must hold {sorted(parts)}, got {sorted(tensors)}")
            for part, array in parts.items():
                array[...] = as_parameter(tensors[part], array, f"{name}.{part}")
        self.restore(config, memory)

    def restore(self, description: dict[str, Any], memory: Mapping[str, Array]) -> None:
        """Install a :meth:`description`, after checking it, and flat arrays as the memory.

        Without arrays the memory is started afresh by the next training, and the steps with it.
        """
        optimizer = as_optimizer(description["optimizer"])
        counts = [check_integer(name, description[name], low=0) for name in ("steps", "epochs")]
        if max(counts) > np.iinfo(np.int64).max:
            raise ValueError("steps and epochs must be below 2^63; one of them is not")
        remembers = optimizer.remembers
        if memory and sorted(memory) != sorted(remembers):
            raise ValueError(f"the optimizer's state must be {remembers}, got {tuple(memory)}")
        rng = self.rng
        if description["random"] is not None:
            rng = random_state.generator(description["random"])
        arrays = tuple(memory[name] for name in remembers) if memory else ()
        self.rng = rng
        self.current = OptimizerState(optimizer, arrays, np.array(counts, np.int64))

    def _parts(self, flat: Array) -> Parameters:
        return Parameters(self.layout, self.bias, flat)
