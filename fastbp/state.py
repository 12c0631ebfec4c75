"""What training carries from step to step: the optimizer's memory, the generator, the counts."""

import copy
from collections.abc import Mapping
from typing import Any

import numpy as np

from fastbp import random_state
from fastbp.optimizers import SGD, Optimizer, as_optimizer
from fastbp.parameters import Layout, Parameters
from fastbp.validation import Array, as_parameter, check_integer


class TrainingState:
    """One object, owned by a Network, saved, copied and pickled with it."""

    def __init__(self, layout: Layout, bias: bool | str, rng: "np.random.Generator") -> None:
        self.layout = layout
        self.bias = bias
        self.rng = rng
        self.optimizer: Optimizer = SGD()
        self.memory: list[Array] = []  # one flat array for each name in optimizer.remembers
        self.counters = np.zeros(2, np.int64)  # steps with this optimizer, epochs

    @property
    def steps(self) -> int:
        """Steps taken with the present optimizer."""
        return int(self.counters[0])

    @property
    def epochs(self) -> int:
        """Whole epochs in the network's life."""
        return int(self.counters[1])

    def use(self, optimizer: Optimizer) -> None:
        """Go on with an equal description; start afresh with another one."""
        if optimizer == self.optimizer and len(self.memory) == len(optimizer.remembers):
            return
        self.optimizer = optimizer
        self.memory = [self.layout.zeros() for _ in optimizer.remembers]
        self.counters[0] = 0

    def finite_memory(self) -> dict[str, Array]:
        """The memory by name, live and flat, or nothing where no step can be made from it.

        That is where a number of it is not finite, as after an overflow in an epoch that was cut
        short. Training then starts the memory afresh.
        """
        names, memory = self.optimizer.remembers, self.memory
        if len(memory) != len(names) or not all(self._parts(flat).all_finite() for flat in memory):
            return {}
        return dict(zip(names, memory, strict=True))

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
        arrays = [memory[name] for name in remembers] if memory else []
        self.optimizer, self.memory, self.rng = optimizer, arrays, rng
        self.counters[:] = counts

    def _parts(self, flat: Array) -> Parameters:
        return Parameters(self.layout, self.bias, flat)
