"""The site has every public name and every page, and would notice what it must not do."""

from __future__ import annotations

import re
import runpy
from importlib import import_module
from typing import Any

import pytest
from source_tree import ROOT

import fastbp

DOCS = ROOT / "docs"
TARGET = re.compile(r"^\.\. auto(?:class|function|module):: ([\w.]+)", re.M)

pytestmark = pytest.mark.skipif(not DOCS.exists(), reason="docs/ is not beside tests/")


def target(name: str) -> Any:
    """A module, or what a module has."""
    try:
        return import_module(name)
    except ModuleNotFoundError:
        module, _, attribute = name.rpartition(".")
        return getattr(import_module(module), attribute)


def test_every_public_name_is_in_the_api_reference() -> None:
    pytest.importorskip("sklearn", reason="scikit-learn is not installed")
    pages = "".join(path.read_text(encoding="utf-8") for path in (DOCS / "api").glob("*.md"))
    documented = [target(name) for name in TARGET.findall(pages)]
    modules = {
        obj.__name__ for obj in documented if not isinstance(obj, type) and hasattr(obj, "__file__")
    }
    for name in fastbp.__all__:
        public = getattr(fastbp, name)
        assert public in documented or public.__module__ in modules, name


def docstrings(documented: Any) -> str:
    """Those of an object and its own public members."""
    members = vars(documented) if isinstance(documented, type) else {}
    texts = [member.__doc__ for name, member in members.items() if not name.startswith("_")]
    return "\n".join(text for text in [documented.__doc__, *texts] if text)


def test_every_name_that_the_api_reference_refers_to_is_in_it() -> None:
    pytest.importorskip("sklearn", reason="scikit-learn is not installed")
    pages = "".join(path.read_text(encoding="utf-8") for path in (DOCS / "api").glob("*.md"))
    documented = [target(name) for name in TARGET.findall(pages)]
    references = {
        name
        for obj in documented
        for name in re.findall(r":\w+:`(fastbp\.[\w.]+)`", docstrings(obj))
    }
    assert "fastbp.training.Reporter" in references
    public = [getattr(fastbp, name) for name in fastbp.__all__]
    for name in references:
        # fastbp.Network.score is in the page of fastbp.Network.
        owner, _, member = name.rpartition(".")
        obj = getattr(fastbp, owner.removeprefix("fastbp."), None)
        assert (obj in public and hasattr(obj, member)) or target(name) in documented, name


@pytest.fixture
def conf() -> dict[str, Any]:
    pytest.importorskip("numpydoc", reason="the extra docs is not installed")
    return runpy.run_path(str(DOCS / "conf.py"))


@pytest.mark.parametrize(
    ("page", "loads"),
    [
        ('<script src="https://cdn.example.org/x.js"></script>', True),
        ('<link rel="stylesheet" href="//fonts.example.org/x.css">', True),
        ('<img src="http://example.org/x.png">', True),
        ('<a href="https://example.org">x</a><script src="_static/x.js"></script>', False),
    ],
)
def test_what_a_page_loads_from_another_host_is_found(
    conf: dict[str, Any], page: str, loads: bool
) -> None:
    reader = conf["Loads"]()
    reader.feed(page)
    assert bool(reader.urls) == loads


@pytest.mark.parametrize(
    ("style", "loads"),
    [
        ("@font-face { src: url(https://example.org/x.woff2); }", True),
        ('@import "//example.org/x.css";', True),
        ("p { background: url(\"data:image/svg+xml,%3csvg xmlns='http://www.w3.org'\"); }", False),
        ("@font-face { src: url(../fonts/x.woff2); }", False),
    ],
)
def test_what_a_style_sheet_loads_from_another_host_is_found(
    conf: dict[str, Any], style: str, loads: bool
) -> None:
    assert bool(conf["FETCHED"].search(style)) == loads


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("|x| and ``|x|``", r"\|x\| and ``|x|``"),
        (">>> x | y", ">>> x | y"),
    ],
)
def test_bars_of_absolute_values_are_escaped_outside_code(
    conf: dict[str, Any], written: str, read: str
) -> None:
    lines = [written]
    conf["keep_bars"](None, "class", "x", None, None, lines)
    assert lines == [read]


def test_links_to_files_beside_docs_become_links_to_their_pages(conf: dict[str, Any]) -> None:
    source = ["[a](../README.md#tests) [b](../../CONTRIBUTING.md) [c](../setup.py)"]
    conf["link_to_pages"](None, "x", source)
    assert source == ["[a](/index.md#tests) [b](/contributing.md) [c](../setup.py)"]
