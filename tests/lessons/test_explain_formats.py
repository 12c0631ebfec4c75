"""`net.explain` in its formats: rendered by notebooks, safe with any name, and well formed."""

from __future__ import annotations

import copy
import pickle
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

import fastbp
from fastbp import Network
from fastbp.lessons.as_text import TextWriter
from fastbp.lessons.document import Document
from fastbp.lessons.formulas import Words, parse_formula, parse_words
from fastbp.lessons.networks import small_network
from fastbp.lessons.notations import NOTATIONS, Speller
from fastbp.lessons.renderers import RENDERERS, render
from fastbp.losses import LEGAL_PAIRS
from fastbp.text.rendered import Rendered

EVIL = (
    "</script><img src=x onerror=alert(1)> $\\input{x}$ `a` [b](javascript:c) | *d* _e_ & \u202ef"
)


def network(loss: str = "squared_error") -> Any:
    return small_network((3, 4, 3), loss=loss)


@pytest.mark.parametrize("format", RENDERERS)
def test_a_notebook_shows_a_format_as_what_it_is(format: str) -> None:
    net, x, y = network()
    text = net.explain(x, y, format=format)
    shown = {
        "html": text._repr_html_(),
        "latex": text._repr_latex_(),
        "markdown": text._repr_markdown_(),
    }
    assert {name for name, value in shown.items() if value is not None} == {format} - {"text"}
    assert set(shown.values()) <= {str(text), None}
    assert isinstance(text, str)
    assert type(text.upper()) is str
    assert "{}".format(text) == str(text)  # noqa: UP032 - str.format is still a method
    for twin in (copy.copy(text), pickle.loads(pickle.dumps(text))):
        assert (twin, twin.content_format) == (text, format)


def test_ipython_prints_text_as_lines() -> None:
    printed = []

    class Printer:
        text = staticmethod(printed.append)

    net, x, y = network()
    net.explain(x, y)._repr_pretty_(Printer(), False)
    assert printed == [str(net.explain(x, y))]


def test_the_function_and_the_method_are_the_same() -> None:
    net, x, y = network()
    for options in ({}, {"l": 1, "j": 2}, {"format": "html"}, {"notation": "ng", "k": 1}):
        assert net.explain(x, y, **options) == fastbp.explain(net, x, y, **options)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        (
            {"format": "pdf"},
            ValueError,
            "format must be one of 'text', 'markdown', 'latex', 'html'",
        ),
        ({"format": 3}, TypeError, "format must be one of .*; got int"),
        ({"notation": "bishop"}, ValueError, "notation must be one of 'course', 'nielsen', 'ng'"),
        ({"notation": None}, TypeError, "notation must be one of .*; got NoneType"),
        ({"spell_out": "yes"}, TypeError, "spell_out must be True or False"),
        ({"l": 9}, ValueError, "l: got 9, expected 1 to 2"),
    ],
)
def test_a_wrong_argument_is_named(options: Any, error: type[Exception], message: str) -> None:
    net, x, y = network()
    with pytest.raises(error, match=message):
        net.explain(x, y, **options)


# ---------------------------------------------------------------- what users name


class Elements(HTMLParser):
    """The elements of a page and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: set[tuple[str, str | None]] = set()
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes |= set(attrs)

    def handle_data(self, data: str) -> None:
        self.text += data


def evil_document() -> Document:
    """A document that has a user's name in each place where one can be."""
    page = Document((2, 1))
    page.heading(Words(EVIL))
    page.text("Target: ", Words(EVIL))
    page.formula((Words(EVIL),))
    page.table([["column", "x"], [Words(EVIL), "1.5"]], "<>", head=True)
    page.code(EVIL)
    return page


@pytest.mark.parametrize("notation", NOTATIONS)
def test_names_stay_text_in_html(notation: str) -> None:
    page = Elements(render(evil_document(), "html", notation))
    assert not page.names & {"script", "img", "a", "iframe", "object", "link"}
    assert not any(name.startswith("on") for name, _ in page.attributes)
    legible = EVIL.replace("\u202e", "\ufffd")
    assert page.text.replace("\u00a0", " ").count(legible) == 5


@pytest.mark.parametrize("notation", NOTATIONS)
def test_a_notebook_s_mathjax_leaves_names_alone(notation: str) -> None:
    page = Document((2, 2))
    page.text(Words("price in $ and tax in $"))
    (root,) = re.findall(r'^<div class="([^"]+)"', render(page, "html", notation))
    assert {"mathjax_ignore", "tex2jax_ignore"} <= set(root.split())


@pytest.mark.parametrize("notation", NOTATIONS)
def test_names_stay_text_in_latex(notation: str) -> None:
    page = render(evil_document(), "latex", notation)
    assert r"\input" not in page.replace(r"\textbackslash{}input", "")
    without = re.sub(r"\\[\\{}$_%#&]|\\[a-zA-Z]+", " ", page)
    assert without.count("{") == without.count("}")
    assert without.count("$") % 2 == 0
    assert "\u202e" not in page


@pytest.mark.parametrize("notation", NOTATIONS)
def test_names_stay_text_in_markdown(notation: str) -> None:
    page = render(evil_document(), "markdown", notation)
    inside = re.findall(r"\$\$(.*?)\$\$", page, re.S)
    assert not any(re.search(r"[<`*\[\]]", formula) for formula in inside)
    outside = re.sub(r"(`{3,}).*?\1|\$\$.*?\$\$", "", page, flags=re.S).splitlines()
    named = [line for line in outside if "onerror" in line]
    assert len(named) == 3
    for line in named:
        assert not re.search(r"[<\[\]*_`$]|\(javascript", line), line


def test_a_fence_of_markdown_cannot_be_closed_by_code() -> None:
    page = Document()
    page.code("```", "<img src=x>")
    assert render(page, "markdown").splitlines()[0].startswith("````")


# ---------------------------------------------------------------- well-formed


@pytest.mark.parametrize("notation", NOTATIONS)
def test_html_is_well_formed_and_asks_no_host(notation: str) -> None:
    for i, (_, loss) in enumerate(LEGAL_PAIRS[::30]):
        net, x, y = network(loss)
        page = net.explain(x, y, l=1 + i % 2, format="html", notation=notation)
        ElementTree.fromstring(page)
        assert page.isascii()
        assert not re.search(r"https?:|url\(|@import|<script|src=|href=", page)
        assert "<math" in page


# What KaTeX and MathJax's base know, and LaTeX without a package.
COMMANDS = {
    "frac", "partial", "delta", "sigma", "mathcal", "mathit", "mathrm", "sum", "cdot", "qquad",
    "begin", "end", "hline", "textrm", "textbf", "texttt", "textasciicircum", "textbackslash",
    "textasciitilde", "tanh", "ln", "cosh", "max", "min", "left", "right", "sqrt", "le", "lambda",
    "alpha", "Phi",  "quad", "eta", "times", "vert", "exp", "pi",
}  # fmt: skip
IN_MARKDOWN = COMMANDS | {"lt", "gt", "ast", "lbrack", "rbrack"}  # plain signs are Markdown's own


@pytest.mark.parametrize("notation", NOTATIONS)
@pytest.mark.parametrize("format", ["latex", "markdown"])
def test_latex_has_no_command_of_a_package(format: str, notation: str) -> None:
    for i, (output, loss) in enumerate(LEGAL_PAIRS[list(NOTATIONS).index(notation) :: 12]):
        net, x, y = small_network(
            (3, 4, 3), loss=loss, activation="tanh" if output == "softmax" else output
        )
        page = net.explain(x, y, l=1 + i % 2, j=1, format=format, notation=notation)
        known = IN_MARKDOWN if format == "markdown" else COMMANDS
        assert set(re.findall(r"\\([a-zA-Z]+)", page)) <= known
        assert set(re.findall(r"\\begin{(\w+)}", page)) <= {"array"}
        for display in re.findall(r"\$\$(.*?)\$\$", page, re.S):
            bare = re.sub(r"\\[{}]", "", display)
            assert bare.count("{") == bare.count("}")
            assert bare.count(r"\begin") == bare.count(r"\end") <= 1
            if r"\begin{array}" in bare:  # each line has as many cells as the first says
                columns = re.search(r"\\begin{array}{([lr]+)}", bare)[1]
                body = bare.split("}", 2)[2].split(r"\end")[0]
                for line in re.split(r"\\\\(?: \\hline)?", body):
                    assert line.count("&") <= len(columns) - 1


@pytest.mark.parametrize(
    "formula",
    [
        "dC_0/dw_12^(L) = 2 (a_1^(L) - y_1) · g'^(L)(z_1^(L)) · a_2^(L-1)",
        "dC_0/dw_10,3^(2) = [ Σ_j 2 (a_j^(L) - y_j) · w_j12^(L) ]",
        "δ_k^(l-1) = g'(z_k^(l-1)) · Σ_j w_jk^(l) δ_j^(l)        C_0 = 1.5e-07",
        "a^(0) = x",
    ],
)
def test_what_is_parsed_is_written_as_it_was_in_the_courses_notation(formula: str) -> None:
    writer = TextWriter(Speller(NOTATIONS["course"], (4, 3, 3, 2)))
    assert writer.formula(parse_formula(formula)) == formula
    assert writer.words(parse_words(formula)) == formula


def test_words_are_never_parsed() -> None:
    page = Document((3, 2))
    page.text(Words("a_1^(L) and C_0"))
    assert render(page, notation="nielsen") == "a_1^(L) and C_0"


def test_rendered_is_made_of_any_text() -> None:
    assert Rendered("x", "markdown")._repr_markdown_() == "x"
    assert Rendered("x")._repr_html_() is None


def test_an_explanation_of_a_float32_network_is_the_same_in_every_format() -> None:
    net, x, y = fastbp.Network([3, 4, 1], seed=1), np.ones(3), 1
    digits = {
        format: re.findall(r"\d\.\d{15}", net.explain(x, y, l=1, format=format))
        for format in RENDERERS
    }
    assert len(digits["text"]) == 4
    assert len({tuple(numbers) for numbers in digits.values()}) == 1


def test_a_frame_s_columns_must_be_those_of_training(tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"age": [0.1, 0.5], "height": [0.7, 0.2]})
    net = Network([2, 2, 1], seed=0)
    net.fit(frame, [0, 1], epochs=1)
    assert net.explain(frame[:1], 0) == net.explain(frame.to_numpy()[0], 0)
    other = frame[["height", "age"]]
    with pytest.raises(ValueError, match="x has its columns in another order"):
        net.explain(other[:1], 0)
    with pytest.raises(ValueError, match="X has its columns in another order"):
        net.explore(tmp_path / "page.html", other, [0, 1])
    assert not list(tmp_path.iterdir())
