"""Everything the explorer can do is done by keyboard alone, with the focus in sight.

No test here points, clicks or puts the focus anywhere: all is keys, and Tab goes where it goes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from in_browser import needs_browser, opened

from fastbp import SGD, Network
from fastbp.lessons import mazur
from fastbp.lessons.explorer import explore

pytestmark = needs_browser

DESK, PHONE = {"width": 1440, "height": 900}, {"width": 360, "height": 900}
# What the focus is on: its name in the page, and whether one sees where it is.
FOCUS = """() => {
  const element = document.activeElement;
  if (element === document.body) return null;
  const { outlineStyle, outlineWidth } = getComputedStyle(element);
  const shape = element.matches(".part") && getComputedStyle(
    element.querySelector("circle, rect, .reach"));
  const link = getComputedStyle(byId("next")).backgroundColor; // the colour of what is marked
  const box = element.getBoundingClientRect();
  return {
    name: element.id || element.dataset.key || element.dataset.place || element.dataset.window ||
      element.getAttribute("aria-label") || element.textContent.trim().slice(0, 40),
    marked: shape ? shape.stroke === link
      : outlineStyle !== "none" && parseFloat(outlineWidth) >= 2,
    seen: box.width > 0 && box.height > 0 && box.bottom > 0 && box.right > 0 &&
      box.top < innerHeight && box.left < innerWidth,
  };
}"""
# The controls that a mouse reaches. The radio buttons of a question are one stop of Tab, and the
# drawing is one: its arrow keys go from part to part.
COUNT = """() => {
  const all = [...document.querySelectorAll(
    "a[href], button:enabled, select:enabled, input:enabled, summary, [tabindex='0']")];
  const [radios, others] = [true, false].map((isRadio) => all.filter((one) =>
    one.checkVisibility() && (one.type === "radio") === isRadio));
  return others.length + (radios.length ? 1 : 0);
}"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("keyboard")
    explore(None, folder / "built-in.html")
    rng = np.random.default_rng(0)
    large = Network(
        [64, 16, 10], output_activation="softmax", loss="cross_entropy", seed=0, dtype="float64"
    )
    large.explore(folder / "large.html", rng.random((5, 64)), rng.integers(0, 10, 5), image=(8, 8))
    return {path.stem: path for path in folder.glob("*.html")}


def press(page: Any, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def focused(page: Any) -> str:
    """The name of what has the focus, which must be in sight and marked."""
    focus = page.evaluate(FOCUS)
    assert focus is not None, "the focus is nowhere"
    assert focus["marked"], focus
    assert focus["seen"], focus
    return str(focus["name"])


def tab_to(page: Any, name: str, back: bool = False) -> None:
    """Press Tab until that has the focus; each stop on the way must be seen."""
    for _ in range(150):
        press(page, "Shift+Tab" if back else "Tab")
        if page.evaluate("document.activeElement === document.body"):
            continue  # the end of the page: the browser's own bar would come
        if focused(page) == name:
            return
    raise AssertionError(f"Tab does not come to {name}")


def write(page: Any, text: str) -> None:
    press(page, "Control+a")
    page.keyboard.type(text)


def text(page: Any, name: str) -> str:
    found: str = page.evaluate("(name) => byId(name).innerText", name)
    return found


def result(page: Any, panel: str, row: int = 0) -> float:
    found = page.evaluate(
        "([panel, row]) => document.querySelectorAll(`#${panel} strong`)[row].textContent",
        [panel, row],
    )
    return float(found.replace("−", "-"))


def wait_until(page: Any, expression: str) -> None:
    for _ in range(600):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(20)
    raise AssertionError(f"it never came to {expression}")


def stops(page: Any, key: str) -> list[str]:
    """What has the focus, one after the other, from the page's end to its other end."""
    names: list[str] = []
    for _ in range(300):
        press(page, key)
        # In a window the browser's own bar comes next; here the page begins anew.
        if page.evaluate("document.activeElement === document.body"):
            break
        name = focused(page)
        if [name] == names[:1]:
            break
        names.append(name)
    return names


@pytest.mark.parametrize(
    ("name", "size", "scheme"),
    [
        ("built-in", PHONE, "dark"),
        pytest.param("built-in", DESK, "light", marks=pytest.mark.slow),
        pytest.param("large", DESK, "dark", marks=pytest.mark.slow),
    ],
)
def test_tab_comes_to_every_control_and_is_seen_there(
    browser: Any, pages: dict[str, Path], name: str, size: dict[str, int], scheme: str
) -> None:
    page, messages = opened(browser, pages[name], viewport=size, color_scheme=scheme)
    page.evaluate("goTo(2)")  # so that all buttons of the walk are there
    page.evaluate("byId('tables').open = true")
    page.wait_for_timeout(50)
    there = stops(page, "Tab")
    assert len(there) == page.evaluate(COUNT)
    assert there[0] == "Skip to the network"
    back = stops(page, "Shift+Tab")
    assert back == there[::-1]
    assert messages == []
    page.context.close()


def test_the_way_past_the_controls_leads_to_the_drawing(
    browser: Any, pages: dict[str, Path]
) -> None:
    page, messages = opened(browser, pages["built-in"], viewport=DESK)
    press(page, "Tab", "Enter", "Tab")
    assert focused(page) == "scroll"
    press(page, "Tab")
    assert focused(page) == "node 0 0"
    press(page, "Tab")
    assert focused(page) == "next"  # the drawing is one stop
    press(page, "Shift+Tab", "ArrowDown", "ArrowRight", "Tab", "Shift+Tab")
    assert focused(page) == "node 1 1"  # and remembers where one was
    tab_to(page, "notation", back=True)
    press(page, "ArrowDown")
    tab_to(page, "scroll")
    press(page, "Tab")
    assert focused(page) == "node 1 1"
    assert messages == []
    page.context.close()


def test_a_step_is_walked_by_keys_buttons_and_slider(browser: Any, pages: dict[str, Path]) -> None:
    page, messages = opened(browser, pages["built-in"], viewport=DESK)
    press(page, *["ArrowRight"] * 3, "ArrowLeft")
    assert text(page, "step-count") == "Step 3 of 23"
    tab_to(page, "last")
    press(page, "Enter")
    assert text(page, "step-count") == "Step 23 of 23"
    press(page, "ArrowLeft", "ArrowLeft")  # the button that is off has not taken the focus along
    assert text(page, "step-count") == "Step 21 of 23"
    tab_to(page, "slider")
    press(page, "Home", "ArrowRight", "PageUp")
    count = text(page, "step-count")
    assert count not in ("Step 21 of 23", "Step 2 of 23")
    press(page, "End")
    assert text(page, "step-count") == "Step 23 of 23"
    tab_to(page, "first", back=True)
    press(page, "Space")
    assert text(page, "step-count") == "Step 1 of 23"
    tab_to(page, "next")
    press(page, "Space", "Space")
    assert text(page, "step-title") == "Output of node 0 of layer 1"
    assert messages == []
    page.context.close()


def test_numbers_are_edited_and_brought_back(browser: Any, pages: dict[str, Path]) -> None:
    page, messages = opened(browser, pages["built-in"], viewport=DESK)
    net, (x,), (y,) = mazur.mazur_network(), mazur.X.copy(), mazur.Y.copy()
    tab_to(page, "node 0 0")
    press(page, "Enter")
    assert focused(page) == "x 0 0 "
    write(page, "0.3")
    press(page, "Escape")
    assert focused(page) == "node 0 0"
    press(page, "ArrowRight", *["Shift+ArrowDown"] * 3)
    assert focused(page) == "weight 1 0 1"
    press(page, "Enter")
    write(page, "-0.7")
    press(page, "Escape", *["Shift+ArrowUp"] * 2)
    assert focused(page) == "bias 1 0"
    press(page, "Enter")
    write(page, "0.1")
    press(page, "Escape", "ArrowRight", "ArrowRight", "ArrowRight")
    assert focused(page) == "target 2 0"
    press(page, "Enter")
    write(page, "0.5")
    press(page, "Escape")
    tab_to(page, "rate")
    write(page, "0.25")
    x[0], y[0], net.weights[0][0, 1], net.biases[0][0] = 0.3, 0.5, -0.7, 0.1
    net.train_step([x], [y], optimizer=SGD(0.25))
    tab_to(page, "digits", back=True)
    press(page, "End")  # all
    tab_to(page, "last")
    press(page, "Enter")
    assert result(page, "step") == pytest.approx(net.loss_value([x], [y]), rel=1e-12)
    tab_to(page, "reset")
    press(page, "Enter")
    tab_to(page, "last", back=True)
    press(page, "Enter")
    assert result(page, "step") == pytest.approx(0.29102777369359933, rel=1e-14)
    assert messages == []
    page.context.close()


def test_a_wrong_number_is_told_and_leaves_no_trap(browser: Any, pages: dict[str, Path]) -> None:
    page, messages = opened(browser, pages["built-in"], viewport=DESK)
    tab_to(page, "rate")
    write(page, "-1")
    assert page.get_by_role("alert").first.inner_text() != ""
    press(page, "Tab")
    assert focused(page) == "order"
    assert messages == []
    page.context.close()


def test_training_plays_and_rests(browser: Any, pages: dict[str, Path]) -> None:
    page, messages = opened(browser, pages["built-in"], viewport=DESK, reduced_motion="reduce")
    tab_to(page, "play")
    press(page, "Space")
    assert text(page, "play") == "Pause"
    wait_until(page, "state.trained > 0")
    assert focused(page) == "play"
    press(page, "Space")
    assert text(page, "play") == "Play"
    made = page.evaluate("state.trained")
    press(page, "Tab", "Enter")
    assert page.evaluate("state.trained") == made + 1
    tab_to(page, "count")
    press(page, "Home")  # 10
    press(page, "Shift+Tab", "Enter")
    wait_until(page, f"state.trained === {made + 11} && playing === null")
    assert focused(page) == "many"
    tab_to(page, "log")
    press(page, "Space")
    assert page.evaluate("byId('log').checked")
    assert messages == []
    page.context.close()


def test_networks_notations_and_samples_are_chosen(browser: Any, pages: dict[str, Path]) -> None:
    page, messages = opened(browser, pages["built-in"], viewport=DESK)
    tab_to(page, "example")
    press(page, "ArrowDown")
    assert text(page, "title") == "XOR, 2-4-1"
    assert focused(page) == "example"
    tab_to(page, "notation")
    press(page, "ArrowDown")
    assert page.evaluate("view.notation") == "nielsen"
    assert "layer 2" in page.evaluate("byId('net').textContent")  # of inputs, 1
    tab_to(page, "sample")
    press(page, "ArrowDown")
    assert text(page, "step-title").startswith("Sample 1")
    tab_to(page, "batch")
    press(page, "Home")
    assert page.evaluate("state.batchSize") == 1
    tab_to(page, "granularity")
    press(page, "Home")
    assert page.evaluate("state.byNode") is False
    tab_to(page, "order")
    press(page, "End")
    assert page.evaluate("state.newWeights") is True
    assert messages == []
    page.context.close()


def test_the_drawing_zooms_and_scrolls(browser: Any, pages: dict[str, Path]) -> None:
    page, messages = opened(browser, pages["built-in"], viewport=PHONE)
    tab_to(page, "larger")
    press(page, *["Enter"] * 4)
    assert text(page, "zoom") == "244 %"
    tab_to(page, "scroll", back=True)
    press(page, "ArrowRight")
    wait_until(page, "byId('scroll').scrollLeft > 0")
    assert text(page, "step-count").startswith("Step 1 ")
    tab_to(page, "smaller")
    press(page, "Enter")
    tab_to(page, "fit")
    press(page, "Enter")
    assert text(page, "zoom") == "100 %"
    assert messages == []
    page.context.close()


def test_folded_layers_are_opened_anywhere(browser: Any, pages: dict[str, Path]) -> None:
    page, messages = opened(browser, pages["large"], viewport=DESK)
    fold = '[data-window="0"][type="number"]'
    tab_to(page, "node 0 29")
    press(page, *["ArrowUp"] * 5)
    assert focused(page) == "node 0 24"  # the window has moved along
    for _ in range(9):
        press(page, "Tab")
        if page.evaluate(f"document.activeElement.matches('{fold}')"):
            break
    write(page, "58")
    press(page, "Enter")
    assert page.evaluate("state.windows[0]") == 58
    press(page, "Tab", "Home")
    assert page.evaluate("state.windows[0]") == 0
    assert page.evaluate("document.activeElement.type") == "range"
    tab_to(page, "scroll", back=True)
    press(page, "Tab", "Enter")  # what the image shows is a node of the drawing
    assert focused(page).startswith("x 0 0")
    assert messages == []
    page.context.close()


def test_tables_are_opened_and_typed_into(browser: Any, pages: dict[str, Path]) -> None:
    page, messages = opened(browser, pages["built-in"], viewport=DESK)
    tab_to(page, "Show all numbers of the step as tables")
    press(page, "Enter", "Tab")
    assert focused(page) == "weight-view"
    tab_to(page, "w 2 0 1")
    write(page, "2")
    press(page, "Tab")
    assert focused(page) == "w 2 1 0"
    write(page, "3")
    assert page.evaluate("[...state.net.w[2]]")[1:3] == [2, 3]
    tab_to(page, "weight-view", back=True)
    press(page, "End")
    caption = "[...document.querySelectorAll('caption')].map((one) => one.textContent).join()"
    assert "Weights after the update" in page.evaluate(caption)
    assert messages == []
    page.context.close()


def test_the_focus_stays_while_numbers_change(browser: Any, pages: dict[str, Path]) -> None:
    page, messages = opened(browser, pages["built-in"], viewport=DESK)
    tab_to(page, "Show all numbers of the step as tables")
    press(page, "Enter")
    tab_to(page, "Inputs of sample 0")
    page.evaluate("goTo(5)")
    assert focused(page) == "Inputs of sample 0"
    tab_to(page, "node 0 0", back=True)
    press(page, "ArrowRight")
    page.set_viewport_size({"width": 700, "height": 900})  # is drawn anew
    wait_until(page, "lastWidth < 700")
    assert focused(page) == "node 1 0"
    assert messages == []
    page.context.close()


def test_a_quiz_is_answered_to_its_certificate(browser: Any, pages: dict[str, Path]) -> None:
    page, messages = opened(browser, pages["built-in"], viewport=DESK)
    page.evaluate("window.print = () => { printed = true; }; printed = false")
    questions = page.evaluate("data.quiz.questions")
    press(page, "Tab")
    for _ in range(60):
        if page.evaluate("document.activeElement.type") == "radio":
            break
        press(page, "Tab")
    for question in questions:
        assert page.evaluate("document.activeElement.type") == "radio"
        right = question["choices"].index(question["answer"])
        press(page, "Space", *["ArrowDown"] * right, "Enter")
        assert text(page, "quiz-verdict").startswith("Right.")
        if question is not questions[-1]:
            tab_to(page, "quiz-next")
            press(page, "Enter")
    tab_to(page, "certificate-name")
    page.keyboard.type("Ada")
    tab_to(page, "certificate-print")
    press(page, "Enter")
    assert page.evaluate("printed")
    assert messages == []
    page.context.close()
