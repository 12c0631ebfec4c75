"""What the course's pages have beyond Markdown, as an extension of Sphinx.

``{formula}``
    Formulas in the notation, a line each, typeset. So are symbols between backticks.
``{explorer}``
    A page of ``course_explorers.py`` in a frame, by its name, with what to try below it.
``{shows}``
    What a command prints: the answer to a reader's question, or a question of the quiz.

A folder of Markdown shows the text of each: the formula in plain text, the command to run.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

from course_explorers import EXPLORERS, write_explorers
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import SphinxError
from sphinx.util.docutils import SphinxDirective

from fastbp.drawing.markup import Markup, tag, text
from fastbp.lessons import quiz
from fastbp.lessons.as_html import MathmlWriter
from fastbp.lessons.formulas import Symbol, parse_formula, parse_words
from fastbp.lessons.notations import NOTATIONS, Speller
from fastbp.lessons.questions import SIZES, answer, find
from fastbp.lessons.renderers import render

COURSE = "course/"
FRAMES = re.compile(r'<iframe[^>]* src="([^"]+)"')
WRITER = MathmlWriter(Speller(NOTATIONS["course"], SIZES))
# Letters without an index that are symbols too, between backticks.
LETTERS = re.compile(r"(?P<base>[wbzagyxjklLmnCδηΣ])(?P<prime>')?(?:_(?P<below>[jkli]))?")
LAYERS = re.compile(r"([lL])([-+])(\d)")


def raw(markup: str) -> nodes.raw:
    """A piece of HTML."""
    return nodes.raw("", markup, format="html")


def symbol(code: str) -> Markup | None:
    """Typeset what stands between backticks, if it is a symbol of the notation and no code."""
    if match := LETTERS.fullmatch(code):
        base = tag("mi", text(match["base"]))
        if match["prime"]:
            base = tag("mrow", base, tag("mo", text("′")))
        if match["below"]:
            base = tag("msub", base, tag("mi", text(match["below"])))
        return tag("math", base)
    if match := LAYERS.fullmatch(code):
        letter, sign, number = match.groups()
        sign = "−" if sign == "-" else sign
        return tag("math", tag("mi", text(letter)), tag("mo", text(sign)), tag("mn", text(number)))
    pieces = parse_words(code)
    if len(pieces) == 1 and isinstance(pieces[0], Symbol):
        return WRITER.formula(pieces)
    return None


class FormulaDirective(SphinxDirective):
    """Formulas, a line each."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Write them as MathML."""
        lines = [
            tag("div", WRITER.formula(parse_formula(line.strip()), display=True))
            for line in self.content
            if line.strip()
        ]
        return [raw(tag("div", *lines, class_="course-formula", tabindex=0, role="group",
                        aria_label="formula"))]  # fmt: skip


class ExplorerDirective(SphinxDirective):
    """An explorer of the course, in a frame."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Write the frame and a link to the page; the words come below."""
        name = self.arguments[0]
        if name not in EXPLORERS:
            raise self.error(f"no explorer {name!r}; there are {', '.join(EXPLORERS)}")
        page = f"explorers/{name}.html"
        frame = tag(
            "iframe",
            src=page,
            title=f"Explorer for this page, {name}: the network, drawn, to walk through",
            loading="lazy",
        )
        link = tag("a", text("Open the explorer in a window of its own"), href=page)
        words = nodes.container(classes=["course-try"])
        words += self.parse_content_to_nodes()
        return [raw(tag("div", frame, tag("p", link), class_="course-explorer")), words]


class ShowsDirective(SphinxDirective):
    """What a command of fastbp prints, as a part of the page."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Run what the command runs."""
        try:
            return [raw(shown(" ".join(self.content)))]
        except ValueError as error:
            raise self.error(str(error)) from error


def shown(command: str) -> Markup:
    """What ``fastbp explain --ask ...`` or ``fastbp quiz --n 1 --seed S --kind KIND`` shows."""
    match shlex.split(command):
        case ["fastbp", "explain", "--ask", *words]:
            return _answer(" ".join(words))
        case ["fastbp", "quiz", "--n", "1", "--seed", seed, "--kind", kind]:
            [question] = quiz(n=1, seed=int(seed), kinds=kind)
            return _exercise(question, command)
    raise ValueError(f"{command!r} is neither fastbp explain --ask nor fastbp quiz")


def _answer(words: str) -> Markup:
    """An answer with its numbers; the page has the question as a heading."""
    numbers = find(words)
    if len(numbers) != 1:
        raise ValueError(f"--ask {words}: {len(numbers)} questions fit")
    document = answer(numbers[0])
    document.blocks.pop(0)  # the heading
    return tag("div", Markup(render(document, "html")), class_="course-answer")


def _exercise(question: dict[str, Any], command: str) -> Markup:
    """A question with its choices; the answer opens."""
    choices = [tag("li", _lines(choice)) for choice in question["choices"]]
    place = question["choices"].index(question["answer"])
    solution = tag(
        "details",
        tag("summary", text("The answer")),
        tag("p", tag("strong", text("ABCD"[place]))),
        tag("pre", text(question["explanation"])),
    )
    more = tag("code", text(f"fastbp quiz --kind {question['kind']}"))
    return tag(
        "div",
        tag("p", tag("strong", text("Exercise"))),
        tag("pre", text(question["question"])),
        tag("ol", *choices, type="A"),
        solution,
        tag("p", text("More of this kind, in a terminal: "), more),
        class_="course-exercise",
        role="group",
        aria_label="Exercise",
    )


def _lines(choice: str) -> Markup:
    """A choice: of several lines as they stand, else words."""
    return tag("pre", text(choice)) if "\n" in choice else tag("span", text(choice))


def typeset_symbols(app: Sphinx, doctree: nodes.document) -> None:
    """Turn symbols between backticks into formulas, on the pages of the course."""
    if not app.env.docname.startswith(COURSE):
        return
    for literal in list(doctree.findall(nodes.literal)):
        markup = symbol(literal.astext())
        if markup is not None:
            literal.replace_self(raw(markup))


def keep_colours(app: Sphinx, doctree: nodes.document) -> None:
    """Tell the theme that the pages' pictures have a light and a dark side of their own."""
    for image in doctree.findall(nodes.image):
        if image["uri"].endswith(".svg"):
            image["classes"].append("dark-light")


def finish(app: Sphinx, exception: Exception | None) -> None:
    """Write the explorers, and refuse a page whose frame has no file."""
    if exception or app.builder.format != "html":
        return
    write_explorers(Path(app.outdir) / COURSE / "explorers")
    for page in sorted((Path(app.outdir) / COURSE).glob("*.html")):
        for source in FRAMES.findall(page.read_text(encoding="utf-8")):
            if not (page.parent / source).is_file():
                raise SphinxError(f"{page} has a frame of {source}, which is not there")


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect what is above."""
    app.add_directive("formula", FormulaDirective)
    app.add_directive("explorer", ExplorerDirective)
    app.add_directive("shows", ShowsDirective)
    app.connect("doctree-read", typeset_symbols)
    app.connect("doctree-read", keep_colours)
    app.connect("build-finished", finish, priority=400)  # before the check of hosts
    app.add_css_file("course.css")
    app.add_js_file("course.js")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
