"""One of the ladder's compiled rungs beside the specification: the same weights, the same batch."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tolerances import FLOAT64, assert_close, norm

from fastbp import reference, reference_tables
from fastbp.bench.compiled_rows import COMPILED
from fastbp.bench.problems import Problem
from fastbp.bench.rung import Numbers, Rung, UnsupportedError

Array = NDArray[Any]

# Number type -> bound: FLOAT64's derivation with the unit roundoff of float32, 2^29 times larger.
BOUNDS = {"float64": FLOAT64, "float32": FLOAT64 * 2**29}
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


def expect(task: Task) -> Numbers:
    """What the specification says; w and b as they are after one step."""
    sizes, problem = task.problem.sizes, task.problem
    L = len(task.weights)
    names = [problem.activation] * (L - 1) + [problem.output_activation]
    g, g_prime = zip(*(reference_tables.ACTIVATIONS[name] for name in names), strict=True)
    _, output_delta = reference_tables.LOSSES[problem.loss]
    w = [None, *(w.tolist() for w in task.weights)]
    b = [None, *(b.tolist() for b in task.biases)]
    dw = [None, *([[0.0] * k for _ in range(j)] for j, k in zip(sizes[1:], sizes, strict=False))]
    db = [None, *([0.0] * j for j in sizes[1:])]
    a_of, delta_of = [], []
    for x, y in zip(task.X.tolist(), task.Y.tolist(), strict=True):
        z, a = reference.forward(x, w, b, [None, *g])
        delta = reference.backward(z, a, y, w, [None, *g_prime], output_delta)
        reference.accumulate(delta, a, dw, db)
        a_of.append(a[1:])
        delta_of.append(delta[1:])
    if len(task.X) > 0:
        reference.sgd_step(w, b, dw, db, problem.learning_rate / len(task.X))

    def rows(samples: list[Any]) -> list[Array]:
        return [
            np.array([of[l] for of in samples], np.float64).reshape(len(task.X), sizes[l + 1])
            for l in range(L)
        ]

    lists = [[np.array(part) for part in parts[1:]] for parts in (w, b, dw, db)]
    return Numbers(lists[0], lists[1], rows(a_of), rows(delta_of), lists[2], lists[3])


def assert_right(kind: type[Rung], task: Task, expected: Numbers | None = None) -> None:
    """Compare every number of the three loops, each called twice, and of a step."""
    expected = expected or expect(task)
    bound = BOUNDS[task.dtype]
    rung = make(kind, task)
    rung.put(task.X, task.Y)
    for loop in (rung.forward, rung.backward, rung.accumulate):
        loop()
        loop()
    compare(rung.read(), expected, ("a", "delta", "dw", "db"), bound, task)
    rung.update()
    compare(rung.read(), expected, ("w", "b"), bound, task)
    stepped = make(kind, task)
    stepped.step(task.X, task.Y)
    compare(stepped.read(), expected, ("w", "b"), bound, task)
    for used in (rung, stepped):
        used.close()


def compare(
    actual: Numbers, expected: Numbers, names: tuple[str, ...], bound: float, task: Task
) -> None:
    """Parameters are measured by how far they should have moved."""
    first = {"w": task.weights, "b": task.biases}
    for name in names:
        pairs = zip(getattr(actual, name), getattr(expected, name), strict=True)
        for l, (left, right) in enumerate(pairs, start=1):
            moved = norm(np.subtract(right, first[name][l - 1])) if name in first else None
            label = f"{name}({l}) of {task.problem}, {len(task.X)} rows, {task.dtype}"
            assert_close(left, right, bound, scale=moved or None, label=label)
