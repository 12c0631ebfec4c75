"""Parquet, Arrow and Excel files, and what is said where their readers are missing."""

import datetime
import gzip
import io
import math
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from new_folder import in_a_new_folder  # noqa: F401 - a fixture for every test
from opened_sources import columns_of, lines_of, source_of

from fastbp.errors import FileFormatError
from fastbp.tables import excel
from fastbp.tables.open_source import ReadOptions, open_source

DAY = datetime.datetime(2026, 11, 29)


def arrow_file(columns, name):
    pa = pytest.importorskip("pyarrow")
    import pyarrow.feather
    import pyarrow.ipc
    import pyarrow.parquet

    table = columns if isinstance(columns, pa.Table) else pa.table(columns)
    if name.endswith("parquet"):
        pyarrow.parquet.write_table(table, name)
    elif name.endswith("feather"):
        pyarrow.feather.write_feather(table, name)
    else:
        with pyarrow.ipc.new_stream(name, table.schema) as writer:
            writer.write_table(table)
    return open_source(name)


ARROW_NAMES = ["t.parquet", "t.feather", "t.arrows"]


@pytest.mark.parametrize("name", ARROW_NAMES)
def test_arrow_columns_are_numbers_moments_or_text(name):
    pa = pytest.importorskip("pyarrow")
    zoned = DAY.replace(tzinfo=datetime.timezone(datetime.timedelta(hours=2)))
    table = arrow_file(
        {
            "whole": [1, None, 3],
            "fraction": [0.5, math.nan, None],
            "word": [" x ", None, "y"],
            "yes": [True, False, None],
            "day": [DAY, None, DAY],
            "date": pa.array([DAY.date(), None, None]),
            "zoned": pa.array([zoned, None, None], pa.timestamp("ns", "Europe/Athens")),
            "level": pa.array(["a", "b", None]).dictionary_encode(),
            "none": pa.nulls(3),
            "price": pa.array([None, None, None], pa.decimal128(5, 2)),
            "small": pa.array([1.5, None, 2], pa.float32()),
        },
        name,
    )
    assert table.named
    (chunk,) = table.chunks()
    assert chunk.lines is None
    columns = dict(zip(table.names, chunk.columns, strict=True))
    for key in ("whole", "fraction", "none", "price", "small"):
        assert columns[key].dtype == np.float64
    assert columns["whole"][[0, 2]].tolist() == [1, 3]
    assert np.isnan(columns["fraction"]).tolist() == [False, True, True]
    assert columns["word"].tolist() == ["x", None, "y"]
    assert columns["yes"].tolist() == ["True", "False", None]
    assert columns["level"].tolist() == ["a", "b", None]
    for key in ("day", "date", "zoned"):
        assert columns[key].dtype == "datetime64[us]"
        assert np.isnat(columns[key][1])
    assert columns["day"][0] == np.datetime64(DAY)
    assert columns["zoned"][0] == np.datetime64(DAY)
    text = columns_of(table, ["day", "whole"], ["whole", "day"])
    assert text == {"whole": ["1", None, "3"], "day": ["2026-11-29", None, "2026-11-29"]}


@pytest.mark.parametrize("name", ARROW_NAMES)
def test_large_integers_keep_their_digits_as_text(name):
    table = arrow_file({"id": [2**53 + 1, 1]}, name)
    assert columns_of(table, as_text=["id"]) == {"id": ["9007199254740993", "1"]}


@pytest.mark.parametrize("name", ARROW_NAMES)
def test_columns_that_are_no_single_values_are_named(name):
    with pytest.raises(FileFormatError, match="no single value stands in a cell of x"):
        arrow_file({"a": [1], "x": [[1, 2]]}, name)


def test_arrow_columns_of_one_name_are_refused():
    pa = pytest.importorskip("pyarrow")
    with pytest.raises(FileFormatError, match="more than one column is named a"):
        arrow_file(pa.Table.from_arrays([pa.array([1]), pa.array([2])], ["a", "a"]), "t.feather")


@pytest.mark.parametrize("name", ARROW_NAMES)
def test_an_altered_arrow_file_is_refused(name):
    arrow_file({"a": list(range(1000)), "b": ["x"] * 1000}, name)
    with open(name, "rb") as file:
        content = file.read()
    for cut in (10, len(content) // 2, len(content) - 9):
        with pytest.raises(FileFormatError, match="cannot be read as"):
            list(source_of(content[:cut], name).chunks())


def workbook(sheets, name="t.xlsx"):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(name)
    return name


ROWS = [["a", "b", "day"], [1, "x", DAY], [None, 2.5, None], [], [3, None, DAY], [None]]


def test_a_sheet_is_read_with_its_types():
    table = open_source(workbook({"one": ROWS}))
    assert (table.names, table.named) == (("a", "b", "day"), True)
    assert table.description() == "sheet 'one' of an Excel workbook, with a header row"
    (chunk,) = table.chunks()
    assert chunk.columns[0][[0, 2]].tolist() == [1, 3]
    assert np.isnan(chunk.columns[0][1])
    assert chunk.columns[1].tolist() == ["x", "2.5", None]
    assert np.isnat(chunk.columns[2]).tolist() == [False, True, False]
    assert lines_of(table) == [2, 3, 5]
    assert columns_of(table, ["day", "a"], ["a", "day"]) == {
        "a": ["1", None, "3"],
        "day": ["2026-11-29", None, "2026-11-29"],
    }


def test_a_sheet_is_chosen_by_name_or_number():
    name = workbook({"one": [["x"], [1]], "two": ROWS})
    with pytest.raises(FileFormatError, match=r"has 2 sheets: one, two; give one.*\(--sheet\)"):
        open_source(name)
    assert open_source(name, ReadOptions(sheet="two")).names == ("a", "b", "day")
    assert open_source(name, ReadOptions(sheet=1)).names == ("x",)
    assert open_source(name, ReadOptions(sheet="2")).names == ("a", "b", "day")
    with pytest.raises(FileFormatError, match=r"no sheet 'three'.*its sheets are one, two"):
        open_source(name, ReadOptions(sheet="three"))


def test_a_sheets_header_is_detected_skipped_or_said():
    name = workbook({"one": [["title"], [], *ROWS]})
    assert open_source(name, ReadOptions(skip=1)).names == ("a", "b", "day")
    bare = workbook({"one": [[1, "x"], [2, "y"]]})
    assert open_source(bare).names == ("column 1", "column 2")
    assert open_source(bare, ReadOptions(header=True)).names == ("1", "x")
    with pytest.raises(FileFormatError, match="row 1: more than one column is named x"):
        open_source(workbook({"one": [["x", "x"], [2, 1]]}))
    with pytest.raises(FileFormatError, match="sheet 'one' is empty"):
        open_source(workbook({"one": []}))


def test_a_workbook_beyond_its_bounds_is_refused(monkeypatch):
    name = workbook({"one": ROWS})
    monkeypatch.setattr(excel, "_MOST_CELLS", 9)
    with pytest.raises(FileFormatError, match="more than 9 cells"):
        open_source(name)
    monkeypatch.setattr(excel, "_MOST_CELLS", 12)
    assert len(open_source(name).names) == 3
    monkeypatch.setattr(excel, "_MOST_ROWS", 3)
    with pytest.raises(FileFormatError, match="more than 3 rows"):
        open_source(name)
    monkeypatch.setattr(excel, "_LARGEST", 100)
    with pytest.raises(FileFormatError, match="unfolds to more than 100 bytes"):
        open_source(name)


def test_a_row_with_a_number_of_a_billion_ends_soon():
    with zipfile.ZipFile(workbook({"one": [["a"], [1]]})) as archive:
        parts = {info.filename: archive.read(info) for info in archive.infolist()}
    sheet = parts["xl/worksheets/sheet1.xml"]
    parts["xl/worksheets/sheet1.xml"] = sheet.replace(b'r="2"', b'r="1000000000000"').replace(
        b'r="A2"', b'r="A1000000000000"'
    )
    changed = io.BytesIO()
    with zipfile.ZipFile(changed, "w") as archive:
        for part, content in parts.items():
            archive.writestr(part, content)
    with pytest.raises(FileFormatError, match=r"more than 1,048,576 rows|cannot be read"):
        source_of(changed.getvalue(), "t.xlsx")


@pytest.mark.parametrize(
    ("part", "message"),
    [
        ("content.xml", r"an OpenDocument file \(ODS\), which is not read; export it as CSV"),
        ("x.npy", r"NumPy arrays \(.npz\)"),
        ("word/document.xml", "a Word document"),
        ("table.csv", "a zip archive, which is not read; unpack it"),
        ("xl/workbook.xml", "cannot be read as an Excel workbook"),
    ],
)
def test_another_archive_is_named(part, message):
    if part.startswith("xl"):
        pytest.importorskip("openpyxl")
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(part, "x")
    with pytest.raises(FileFormatError, match=message):
        source_of(content.getvalue(), "t.xlsx")


def test_a_broken_workbook_is_refused():
    with pytest.raises(FileFormatError, match="cannot be read as an Excel workbook"):
        source_of(b"PK\x03\x04" * 100, "t.xlsx")
    pytest.importorskip("xlrd")
    with pytest.raises(FileFormatError, match="cannot be read as an Excel workbook"):
        source_of(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" * 100, "t.xls")


def test_a_reader_that_is_not_installed_is_named_with_the_extra(monkeypatch):
    for module in ("openpyxl", "xlrd", "pyarrow"):
        monkeypatch.setitem(sys.modules, module, None)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("xl/workbook.xml", "x")
    for data, module in [
        (content.getvalue(), "openpyxl"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "xlrd"),
        (b"PAR1\x15", "pyarrow"),
        (b"ARROW1\0\0", "pyarrow"),
    ]:
        with pytest.raises(FileFormatError, match=rf"needs {module}: pip install fastbp\[tables\]"):
            source_of(data, "t")


@pytest.mark.parametrize("name", ["t.parquet", "t.feather", "t.arrows", "t.xlsx"])
@pytest.mark.parametrize("packed", [False, True])
def test_a_frame_comes_from_a_pipe_and_from_gzip(monkeypatch, name, packed):
    if name == "t.xlsx":
        workbook({"one": [["a"], [1], [2]]})
    else:
        arrow_file({"a": [1, 2]}, name)
    content = Path(name).read_bytes()
    if packed:
        content = gzip.compress(content)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    table = open_source("-")
    assert columns_of(table) == columns_of(table) == {"a": [1, 2]}
