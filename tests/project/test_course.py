"""The course: each question has its answer, each frame its page, each symbol its place."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from source_tree import ROOT, needs_tree

from fastbp.lessons.questions import QUESTIONS, find

COURSE = ROOT / "docs" / "course"
PAGES = ("intuition", "notation", "observations", "gradient", "backprop")
SVG = "{http://www.w3.org/2000/svg}"

pytestmark = needs_tree


@pytest.fixture
def docs(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Import a module of docs/."""
    monkeypatch.syspath_prepend(ROOT / "docs")

    def load(name: str) -> ModuleType:
        return import_module(name)

    return load


def page(name: str) -> str:
    return (COURSE / f"{name}.md").read_text("utf-8")


def blocks(text: str, directive: str) -> list[str]:
    """The contents of a page's directives of a kind, with their arguments."""
    return [
        block.strip() for block in re.findall(rf"^```{{{directive}}}(.*?)^```", text, re.S | re.M)
    ]


def questions_of(text: str) -> list[tuple[str, str]]:
    """Each question in a heading, with what stands below it."""
    parts = re.split(r"^(#+ .*)$", text, flags=re.M)
    return [
        (heading.split("Readers ask: ")[1], below)
        for heading, below in zip(parts[1::2], parts[2::2], strict=True)
        if "Readers ask: " in heading
    ]


def test_every_question_is_answered_once() -> None:
    asked = [pair for name in PAGES for pair in questions_of(page(name))]
    for number, question in enumerate(QUESTIONS, 1):
        [below] = [below for words, below in asked if words.lower() == question.text.lower()]
        [command] = blocks(below, "shows")[:1]
        assert find(command.partition("--ask ")[2]) == [number]


@pytest.mark.parametrize(
    ("name", "question", "words"),
    [
        ("backprop", "what about general units f(w, a)?", ["∂f/∂w", "∂f/∂a", "measured"]),
        ("backprop", "is there something to work towards?", ["--certificate", "fastbp check"]),
    ],
)
def test_other_questions_are_answered_in_words(name: str, question: str, words: list[str]) -> None:
    below = dict(questions_of(page(name)))[question]
    for word in words:
        assert word in below


def test_the_first_page_lists_every_question_where_it_is_answered() -> None:
    listed = re.findall(r"^\| (\d) \| \[(.*)\]\((\w+)\.md#readers-ask", page("index"), re.M)
    answered = [
        (str(number), words, name)
        for number, name in enumerate(PAGES, 1)
        for words, _ in questions_of(page(name))
    ]
    assert sorted((n, words.lower(), name) for n, words, name in listed) == sorted(
        (n, words.lower(), name) for n, words, name in answered
    )


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_what_each_has(name: str) -> None:
    text = page(name)
    for part in (
        "**At the end of this page you know**",
        "deeplizard's lesson: [Backpropagation explained, part",
        "](../pictures/course-",
        ">>> ",
        "## Explore\n",
        "Readers ask: ",
        "```{shows}\nfastbp quiz ",
    ):
        assert part in text, part
    following = dict(pairwise(PAGES)).get(name)
    assert following is None or text.rstrip().splitlines()[-1].startswith("Next: [")
    assert following is None or text.rstrip().endswith(f"]({following}.md).")
    [explorer] = blocks(text, "explorer")
    assert explorer.split()[0] == name


def test_what_a_command_shows_is_on_the_page(docs: Any) -> None:
    shown = docs("course_parts").shown
    commands = [command for name in PAGES for command in blocks(page(name), "shows")]
    assert len(commands) > 20
    for command in commands:
        html = shown(command)
        assert "<math" in html or "Exercise" in html
        root = ET.fromstring(html)  # it is well-formed, so it cannot break the page
        for formula in root.iter("math"):
            assert "_" not in "".join(formula.itertext())


@pytest.mark.parametrize(
    "command",
    ["fastbp explain --ask weights", "fastbp explain --ask zebra", "rm -r x", "fastbp train"],
)
def test_another_command_is_refused(command: str, docs: Any) -> None:
    with pytest.raises(ValueError, match=r"expected one|neither|no question"):
        docs("course_parts").shown(command)


def test_formulas_are_read_as_formulas(docs: Any) -> None:
    parts = docs("course_parts")
    for name in PAGES:
        for formula in blocks(page(name), "formula"):
            html = parts.formulas(formula.splitlines())
            root = ET.fromstring(html)
            assert len(root.findall(".//math")) == len(formula.splitlines())
            assert "_" not in "".join(root.itertext())
            assert "^" not in "".join(root.itertext())
            assert html.count("<mfrac>") == len(
                re.findall(r"dC(?:_[0i])?/d|da_\S+/dz|dz_\S+/d[aw]|1/m", formula)
            )
            for fraction in root.iter("mfrac"):
                assert [len(part.findall(".//mfrac")) for part in fraction] == [0, 0]


@pytest.mark.parametrize("code", ["w_12^(L)", "dC_0/dw_12^(L)", "a^(0)", "C_0", "n_l", "g'", "L-1"])
def test_symbols_between_backticks_are_typeset(code: str, docs: Any) -> None:
    assert docs("course_parts").symbol(code).startswith("<math")


@pytest.mark.parametrize("code", ["t.w[3][1, 2]", "net.sizes", "SGD(0.5)", "fastbp", "w_jk is"])
def test_code_between_backticks_stays_code(code: str, docs: Any) -> None:
    assert docs("course_parts").symbol(code) is None


def test_the_explorers_that_the_pages_embed_are_written(docs: Any, tmp_path: Path) -> None:
    explorers = docs("course_explorers")
    explorers.write_explorers(tmp_path / "explorers")
    written = {path.stem: path.read_text("utf-8") for path in (tmp_path / "explorers").iterdir()}
    assert set(written) == {f"{name}{suffix}" for name in PAGES for suffix in ("", "-frame")}
    for html in written.values():
        assert "The course's network, 4-3-3-2" in html
        assert not re.search(r'(?:src|href)="(?:https?:)?//', html)
    assert '"batch_size":3' in written["gradient"]
    assert "Mazur" in written["backprop"]


def test_a_frame_without_a_file_ends_the_build(docs: Any, tmp_path: Path) -> None:
    pytest.importorskip("sphinx", reason="the extra docs is not installed")
    site = docs("course_site")
    (tmp_path / "page.html").write_text('<iframe title="x" src="explorers/x.html"></iframe>')
    with pytest.raises(Exception, match=r"page\.html has a frame of explorers/x\.html"):
        site.check_frames(tmp_path)
    (tmp_path / "explorers").mkdir()
    (tmp_path / "explorers" / "x.html").touch()
    site.check_frames(tmp_path)


def drawn_texts(name: str) -> list[str]:
    """The texts of a picture, an index in a line with its letter."""
    root = ET.parse(ROOT / "docs" / "pictures" / f"{name}.svg").getroot()
    return ["".join(element.itertext()) for element in root.iter(f"{SVG}text")]


def test_the_notations_picture_has_every_symbol_with_an_arrow() -> None:
    symbols = ["ak(l-1)", "wjk(l)", "bj(l)", "zj(l)", "g(l)", "aj(l)", "δj(l)", "yj", "C0"]
    texts = drawn_texts("course-notation")
    for symbol in symbols:
        assert texts.count(symbol) == 1, symbol
    root = ET.parse(ROOT / "docs" / "pictures" / "course-notation.svg").getroot()
    tips = [path for path in root.iter(f"{SVG}path") if path.get("class", "").startswith("tip")]
    assert len(tips) == len(symbols) + 1  # and one from z to a


def test_every_symbol_of_the_course_is_in_the_table_and_the_picture_of_its_page() -> None:
    table = "".join(re.findall(r"^\| `.*", page("notation"), re.M))
    for symbol in ("a_k^(l-1)", "w_jk^(l)", "b_j^(l)", "z_j^(l)", "g", "a_j^(l)", "y_j", "C_0",
                   "δ_j^(l)", "a^(0)", "L"):  # fmt: skip
        assert f"`{symbol}`" in table


@pytest.mark.parametrize("name", PAGES)
def test_numbers_in_the_words_are_printed_by_an_example(name: str) -> None:
    text = page(name)
    examples = "".join(re.findall(r"^```python\n(.*?)^```", text, re.S | re.M))
    words = re.sub(r"^```.*?^```", "", text, flags=re.S | re.M)
    for number in re.findall(r"(?<![\w.])\d+\.\d{3,}", words):
        assert number in examples, number
