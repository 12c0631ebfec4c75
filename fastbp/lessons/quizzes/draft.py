"""A question before its choices are picked and shuffled, and how they are."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

from fastbp.lessons.quizzes.notation import NotFiniteError, show

LEAST_APART = 0.01  # of two numbers among the choices, relative to the larger one
MOST_WRONG, FEWEST_WRONG = 3, 2

Given = TypeVar("Given")
#: The words for a mistake, and the function that makes it.
Mistakes = Mapping[str, Callable[[Given], float]]


class NoMistakeError(Exception):
    """A mistake cannot be made in this network, or is none."""


@dataclass(frozen=True)
class Draft:
    """A question, its answer and what readers answer instead.

    Attributes
    ----------
    question, explanation : str
        Lines of text; the explanation goes from symbols to numbers to the result.
    answer : str
        The right choice.
    wrong : sequence of (choice, mistake)
        More than are shown, perhaps, and some of them the same; the mistake in words.
    given : dict
        The numbers and indices that the question is about, for pages and for tests.
    numeric : bool
        Whether the choices are numbers, which must be `LEAST_APART`.
    """

    question: str
    answer: str
    wrong: Sequence[tuple[str, str]]
    explanation: str
    given: dict[str, Any] = field(default_factory=dict)
    numeric: bool = False


def numeric(
    question: Iterable[str],
    answer: float,
    given: Given,
    mistakes: Mistakes[Given],
    explanation: str,
    *,
    write: Callable[[float], str] = show,
    **numbers: Any,
) -> Draft:
    """Draft a question whose choices are numbers: the answer, and what each mistake gives.

    ``numbers`` are what the question is about, by name; ``write`` writes a choice.
    """
    if not math.isfinite(answer):
        raise NotFiniteError
    wrong = []
    for words, mistake in mistakes.items():
        with np.errstate(all="ignore"):
            try:
                value = float(mistake(given))
            except (NoMistakeError, IndexError, ZeroDivisionError, OverflowError):
                continue  # the mistake cannot be made in a network of this shape
        if math.isfinite(value):
            wrong.append((write(value), words))
    return Draft(
        "\n".join(question), write(answer), wrong, explanation, dict(numbers), numeric=True
    )


def are_apart(first: str, second: str, numeric: bool) -> bool:
    """Whether two choices can be told apart: as text, and numbers by `LEAST_APART`.

    >>> are_apart("1.00", "1.005", True), are_apart("0", "0.001", True)
    (False, True)
    """
    if first == second:
        return False
    if not numeric:
        return True
    a, b = float(first), float(second)
    return abs(a - b) >= LEAST_APART * max(abs(a), abs(b)) and a != b


def pick(draft: Draft, rng: np.random.Generator) -> tuple[list[str], list[str]] | None:
    """Choose the wrong choices and shuffle all; None if too few of them differ.

    Returns
    -------
    choices : list of str
        The answer is one of them.
    remarks : list of str
        For each choice the mistake that leads to it; "" for the answer.
    """
    picked = [(draft.answer, "")]
    for i in rng.permutation(len(draft.wrong)):
        choice, mistake = draft.wrong[i]
        if all(are_apart(choice, other, draft.numeric) for other, _ in picked):
            picked.append((choice, mistake))
        if len(picked) > MOST_WRONG:
            break
    if len(picked) <= FEWEST_WRONG:
        return None
    order = rng.permutation(len(picked))
    return [picked[i][0] for i in order], [picked[i][1] for i in order]
