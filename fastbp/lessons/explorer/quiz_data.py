"""The quiz of an explorer's page: questions with their answers, and what earns a certificate."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from fastbp.drawing.markup import Markup, resource, tag
from fastbp.inputs import check_integer, short_repr
from fastbp.lessons.quizzes.certificate import (
    LEAST_QUESTIONS,
    LEAST_SHARE,
    LONGEST_NAME,
    NAME_ROOM,
    NAME_SIZE,
    certificate,
)
from fastbp.lessons.quizzes.files import quiz_from_json, quiz_to_json
from fastbp.lessons.quizzes.quiz import MOST_SEED
from fastbp.lessons.quizzes.quiz import quiz as make_quiz
from fastbp.lessons.quizzes.table import KINDS
from fastbp.network import Network

DEFAULT_N, MOST_QUESTIONS = 10, 200
#: Where page.html takes the quiz, or nothing.
PLACE = "<!-- quiz -->"
_NAMESPACE = ' xmlns="http://www.w3.org/2000/svg"'

Quiz = int | Sequence[Mapping[str, Any]]


def quiz_data(net: Network | None, quiz: Quiz, seed: int, title: str) -> dict[str, Any] | None:
    """Describe a quiz for the page; None for a page without one.

    Parameters
    ----------
    net : Network or None
        What the questions are about; None: each about a small network of its own.
    quiz : int or sequence of dict
        How many questions, 0 to 200, or questions as :func:`fastbp.lessons.quiz` and
        :func:`fastbp.lessons.quiz_from_json` return them.
    seed : int
        Of those that are made: the same one gives the same quiz.
    title : str
        The network's name on the page.

    Raises
    ------
    ValueError, TypeError
        If ``quiz`` or ``seed`` is not one of the above, or a question lacks something.

    Examples
    --------
    >>> data = quiz_data(None, 3, 0, "")
    >>> len(data["questions"]), data["least_questions"]
    (3, 10)
    """
    if isinstance(quiz, Sequence) and not isinstance(quiz, (str, bytes)):
        questions = _own_questions(quiz)
        about, note, is_drawn = "", "", False
    else:
        n = check_integer("quiz", quiz, low=0, high=MOST_QUESTIONS)
        seed = check_integer("quiz_seed", seed, low=0, high=MOST_SEED)
        questions = make_quiz(net, n, seed) if n else []
        is_drawn = net is not None
        if is_drawn:
            about = f'They are about "{title}", each with a sample of its own.'
            note = f"{title}, quiz of {n}, seed {seed}"
        else:
            about = "Each is about a small network of its own."
            note = f"fastbp quiz --n {n} --seed {seed}"
    if not questions:
        return None
    return {
        "id": hashlib.sha256(json.dumps(questions, sort_keys=True).encode()).hexdigest()[:16],
        "about": about,
        "note": note,
        "drawn": is_drawn,  # whether the questions are about the first network of the page
        "questions": questions,
        "kinds": {name: kind.words for name, kind in KINDS.items()},
        "least_share": LEAST_SHARE,
        "least_questions": LEAST_QUESTIONS,
        "name": {
            "longest": LONGEST_NAME,
            "size": NAME_SIZE,
            "room": NAME_ROOM,
        },
    }


def _own_questions(questions: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Questions of the caller's, checked as those of a file are."""
    if len(questions) > MOST_QUESTIONS:
        raise ValueError(
            f"quiz has {len(questions)} questions, expected at most {MOST_QUESTIONS}; make more "
            "pages"
        )
    if not all(isinstance(question, Mapping) for question in questions):
        raise TypeError(
            f"quiz must be a number of questions or a list of dicts, got {short_repr(questions)}"
        )
    return quiz_from_json(quiz_to_json(questions)) if questions else []


def quiz_markup() -> Markup:
    """The part of the page's body that asks, with an empty certificate."""
    # The script writes name, score and date; in a page svg needs no namespace.
    picture = certificate("-", LEAST_QUESTIONS, LEAST_QUESTIONS, when=date(2000, 1, 1))
    picture = Markup(picture.replace(_NAMESPACE, ""))
    body = resource("fastbp.lessons.explorer", "quiz.html")
    return Markup(body.replace("<!-- certificate -->", tag("div", picture, id="certificate")))
