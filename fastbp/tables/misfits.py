"""The error for a cell that does not fit its column, with what can be done."""

from __future__ import annotations

import numpy as np

from fastbp.errors import FileFormatError
from fastbp.tables.chunks import Source
from fastbp.tables.column_cells import Coder, Rows
from fastbp.tables.column_in_table import remedies
from fastbp.tables.kinds.kind import Kind
from fastbp.tables.kinds.words import Ordered
from fastbp.tables.parsed_texts import parsed_texts
from fastbp.tables.shell_options import shell_option
from fastbp.tables.typed_reading import Given
from fastbp.text.formatting import quote


def first_misfit(
    source: Source, name: str, kind: Kind, rows: Rows, given: Given, *, is_target: bool
) -> ValueError:
    """The error for the first cell of a column that does not fit."""
    error = FileFormatError if rows.have_lines else ValueError
    start = 0
    for chunk in source.chunks([name], [name]):
        coder = Coder()
        codes = coder.codes(chunk.columns[0])
        texts = coder.texts()
        bad = np.flatnonzero(parsed_texts(kind, texts, given.texts)[1][codes])
        if len(bad):
            row, text = start + int(bad[0]), texts[int(codes[bad[0]])]
            remedy = remedies(name, text)
            if is_target or isinstance(kind, Ordered):
                order = "" if is_target else ", or give the word its place in ordered (--ordered)"
                missing = shell_option("--missing", text)
                remedy = (
                    f"correct the cell{order}; or, if it stands for a missing one, give "
                    f"missing=[{quote(text)}] ({missing})"
                )
            return error(
                f"{source.label}, {rows.place(row)}, column {quote(name)}: "
                f"{kind.complaint(text)}; {remedy}"
            )
        start += len(chunk)
    return error(f"{source.label}, column {quote(name)}: it changed while it was read; try again")
