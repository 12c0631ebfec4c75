"""A certificate to print: an SVG picture, or an HTML page around it."""

from __future__ import annotations

import unicodedata
from datetime import date

from fastbp.drawing.colours import COLOURS, LIGHT
from fastbp.drawing.markup import Markup, tag, text
from fastbp.drawing.page import document
from fastbp.inputs import check_integer

#: What earns one: this share of a quiz of at least so many questions.
LEAST_SHARE, LEAST_QUESTIONS = 0.8, 10
LONGEST_NAME = 80
_WIDTH, _HEIGHT = 842, 595  # A4 across, in points
#: The size of the name, and the room for it inside the frames; a long one is written smaller.
NAME_SIZE, NAME_ROOM = 44, _WIDTH - 120
#: Widths of bold letters as parts of their height, at most, as a browser measured them of DejaVu
#: Serif, which is wider than Georgia and Times.
_WIDEST, _CAPITAL, _LETTER = 1.12, 0.95, 0.74
_WIDEST_LETTERS = frozenset("MWmœæŒÆ@%&—")


def is_earned(right: int, asked: int) -> bool:
    """Whether a quiz earns a certificate.

    >>> is_earned(8, 10), is_earned(7, 10), is_earned(5, 5)
    (True, False, False)
    """
    return asked >= LEAST_QUESTIONS and right >= LEAST_SHARE * asked


def _n_heights(name: str) -> float:
    """How wide a name is, at most, in heights of its letters."""

    def width(letter: str) -> float:
        if unicodedata.combining(letter):
            return 0.0
        if letter in _WIDEST_LETTERS or unicodedata.east_asian_width(letter) in "WF":
            return _WIDEST
        return _CAPITAL if letter.isupper() or letter in "w<=>+" else _LETTER

    return max(sum(map(width, name)), 1.0)


def certificate(
    name: str, right: int, asked: int, *, when: date | None = None, note: str = ""
) -> Markup:
    """Draw a certificate as the text of an SVG file.

    Parameters
    ----------
    name : str
        Whose it is, up to 80 characters. It is text, whatever it holds.
    right, asked : int
        How many questions were answered right, and how many were asked.
    when : date, optional
        Today if not given.
    note : str
        A line at the foot, such as the seed of the quiz.

    Raises
    ------
    ValueError, TypeError
        If the name is empty or too long, or the counts are no counts.

    Examples
    --------
    >>> from datetime import date
    >>> picture = certificate("<Ada>", 9, 10, when=date(2026, 1, 31))
    >>> "&lt;Ada&gt;" in picture, "31 January 2026" in picture
    (True, True)
    """
    name = " ".join(name.split())
    if not 0 < len(name) <= LONGEST_NAME:
        raise ValueError(f"name must have 1 to {LONGEST_NAME} characters, got {len(name)}")
    asked = check_integer("asked", asked, low=1)
    right = check_integer("right", right, low=0, high=asked)
    when = date.today() if when is None else when
    size = min(NAME_SIZE, NAME_ROOM / _n_heights(name))
    ink, muted = COLOURS["text"][LIGHT], COLOURS["muted"][LIGHT]

    def line(y: float, content: str, font_size: float, fill: str = ink, **more: object) -> Markup:
        return tag(
            "text", text(content), x=_WIDTH / 2, y=y, font_size=font_size, fill=fill,
            text_anchor="middle", **more,
        )  # fmt: skip

    frames = (
        tag(
            "rect", x=inset, y=inset, width=_WIDTH - 2 * inset, height=_HEIGHT - 2 * inset,
            fill="none", stroke=COLOURS["link"][LIGHT], stroke_width=width,
        )
        for inset, width in ((28, 3), (38, 1))
    )  # fmt: skip
    title = f"Certificate for {name}"
    return tag(
        "svg",
        tag("title", text(title)),
        tag("rect", width=_WIDTH, height=_HEIGHT, fill=COLOURS["raised"][LIGHT]),
        *frames,
        line(120, "Backpropagation, index by index", 30),
        line(185, "This certificate is awarded to", 18, muted),
        line(262, name, size, font_weight="bold", data_part="name"),
        tag("path", d=f"M 160 288 H {_WIDTH - 160}", stroke=COLOURS["line"][LIGHT]),
        line(335, f"who answered {right} of {asked} questions right", 20, data_part="score"),
        line(372, "z_j = b_j + Σ_k w_jk a_k ,  a_j = g(z_j)", 16, muted),
        line(398, "δ_k = g'(z_k) Σ_j w_jk δ_j ,  dC/dw_jk = δ_j a_k", 16, muted),
        line(465, f"{when.day} {when:%B %Y}", 18, data_part="date"),
        line(525, note, 12, muted, data_part="note"),
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {_WIDTH} {_HEIGHT}",
        width=_WIDTH,
        height=_HEIGHT,
        role="img",
        font_family="Georgia, 'Times New Roman', serif",
    )


def certificate_page(picture: Markup) -> Markup:
    """Put a certificate on an HTML page that prints across an A4 sheet."""
    style = Markup(
        "svg { display: block; margin: 0 auto; max-width: 100%; height: auto; }\n"
        "@media print { @page { size: A4 landscape; margin: 0; } body { padding: 0; }\n"
        "  svg { width: 100%; } }\n"
    )
    return document("Certificate", tag("main", picture), style=style, script=Markup(""))
