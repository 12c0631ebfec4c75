"""The explorer's drawing in a real browser: it follows the walk, and its numbers fit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from in_browser import needs_browser, opened

from fastbp import SGD, Network
from fastbp.lessons.explorer import explore

pytestmark = needs_browser

DESK, PHONE = {"width": 1440, "height": 900}, {"width": 360, "height": 740}
# Whether all that the step is about is drawn, and as much of it seen as the box has room for.
SEEN = """() => {
  const box = scroller.getBoundingClientRect();
  const boxes = [...svg.querySelectorAll(".current :is(circle, rect)")].map(
    (part) => part.getBoundingClientRect());
  return boxes.length > 0 && boxes.every(({ left, right, top, bottom }) => left >= box.left - 1 &&
    right <= box.right + 1 && top >= box.top - 1 && bottom <= box.bottom + 1);
}"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("drawing")
    rng = np.random.default_rng(0)
    explore(None, folder / "built-in.html")
    deep = Network([3, *[4] * 11, 2], activation="tanh", seed=0)
    deep.explore(folder / "deep.html", rng.random((2, 3)), rng.random((2, 2)))
    folded = Network([12, 11, 3], seed=0, output_activation="softmax", loss="cross_entropy")
    folded.explore(folder / "folded.html", rng.random((2, 12)), [0, 2])
    return {name: folder / f"{name}.html" for name in ("built-in", "deep", "folded")}


@pytest.mark.parametrize(
    ("name", "viewport"), [("deep", DESK), ("deep", PHONE), ("folded", DESK), ("folded", PHONE)]
)
def test_the_drawing_follows_the_walk(
    browser: Any, pages: dict[str, Path], name: str, viewport: dict[str, int]
) -> None:
    page, messages = opened(browser, pages[name], viewport=viewport)
    steps = page.evaluate("state.steps.map(({ kind }) => kind)")
    walked = [i for i, kind in enumerate(steps) if kind in ("z", "a", "loss", "delta", "update")]
    for i in walked[:: 7 if name == "deep" else 1]:
        page.evaluate("(step) => goTo(step)", i)
        assert page.evaluate(SEEN), (i, steps[i])
    assert messages == []
    page.context.close()


def test_zooming_keeps_the_middle(browser: Any, pages: dict[str, Path]) -> None:
    page, messages = opened(browser, pages["built-in"], viewport=DESK)
    middle = """AXES.map(({ size, scroll, view }) =>
      (scroller[scroll] + scroller[view] / 2) / parseFloat(svg.style[size]))"""
    for _ in range(7):
        page.get_by_role("button", name="larger").click()
        # A scroll bar and rounding to pixels move it by less than a hundredth.
        assert page.evaluate(middle) == pytest.approx([0.5, 0.5], abs=0.02)
    assert page.locator("#zoom").inner_text() == "400 %"
    for step in range(9):  # forward, by node
        page.evaluate("(step) => goTo(step)", step)
        assert step == 0 or page.evaluate(SEEN), step
    page.get_by_role("button", name="fit").click()
    assert page.evaluate("scroller.scrollWidth - scroller.clientWidth") == 0
    assert messages == []
    page.context.close()


def test_a_number_stays_within_its_node(browser: Any, tmp_path: Path) -> None:
    numbers = [-1.7e99, -99949.9, 99950.0, 123456.0, -1234567.0, -0.001234, -1e-300, 0.0999999]
    net = Network([8, 1], output_activation="identity", dtype="float64")
    net.weights[0][...] = 1.0
    net.explore(tmp_path / "page.html", [numbers], [[numbers[0]]])
    page, messages = opened(browser, tmp_path / "page.html", viewport=DESK)
    page.evaluate("goTo(2)")
    widths = page.evaluate("""[...svg.querySelectorAll(".node .figure, .target .figure")].map(
      (text) => [text.textContent, text.getComputedTextLength()])""")
    assert len(widths) > len(numbers)
    for text, width in widths:
        assert width <= 2 * (23 + 3), text  # RADIUS of drawing.js, and the node's line
    assert messages == []
    page.context.close()


def test_a_bias_shows_its_slope_and_its_new_value(browser: Any, pages: dict[str, Path]) -> None:
    page, messages = opened(browser, pages["built-in"], viewport=DESK)
    page.locator("#example").select_option(label="Three nodes, with bias")
    bias = page.locator('[data-key="bias 1 0"]')
    net = Network([2, 1], output_activation="relu", dtype="float64", initializer="zeros")
    net.weights[0][...], net.biases[0][...] = [[-0.55, 0.10]], 1.0
    X, y = np.array([[1.0, 2.0]]), np.array([1.0])
    slope = float(net.gradients(X, y).biases[0][0])
    net.train_step(X, y, optimizer=SGD(0.1))
    seen = {}
    for i, kind in enumerate(page.evaluate("state.steps.map(({ kind }) => kind)")):
        page.evaluate("(step) => goTo(step)", i)
        seen[kind] = bias.text_content().strip().replace("−", "-")
    assert seen["delta"] == "b = 1"
    assert seen["gradient"] == f"{slope:.2g}"
    assert seen["update"] == seen["after"] == f"b = {net.biases[0][0]:.2g}"
    assert "new bias" in bias.get_attribute("aria-label")
    # Those of Mazur's network are fixed.
    page.locator("#example").select_option(index=0)
    page.get_by_role("button", name="Last").click()
    fixed = page.locator('[data-key="bias 1 0"]')
    assert fixed.text_content().strip() == "b = 0.35"
    assert "new bias" not in fixed.get_attribute("aria-label")
    assert messages == []
    page.context.close()


def test_by_softmax_a_weight_moves_all_outputs(browser: Any, pages: dict[str, Path]) -> None:
    page, messages = opened(browser, pages["folded"], viewport=DESK)
    for key, through_all in (("weight 2 0 0", True), ("bias 2 1", True), ("weight 1 0 0", False)):
        page.locator(f'[data-key="{key}"]').dispatch_event("click")
        path = page.locator("#detail .path").inner_text()
        assert ("all outputs" in path) == through_all, path
    assert messages == []
    page.context.close()


def test_what_is_tapped_on_a_phone_is_explained_in_sight(
    browser: Any, pages: dict[str, Path]
) -> None:
    page, messages = opened(browser, pages["folded"], viewport=PHONE, has_touch=True)
    node = page.locator('[data-key="node 1 1"] circle')
    node.scroll_into_view_if_needed()
    node.tap()
    title = page.locator("#detail-title").bounding_box()
    assert 0 <= title["y"] < PHONE["height"] - 60
    assert node.bounding_box()["y"] >= 0
    assert title["y"] < page.locator("#step-title").bounding_box()["y"]
    page.locator("#next").tap()
    # Whoever walks on reads the step first.
    step = page.locator("#step-title").bounding_box()
    assert step["y"] < page.locator("#detail-title").bounding_box()["y"]
    assert messages == []
    page.context.close()


def test_the_walks_buttons_stay_at_hand_below_a_tall_drawing(
    browser: Any, pages: dict[str, Path]
) -> None:
    page, messages = opened(browser, pages["folded"], viewport=PHONE)
    page.evaluate("byId('net-section').scrollIntoView()")
    box = page.locator("#next").bounding_box()
    assert 0 <= box["y"] <= PHONE["height"] - box["height"]
    # And nothing of the drawing is cut off by a scroll within the scroll of the page.
    assert page.evaluate("scroller.scrollHeight - scroller.clientHeight") == 0
    assert messages == []
    page.context.close()


def test_what_is_noted_of_all_nodes_stands_once(browser: Any, pages: dict[str, Path]) -> None:
    page, messages = opened(browser, pages["folded"], viewport=DESK)
    page.locator("#granularity").select_option("layer")
    kinds = page.evaluate("state.steps.map(({ kind, l }) => `${kind} ${l}`)")
    page.evaluate("(step) => goTo(step)", kinds.index("a 2"))
    assert page.locator("#step .equation").count() == 3
    assert page.locator("#step .equation .note").count() == 1
    assert messages == []
    page.context.close()


def test_on_paper_there_is_no_empty_curve_and_no_margin_of_the_screens(
    browser: Any, pages: dict[str, Path]
) -> None:
    page, messages = opened(browser, pages["built-in"], viewport=DESK)
    for press, in_print in ((None, False), ("One step", True), ("Reset", False)):
        page.emulate_media(media="screen")
        if press:
            page.get_by_role("button", name=press).click()
        assert page.locator("#training").is_visible()
        page.emulate_media(media="print")
        assert page.locator("#training").is_visible() == in_print
        # That of the screen could fill an empty page of its own.
        assert page.evaluate("getComputedStyle(document.body).padding") == "0px"
    assert messages == []
    page.context.close()
