"""What an answer to a reader's question is written with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fastbp.inputs import Array
from fastbp.lessons.document import Cell, Document
from fastbp.lessons.formulas import Part, parse_formula
from fastbp.lessons.substitution import in_numbers
from fastbp.model.trace import Trace
from fastbp.network import Network
from fastbp.text.page import number


@dataclass(frozen=True)
class Lesson:
    """What an answer is written with: the page, and a network with a sample and its trace."""

    page: Document
    net: Network
    x: Array
    y: Array
    t: Trace

    def text(self, *parts: Part) -> None:
        """Write a paragraph and an empty line."""
        self.page.text(*parts)
        self.page.gap()

    def line(self, left: str, right: str, value: float) -> None:
        """Write ``left = right``, the same with the numbers, and the result."""
        numbers = (*parse_formula(f"{left} = "), *in_numbers(right, self.t))
        result = parse_formula(f"{left} = {number(value)}")
        self.page.formula(f"{left} = {right}", numbers, result)
        self.page.gap()

    def rows(self, *rows: Sequence[Cell | float]) -> None:
        """Write a table: a name, then numbers."""
        cells: list[list[Cell]] = [
            [number(cell) if isinstance(cell, float) else cell for cell in row] for row in rows
        ]
        self.page.table(cells, "<" + ">" * (len(rows[0]) - 1))
        self.page.gap()
