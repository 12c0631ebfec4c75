"""Pieces of the course's pages as HTML: formulas, symbols, and what a command of fastbp shows."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable
from typing import Any

from fastbp.drawing.markup import Markup, tag, text
from fastbp.lessons import quiz
from fastbp.lessons.as_html import MathmlWriter
from fastbp.lessons.formulas import Symbol, parse_formula, parse_words
from fastbp.lessons.notations import NOTATIONS, Speller
from fastbp.lessons.questions import SIZES, answer, find
from fastbp.lessons.renderers import render

_WRITER = MathmlWriter(Speller(NOTATIONS["course"], SIZES))
# Letters without a layer that are symbols too, between backticks; and layers.
_LETTER = re.compile(r"(?P<base>[wbzagyxjklLmnCδηΣ])(?P<prime>')?(?:_(?P<below>[ijkl]))?")
_LAYER = re.compile(r"([lL])([-+])(\d)")
# C and C_i, with and without d, which no explanation of one sample has.
_LOSS = re.compile("<mi>(?P<d>d?)C</mi>(?P<i><mo>_</mo><mi>i</mi>)?")
# da/dz, which the writer leaves in a line.
_NAME = "|".join(["<mi>C</mi>", *(rf"<{e}>(?:(?!</{e}>).)*</{e}>" for e in ("msub", "msubsup"))])
_D = rf"(<mrow><mo>∂</mo>(?:{_NAME})</mrow>)"
_RATIO = re.compile(rf"{_D}<mo>/</mo>{_D}")
# One m-th, for the mean of m samples.
_MEAN = "<mn>1</mn><mo>/</mo><mi>m</mi>", "<mfrac><mn>1</mn><mi>m</mi></mfrac>"


def formulas(lines: Iterable[str]) -> Markup:
    """Typeset formulas in the notation, a line each."""
    written = [
        tag("div", _with_fractions(_WRITER.formula(parse_formula(line.strip()), display=True)))
        for line in lines
        if line.strip()
    ]
    return tag("div", *written, class_="course-formula")


def _with_fractions(formula: Markup) -> Markup:
    ratios = _RATIO.sub(r"<mfrac>\1\2</mfrac>", _LOSS.sub(_loss, formula))
    return Markup(ratios.replace(*_MEAN))


def _loss(match: re.Match[str]) -> str:
    loss = "<msub><mi>C</mi><mi>i</mi></msub>" if match["i"] else "<mi>C</mi>"
    return f"<mrow><mo>∂</mo>{loss}</mrow>" if match["d"] else loss


def symbol(code: str) -> Markup | None:
    """Typeset what stands between backticks, if it is a symbol of the notation and no code.

    >>> symbol("net.trace") is None, symbol("l-1")
    (True, '<math><mi>l</mi><mo>−</mo><mn>1</mn></math>')
    """
    if match := _LETTER.fullmatch(code):
        base = tag("mi", text(match["base"]))
        if match["prime"]:
            base = tag("mrow", base, tag("mo", text("′")))
        if match["below"]:
            base = tag("msub", base, tag("mi", text(match["below"])))
        return tag("math", base)
    if match := _LAYER.fullmatch(code):
        letter, sign, number = match.groups()
        sign = sign.replace("-", "−")
        return tag("math", tag("mi", text(letter)), tag("mo", text(sign)), tag("mn", text(number)))
    pieces = parse_words(code)
    if len(pieces) == 1 and isinstance(pieces[0], Symbol):
        return _WRITER.formula(pieces)
    return None


def shown(command: str) -> Markup:
    """What ``fastbp explain --ask ...`` or ``fastbp quiz --n 1 --seed S --kind KIND`` shows.

    Raises
    ------
    ValueError
        If it is no such command, or not just one question fits the words.
    """
    match shlex.split(command):
        case ["fastbp", "explain", "--ask", *words]:
            return _answer(" ".join(words))
        case ["fastbp", "quiz", "--n", "1", "--seed", seed, "--kind", kind]:
            [question] = quiz(n=1, seed=int(seed), kinds=kind)
            return _exercise(question)
    raise ValueError(
        f"{command!r} is neither 'fastbp explain --ask WORDS' nor "
        "'fastbp quiz --n 1 --seed S --kind KIND'"
    )


def _answer(words: str) -> Markup:
    numbers = find(words)
    if len(numbers) != 1:
        raise ValueError(f"--ask {words}: {len(numbers)} questions fit, expected one")
    document = answer(numbers[0])
    document.blocks.pop(0)  # the question, which is a heading of the page
    return tag("div", Markup(render(document, "html")), class_="course-answer")


def _exercise(question: dict[str, Any]) -> Markup:
    choices = [tag("li", _choice(choice)) for choice in question["choices"]]
    letter = "ABCD"[question["choices"].index(question["answer"])]
    return tag(
        "div",
        tag("p", tag("strong", text("Exercise"))),
        tag("pre", text(question["question"])),
        tag("ol", *choices, type="A"),
        tag(
            "details",
            tag("summary", text("The answer")),
            tag("p", tag("strong", text(letter))),
            tag("pre", text(question["explanation"])),
        ),
        tag(
            "p",
            text("More of this kind, in a terminal: "),
            tag("code", text(f"fastbp quiz --kind {question['kind']}")),
        ),
        class_="course-exercise",
        role="group",
        aria_label="Exercise",
    )


def _choice(choice: str) -> Markup:
    """Lines as they stand, or words."""
    return tag("pre" if "\n" in choice else "span", text(choice))
