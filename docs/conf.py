"""The site: these pages and the API reference, built by ``make site``."""

import inspect
import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.errors import SphinxError
from sphinx.util.inspect import stringify_signature

import fastbp

sys.path.insert(0, str(Path(__file__).parent))  # course_site.py lies beside this file

project = "fastbp"
author = copyright = "The fastbp developers"
version = release = fastbp.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.viewcode", "numpydoc", "course_site"]
myst_heading_anchors = 3  # headings are linked to as GitHub names them
autodoc_typehints = "none"  # the docstrings name the types
autodoc_member_order = "bysource"
numpydoc_show_class_members = False  # autodoc lists them
nitpicky = True
# Not for users, so on no page; docstrings link to them for readers of the sources.
nitpick_ignore = [
    ("py:mod", "fastbp.bench.ladder"),
    ("py:mod", "fastbp.reference_tables"),
    ("py:class", "fastbp.training.Reporter"),
    ("py:class", "Row"),
    ("py:obj", "ok"),  # properties among the attributes of a docstring, which are beside it
    ("py:obj", "worst"),
    ("py:meth", "Network.trace"),  # is fastbp.Network.trace here
]

html_theme = "pydata_sphinx_theme"
html_title = f"fastbp {release}"
html_static_path = ["_static"]
html_copy_source = False
html_show_sourcelink = False
html_sidebars = {"course/*": []}  # the room is for pictures beside the words, and for explorers
html_theme_options = {
    "header_links_before_dropdown": 3,  # more would take two lines
    "navbar_end": ["theme-switcher"],
    "navbar_persistent": ["search-button"],  # the other one's name lacks the keys it shows
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
}

# A file beside docs/ -> the page that shows it: one link serves the folder and the site.
PAGES = {"README.md": "/index.md", "CONTRIBUTING.md": "/contributing.md"}
REMOTE = re.compile(r"\s*(https?:)?//")
# What a style sheet fetches.
FETCHED = re.compile(r"""(?:url\(|@import)\s*["']?\s*(?:https?:)?//[^\s)"']+""")


def link_to_pages(app: Sphinx, name: str, source: list[str]) -> None:
    """Turn links to files that lie outside into links to their pages."""
    for outside, page in PAGES.items():
        link = rf"\]\((\.\./)+{re.escape(outside)}(?=[)#])"
        source[0] = re.sub(link, f"]({page}", source[0])


def show_arguments(
    app: Sphinx,
    kind: str,
    name: str,
    obj: Any,
    options: object,
    signature_text: str | None,
    returns: str | None,
) -> tuple[str, str | None] | None:
    """Show the arguments of ``__init__`` where ``__new__`` takes any."""
    if kind != "class" or signature_text != "(*args, **kwargs)":
        return None
    signature = inspect.signature(obj.__init__)
    arguments = list(signature.parameters.values())[1:]  # without self
    signature = signature.replace(parameters=arguments)
    return stringify_signature(signature, show_annotation=False), returns


def keep_bars(
    app: Sphinx, kind: str, name: str, obj: object, options: object, lines: list[str]
) -> None:
    """Escape the bars of an absolute value, which would be a substitution in reStructuredText."""
    in_example = False
    for i, line in enumerate(lines):
        in_example = bool(line.strip()) and (in_example or line.lstrip().startswith(">>>"))
        if not in_example:
            parts = line.split("``")  # every second one is literal
            parts[::2] = [part.replace("|", r"\|") for part in parts[::2]]
            lines[i] = "``".join(parts)


class Loads(HTMLParser):
    """Collects what a page loads from another host; links that a reader follows are no loads."""

    def __init__(self) -> None:
        super().__init__()
        self.urls: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at all addresses in a tag."""
        names = {"src", "srcset", "data", "poster"} | ({"href"} if tag != "a" else set())
        self.urls += [url for name, url in attrs if url and name in names and REMOTE.match(url)]


def check_hosts(app: Sphinx, exception: Exception | None) -> None:
    """Refuse a site whose pages load anything from another host: it must work without a network."""
    if exception or app.builder.format != "html":
        return
    for path in sorted(Path(app.outdir).rglob("*")):
        urls: list[str] = []
        if path.suffix == ".html":
            page = Loads()
            page.feed(path.read_text(encoding="utf-8"))
            urls = page.urls + FETCHED.findall(path.read_text(encoding="utf-8"))
        elif path.suffix == ".css":
            urls = FETCHED.findall(path.read_text(encoding="utf-8"))
        if urls:
            raise SphinxError(f"{path} loads {', '.join(urls)} from another host")


def setup(app: Sphinx) -> None:
    """Connect what is above."""
    app.connect("source-read", link_to_pages)
    app.connect("autodoc-process-signature", show_arguments)
    app.connect("autodoc-process-docstring", keep_bars, priority=400)  # before numpydoc's
    app.connect("build-finished", check_hosts)
