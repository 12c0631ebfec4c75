"""What a network holds, and what its calls return, as values that == compares bit by bit."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from ways_in import bits, gradient_arrays

from fastbp import History
from fastbp.model import random_state
from fastbp.model.parameters import Gradients
from fastbp.model.trace import Trace


def state_of(net: Any) -> dict[str, Any]:
    """All that a network keeps from call to call: equal states go on with equal bits."""
    model = net._model
    with model.state_lock.hold():
        description, tensors = model.state.description(), model.state.tensors()
        return {
            "parameters": bits(net.parameters),
            "optimizer": net.optimizer,
            "memory": {name: bits(array) for name, array in tensors.items() if "." in name},
            "steps": description["steps"],
            "epochs": description["epochs"],
            "averaged_from": description["averaged_from"],
            "plateau": description["plateau"],
            "random": random_state.to_json(description["random"]),
            "dropout_key": description["dropout_key"],
            "classes": net.classes,
            "preprocessing": net.preprocessing,
        }


def digest_of(net: Any) -> int:
    """A number for all of that state: in one process, equal for equal states, and for no others."""
    return hash(_hashable(state_of(net)))


def _hashable(value: Any) -> Any:
    if isinstance(value, dict):
        return tuple((name, _hashable(entry)) for name, entry in value.items())
    return tuple(map(_hashable, value)) if isinstance(value, (list, tuple)) else value


def generator_of(net: Any) -> np.random.Generator:
    """The generator that draws the network's next order of the samples."""
    return net._model.state.rng


def take_dropout_key(net: Any) -> None:
    """Draw what seeds dropout, as a fit does before its first order; a step would only after it."""
    if any(net.dropout):
        net._model.state.take_dropout_key()


def share_target_kind(first: Any, second: Any) -> None:
    """Let both know what a fit of one of them has settled, which single steps leave open."""
    states = [net._model.state for net in (first, second)]
    kind = next((s.learned.target_kind for s in states if s.learned.target_kind), None)
    for state in states:
        state.learned = state.learned._replace(target_kind=kind)


def count_an_epoch(net: Any) -> None:
    """Enter an epoch that was made of single steps, which count none."""
    net._model.state.current.counters[1] += 1


def differences(first: dict[str, Any], second: dict[str, Any]) -> str:
    """The names of what differs, with the values where these are short."""
    parts = []
    for name in first:
        if first[name] != second[name]:
            values = f"{first[name]!r} and {second[name]!r}"
            parts.append(name if len(values) > 200 else f"{name} ({values})")
    return ", ".join(parts)


def is_finite(net: Any) -> bool:
    """Whether every parameter and every number of the optimizer's memory is."""
    return bool(net._model.state.is_finite())


def memory_fits(net: Any) -> bool:
    """Whether the optimizer's memory is the one that its description asks for, or still empty."""
    now = net._model.state.current
    return len(now.memory) in (0, len(now.optimizer.remembers))


def is_settled(net: Any) -> bool:
    """Whether the parameters are the moving average where there is one, as after a training."""
    return not net._model.state.is_averaging


def comparable(result: Any) -> Any:
    """What a call returned, without how long it took."""
    if isinstance(result, History):
        numbers = dataclasses.asdict(result)
        del numbers["seconds"]
        return {name: repr(value) for name, value in numbers.items()}  # NaN equals NaN in text
    if isinstance(result, Gradients):
        return bits(*gradient_arrays(result))
    if isinstance(result, Trace):
        parts = (result.a, result.z, result.delta, result.dC_dw, result.dC_db)
        parts += (result.g_prime, result.dC_da)
        return bits(result.C_0, *(array for part in parts for array in part))
    if isinstance(result, (tuple, list)):
        return [comparable(entry) for entry in result]
    return None if result is None else bits(result)
