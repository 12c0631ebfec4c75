"""The pages of the documentation: their examples run, their pictures are what draws them."""

from __future__ import annotations

import doctest
import re
import runpy
from pathlib import Path

import pytest
from source_tree import ROOT, needs_tree

ALL_PAGES = [
    page for folder in ("", "course") for page in sorted((ROOT / "docs" / folder).glob("*.md"))
]
PAGES = [page for page in ALL_PAGES if ">>> " in page.read_text(encoding="utf-8")]
# What the examples of a page need.
EXTRAS = {
    "coming-from.md": "sklearn",
    "history.md": "pandas",
    "interchange.md": "sklearn",
    "lbfgs.md": "scipy",
    "scikit-learn-callbacks.md": "sklearn.callback",
    "scikit-learn-options.md": "sklearn",
    "scikit-learn-tables.md": "sklearn",
    "scikit-learn.md": "sklearn",
    "streams.md": "scipy",
}
PICTURES = ROOT / "docs" / "pictures"
LOOSELY = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@needs_tree
@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT / "docs")))
def test_examples_run(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if extra := EXTRAS.get(page.name):
        pytest.importorskip(extra, reason=f"{extra} is not installed")
    monkeypatch.chdir(tmp_path)
    results = doctest.testfile(str(page), module_relative=False, optionflags=LOOSELY)
    assert results.attempted > 0
    assert results.failed == 0


@needs_tree
def test_pictures_are_what_their_script_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(PICTURES)
    drawn = {
        picture.name: picture.file() + "\n"
        for picture in (draw() for draw in runpy.run_path(str(PICTURES / "draw.py"))["PICTURES"])
    }
    assert {path.stem for path in PICTURES.glob("*.svg")} == set(drawn)
    for name, text in drawn.items():
        assert (PICTURES / f"{name}.svg").read_text("utf-8") == text, name


@needs_tree
def test_every_picture_is_on_a_page() -> None:
    pages = "".join(page.read_text("utf-8") for page in ALL_PAGES)
    shown = re.findall(r"!\[[^\]]+\]\((?:\.\./)?pictures/([\w-]+)\.svg\)", pages)
    assert set(shown) == {path.stem for path in PICTURES.glob("*.svg")}
