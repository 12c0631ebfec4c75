"""The explorer and the other pages of lessons, for people who see little, or no colours.

`accessibility` and `in_browser` say what the tests need.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from accessibility import faults, needs_axe, pale
from in_browser import needs_browser, opened

from fastbp import Network
from fastbp.lessons import mazur
from fastbp.lessons.explorer import explore
from fastbp.lessons.explorer.built_in import built_in
from fastbp.lessons.quizzes.certificate import certificate, certificate_page
from fastbp.lessons.quizzes.worksheet import variants, worksheet

pytestmark = needs_browser

PHONE, DESK = ({"width": width, "height": 900} for width in (360, 1440))
LOOKS = {
    "phone, light": {"viewport": PHONE, "color_scheme": "light"},
    "desk, dark": {"viewport": DESK, "color_scheme": "dark"},
    "phone, dark": {"viewport": PHONE, "color_scheme": "dark"},
    "desk, light": {"viewport": DESK, "color_scheme": "light"},
}
# A run of axe takes a fifth of a second: the ordinary tests see each state in one look.
look = pytest.mark.parametrize(
    "how",
    [
        pytest.param(LOOKS["phone, light"], id="phone, light"),
        pytest.param(LOOKS["desk, dark"], id="desk, dark", marks=pytest.mark.slow),
    ],
)
BUILT_IN = [example["title"] for example in built_in()]
IN_BATCHES = BUILT_IN.index("XOR, 2-4-1")


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("accessibility")
    rng = np.random.default_rng(0)
    explore(None, folder / "built-in.html")
    softmax: dict[str, Any] = {"output_activation": "softmax", "loss": "cross_entropy", "seed": 0}
    Network([784, 128, 10], activation="relu", **softmax).explore(
        folder / "large.html", rng.random((20, 784)), rng.integers(0, 10, 20), image=(28, 28)
    )
    walked = Network([2, 3, 2], activation="gelu", **softmax)
    walked.explore(folder / "walked.html", rng.random((3, 2)), [1, 0, 1])
    contents = {
        "worksheet": worksheet(variants(n_variants=2, n=3)),
        "certificate": certificate_page(certificate("Ada", 9, 10)),
    }
    for name, content in contents.items():
        (folder / f"{name}.html").write_text(content, "utf-8")
    return {path.stem: path for path in folder.glob("*.html")}


def steps_of_each_kind(page: Any) -> dict[str, int]:
    """For each kind of step of the walk the place of its last one."""
    places: dict[str, int] = page.evaluate(
        "Object.fromEntries(state.steps.map(({ kind }, at) => [kind, at]))"
    )
    return places


def choose(page: Any, control: str, value: str) -> None:
    """As `select_option` does, without its waits."""
    page.evaluate(
        """([control, value]) => {
          byId(control).value = value;
          byId(control).dispatchEvent(new Event("change"));
        }""",
        [control, value],
    )


@needs_axe
def test_what_is_wrong_is_found(browser: Any, pages: dict[str, Path]) -> None:
    page, _ = opened(browser, pages["built-in"], **LOOKS["desk, light"])
    page.evaluate(
        """() => {
          byId("about").style.color = "#bbb";
          byId("rate").parentElement.replaceWith(byId("rate"));
          document.querySelector(".node .name").style.fill = "#bbb";
          document.querySelector(".edge-line").style.opacity = 0.4;
        }"""
    )
    words = "\n".join(faults(page))
    assert "contrast" in words
    assert "labels: #rate" in words
    assert len(pale(page)) == 2
    page.context.close()


@needs_axe
@pytest.mark.parametrize(
    "index",
    [
        pytest.param(i, marks=[] if i == IN_BATCHES else [pytest.mark.slow], id=title)
        for i, title in enumerate(BUILT_IN)
    ],
)
def test_every_step_of_every_network_can_be_read(
    browser: Any, pages: dict[str, Path], index: int
) -> None:
    how = list(LOOKS.values())[index % len(LOOKS)]
    page, messages = opened(browser, pages["built-in"], **how)
    choose(page, "example", str(index))
    page.evaluate("select({ part: 'weight', l: 1, j: state.windows[1], k: state.windows[0] })")
    for kind, at in steps_of_each_kind(page).items():
        page.evaluate(f"goTo({at})")
        assert (kind, faults(page), pale(page)) == (kind, [], [])
    assert messages == []
    page.context.close()


@needs_axe
@look
def test_every_state_of_the_page_can_be_read(
    browser: Any, pages: dict[str, Path], how: dict[str, Any]
) -> None:
    page, messages = opened(browser, pages["built-in"], **how)
    choose(page, "example", str(IN_BATCHES))

    def assert_good(state: str) -> None:
        assert (state, faults(page), pale(page)) == (state, [], [])

    assert_good("as it begins")
    page.evaluate("goTo(Math.floor(state.steps.length / 2))")
    for item in ("node', l: 1", "bias', l: 1", "target', l: 2", "loss', l: 2", "node', l: 0"):
        page.evaluate(f"select({{ part: '{item}, j: 0 }})")
        assert_good(item)
    page.evaluate("byId('rate').focus(); byId('rate').value = '-1'")
    page.evaluate("byId('rate').dispatchEvent(new Event('input'))")
    assert page.get_by_role("alert").first.inner_text() != ""
    assert_good("a field with a wrong number")
    page.evaluate("byId('make-step').click(); setZoom(2)")
    assert_good("trained and zoomed")
    page.evaluate("startPlaying(10)")
    assert_good("training")
    page.evaluate("pause(); byId('tables').open = true")
    choose(page, "weight-view", "mean")
    assert_good("with tables")
    assert messages == []
    page.context.close()


@needs_axe
def test_every_network_can_be_read(browser: Any, pages: dict[str, Path]) -> None:
    page, messages = opened(browser, pages["built-in"], **LOOKS["desk, light"])
    for index, title in enumerate(BUILT_IN):
        choose(page, "example", str(index))
        assert page.locator("#title").inner_text() == title
        page.evaluate("goTo(state.steps.length - 1)")  # each node and weight has its last number
        assert (title, faults(page), pale(page)) == (title, [], [])
    assert messages == []
    page.context.close()


@needs_axe
def test_every_notation_can_be_read(browser: Any, pages: dict[str, Path]) -> None:
    page, messages = opened(browser, pages["built-in"], **LOOKS["phone, dark"])
    page.evaluate("select({ part: 'weight', l: 2, j: 0, k: 0 })")
    for notation in page.evaluate("Object.keys(data.notations)"):
        choose(page, "notation", notation)
        assert (notation, faults(page), pale(page)) == (notation, [], [])
    assert messages == []
    page.context.close()


@needs_axe
@look
@pytest.mark.parametrize("name", ["large", "walked", "worksheet", "certificate"])
def test_other_pages_can_be_read(
    browser: Any, pages: dict[str, Path], name: str, how: dict[str, Any]
) -> None:
    page, messages = opened(browser, pages[name], **how)
    if name in ("large", "walked"):
        page.evaluate("goTo(state.steps.length - 1); byId('tables').open = true")
        assert pale(page) == []
    assert faults(page) == []
    assert messages == []
    page.context.close()


@needs_axe
@look
def test_the_quiz_can_be_read_before_and_after_answers(
    browser: Any, pages: dict[str, Path], how: dict[str, Any]
) -> None:
    page, messages = opened(browser, pages["built-in"], **how)
    n = page.evaluate("data.quiz.questions.length")
    for i in range(n):
        page.evaluate(
            """(isRight) => {
              const question = data.quiz.questions[state.asked = (state.asked ?? -1) + 1];
              const right = question.choices.indexOf(question.answer);
              const fields = [...byId("quiz-choices").querySelectorAll("input")];
              fields.at(isRight ? right : right - 1).click();
              byId("quiz-answer").click();
            }""",
            i > 0,
        )
        if i in (0, 1, n - 1):  # wrong, right, and the certificate
            assert (i, faults(page)) == (i, [])
        page.evaluate("byId('quiz-next').click()")
    assert page.locator("#quiz-certificate").is_visible()
    page.evaluate("byId('quiz-forget').click()")
    assert faults(page) == []
    assert messages == []
    page.context.close()


@needs_axe
@pytest.mark.parametrize(("notation", "scheme"), [("course", "light"), ("pytorch", "dark")])
def test_explanations_can_be_read(browser: Any, tmp_path: Path, notation: str, scheme: str) -> None:
    net, path = mazur.mazur_network(), tmp_path / "explained.html"
    views = net.explain(mazur.X[0], mazur.Y[0], l=1, j=0, k=1, format="html", notation=notation)
    head = '<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>Explained</title>'
    views = f"{views}{net._repr_html_()}"
    path.write_text(f'{head}<link rel="icon" href="data:,"><main>{views}</main>', "utf-8")
    page, _ = opened(browser, path, viewport=PHONE, color_scheme=scheme)
    assert faults(page) == []
    page.context.close()


# What protanopes, deuteranopes and tritanopes see of linear RGB: Machado, Oliveira, Fernandes 2009
# (https://doi.org/10.1109/TVCG.2009.113), severity 1.
VISION = {
    "all colours": np.eye(3),
    "no red": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
               [-0.003882, -0.048116, 1.051998]],
    "no green": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
                 [-0.011820, 0.042940, 0.968881]],
    "no blue": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
                [0.004733, 0.691367, 0.303900]],
}  # fmt: skip


def lab(rgb: np.ndarray) -> np.ndarray:
    """CIE L*a*b* of linear RGB (IEC 61966-2-1, white D65)."""
    xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    ratio = (np.array(xyz) @ np.clip(rgb, 0, 1)) / [0.9505, 1, 1.089]
    f = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_signs_are_told_apart_without_some_colours_or_all(
    browser: Any, pages: dict[str, Path], scheme: str
) -> None:
    page, messages = opened(browser, pages["built-in"], viewport=DESK, color_scheme=scheme)
    choose(page, "example", str(IN_BATCHES))
    dashes, colours = page.evaluate(
        """() => {
          const lines = [".negative", ":not(.negative)"].map((sign) =>
            getComputedStyle(document.querySelector(`.weight${sign} .edge-line`)));
          return [lines.map((line) => line.strokeDasharray), lines.map((line) => line.stroke)];
        }"""
    )
    assert dashes[0] != "none" == dashes[1]
    encoded = [[int(n) / 255 for n in re.findall(r"\d+", colour)] for colour in colours]
    linear = [((np.array(rgb) + 0.055) / 1.055) ** 2.4 for rgb in encoded]  # none is below 0.04
    for vision, matrix in VISION.items():
        below, above = (lab(np.array(matrix) @ rgb) for rgb in linear)
        # A distance of 2.3 is just seen; five times that is two colours to anybody.
        assert np.linalg.norm(below - above) > 5 * 2.3, vision
    assert messages == []
    page.context.close()


@pytest.mark.parametrize("name", ["built-in", "large", "worksheet", "certificate"])
def test_nothing_moves_where_motion_is_not_wanted(
    browser: Any, pages: dict[str, Path], name: str
) -> None:
    page, messages = opened(browser, pages[name], viewport=DESK, reduced_motion="reduce")
    moving = page.evaluate(
        """() => [...document.querySelectorAll("*")].filter((element) => {
          const { animationName, transitionDuration, scrollBehavior } = getComputedStyle(element);
          return animationName !== "none" || /[1-9]/.test(transitionDuration) ||
            scrollBehavior !== "auto" || /^(animate|set|marquee|blink)/i.test(element.tagName);
        }).map((element) => element.outerHTML.slice(0, 80))"""
    )
    assert moving == []
    if name == "built-in":  # the curve of training is drawn twice a second at most
        rests = page.evaluate(
            """() => new Promise((resolve) => {
              const original = window.setTimeout, rests = [];
              window.setTimeout = (work, rest) => {
                rests.push(rest);
                if (rests.length < 4) return original(work, 0);
                window.setTimeout = original;
                resolve(rests);
              };
              startPlaying(10);
            })"""
        )
        assert rests == [0, 500, 500, 500]
    assert messages == []
    page.context.close()
