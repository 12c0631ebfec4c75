"""docs/adding-*.md: each page's changes can be made, and what it shows is what happens.

The slow tests build a copy of the tree in place: the plain kernel set, and what a page adds.
"""

from __future__ import annotations

import platform
import sys
from pathlib import Path

import pytest
from how_to import HowTo
from source_tree import build_in_place, copied_tree, needs_tree

pytestmark = needs_tree

# Page -> the modules that it adds.
PAGES: dict[str, tuple[str, ...]] = {
    "adding-an-activation.md": (),
    "adding-a-loss.md": (),
    "adding-an-optimizer.md": (),
    "adding-a-kernel-set.md": ("v2_float32", "v2_float64", "v2_bfloat16"),
}


@pytest.mark.parametrize("page", PAGES)
def test_the_changes_fit_the_source_tree(page: str, tmp_path: Path) -> None:
    HowTo(page).apply(copied_tree(tmp_path / "tree"))


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_what_is_shown_is_what_happens(page: str, tmp_path: Path) -> None:
    pytest.importorskip("Cython", reason="building without isolation needs Cython")
    if PAGES[page] and (platform.machine() != "x86_64" or sys.platform == "win32"):
        pytest.skip("the page's kernel set is one of x86-64")
    how_to, tree = HowTo(page), copied_tree(tmp_path / "tree")
    how_to.apply(tree)
    build_in_place(tree, *PAGES[page])
    assert how_to.run(tree)
