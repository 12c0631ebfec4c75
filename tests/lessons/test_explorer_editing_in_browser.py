"""Numbers typed and pasted into the explorer, in a real browser: what is taken and told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from in_browser import needs_browser, opened

from fastbp import Network
from fastbp.lessons.explorer import explore

pytestmark = needs_browser

DESK, PHONE = {"width": 1440, "height": 900}, {"width": 360, "height": 740}
WEIGHT = '[data-key="weight 1 0 0"]'
PASTE = """([selector, text]) => {
  const field = document.querySelector(selector), clipboardData = new DataTransfer();
  clipboardData.setData("text/plain", text);
  field.focus();
  field.select();
  const event = { clipboardData, bubbles: true, cancelable: true };
  // Where nobody takes it, the browser inserts what it can read.
  if (field.dispatchEvent(new ClipboardEvent("paste", event))) {
    document.execCommand("insertText", false, text);
  }
}"""


@pytest.fixture(scope="module")
def built_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("editing") / "page.html"
    explore(None, path)
    return path


PASTED = {
    "−0.5": -0.5,  # with the sign that the page itself writes
    " −8.771e−4\n": -8.771e-4,
    "+3": 3,
    ".25": 0.25,
    "1e-400": 0,
    "0,5": None,
    "0x10": None,
    "1_000": None,
    "1,000": None,
    "−": None,
    "alert(1)": None,
}


@pytest.mark.parametrize("place", ["#detail input", "#rate"])
def test_a_pasted_number_is_taken_whole_or_not_at_all(
    browser: Any, built_in: Path, place: str
) -> None:
    page, messages = opened(browser, built_in, viewport=DESK)
    page.locator(WEIGHT).dispatch_event("click")
    field, message = page.locator(place), page.locator("#message")
    now = "state.rate" if place == "#rate" else "state.net.w[1][0]"
    for text, expected in PASTED.items():
        page.evaluate(PASTE, [place, "0.125"])
        assert (page.evaluate(now), message.inner_text()) == (0.125, "")
        page.evaluate(PASTE, [place, text])
        if expected is None:
            assert "not a number" in message.inner_text(), text
            assert field.input_value() == "0.125", text
            expected = 0.125
        elif place == "#rate" and expected < 0:
            assert "0 or more" in message.inner_text(), text
            expected = 0.125
        else:
            assert message.inner_text() == "", text
        assert page.evaluate(now) == expected, text
    assert messages == []
    page.context.close()


@pytest.mark.parametrize("place", ["#detail input", "#rate"])
def test_a_field_that_is_left_shows_the_number_that_holds(
    browser: Any, built_in: Path, place: str
) -> None:
    page, messages = opened(browser, built_in, viewport=PHONE)
    page.locator(WEIGHT).dispatch_event("click")
    field, message = page.locator(place), page.locator("#message")
    before = field.input_value()
    field.focus()
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    assert field.get_attribute("aria-invalid") == "true"
    told = message.bounding_box()
    assert told["y"] >= 0
    assert told["y"] + told["height"] < PHONE["height"]  # in sight, wherever the field is
    page.keyboard.press("Tab")
    assert field.input_value() == before
    assert field.get_attribute("aria-invalid") == "false"
    assert f"It stays {before}." in message.inner_text()
    page.evaluate("goTo(1)")
    assert message.is_hidden()
    height = page.evaluate("document.documentElement.scrollHeight")
    page.evaluate("tell('a message')")
    assert page.evaluate("document.documentElement.scrollHeight") == height  # nothing moves
    assert messages == []
    page.context.close()


def test_a_changed_rate_can_be_reset(browser: Any, built_in: Path) -> None:
    page, messages = opened(browser, built_in, viewport=DESK)
    reset = page.get_by_role("button", name="Reset")
    assert reset.is_disabled()
    page.locator("#rate").fill("0.25")
    assert reset.is_enabled()
    reset.click()
    assert page.locator("#rate").input_value() == "0.5"
    assert messages == []
    page.context.close()


def test_numbers_too_large_are_walked_and_named(browser: Any, tmp_path: Path) -> None:
    net = Network(
        [2, 2, 1], activation="identity", output_activation="identity", dtype="float64", seed=0
    )
    net.explore(tmp_path / "page.html", np.ones((1, 2)), np.ones((1, 1)))
    page, messages = opened(browser, tmp_path / "page.html", viewport=DESK)
    page.locator("#tables summary").click()
    for place in ("x 0 0 ", "x 0 1 ", "w 1 0 0", "w 1 0 1", "w 2 0 0"):
        page.locator(f'#tables [data-place="{place}"]').fill("1e308")
    for step in range(page.evaluate("state.steps.length")):
        page.evaluate("(step) => goTo(step)", step)
        assert "undefined" not in page.locator("main").inner_text()
    page.get_by_role("button", name="Play").click()
    page.wait_for_timeout(100)
    assert page.evaluate("playing") is None  # it has stopped by itself
    words = page.locator("#loss-now").inner_text()
    assert words.startswith("After 1 step C is no finite number")
    assert "NaN" in page.locator("#table-list").inner_text()
    page.get_by_role("button", name="Reset").click()
    assert page.evaluate("numbers.C") == pytest.approx(net.loss_value([[1, 1]], [[1]]), rel=1e-12)
    assert messages == []
    page.context.close()


def test_the_loss_of_a_batch_is_not_compared_with_anothers(browser: Any, tmp_path: Path) -> None:
    net = Network([1, 1], output_activation="identity", dtype="float64", seed=0)
    X, y = np.array([[1.0], [2.0], [3.0]]), np.array([[1.0], [0.0], [2.0]])
    net.explore(tmp_path / "page.html", X, y, learning_rate=0.1)
    page, messages = opened(browser, tmp_path / "page.html", viewport=DESK)
    page.get_by_role("button", name="One step").click()
    assert "of the next batch now" in page.locator("#loss-now").inner_text()
    page.locator("#batch").select_option("3")
    page.get_by_role("button", name="One step").click()
    assert "now: " in page.locator("#loss-now").inner_text()
    assert "next batch" not in page.locator("#loss-now").inner_text()
    assert messages == []
    page.context.close()
