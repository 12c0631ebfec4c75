"""One HTML page with all that it needs: it requests nothing from anywhere."""

import base64
import hashlib

from fastbp.drawing.markup import Markup, join, tag, text
from fastbp.drawing.picture import Picture
from fastbp.drawing.table import table


def document(title: str, style: Markup, *body: Markup, script: Markup) -> Markup:
    """Make a page whose policy allows its own style and script, and nothing else.

    Parameters
    ----------
    title : str
        Of the window.
    style : Markup
        Style sheets.
    *body : Markup
        What the page shows.
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
        tag("style", style),
    )
    whole = tag("html", head, tag("body", *body, tag("script", script)), lang="en")
    return Markup(f"<!DOCTYPE html>\n{whole}\n")


def section(name: str, title: str, *parts: Markup) -> Markup:
    """Make a part of a page, with a heading that its ``name`` links to."""
    heading = tag("h2", text(title), id=f"{name}-heading")
    return tag("section", heading, *parts, id=name, aria_labelledby=f"{name}-heading")


def paragraph(*words: str) -> Markup:
    """Make a paragraph of sentences."""
    return tag("p", text(" ".join(words)))


def figure(picture: Picture) -> Markup:
    """Show a picture with its notes, and the same numbers as a table that opens."""
    rows = table(picture.columns, picture.rows, picture.title)
    return tag(
        "figure",
        picture.inline(),
        tag("figcaption", join((text(words) for words in picture.notes), " ")),
        tag("details", tag("summary", text("The same as a table")), rows),
    )
