"""Calls of one function in one style, and whether what they gave is right."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import numpy as np

from fastbp.bench.proof import compare_arrays
from fastbp.inputs import Array
from fastbp.learner_code.calling import NotUnderstoodError, Style, arguments, layers_named
from fastbp.learner_code.examples import Example, Setting, examples
from fastbp.learner_code.learner_file import Function, Outcome, plain
from fastbp.learner_code.results import read_result
from fastbp.learner_code.role_numbers import Arrays
from fastbp.learner_code.roles import Role, symbol_of
from fastbp.learner_code.session import Session


@dataclass
class Run:
    """One call, on an example and a layer: what was given back, in each way to read it."""

    example: Example
    layer: int
    outcome: Outcome
    candidates: list[Arrays]
    problem: str
    written: list[str]  # arguments that it changed and may not
    right: bool = False
    shaped: bool = False  # whether the numbers have the right shapes
    numbers: Arrays = field(default_factory=dict)

    @property
    def comparable(self) -> bool:
        """Whether there are numbers to compare."""
        return bool(self.numbers)


@dataclass
class Trial:
    """A function in a role and a style, to be called on examples until the deadline."""

    session: Session
    function: Function
    role: Role
    style: Style
    setting: Setting
    deadline: float
    second_call: Run | None = None
    called_at: float = 0.0

    def runs(self) -> Iterator[Run]:
        """Call it on every example and layer; twice on the first."""
        for example in self.examples():
            for layer in self.role.layers(example.L):
                yield self.run(example, layer)
                if self.second_call is None:
                    self.second_call = self.run(example, layer)

    def examples(self) -> tuple[Example, ...]:
        """Those of one sample, or of a mini-batch, as the style says."""
        L = layers_named(self.function) if self.role.of_network else 0
        found = [of for of in examples(self.setting, not self.style.batch) if L in (0, of.L)]
        if not found:
            raise NotUnderstoodError(
                f"{self.function.name} has {L} layers by the names of its parameters, "
                f"and no network of so many is tried: SIZES must have {L + 1} numbers"
            )
        return tuple(found)

    def run(self, example: Example, layer: int) -> Run:
        """Call it once and compare.

        Raises
        ------
        NotUnderstoodError
            If a parameter has no known name.
        DiedError
            If the call does not end, or its process does.
        """
        role = self.role
        given = arguments(role, self.function, example, layer, self.style)
        before = plain(given)
        self.called_at = perf_counter()
        seconds = max(self.deadline - self.called_at, 0.1)
        outcome: Outcome = self.session(
            "call",
            self.function.name,
            given,
            self.style.container == "each",
            seconds,
            seconds=seconds,
            activity=self.function.name,
        )
        if outcome.error is not None:
            return Run(example, layer, outcome, [], outcome.error, [])
        read, problem = read_result(role, outcome, example, layer, self.style)
        candidates = [self._without_bias(candidate) for candidate in read]
        allowed = {*role.in_place, "parameters", "gradients"}
        written = [
            name
            for name, value in before.items()
            if (symbol_of(name, role.of_network)[0] or name) not in allowed
            and not same(value, outcome.arguments[name])
        ]
        run = Run(example, layer, outcome, candidates, problem, written)
        expected, bounds = role.right(example, layer)
        for candidate in candidates:
            if all(why_wrong(of, candidate, expected, bounds) is None for of in candidate):
                run.right, run.shaped, run.numbers = True, True, candidate
                return run
        shaped = [candidate for candidate in candidates if has_shapes(candidate, expected)]
        run.numbers, run.shaped = next(iter([*shaped, *candidates]), {}), bool(shaped)
        return run

    def _without_bias(self, candidate: Arrays) -> Arrays:
        left_out = () if self.setting.bias else ("b", "db")
        return {name: value for name, value in candidate.items() if name not in left_out}


def given_layers(arrays: Sequence[Array]) -> list[int]:
    """The layers of which there are numbers: an output alone has those of the last."""
    return [i for i, array in enumerate(arrays) if array.size]


def has_shapes(candidate: Arrays, expected: Arrays) -> bool:
    """Whether all arrays have the expected shapes."""
    return all(
        arrays[i].shape == expected[name][i].shape
        for name, arrays in candidate.items()
        if name in expected
        for i in given_layers(arrays)
    )


def why_wrong(name: str, candidate: Arrays, expected: Arrays, bounds: Arrays) -> str | None:
    """What the ladder's proof finds wrong in one quantity, where it was given; None if nothing."""
    which = given_layers(candidate[name])
    actual, right, bound = ([of[name][i] for i in which] for of in (candidate, expected, bounds))
    rows = name in ("z", "value")  # which the proof does not have, with indices as those of a
    return compare_arrays("a" if rows else name, actual, right, bound, "float32").why


def same(before: Any, after: Any) -> bool:
    """Whether lists, dicts, arrays and numbers are equal; NaN is equal to NaN."""
    if isinstance(before, list) and isinstance(after, list):
        return len(before) == len(after) and all(map(same, before, after))
    if isinstance(before, dict) and isinstance(after, dict):
        return before.keys() == after.keys() and all(same(before[k], after[k]) for k in before)
    if isinstance(before, np.ndarray) and isinstance(after, np.ndarray):
        return np.array_equal(before, after, equal_nan=before.dtype.kind == "f")
    return bool(before == after or (before != before and after != after))
