"""A picture with title and notes: inline SVG for a page, or an SVG file."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from fastbp.drawing.colours import inline_colours
from fastbp.drawing.markup import Markup, join, resource, tag, text

STYLE = resource("fastbp.drawing", "chart.css")  # what the shapes' classes look like
WIDTH = 640  # of a file, in pixels
MARGIN = 20


@dataclass(frozen=True)
class Picture:
    """Shapes with a title, a description and the same numbers as a table.

    Parameters
    ----------
    name : str
        The stem of its file; letters, digits and hyphens.
    title, description : str
        For screen readers.
    height : float
        In pixels.
    body : Markup
        The shapes.
    how : str
        How to read pictures of this kind.
    notes : sequence of str
        Sentences under this one.
    columns, rows : sequences of str
        The same numbers as a table.
    """

    name: str
    title: str
    description: str
    height: float
    body: Markup
    how: str
    notes: Sequence[str]
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]

    def _inside(self) -> Markup:
        return join(
            [
                tag("title", text(self.title), id=f"{self.name}-title"),
                tag("desc", text(self.description), id=f"{self.name}-description"),
                self.body,
            ]
        )

    def _reader(self) -> dict[str, object]:
        return {
            "role": "img",
            "aria_labelledby": f"{self.name}-title",
            "aria_describedby": f"{self.name}-description",
        }

    def inline(self) -> Markup:
        """For a page that has `STYLE` and the colours."""
        return tag(
            "svg",
            self._inside(),
            class_="chart",
            width="100%",
            height=self.height,
            **self._reader(),
        )

    def file(self) -> Markup:
        """Make a whole SVG file, light or dark as the reader's system is."""
        note_lines = [
            tag("text", text(line), x=MARGIN, y=self.height + 76 + 18 * i, class_="small")
            for i, line in enumerate(_wrapped([self.how, *self.notes]))
        ]
        height = self.height + 70 + 18 * len(note_lines) + MARGIN
        heading = tag("text", text(self.title), x=MARGIN, y=34, class_="heading")
        chart = tag("svg", self.body, x=MARGIN, y=54, width=WIDTH - 2 * MARGIN, height=self.height)
        titles = [
            tag("title", text(self.title), id=f"{self.name}-title"),
            tag("desc", text(self.description), id=f"{self.name}-description"),
        ]
        return tag(
            "svg",
            *titles,
            tag("style", inline_colours(STYLE)),
            tag("rect", width="100%", height="100%", class_="ground"),
            heading,
            chart,
            *note_lines,
            xmlns="http://www.w3.org/2000/svg",
            class_="chart",
            width=WIDTH,
            height=height,
            viewBox=f"0 0 {WIDTH} {height:g}",
            **self._reader(),
        )


def _wrapped(notes: Sequence[str]) -> list[str]:
    return [part for note in notes for part in textwrap.wrap(note, 95)]
