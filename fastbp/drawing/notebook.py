"""HTML for the output of a notebook's cell: its style stays inside, and it has no script."""

from __future__ import annotations

import re

from fastbp.drawing.colours import COLOURS, DARK, LIGHT
from fastbp.drawing.markup import Markup, join, resource, tag, text
from fastbp.drawing.picture import STYLE as PICTURE_STYLE

_SCOPE = ".fastbp"
# Notebooks have MathJax read $...$ in any output, so in a column's name too, but for elements of
# these classes: of its versions 3 and 4, and of version 2.
_NO_TEX = "mathjax_ignore tex2jax_ignore"
# Notebooks say their theme on an element around: JupyterLab, VS Code (whose light theme of high
# contrast has the class of the dark one too), Colab, and pages that Sphinx makes of notebooks.
# The system's theme counts where none of them does.
_THEMES = {
    LIGHT: (
        '[data-jp-theme-light="true"]',
        ".vscode-light",
        ".vscode-high-contrast-light",
        'html[theme="light"]',
        'html[data-theme="light"]',
    ),
    DARK: (
        '[data-jp-theme-light="false"]',
        ".vscode-dark",
        ".vscode-high-contrast:not(.vscode-high-contrast-light)",
        'html[theme="dark"]',
        'html[data-theme="dark"]',
    ),
}


def fragment(name: str, *parts: Markup) -> Markup:
    """Put parts together, with a style that reaches nothing else on the page.

    Parameters
    ----------
    name : str
        For screen readers.
    *parts : Markup
        Paragraphs, tables, and pictures of :func:`inline_chart`.
    """
    class_ = f"fastbp {_NO_TEX}"
    return tag("div", tag("style", _style()), *parts, class_=class_, role="group", aria_label=name)


def paragraph(content: str, class_: str | None = None) -> Markup:
    """Make a paragraph of plain text."""
    return tag("p", text(content), class_=class_)


def inline_chart(title: str, body: Markup, width: float, height: float) -> Markup:
    """Make a picture as wide as its cell; it has no ids, which another output could have too."""
    return tag(
        "svg",
        tag("title", text(title)),
        body,
        class_="chart",
        role="img",
        viewBox=f"0 0 {width:g} {height:g}",
        width=width,
        height=height,
    )


def _style() -> Markup:
    sheet = f"{resource('fastbp.drawing', 'notebook.css')}{PICTURE_STYLE}"
    rules = Markup(re.sub(r"(^|, |\} )\.chart", rf"\1{_SCOPE} .chart", sheet, flags=re.M))
    used = sorted(set(re.findall(r"var\(--(\w+)\)", rules)))

    def colours(theme: int) -> str:
        scheme = "dark" if theme == DARK else "light"
        return f"color-scheme: {scheme}; " + " ".join(
            f"--{name}: {COLOURS[name][theme]};" for name in used
        )

    blocks = [
        f"{_SCOPE} {{ {colours(LIGHT)} }}",
        f"@media (prefers-color-scheme: dark) {{ {_SCOPE} {{ {colours(DARK)} }} }}",
        *(
            f":is({', '.join(selectors)}) {_SCOPE} {{ {colours(theme)} }}"
            for theme, selectors in _THEMES.items()
        ),
    ]
    return join([Markup(block) for block in blocks] + [rules], "\n")
