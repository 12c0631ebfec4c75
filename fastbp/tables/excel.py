"""Excel workbooks as a Source: ``.xlsx`` through openpyxl, ``.xls`` through xlrd."""

from __future__ import annotations

import datetime
import importlib
import zipfile
from collections.abc import Collection, Iterator, Sequence
from typing import Any

import numpy as np

from fastbp.errors import FileFormatError
from fastbp.tables.cells import is_number
from fastbp.tables.chunks import Chunk
from fastbp.tables.column_names import check_different, numbered_names
from fastbp.tables.read_options import ReadOptions
from fastbp.tables.source import TextSource
from fastbp.tables.typed_cells import cell_text, typed_column
from fastbp.text.formatting import list_names, plural, quote

_CHUNK_ROWS = 1 << 14
#: More than a sheet of numbers in a file of some hundred megabytes has.
_MOST_CELLS = 50_000_000
#: What a sheet of Excel can have.
_MOST_ROWS = 1 << 20
#: Of a workbook's unpacked parts; a file that unfolds to more is no table.
_LARGEST = 1 << 31
_WORKBOOK = "xl/workbook.xml"
_ODS = "content.xml"

SheetRow = tuple[Any, ...]


class SheetSource:
    """A sheet of a workbook, whose cells were read."""

    #: Its numbers are numbers, and no text that may be read in two ways.
    typed = True

    def __init__(
        self,
        label: str,
        names: tuple[str, ...],
        named: bool,
        rows: list[tuple[int, SheetRow]],
        about: str,
    ) -> None:
        self.label = label
        self.names = names
        self.named = named
        self._rows = rows
        self._about = about

    def description(self) -> str:
        """Describe how it is read."""
        return self._about

    def chunks(
        self, columns: Collection[str] | None = None, as_text: Collection[str] = ()
    ) -> Iterator[Chunk]:
        """Yield its rows; see `Source.chunks`. A line is a row of the sheet."""
        wanted, texts = frozenset(self.names if columns is None else columns), frozenset(as_text)
        for start in range(0, len(self._rows), _CHUNK_ROWS):
            rows = self._rows[start : start + _CHUNK_ROWS]
            cells = list(zip(*(row for _, row in rows), strict=True))
            arrays = [
                typed_column(cells[i], as_text=name in texts)
                for i, name in enumerate(self.names)
                if name in wanted
            ]
            yield Chunk(tuple(arrays), np.array([line for line, _ in rows], dtype=np.int64))


def open_xlsx(text: TextSource, options: ReadOptions) -> SheetSource:
    """Read a sheet of a zipped workbook.

    Raises
    ------
    FileFormatError
        If it is another kind of archive, cannot be read, or openpyxl is not installed.
    """
    with text.binary(text=False) as file:
        _check_archive(file, text.label)
        openpyxl = _import("openpyxl", text.label)
        try:
            book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
            title = _sheet(book.sheetnames, options, text.label)
            sheet = book[title]
            if not hasattr(sheet, "iter_rows"):
                raise FileFormatError(f"{text.label}: sheet {quote(title)} is a chart")
            sheet.reset_dimensions()
            rows = _bounded(sheet.iter_rows(values_only=True), text.label)
        except FileFormatError:
            raise
        except Exception as error:  # whatever a broken part of the archive leads to
            raise _broken(text.label, error) from error
    return _source(rows, options, text.label, title)


def open_xls(text: TextSource, options: ReadOptions) -> SheetSource:
    """Read a sheet of an old workbook.

    Raises
    ------
    FileFormatError
        If it cannot be read, or xlrd is not installed.
    """
    xlrd = _import("xlrd", text.label)
    with text.binary(text=False) as file:
        content = file.read(_LARGEST)
    try:
        book = xlrd.open_workbook(file_contents=content, on_demand=True, logfile=_Silent())
        title = _sheet(book.sheet_names(), options, text.label)
        sheet = book.sheet_by_name(title)
        values = (
            tuple(_xls_cell(xlrd, book, cell) for cell in sheet.row(i)) for i in range(sheet.nrows)
        )
        rows = _bounded(values, text.label)
    except FileFormatError:
        raise
    except Exception as error:  # whatever a broken record leads to
        raise _broken(text.label, error) from error
    return _source(rows, options, text.label, title)


class _Silent:
    """A file that nothing is kept in."""

    def write(self, text: str) -> None:
        """Do nothing."""


def _xls_cell(xlrd: Any, book: Any, cell: Any) -> Any:
    """Return a cell of an old workbook as a Python object."""
    if cell.ctype in (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK, xlrd.XL_CELL_ERROR):
        return None
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return bool(cell.value)
    if cell.ctype == xlrd.XL_CELL_DATE:
        return xlrd.xldate_as_datetime(cell.value, book.datemode)
    return cell.value


def _check_archive(file: Any, label: str) -> None:
    """Raise for a zip archive that is no workbook, or unfolds to too much."""
    try:
        with zipfile.ZipFile(file) as archive:
            infos = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError) as error:
        raise _broken(label, error) from error
    file.seek(0)
    names = {info.filename for info in infos}
    if _WORKBOOK not in names:
        kind, remedy = "a zip archive", "unpack it, and give the table in it"
        if _ODS in names:
            kind, remedy = "an OpenDocument file (ODS)", "export it as CSV"
        elif any(name.endswith(".npy") for name in names):
            kind = "NumPy arrays (.npz)"
            remedy = "read it with numpy.load and give (X, names) to fastbp.TableModel"
        elif "word/document.xml" in names:
            kind, remedy = "a Word document", "export its table as CSV"
        raise FileFormatError(f"{label} is {kind}, which is not read; {remedy}")
    if sum(info.file_size for info in infos) > _LARGEST:
        raise FileFormatError(
            f"{label} unfolds to more than {_LARGEST:,} bytes; export the table as CSV"
        )


def _import(module: str, label: str) -> Any:
    """Import a reader that is not always installed."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise FileFormatError(
            f"{label} is an Excel workbook, which needs {module}: pip install fastbp[tables], or "
            "export it as CSV"
        ) from error


def _broken(label: str, error: Exception) -> FileFormatError:
    reason = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return FileFormatError(
        f"{label} cannot be read as an Excel workbook ({quote(reason)}); save it anew, or "
        "export it as CSV"
    )


def _sheet(titles: Sequence[str], options: ReadOptions, label: str) -> str:
    """Return the title of the sheet that is wanted."""
    wanted = options.sheet
    listed = list_names(titles)
    if wanted is None:
        if len(titles) == 1:
            return titles[0]
        raise FileFormatError(
            f"{label} has {plural(len(titles), 'sheet')}: {listed}; give one of them as sheet "
            "(--sheet)"
        )
    if wanted in titles:
        return str(wanted)
    if str(wanted).isdecimal() and 1 <= int(wanted) <= len(titles):
        return titles[int(wanted) - 1]
    raise FileFormatError(
        f"{label} has no sheet {wanted!r} (sheet, --sheet); its sheets are {listed}"
    )


def _bounded(rows: Any, label: str) -> list[tuple[int, SheetRow]]:
    """Return the rows with any cell, and the number of each, from 1."""
    kept, n_cells = [], 0
    for number, row in enumerate(rows, start=1):
        if number > _MOST_ROWS:
            raise FileFormatError(f"{label}: more than {_MOST_ROWS:,} rows; save it anew")
        cells = tuple(None if cell == "" else cell for cell in row)
        cells = cells[: _last(cells)]
        if cells:
            kept.append((number, cells))
            n_cells += len(cells)
            if n_cells > _MOST_CELLS:
                raise FileFormatError(
                    f"{label}, row {number}: more than {_MOST_CELLS:,} cells; export it as CSV"
                )
    return kept


def _last(cells: SheetRow) -> int:
    """Return where the empty cells at the end of a row begin."""
    end = len(cells)
    while end and cells[end - 1] is None:
        end -= 1
    return end


def _source(
    rows: list[tuple[int, SheetRow]], options: ReadOptions, label: str, title: str
) -> SheetSource:
    """Return a sheet's rows as a table."""
    rows = [(number, row) for number, row in rows if number > options.skip]
    if not rows:
        raise FileFormatError(f"{label}: sheet {quote(title)} is empty; give another as sheet")
    width = max(len(row) for _, row in rows)
    if width * len(rows) > _MOST_CELLS:
        raise FileFormatError(f"{label}: more than {_MOST_CELLS:,} cells; export it as CSV")
    full = [(number, row + (None,) * (width - len(row))) for number, row in rows]
    first = full[0][1]
    header = options.header
    if header is None:
        header = any(name in first for name in options.expected_names) or not any(
            cell is not None
            and (not isinstance(cell, str) or is_number(cell) or isinstance(cell, datetime.date))
            for cell in first
        )
    names = numbered_names(width)
    if header:
        texts = [(cell_text(cell) or "").strip() for cell in first]
        names = [text or name for text, name in zip(texts, names, strict=True)]
    check_different(
        names,
        f"{label}, row {full[0][0]}",
        "rename them, or give skip (--skip) if the table begins further down",
    )
    about = f"sheet {quote(title)} of an Excel workbook, {'with a' if header else 'no'} header row"
    return SheetSource(label, tuple(names), bool(header), full[1:] if header else full, about)
