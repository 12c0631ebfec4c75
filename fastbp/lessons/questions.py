"""What readers of the course ask: the list behind ``fastbp explain --ask``."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from fastbp.lessons import answers, further_answers
from fastbp.lessons.document import Document, GapBlock
from fastbp.lessons.lesson import Lesson
from fastbp.lessons.networks import small_network

SIZES = (4, 3, 3, 2)  # of the network that the answers are computed with


class Question(NamedTuple):
    """A question, further words that find it, and what writes its answer."""

    text: str
    words: str
    answer: Callable[[Lesson], None]


#: In the order in which the course raises them.
QUESTIONS = (
    Question("Where is the bias?", "b intercept", answers.bias),
    Question("What if layers have different widths?", "width sizes shape matrix number of nodes",
             answers.widths),
    Question("Which of j and k belongs to layer l?", "index indices order swapped transpose",
             answers.j_and_k),
    Question("What is Σ in code?", "sum sigma loop for", answers.sum_as_loop),
    Question("Why does the loop on the site never end?", "j++ while endless infinite increment",
             answers.endless_loop),
    Question("Where do the first weights come from?",
             "initial initialization random start glorot", answers.first_weights),
    Question("Why does code evaluate the derivative at the output a, when the theory writes g'(z)?",
             "slope sigmoid prime activation", answers.slope_from_output),
    Question("Where are the weights from layer l to the output?", "paths",
             answers.paths_to_the_output),
    Question("Does the layer below use the old or the new weights?", "update order mazur",
             answers.old_weights),
    Question("How far back does one go before computing anew?", "recompute batch again",
             answers.how_far_back),
    Question("Do I need the maths at all?", "math mathematics calculus slope need",
             answers.the_maths),
    Question("Why learn the noise of an image and subtract it?", "blur blurs edges squared error",
             further_answers.learn_the_noise),
    Question("Why does backpropagation do best when the loss is nearly linear in the weights?",
             "step rate forecast", further_answers.nearly_linear),
    Question("What is the derivative as a linear map, with respect to inputs and weights?",
             "jacobian jvp vjp transpose maps", further_answers.linear_maps),
    Question("What about recurrent networks?", "rnn time recurrence", further_answers.recurrent),
)  # fmt: skip


def list_questions(numbers: Sequence[int] = ()) -> Document:
    """Questions with their numbers: all, or those of these numbers."""
    page = Document()
    page.heading("What readers ask")
    numbers = numbers or range(1, len(QUESTIONS) + 1)
    page.table([[str(i), QUESTIONS[i - 1].text] for i in numbers], "><")
    page.gap()
    page.text("fastbp explain --ask 3, or --ask old weights, answers one.")
    return page


def find(asked: str) -> list[int]:
    """The questions meant, from 1: by a number, or by words, the best matches of these.

    Raises
    ------
    ValueError
        If there is none.

    Examples
    --------
    >>> find("3"), find("where is the bias")
    ([3], [1])
    """
    n = len(QUESTIONS)
    if re.fullmatch(r"[+-]?\d+", asked.strip()):
        number = int(asked)
        if not 1 <= number <= n:
            raise ValueError(f"there is no question {number}; they are 1 to {n}")
        return [number]
    words = _words(asked)
    scores = [
        2 * len(words & _words(question.text)) + len(words & _words(question.words))
        for question in QUESTIONS
    ]
    best = max(scores)
    if best == 0:
        raise ValueError(
            f"no question has one of these words: {asked.strip()!r}; fastbp explain --ask lists "
            "them all"
        )
    return [i for i, score in enumerate(scores, 1) if score == best]


_COMMON = frozenset(
    " a an and at by do does i if in is it of one or the to was what when where which why with "
    .strip().split(" ")
)  # fmt: skip


def _words(text: str) -> set[str]:
    """The words that tell questions apart, without a plural's s."""
    found = re.findall(r"[a-zΣ]+(?:\+\+)?", text.replace("Σ", " Σ ").lower().replace("σ", "sigma"))
    return {word if len(word) < 4 else word.removesuffix("s") for word in found} - _COMMON


def answer(number: int) -> Document:
    """The answer of a question, computed now.

    Parameters
    ----------
    number : int
        Its number in the list, from 1.

    Examples
    --------
    >>> from fastbp.lessons.renderers import render
    >>> print(render(answer(1)).splitlines()[0])
    1. Where is the bias?
    """
    question = QUESTIONS[number - 1]
    net, x, y = small_network(SIZES)
    page = Document(SIZES)
    page.heading(f"{number}. ", question.text)
    question.answer(Lesson(page, net, x, y, net.trace(x, y)))
    while isinstance(page.blocks[-1], GapBlock):
        page.blocks.pop()
    return page
