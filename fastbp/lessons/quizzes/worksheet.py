"""Worksheets: variants of the same questions, blank and then solved, on a page to print."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from string import ascii_lowercase
from typing import Any

import numpy as np

from fastbp.drawing.markup import Markup, resource, tag, text
from fastbp.drawing.page import document
from fastbp.inputs import check_integer
from fastbp.lessons.quizzes.quiz import quiz
from fastbp.network import Network

MOST_VARIANTS = 1000
Question = Mapping[str, Any]


def variants(
    net: Network | None = None,
    n_variants: int = 5,
    seed: int = 0,
    *,
    n: int = 1,
    kinds: str | Sequence[str] | None = None,
) -> list[list[dict[str, Any]]]:
    """Make sheets whose questions are of the same kinds, each with numbers of its own.

    Parameters
    ----------
    net, seed, kinds
        As for :func:`fastbp.lessons.quiz`.
    n_variants : int
        How many sheets, 1 to 1,000.
    n : int
        How many questions a sheet has.

    Returns
    -------
    list of list of dict
        For each sheet its questions.

    Examples
    --------
    >>> sheets = variants(n_variants=3, n=2, seed=1)
    >>> len(sheets), len({tuple(q["kind"] for q in sheet) for sheet in sheets})
    (3, 1)
    """
    n_variants = check_integer("n_variants", n_variants, low=1, high=MOST_VARIANTS)
    first = quiz(net, n, seed, kinds=kinds)
    seeds = np.random.SeedSequence([seed, n]).generate_state(n_variants * n).reshape(-1, n)
    return [
        [
            quiz(net, 1, int(own_seed), kinds=question["kind"])[0]
            for question, own_seed in zip(first, row, strict=True)
        ]
        for row in seeds
    ]


def worksheet(
    sheets: Sequence[Sequence[Question]], title: str = "Backpropagation", origin: str = ""
) -> Markup:
    """Write sheets as an HTML page: all of them blank, and then all of them solved.

    Parameters
    ----------
    sheets : sequence of sequences of dict
        As :func:`variants` makes them, or any questions with ``question``, ``choices``, ``answer``
        and ``explanation``. Their texts stay text.
    title : str
        The heading.
    origin : str
        What made the sheets; below the solved ones alone, for it gives the answers away.

    Returns
    -------
    Markup
        The page; each sheet begins on a new one when it is printed.

    Examples
    --------
    >>> page = worksheet(variants(n_variants=2, seed=1))
    >>> page.count("<article"), "solved" in page
    (4, True)
    """
    articles = [
        _sheet(sheet, i, len(sheets), title, origin if is_solved else None)
        for is_solved in (False, True)
        for i, sheet in enumerate(sheets, 1)
    ]
    style = resource("fastbp.lessons.quizzes", "worksheet.css")
    return document(title, tag("main", *articles), style=style, script=Markup(""))


def _sheet(
    questions: Sequence[Question], number: int, n_sheets: int, title: str, origin: str | None
) -> Markup:
    """A blank sheet, or with an origin a solved one."""
    is_solved = origin is not None
    heading = f"{title}: variant {number} of {n_sheets}{', solved' * is_solved}"
    name = [] if is_solved else [tag("p", text("Name:"), class_="name")]
    return tag(
        "article",
        tag("h1", text(heading)),
        *name,
        *(_question(question, i, is_solved) for i, question in enumerate(questions, 1)),
        *([tag("footer", text(origin))] if origin else []),
    )


def _question(question: Question, number: int, is_solved: bool) -> Markup:
    answer = question["answer"]
    choices = [
        tag("li", _text(choice), class_="right" if is_solved and choice == answer else None)
        for choice in question["choices"]
    ]
    letter = ascii_lowercase[question["choices"].index(answer)]
    after = (
        [tag("p", text(f"Answer: {letter})")), _text(question["explanation"])]
        if is_solved
        else [tag("div", class_="working")]
    )
    return tag(
        "section",
        tag("h2", text(f"Question {number}")),
        _text(question["question"]),
        tag("ol", *choices, class_="choices"),
        *after,
        class_="question",
    )


def _text(lines: str) -> Markup:
    return tag("div", text(lines), class_="text")
