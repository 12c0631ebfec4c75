"""The examples on the pages of the documentation run, and give what stands there."""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest
from source_tree import ROOT, needs_tree

PAGES = [
    page
    for page in sorted((ROOT / "docs").glob("*.md"))
    if ">>> " in page.read_text(encoding="utf-8")
]
LOOSELY = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@needs_tree
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_examples_run(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    results = doctest.testfile(str(page), module_relative=False, optionflags=LOOSELY)
    assert results.attempted > 0
    assert results.failed == 0
