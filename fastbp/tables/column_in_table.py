"""A column as it is recognised: its cells, its table, and the errors about them."""

from __future__ import annotations

from dataclasses import dataclass

from fastbp.errors import FileFormatError
from fastbp.tables.column_cells import Cells, Rows
from fastbp.tables.evidence import Fit
from fastbp.tables.kinds.markers import is_marker
from fastbp.tables.memory_cells import cell_text
from fastbp.tables.schema_options import SchemaOptions
from fastbp.tables.shell_options import shell_option
from fastbp.text.formatting import quote


@dataclass(frozen=True)
class Column:
    """A column and what is needed to recognise it.

    Attributes
    ----------
    label, name : str
        The table's name in messages, and the column's.
    cells : Cells
        Its cells.
    rows : Rows
        The table's rows.
    options : SchemaOptions
        What the user said.
    declared : tuple of str, None, or False
        The order of its categories, None if they have none; False where it is not declared to
        hold categories.
    """

    label: str
    name: str
    cells: Cells
    rows: Rows
    options: SchemaOptions
    declared: tuple[str, ...] | bool | None = False

    def error(self, row: int, complaint: str, remedy: str) -> ValueError:
        """Return the error for a cell."""
        place = f"{self.label}, {self.rows.place(row)}, column {quote(self.name)}"
        message = f"{place}: {complaint}. {remedy}"
        return FileFormatError(message) if self.rows.have_lines else ValueError(message)

    def column_error(self, complaint: str) -> ValueError:
        """Return the error for the whole column."""
        message = f"{self.label}, column {quote(self.name)}: {complaint}"
        return FileFormatError(message) if self.rows.have_lines else ValueError(message)

    def ambiguous_numbers(self, fit: Fit) -> ValueError:
        """Return the error for numbers that another spelling fits as well."""
        assert fit.other is not None, "the caller looks"
        seen = self.cells.evidence.ambiguous_example(fit.how, fit.other)
        one, other = (cell_text(how.number(seen.text)) for how in (fit.how, fit.other))
        return self.error(
            seen.row,
            f"{quote(seen.text)} is {one} if its comma separates thousands, and {other} if it is a "
            "decimal comma, and no cell of the column tells which",
            "Give decimal='.' (--decimal .) for the first or decimal=',' (--decimal ,) for the "
            "second",
        )

    def is_missing(self, text: str, markers: frozenset[str]) -> bool:
        """Whether a text stands for a missing cell: one of these, or one of the user's."""
        return is_marker(text, markers, frozenset(self.options.missing))


def remedies(name: str, cell: str) -> str:
    """Say what to do about a cell that does not fit."""
    missing = shell_option("--missing", cell)
    kind = shell_option("--kind", name, "=words", of_list=False)
    return (
        f"correct the cell; or, if it stands for a missing one, give missing=[{quote(cell)}] "
        f"({missing}); or take the column as words with kinds={{{quote(name)}: 'words'}} "
        f"({kind}), or leave it out with drop=[{quote(name)}] ({shell_option('--drop', name)})"
    )
