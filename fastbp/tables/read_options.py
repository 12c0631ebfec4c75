"""What a caller says about how a file is read."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True)
class ReadOptions:
    """How a file of a table is read; each format takes what it knows.

    Attributes
    ----------
    delimiter : str, optional
        What separates the cells of delimited text; ``" "``: runs of spaces and tabs. Detected if
        not given.
    header : bool, optional
        Whether the first line of delimited text or of a sheet names the columns. Detected if not
        given.
    expected_names : collection of str
        Names that the caller will look up: a first line with one of them is a header, and a file
        of libsvm's format has the columns that they say.
    skip : int
        The number of lines (rows of a sheet) above the table, which are left out.
    base : int, optional
        The number of the first column in a file of libsvm's format: 0 or 1.
    sheet : str or int, optional
        The name or number (from 1) of a sheet of an Excel workbook; the only one if not given.

    Raises
    ------
    TypeError, ValueError
        If a value is none of these.
    """

    delimiter: str | None = None
    header: bool | None = None
    expected_names: Collection[str] = ()
    skip: int = 0
    base: int | None = None
    sheet: str | int | None = None

    def __post_init__(self) -> None:
        delimiter = self.delimiter
        if delimiter is not None:
            if not isinstance(delimiter, str):
                raise TypeError(f"delimiter is {delimiter!r}, expected a character such as ';'")
            if len(delimiter) != 1 or delimiter in '\r\n"':
                raise ValueError(
                    f"delimiter is {delimiter!r}, expected one character that is neither a quote "
                    "nor a line end"
                )
        if not (self.header is None or isinstance(self.header, bool)):
            raise TypeError(f"header is {self.header!r}, expected True, False or None")
        if isinstance(self.expected_names, str):
            raise TypeError(f"expected_names is {self.expected_names!r}, expected several names")
        if isinstance(self.skip, bool) or not isinstance(self.skip, int):
            raise TypeError(f"skip is {self.skip!r}, expected a number of lines")
        if self.skip < 0:
            raise ValueError(f"skip is {self.skip}, expected 0 lines or more")
        if self.base is not None and (isinstance(self.base, bool) or self.base not in (0, 1)):
            raise ValueError(f"base is {self.base!r}, expected 0 or 1")
        if self.sheet is not None and (
            isinstance(self.sheet, bool) or not isinstance(self.sheet, str | int)
        ):
            raise TypeError(f"sheet is {self.sheet!r}, expected a sheet's name or number")
