"""HTML pages that need no other file."""

import base64
import hashlib

from fastbp.drawing.colours import properties
from fastbp.drawing.html_table import table
from fastbp.drawing.markup import Markup, join, resource, tag, text
from fastbp.drawing.picture import STYLE as PICTURE_STYLE
from fastbp.drawing.picture import Picture

#: The colours, and what text, tables and pictures look like.
STYLE = Markup(f"{properties()}{resource('fastbp.drawing', 'page.css')}{PICTURE_STYLE}")


def document(title: str, *body: Markup, style: Markup, script: Markup) -> Markup:
    """Make a page whose policy allows its own style and script, and nothing else.

    Parameters
    ----------
    title : str
        Of the window.
    *body : Markup
        What the page shows.
    style : Markup
        What its own parts look like; it comes after `STYLE`.
    script : Markup
        What the page does; it stands at the end of the body.
    """
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = (
        "default-src 'none'; style-src 'unsafe-inline'; "
        f"script-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", text(title)),
        tag("style", STYLE, style),
    )
    root = tag("html", head, tag("body", *body, tag("script", script)), lang="en")
    return Markup(f"<!DOCTYPE html>\n{root}\n")


def section(name: str, title: str, *parts: Markup) -> Markup:
    """Make a part of a page, with a heading that its ``name`` links to."""
    heading = tag("h2", text(title), id=f"{name}-heading")
    return tag("section", heading, *parts, id=name, aria_labelledby=f"{name}-heading")


def paragraph(*sentences: str) -> Markup:
    """Make a paragraph of sentences."""
    return tag("p", text(" ".join(sentences)))


def figure(picture: Picture) -> Markup:
    """Show a picture with its notes, and the same numbers as a table that opens."""
    rows = table(picture.columns, picture.rows, picture.title)
    return tag(
        "figure",
        picture.inline(),
        tag("figcaption", join((text(note) for note in picture.notes), " ")),
        tag("details", tag("summary", text("The same as a table")), rows),
    )
