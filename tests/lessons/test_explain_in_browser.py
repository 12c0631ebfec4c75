"""Explanations in a real browser: no cell of a table runs into the next one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from in_browser import keep, needs_browser, opened

from fastbp.lessons.networks import small_network
from fastbp.lessons.notations import NOTATIONS

pytestmark = needs_browser

TOO_LONG = """() => [...document.querySelectorAll('th, td')]
  .filter((cell) => cell.scrollWidth > cell.clientWidth + 1).map((cell) => cell.textContent)"""


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("notation", NOTATIONS)
def test_cells_are_as_wide_as_what_they_hold(
    browser: Any, tmp_path: Path, notation: str, width: int
) -> None:
    net, x, y = small_network([2, 3, 13, 2])
    path = tmp_path / "page.html"
    # Of the first layer: its factors have the longest formulas in code.
    fragment = net.explain(x, y, l=1, format="html", notation=notation)
    path.write_text(f"<!doctype html><title>x</title>{fragment}", "utf-8")
    page, messages = opened(browser, path, viewport={"width": width, "height": 800})
    assert page.evaluate(TOO_LONG) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert messages == []
    keep(page, f"explain-{notation}-{width}")
    page.close()
