"""What the course's pages have beyond Markdown, as an extension of Sphinx.

``{formula}``
    Formulas in the notation, a line each, typeset. So are symbols between backticks.
``{explorer}``
    A page of ``course_explorers.py`` in a frame, by its name, with what to try below it.
``{shows}``
    What a command shows: the answer to a reader's question, or a question of the quiz.

Read as plain Markdown, a page has the formula as text there, and the command to run.
"""

from __future__ import annotations

import re
from pathlib import Path

from course_explorers import EXPLORERS, write_explorers
from course_parts import formulas, shown, symbol
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import SphinxError
from sphinx.util.docutils import SphinxDirective

from fastbp.drawing.markup import tag, text

COURSE = "course/"
_FRAME = re.compile(r'<iframe[^>]* src="([^"]+)"')


def _html(markup: str) -> nodes.raw:
    return nodes.raw("", markup, format="html")


class FormulaDirective(SphinxDirective):
    """Formulas, a line each."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Write them as MathML."""
        return [_html(formulas(self.content))]


class ExplorerDirective(SphinxDirective):
    """An explorer of the course, in a frame."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Write the frame and a link to its page; what to try comes above them."""
        name = self.arguments[0]
        if name not in EXPLORERS:
            raise self.error(f"no explorer {name!r}; there are {', '.join(EXPLORERS)}")
        frame = tag(
            "iframe",
            src=f"explorers/{name}-frame.html",
            title=f"Explorer: the network of this page ({name}), to walk through and to change",
            loading="lazy",
        )
        link = tag("a", text("Open the explorer in full"), href=f"explorers/{name}.html")
        return [
            *self.parse_content_to_nodes(),
            _html(tag("div", frame, tag("p", link), class_="course-explorer")),
        ]


class ShowsDirective(SphinxDirective):
    """What a command of fastbp shows, as a part of the page."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Compute it."""
        try:
            return [_html(shown(" ".join(self.content)))]
        except ValueError as error:
            raise self.error(str(error)) from error


def typeset_symbols(app: Sphinx, doctree: nodes.document) -> None:
    """Turn symbols between backticks into formulas, on the pages of the course."""
    if not app.env.docname.startswith(COURSE):
        return
    for literal in list(doctree.findall(nodes.literal)):
        markup = symbol(literal.astext())
        if markup is not None:
            literal.replace_self(_html(markup))


def end_examples(app: Sphinx, doctree: nodes.document) -> None:
    """Drop the empty line that ends the last output of an example for doctest."""
    for block in doctree.findall(nodes.literal_block):
        code = block.rawsource = block.astext().rstrip("\n")
        block.children = [nodes.Text(code)]


def keep_colours(app: Sphinx, doctree: nodes.document) -> None:
    """Tell the theme that the pages' pictures have a light and a dark side of their own."""
    for image in doctree.findall(nodes.image):
        if image["uri"].endswith(".svg"):
            image["classes"].append("dark-light")


def check_frames(folder: Path) -> None:
    """Refuse a page with a frame whose file is not there."""
    for page in sorted(folder.glob("*.html")):
        for source in _FRAME.findall(page.read_text(encoding="utf-8")):
            if not (folder / source).is_file():
                raise SphinxError(f"{page} has a frame of {source}, which is not there")


def finish(app: Sphinx, exception: Exception | None) -> None:
    """Write the explorers beside the pages."""
    if exception or app.builder.format != "html":
        return
    folder = Path(app.outdir) / COURSE
    write_explorers(folder / "explorers")
    check_frames(folder)


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect what is above."""
    app.add_directive("formula", FormulaDirective)
    app.add_directive("explorer", ExplorerDirective)
    app.add_directive("shows", ShowsDirective)
    app.connect("doctree-read", typeset_symbols)
    app.connect("doctree-read", end_examples)
    app.connect("doctree-read", keep_colours)
    app.connect("build-finished", finish, priority=400)  # before the check of hosts
    app.add_css_file("course.css")
    app.add_js_file("course.js")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
