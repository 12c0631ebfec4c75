"""Text pages of at most 80 columns: paragraphs, formulas, stacked fractions and tables.

Text is written with the notation's own letters. Where the reader's terminal cannot show them
they are spelled out *before* anything is lined up, so columns stand in either spelling.
"""

import textwrap
from collections.abc import Iterable, Sequence
from itertools import zip_longest

from fastbp.text.streams import can_encode

WIDTH = 80
_BETWEEN = "  "  # columns
_LEAST_WORDS = 8  # letters of a line that is still read as words
SPELLED_OUT = {
    "δ": "delta",
    "Σ": "sum",
    "·": "*",
    "½": "1/2",
    "²": "^2",
    "η": "eta",
    "─": "-",
    "µ": "u",
    "–": "-",
    "×": "x",
}
_ASCII = str.maketrans(SPELLED_OUT)


def can_show(encoding: str | None) -> bool:
    """Whether text in this encoding can hold every letter of the notation."""
    return can_encode(encoding, "".join(SPELLED_OUT))


def number(value: float) -> str:
    """Seven decimals, or seven significant digits where those would be nearly all zeros.

    >>> number(0.75136507), number(-3.5e-5)
    ('0.7513651', '-3.500000e-05')
    """
    value += 0.0  # turns -0.0 into 0.0
    ordinary = value == 0 or 1e-3 <= abs(value) < 1e4
    return f"{value:.7f}" if ordinary else f"{value:.6e}"


class Page:
    """Collects lines; ``str(page)`` is the finished text.

    Parameters
    ----------
    spell_out : bool
        True writes ASCII only: "delta" for the Greek letter, and so on.
    table_width : int
        How wide a table may be before its words are wrapped.

    Examples
    --------
    >>> page = Page(spell_out=True)
    >>> page.formula("δ_j a_k")
    >>> print(page)
        delta_j a_k
    """

    def __init__(self, spell_out: bool = False, table_width: int = WIDTH) -> None:
        self._spell_out = spell_out
        self._table_width = table_width
        self._lines: list[str] = []

    def __str__(self) -> str:
        return "\n".join(self._lines)

    def spell(self, text: str) -> str:
        """Write text in the letters that this page may use."""
        if not self._spell_out:
            return text
        return text.translate(_ASCII).encode("ascii", "replace").decode("ascii")

    def gap(self) -> None:
        """Add one empty line."""
        self._lines.append("")

    def heading(self, title: str) -> None:
        """Add a title with a rule under it, an empty line on either side."""
        title = self.spell(title)
        if self._lines:
            self.gap()
        lines = textwrap.wrap(title, WIDTH, break_on_hyphens=False)
        self._lines += [*lines, self.spell("─" * max(map(len, lines), default=0)), ""]

    def text(self, paragraph: str) -> None:
        """Add a paragraph, wrapped."""
        self._lines += textwrap.wrap(self.spell(paragraph), WIDTH, break_on_hyphens=False)

    def formula(self, *lines: str) -> None:
        """Add lines as they are, indented."""
        self._lines += ["    " + self.spell(line) for line in lines]

    def fractions(self, left: tuple[str, str], factors: Iterable[tuple[str, str]]) -> None:
        """Add ``left = factor · factor · ...``, each a (numerator, denominator), stacked."""

        def stacked(fraction: tuple[str, str]) -> tuple[str, str, str]:
            top, bottom = (self.spell(part) for part in fraction)
            width = max(len(top), len(bottom))
            return top.center(width), self.spell("─" * width), bottom.center(width)

        columns = [stacked(left)]
        for position, factor in enumerate(factors):
            columns += [(" ", "=" if position == 0 else self.spell("·"), " "), stacked(factor)]
        self._lines += ["    " + "  ".join(row).rstrip() for row in zip(*columns, strict=True)]

    def table(self, rows: Sequence[Sequence[str]], align: str, indent: str = "    ") -> None:
        """Add rows of cells, each column as wide as its widest cell.

        ``align`` has one of ``<`` and ``>`` a column. A row ``["─"]`` rules off the last column.
        Where the page is too narrow for a row, the longest words (``<``) go on below.
        """
        cells = [[self.spell(cell) for cell in row] for row in rows]
        rule = [self.spell("─")]
        full = [row for row in cells if row != rule]
        widths = [max(len(row[column]) for row in full) for column in range(len(align))]
        _narrow(widths, align, self._table_width - len(indent))
        for row in cells:
            if row == rule:
                row = [""] * (len(align) - 1) + [rule[0] * widths[-1]]
            wrapped = (
                textwrap.wrap(cell, width) if len(cell) > width else [cell]
                for cell, width in zip(row, widths, strict=True)
            )
            for line in zip_longest(*wrapped, fillvalue=""):
                padded = (
                    f"{cell:{side}{width}}"
                    for cell, side, width in zip(line, align, widths, strict=True)
                )
                self._lines.append((indent + _BETWEEN.join(padded)).rstrip())


def _narrow(widths: list[int], align: str, width: int) -> None:
    """Take from the widest columns of words until a row fits."""
    text_columns = [column for column, side in enumerate(align) if side == "<"]
    while text_columns and sum(widths) + len(_BETWEEN) * (len(widths) - 1) > width:
        widest = max(text_columns, key=widths.__getitem__)
        if widths[widest] <= _LEAST_WORDS:
            return
        widths[widest] -= 1
