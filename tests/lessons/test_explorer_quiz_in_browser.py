"""The explorer's quiz in a real browser: asked, scored, kept, forgotten, and rewarded."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from in_browser import keep, needs_browser, opened

from fastbp import Network
from fastbp.lessons import quiz
from fastbp.lessons.explorer import explore

pytestmark = needs_browser

PHONE, TABLET, DESK = ({"width": width, "height": 900} for width in (360, 800, 1440))
HURT = "</script><img src=x onerror=hurt=1><script>hurt=1</script>"
KEY = "fastbp quiz"


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Two quizzes of 10 and one of 5 questions, and questions of somebody else."""
    folder = tmp_path_factory.mktemp("quizzes")
    net, X, y = Network([2, 3, 2], seed=0, dtype="float64"), [[0.0, 1.0]], [1]
    explore(None, folder / "ten.html")
    net.explore(folder / "own.html", X, y, quiz=10, quiz_seed=3)
    net.explore(folder / "five.html", X, y, quiz=5, quiz_seed=1)
    question = {"question": HURT, "choices": [f"{HURT}0", f"{HURT}1"], "answer": f"{HURT}1"}
    net.explore(folder / "hostile.html", X, y, quiz=[question | {"explanation": HURT}])
    return {path.stem: path for path in folder.glob("*.html")}


def questions_of(page: Any) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = page.evaluate("data.quiz.questions")
    return listed


def answer(page: Any, questions: list[dict[str, Any]], wrong: int = 0) -> None:
    """Answer questions from the one that is asked, so many of the first ones wrong."""
    rights = [question["choices"].index(question["answer"]) for question in questions]
    # In one go: each click from here takes as long as all of them there.
    page.evaluate(
        """([rights, wrong]) => rights.forEach((right, i) => {
          if (i > 0) byId("quiz-next").click();
          const fields = [...byId("quiz-choices").querySelectorAll("input")];
          fields.at(i >= wrong ? right : right - 1).click();
          byId("quiz-answer").click();
        })""",
        [rights, wrong],
    )


def text(page: Any, name: str) -> str:
    found: str = page.locator(f"#{name}").text_content()
    return found


def test_a_question_is_asked_and_answered_by_keyboard_alone(
    browser: Any, pages: dict[str, Path]
) -> None:
    page, messages = opened(browser, pages["ten"], viewport=DESK)
    question = quiz(n=10, seed=0)[0]
    assert text(page, "quiz-number") == "Question 1 of 10"
    assert text(page, "quiz-question") == question["question"]
    group = page.get_by_role("group", name="Question 1 of 10")
    assert group.get_by_role("radio").count() == len(question["choices"])
    page.locator("#quiz-choices input").first.focus()
    step = text(page, "step-count")
    page.keyboard.press("Enter")
    assert text(page, "quiz-verdict") == "Choose one of the answers first."
    page.keyboard.press("Space")
    right = question["choices"].index(question["answer"])
    wrong = (right + 1) % len(question["choices"])
    for _ in range(wrong):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    verdict = text(page, "quiz-verdict")
    assert verdict.startswith(f"No, the answer is {'abcd'[right]}.")
    assert question["remarks"][wrong] in verdict
    assert page.locator("#quiz-verdict").get_attribute("role") == "status"
    assert page.locator("#quiz-choices input:enabled").count() == 0
    assert page.evaluate("document.activeElement.textContent") == question["explanation"]
    for key in ("Tab", "Enter"):  # to the next one, for there is none before
        page.keyboard.press(key)
    assert text(page, "quiz-number") == "Question 2 of 10"
    assert page.evaluate("document.activeElement.type") == "radio"
    assert text(page, "quiz-verdict") == ""
    assert text(page, "quiz-score") == "0 of 1 right, 9 to go"
    assert text(page, "step-count") == step  # the arrow keys were the quiz's
    page.get_by_role("button", name="question 1: wrong").click()
    assert text(page, "quiz-verdict") == verdict
    assert messages == []
    page.context.close()


@pytest.mark.parametrize(("wrong", "is_earned"), [(2, True), (3, False)])
def test_four_fifths_of_ten_earn_a_certificate(
    browser: Any, pages: dict[str, Path], wrong: int, is_earned: bool
) -> None:
    page, messages = opened(browser, pages["own"], viewport=DESK)
    answer(page, questions_of(page), wrong)
    assert text(page, "quiz-score") == f"{10 - wrong} of 10 right"
    assert page.locator("#quiz-certificate").is_visible() == is_earned
    assert text(page, "quiz-practise").startswith("To practise: ")
    if is_earned:
        page.evaluate("window.print = () => { printed += 1; }; printed = 0")
        page.get_by_role("button", name="Print it").click()
        assert text(page, "certificate-message") == "Type the name first."
        page.get_by_label("name on the certificate").fill(f" {HURT}\u202e ")
        lines = page.locator("#certificate text").all_text_contents()
        assert f"{HURT}\ufffd" in lines
        assert "who answered 8 of 10 questions right" in lines
        page.get_by_role("button", name="Print it").click()
        assert page.evaluate("printed") == 1
        page.emulate_media(media="print")
        # Nothing but the certificate, across one page.
        assert page.locator("h1, h2, h3, button, #net").locator("visible=true").count() == 0
        assert page.locator("#certificate svg").is_visible()
        paper = page.pdf(prefer_css_page_size=True)
        assert len(re.findall(rb"/Type\s*/Page\b", paper)) == 1
        width, height = re.findall(rb"/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]", paper)[0]
        assert float(width) > float(height)
        assert page.evaluate("typeof hurt") == "undefined"
    assert messages == []
    page.context.close()


def test_progress_is_kept_from_page_to_page(browser: Any, pages: dict[str, Path]) -> None:
    page, _ = opened(browser, pages["five"], viewport=DESK)
    answer(page, questions_of(page))
    assert text(page, "quiz-score") == "5 of 5 right"
    assert page.locator("#quiz-certificate").is_hidden()  # of 5 questions there is none
    page.goto(pages["own"].as_uri())
    assert "other pages: 5 of 5 right" in text(page, "quiz-kept")
    answer(page, questions_of(page)[:4], 3)
    assert "other pages: 6 of 9 right" in text(page, "quiz-kept")
    page.reload()
    assert text(page, "quiz-score") == "1 of 4 right, 6 to go"
    assert text(page, "quiz-number") == "Question 5 of 10"  # where the reader had come to
    page.goto(pages["five"].as_uri())
    page.get_by_role("button", name="Start this quiz again").click()
    assert "other pages: 1 of 4 right" in text(page, "quiz-kept")
    answer(page, questions_of(page))
    page.get_by_role("button", name="Forget all my answers").click()
    assert page.evaluate("localStorage.length") == 0
    assert text(page, "quiz-score") == "No question answered yet."
    page.get_by_role("button", name="Undo: keep my answers").click()
    assert text(page, "quiz-score") == "5 of 5 right"
    page.get_by_role("button", name="Forget all my answers").click()
    page.reload()
    assert text(page, "quiz-score") == "No question answered yet."
    page.context.close()


def test_all_pages_together_earn_a_certificate(browser: Any, pages: dict[str, Path]) -> None:
    page, _ = opened(browser, pages["five"], viewport=DESK)
    answer(page, questions_of(page))
    page.goto(pages["own"].as_uri())
    answer(page, questions_of(page)[:5], 1)
    lines = page.locator("#certificate text").all_text_contents()
    assert "who answered 9 of 10 questions right" in lines
    page.context.close()


def test_rubbish_in_the_storage_is_no_answer(browser: Any, pages: dict[str, Path]) -> None:
    page, messages = opened(browser, pages["ten"], viewport=DESK)
    name = page.evaluate("data.quiz.id")
    answers = [
        {"choice": 99, "right": True, "kind": "z"},
        {"choice": "length", "right": True, "kind": "z"},
        {"choice": 0},
        3,
    ]
    for rubbish in (
        "no JSON",
        "null",
        "[]",
        '{"version": 2, "quizzes": {}}',
        f'{{"version": 1, "quizzes": {{"{name}": 3, "__proto__": 4}}}}',
        *(json.dumps({"version": 1, "quizzes": {name: {"0": one}}}) for one in answers),
    ):
        page.evaluate("([key, value]) => localStorage.setItem(key, value)", [KEY, rubbish])
        page.reload()
        assert text(page, "quiz-score") == "No question answered yet.", rubbish
    answer(page, questions_of(page)[:1])
    page.reload()
    assert text(page, "quiz-score") == "1 of 1 right, 9 to go"
    assert messages == []
    page.context.close()


@pytest.mark.parametrize(
    "broken",
    [
        "Object.defineProperty(window, 'localStorage', { get() { throw new Error('denied'); } });",
        "Storage.prototype.setItem = () => { throw new Error('full'); };",
    ],
    ids=["denied", "full"],
)
def test_without_storage_the_quiz_goes_on(
    browser: Any, pages: dict[str, Path], broken: str
) -> None:
    context = browser.new_context(viewport=DESK)
    context.add_init_script(broken)
    page = context.new_page()
    messages: list[str] = []
    page.on("pageerror", lambda error: messages.append(str(error)))
    page.goto(pages["ten"].as_uri())
    answer(page, questions_of(page), 1)
    assert text(page, "quiz-score") == "9 of 10 right"
    assert "keeps nothing" in text(page, "quiz-kept")
    assert page.locator("#quiz-certificate").is_visible()
    page.get_by_role("button", name="Forget all my answers").click()
    assert text(page, "quiz-score") == "No question answered yet."
    assert messages == []
    context.close()


def test_what_a_question_is_about_is_shown_in_the_drawing(
    browser: Any, pages: dict[str, Path]
) -> None:
    page, messages = opened(browser, pages["own"], viewport=DESK)
    questions = questions_of(page)
    at = next(i for i, one in enumerate(questions) if {"l", "j", "k"} <= one["given"].keys())
    l, j, k = (questions[at]["given"][name] for name in ("l", "j", "k"))
    answer(page, questions)
    page.locator("#quiz-marks button").nth(at).click()
    page.get_by_role("button", name="Show it in the drawing").click()
    part = page.locator(f'[data-key="weight {l} {j} {k}"]')
    assert part.get_attribute("aria-pressed") == "true"
    assert page.evaluate("document.activeElement.dataset.key") == f"weight {l} {j} {k}"
    page.locator("#example").select_option(index=1)  # another network than the quiz's
    page.locator("#quiz-marks button").nth(at).click()
    assert page.locator("#quiz-show").is_hidden()
    assert messages == []
    page.context.close()


def test_questions_stay_text(browser: Any, pages: dict[str, Path]) -> None:
    page, messages = opened(browser, pages["hostile"], viewport=PHONE)
    answer(page, questions_of(page))
    assert text(page, "quiz-question") == HURT
    assert text(page, "quiz-explanation") == HURT
    assert page.evaluate("typeof hurt") == "undefined"
    assert page.locator("img").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert messages == []
    page.context.close()


@pytest.mark.slow  # the others look at each page in one size
@pytest.mark.parametrize("size", [PHONE, TABLET, DESK], ids=lambda size: str(size["width"]))
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_quiz_fits(
    browser: Any, pages: dict[str, Path], size: dict[str, int], scheme: str
) -> None:
    page, messages = opened(browser, pages["ten"], viewport=size, color_scheme=scheme)
    questions = questions_of(page)
    for i in range(len(questions)):
        answer(page, questions[i : i + 1], wrong=i == 2)
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        if i < len(questions) - 1:
            page.locator("#quiz-next").click()
    page.get_by_label("name on the certificate").fill("Ada Lovelace")
    assert page.locator("#certificate svg").bounding_box()["width"] <= size["width"]
    assert page.evaluate("document.getAnimations().length") == 0
    keep(page, f"explorer-quiz-{size['width']}-{scheme}")
    assert messages == []
    page.context.close()
