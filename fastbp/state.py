"""What training carries from step to step: the optimizer's memory, the generator, the counts."""

import copy
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from fastbp import random_state
from fastbp.optimizers import SGD, Optimizer, as_optimizer
from fastbp.parameters import Layout, Parameters
from fastbp.validation import Array, as_parameter, check_integer


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
        self.current = OptimizerState(SGD(), (), np.zeros(2, np.int64))

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

    def copy(self) -> "TrainingState":
        """An independent state in memory of its own."""
        twin = TrainingState(self.layout, self.bias, copy.deepcopy(self.rng))
        twin._own(self.optimizer, self.memory, self.counters)
        return twin

    def _own(self, optimizer: Optimizer, memory: Iterable[Array], counters: Array) -> None:
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
        self._own(*current)  # what was unpickled may be read-only memory, and is seldom aligned

    def config(self) -> dict[str, Any]:
        """The state as plain values and dense arrays, for a model file."""
        tensors = {
            name: {
                part: array.copy(order="C")
                for part, array in Parameters(self.layout, self.bias, flat).parts()
            }
            for name, flat in zip(self.optimizer.remembers, self.memory, strict=False)
        }
        return {
            "optimizer": self.optimizer.config(),
            "steps": self.steps,
            "epochs": self.epochs,
            "random": copy.deepcopy(dict(self.rng.bit_generator.state)),
            "tensors": tensors,
        }

    def from_config(self, config: dict[str, Any]) -> None:
        """Install what :meth:`config` gave, after checking it; on an error nothing is changed."""
        optimizer = as_optimizer(config["optimizer"])
        counts = [check_integer(name, config[name], low=0) for name in ("steps", "epochs")]
        if max(counts) > np.iinfo(np.int64).max:
            raise ValueError("steps and epochs must be below 2^63; one of them is not")
        tensors = config["tensors"]
        remembers = optimizer.remembers
        if tensors and sorted(tensors) != sorted(remembers):
            raise ValueError(f"the optimizer's state must be {remembers}, got {tuple(tensors)}")
        memory = []
        for name in remembers if tensors else ():
            part_of = Parameters(self.layout, self.bias)
            parts = dict(part_of.parts())
            if sorted(parts) != sorted(tensors[name]):
                raise ValueError(f"{name} must hold {sorted(parts)}, got {sorted(tensors[name])}")
            for part, array in parts.items():
                array[...] = as_parameter(tensors[name][part], array, f"{name}.{part}")
            memory.append(part_of.flat)
        rng = self.rng
        if config["random"] is not None:
            rng = random_state.generator(config["random"])
        self.rng = rng
        self.current = OptimizerState(optimizer, tuple(memory), np.array(counts, np.int64))
