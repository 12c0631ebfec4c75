"""One of the ladder's compiled rungs, and a small task for it."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from fastbp.bench.ladder import COMPILED
from fastbp.bench.problems import Problem
from fastbp.bench.rung import Rung, UnsupportedError

Array = NDArray[Any]

# Hidden activation, output activation, loss: all that a timed problem has.
SIGMOIDS = ("sigmoid", "sigmoid", "half_squared_error")
LINEAR = ("identity", "identity", "half_squared_error")
TANH = ("tanh", "identity", "half_squared_error")
RELU = ("relu", "softmax", "cross_entropy")


def find(name: str) -> type[Rung]:
    """The class of a rung; skips the test that asks, with a reason, where it cannot run."""
    (row,) = [row for row in COMPILED if row.name == name]
    for package in row.needs:
        pytest.importorskip(package, reason=f"{name} needs {package}")
    module, _, kind = row.import_path.partition(":")
    rung_class: type[Rung] = getattr(importlib.import_module(module), kind)
    try:
        make(rung_class, draw((1, 1), "float64", LINEAR, 1))
    except UnsupportedError as error:
        pytest.skip(f"{name}: {error}")
    return rung_class


@dataclass(frozen=True)
class Task:
    """A network's first weights and one batch; its batch size is that of the problem or less."""

    problem: Problem
    dtype: str
    weights: list[Array]
    biases: list[Array]
    X: Array
    Y: Array


def draw(
    sizes: tuple[int, ...],
    dtype: str,
    formulas: tuple[str, str, str],
    m: int,
    *,
    batch_size: int | None = None,
    seed: int = 0,
) -> Task:
    """Weights that keep z near 1, and a rate of 1, so that a step moves them as far as they are."""
    rng = np.random.default_rng(seed)

    def normal(*shape: int) -> Array:
        return rng.standard_normal(shape).astype("float32").astype(dtype)

    widths = list(zip(sizes[1:], sizes[:-1], strict=True))
    problem = Problem(sizes, *formulas, max(1, m if batch_size is None else batch_size), 1.0)
    return Task(
        problem,
        dtype,
        [normal(j, k) / np.sqrt(k).astype(dtype) for j, k in widths],
        [normal(j) for j, _ in widths],
        normal(m, sizes[0]),
        np.eye(sizes[-1], dtype=dtype)[rng.integers(sizes[-1], size=m)],
    )


def make(kind: type[Rung], task: Task) -> Rung:
    """A rung of that kind."""
    return kind(task.problem, task.dtype, 1, task.weights, task.biases)
