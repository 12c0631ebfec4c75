"""Which mistakes give a learner's numbers."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from fastbp.inputs import Array
from fastbp.learner_code.formulas import InapplicableError
from fastbp.learner_code.mistakes import made_in
from fastbp.learner_code.role_numbers import Arrays
from fastbp.learner_code.roles import Role
from fastbp.learner_code.trial import Run, given_layers, has_shapes

_MATCH = 1e-6  # relative; chance would need as many equal digits in every number


def matching(role: Role, runs: Sequence[Run], together: int) -> list[tuple[str, ...]]:
    """The mistakes, so many together, that give the learner's numbers in every run."""
    keys = list(made_in(role.parts, role.of_network))
    if together > 1:
        keys = [key for key in keys if "@" not in key]
    found = [of for of in combinations(keys, together) if _explains(role, runs, frozenset(of))]
    # what is wrong everywhere needs no word on where, or on w and b
    sets = set(map(frozenset, found))
    return [
        of
        for of in found
        if not any(frozenset(of) - {key} | {more} in sets for key in of for more in _general(key))
    ]


def _general(key: str) -> set[str]:
    """The mistakes of which one is a part: in all layers, or with w and b alike.

    >>> sorted(_general("no_rate_w@below")), _general("no_bias")
    (['no_rate', 'no_rate@below', 'no_rate_w'], set())
    """
    name, _, place = key.partition("@")
    both = name.removesuffix("_w").removesuffix("_b")
    return {name, both, f"{both}@{place}" if place else both} - {key}


def _explains(role: Role, runs: Sequence[Run], wrong: frozenset[str]) -> bool:
    seen = False
    for run in runs:
        try:
            with np.errstate(all="ignore"):
                predicted = role.mistaken(run.example, run.layer, wrong)
        except InapplicableError as error:  # the learner's loops must not be right there either
            if run.right or len(wrong) > 1 or (error.fails and run.comparable):
                return False
            continue
        except (ValueError, IndexError):  # two mistakes whose shapes do not fit
            if len(wrong) == 1:
                raise
            return False
        expected, bounds = role.right(run.example, run.layer)
        if _gives(run, predicted, bounds):
            seen = seen or not run.right
        elif run.right or len(wrong) > 1 or has_shapes(predicted, expected):
            return False  # what has a wrong shape can fail, or go wrong in any way
    return seen


def _gives(run: Run, predicted: Arrays, bounds: Arrays) -> bool:
    return run.comparable and all(
        _equal(actual[i], predicted[name][i], bounds[name][i])
        for name, actual in run.numbers.items()
        for i in given_layers(actual)
    )


def _equal(actual: Array, predicted: Array, bound: Array) -> bool:
    if actual.shape != predicted.shape:
        return False
    size = _MATCH * np.max(np.abs(predicted), initial=0.0)
    slack = size + (bound if bound.shape == actual.shape else 0.0)
    with np.errstate(invalid="ignore"):  # infinity, where both overflow
        return bool(np.all((actual == predicted) | (np.abs(actual - predicted) <= slack)))
