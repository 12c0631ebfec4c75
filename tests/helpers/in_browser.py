"""Pages in a real browser: needs playwright and a Chromium, the system's or FASTBP_BROWSER's.

With FASTBP_SCREENSHOTS=FOLDER pages are kept there as pictures and as PDF files (`make look`).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from javascript import BROWSER

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
needs_browser = pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed")


def start_browser() -> Iterator[Any]:
    """Start a browser, for a fixture of a module."""
    with playwright.sync_playwright() as player:
        chromium = player.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield chromium
        chromium.close()


def opened(browser: Any, path: Path, **how: Any) -> tuple[Any, list[str]]:
    """Open a page; the list is of its complaints and requests, as they come."""
    page = browser.new_context(**how).new_page()
    messages: list[str] = []
    page.on("console", lambda message: messages.append(message.text))
    page.on("pageerror", lambda error: messages.append(str(error)))
    page.on(
        "request",
        lambda request: (
            # An image in the page itself asks nobody.
            messages.append(request.url)
            if request.url != path.as_uri() and not request.url.startswith("data:image/png;")
            else None
        ),
    )
    page.goto(path.as_uri())
    return page, messages


def keep(page: Any, name: str) -> None:
    folder = os.environ.get("FASTBP_SCREENSHOTS")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
        page.pdf(path=Path(folder) / f"{name}.pdf", prefer_css_page_size=True)
