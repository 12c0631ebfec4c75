"""What training carries from step to step: the optimizer's memory, the generator, the counts."""

import copy
from typing import Any

import numpy as np

from fastbp import random_state
from fastbp.optimizers import Adam, Optimizer, as_optimizer
from fastbp.parameters import Layout, Parameters
from fastbp.validation import Array, as_parameter, check_integer


class TrainingState:
    """One object, owned by a Network, saved, copied and pickled with it."""

    def __init__(self, layout: Layout, bias: bool | str, rng: "np.random.Generator") -> None:
        self.layout = layout
        self.bias = bias
        self.rng = rng
        self.optimizer: Optimizer = Adam()
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
        self.optimizer, self.memory, self.rng = optimizer, memory, rng
        self.counters[:] = counts
