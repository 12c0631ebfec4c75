"""The table of renderers: a document as text, Markdown, LaTeX or HTML."""

from __future__ import annotations

from typing import Any, Protocol

from fastbp.inputs import check_choice
from fastbp.lessons.as_html import HtmlRenderer
from fastbp.lessons.as_latex import LatexRenderer
from fastbp.lessons.as_markdown import MarkdownRenderer
from fastbp.lessons.as_text import TextRenderer
from fastbp.lessons.document import Block, Document
from fastbp.lessons.notations import NOTATIONS, Speller
from fastbp.text.rendered import Rendered


class Renderer(Protocol):
    """Writes the blocks of a document one after another."""

    def write(self, block: Block) -> None:
        """Write one block."""
        ...

    def finish(self) -> str:
        """All that was written."""
        ...


#: What writes each format.
RENDERERS: dict[str, type[Any]] = {
    "text": TextRenderer,
    "markdown": MarkdownRenderer,
    "latex": LatexRenderer,
    "html": HtmlRenderer,
}


def render(
    document: Document, format: str = "text", notation: str = "course", *, spell_out: bool = False
) -> Rendered:
    """Write a document in a format and a notation.

    Parameters
    ----------
    document : Document
        What to write.
    format : "text", "markdown", "latex" or "html"
        How.
    notation : "course", "nielsen", "ng", "pytorch" or "keras"
        In whose symbols.
    spell_out : bool
        Text in ASCII only.

    Examples
    --------
    >>> document = Document([2, 3, 1])
    >>> document.formula("δ_0^(L) a_2^(L-1)")
    >>> print(render(document))
        δ_0^(L) a_2^(L-1)
    >>> print(render(document, notation="nielsen"))
        δ^L_1 a^(L-1)_3
    """
    check_choice("format", format, RENDERERS)
    check_choice("notation", notation, NOTATIONS)
    renderer: Renderer = RENDERERS[format](Speller(NOTATIONS[notation], document.sizes), spell_out)
    for block in document.blocks:
        renderer.write(block)
    return Rendered(renderer.finish(), format)
