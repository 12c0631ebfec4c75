"""One of the ladder's compiled rungs, and a small case for it."""

from __future__ import annotations

import importlib
from dataclasses import replace

import pytest

from fastbp.bench.cases import Case, draw_case
from fastbp.bench.ladder import COMPILED
from fastbp.bench.problems import Problem
from fastbp.bench.rung import Rung, UnsupportedError

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


def draw(
    sizes: tuple[int, ...],
    dtype: str,
    formulas: tuple[str, str, str],
    m: int,
    *,
    batch_size: int | None = None,
) -> Case:
    """A network and m samples, with a rate of 1, so that a step moves weights as far as they are.

    The rung may be made for mini-batches of another size than m.
    """
    case = draw_case(Problem(sizes, *formulas, m), dtype, 0, "ladder", m)
    return replace(case, problem=replace(case.problem, batch_size=batch_size or m, learning_rate=1))


def make(kind: type[Rung], case: Case) -> Rung:
    """A rung of that kind."""
    return kind(case.problem, case.dtype, 1, case.weights, case.biases)
