"""SVG and HTML elements as text; :func:`text` and :func:`tag` escape their arguments."""

import html
import re
from collections.abc import Iterable
from importlib.resources import files
from typing import NewType

Markup = NewType("Markup", str)

# What may not stand in XML, even escaped: controls, halves of surrogate pairs, and two more.
_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# Characters that turn the order of those around them: a name could pretend to be another.
_TURNING = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
# Elements without an end: HTML's, and SVG's shapes, which XML lets close themselves.
_EMPTY = {"meta", "br", "input", "rect", "line", "circle", "polyline", "path"}


def text(value: object) -> Markup:
    """Escape anything for use between tags or inside an attribute.

    >>> text("<b>&")
    '&lt;b&gt;&amp;'
    """
    legal = _TURNING.sub("\ufffd", _ILLEGAL.sub("\ufffd", str(value)))
    return Markup(html.escape(legal, quote=True))


def resource(package: str, name: str) -> Markup:
    """Read a style sheet or script of fastbp's own: the one text that is not escaped."""
    return Markup(files(package).joinpath(name).read_text(encoding="utf-8"))


def join(parts: Iterable[Markup], between: str = "") -> Markup:
    """Put pieces one after the other; ``between`` is text of this package, not of a file."""
    return Markup(between.join(parts))


def tag(name: str, /, *children: Markup, **attributes: object) -> Markup:
    """Make an element; ``class_`` is class, ``text_anchor`` is text-anchor, None leaves one out.

    >>> tag("rect", x=1.50, class_="bar", rx=None)
    '<rect x="1.5" class="bar"/>'
    """
    attribute_text = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_value(value)}"'
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    if name in _EMPTY:
        return Markup(f"<{name}{attribute_text}/>")
    return Markup(f"<{name}{attribute_text}>{''.join(children)}</{name}>")


def _value(value: object) -> Markup:
    if value is True:  # as in hidden=""
        return Markup("")
    if isinstance(value, float):
        return Markup(f"{value:.2f}".rstrip("0").rstrip("."))
    return text(value)
