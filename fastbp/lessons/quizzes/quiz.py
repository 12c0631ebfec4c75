"""``fastbp.lessons.quiz``: questions with computed answers, as plain dicts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from fastbp.inputs import check_choice, check_integer
from fastbp.inputs.scalars import short_repr
from fastbp.lessons.quizzes.draft import pick
from fastbp.lessons.quizzes.notation import NotFiniteError
from fastbp.lessons.quizzes.setting import make_setting
from fastbp.lessons.quizzes.table import KINDS
from fastbp.network import Network

MOST_QUESTIONS = 100_000
MOST_SEED = 2**53 - 1  # a page's script reads no larger integer exactly
_TRIES = 24  # draws of a question: of a network with dead nodes most choices may be the same


def quiz(
    net: Network | None = None,
    n: int = 10,
    seed: int = 0,
    *,
    kinds: str | Sequence[str] | None = None,
) -> list[dict[str, Any]]:
    """Make a quiz on backpropagation, every answer and every wrong choice computed.

    Parameters
    ----------
    net : Network, optional
        What to ask about: a network of your own, with any widths, activations and loss. It is not
        changed. Without one each question has a small network of its own. Of layers of
        more than 5 nodes the first ones are shown, and what the others come to.
    n : int
        How many questions, 1 to 100,000. They go through the kinds in an order drawn by the seed.
    seed : int
        0 to 2^53 - 1. The same seed gives the same quiz.
    kinds : str or sequence of str, optional
        Kinds of questions to choose from; all by default. ``fastbp quiz --list`` and docs/quiz.md
        list them.

    Returns
    -------
    list of dict
        Plain JSON, one dict a question: ``question``, ``choices`` (a list of 3 or 4 texts),
        ``answer`` (the right one of them), ``explanation`` (symbols, then numbers, then the
        result), ``seed`` (``quiz(net, 1, question["seed"], kinds=question["kind"])`` makes this
        question again), ``kind``, ``remarks`` (for each choice the mistake that leads to it, "" for
        the answer) and ``given`` (the numbers and indices that it is about). Texts may have several
        lines. Numbers among the choices differ by at least 1 %.

    Raises
    ------
    ValueError, TypeError
        If an argument is not one of the above, or no question of these kinds can be asked about
        this network.

    Examples
    --------
    >>> from fastbp.lessons import quiz
    >>> question = quiz(n=1, seed=4, kinds="weight")[0]
    >>> print(question["question"])
    Nodes count from 0, and layer 0 is the input. Where does w_21^(1) lead?
    >>> question["answer"]
    'from node 1 of layer 0 to node 2 of layer 1'
    """
    if net is not None and not isinstance(net, Network):
        raise TypeError(f"net must be a Network or None, got {type(net).__name__}")
    n = check_integer("n", n, low=1, high=MOST_QUESTIONS)
    seed = check_integer("seed", seed, low=0, high=MOST_SEED)
    names = _check_kinds(kinds)
    rng = np.random.default_rng(seed)
    questions: list[dict[str, Any]] = []
    order: list[str] = []
    while len(questions) < n:
        if not names:
            raise ValueError(
                "kinds: no question of this kind can be asked about this network (its layers are "
                "too wide, its nodes are dead or saturated, or its activations are your own); "
                "choose other kinds, or leave kinds out"
            )
        order = order or [names[place] for place in rng.permutation(len(names))]
        name = order.pop()
        question = make_question(net, name, _seed_of(seed, len(questions)))
        if question is None:
            names.remove(name)
        else:
            questions.append(question)
    return questions


def make_question(net: Network | None, kind: str, seed: int) -> dict[str, Any] | None:
    """Make one question, or None if the network gives none of this kind.

    Examples
    --------
    >>> make_question(None, "shape", 0)["kind"]
    'shape'
    """
    for attempt in range(_TRIES):
        rng = np.random.default_rng([seed, attempt])
        with np.errstate(all="ignore"):
            setting = make_setting(net, rng)
            try:
                draft = KINDS[kind].draft(setting)
            except NotFiniteError:
                continue
        picked = None if draft is None else pick(draft, rng)
        if draft is not None and picked is not None:
            choices, remarks = picked
            return {
                "question": draft.question,
                "choices": choices,
                "answer": draft.answer,
                "explanation": draft.explanation,
                "seed": seed,
                "kind": kind,
                "remarks": remarks,
                "given": draft.given,
            }
    return None


def _seed_of(seed: int, i: int) -> int:
    """The seed of question i: of the first one the quiz's own, so that it can be made again."""
    return seed if i == 0 else int(np.random.SeedSequence([seed, i]).generate_state(1)[0])


def _check_kinds(kinds: object) -> list[str]:
    """The names of kinds, each once."""
    if kinds is None:
        return list(KINDS)
    if isinstance(kinds, str):
        kinds = [kinds]
    if not isinstance(kinds, Sequence) or not kinds:
        raise TypeError(
            f"kinds must be a name or a list of names such as {next(iter(KINDS))!r}, got "
            f"{short_repr(kinds)}"
        )
    return list(dict.fromkeys(check_choice("kinds", kind, KINDS) for kind in kinds))
