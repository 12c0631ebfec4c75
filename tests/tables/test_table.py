"""Tables: what is detected, what is refused (with its line and column), what becomes of it."""

import shlex

import numpy as np
import pytest
from new_folder import in_a_new_folder  # noqa: F401 - a fixture for every test
from table_files import columns_of, write

from fastbp.cli.arg_types import columns
from fastbp.errors import FileFormatError
from fastbp.tables.columns import check_cells, counting_columns, drop_option
from fastbp.tables.reading import open_table
from fastbp.tables.target import decide_target


def rows_of(path, **how):
    return [cells for _, cells in open_table(path, **how).records()]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", " "])
def test_delimiter_is_detected(delimiter):
    path = write("a,b,c\n1,2.5,x\n3,4.5,y\n".replace(",", delimiter))
    assert open_table(path).delimiter == delimiter
    assert rows_of(path) == [["1", "2.5", "x"], ["3", "4.5", "y"]]


def test_semicolons_win_over_commas_inside_cells():
    path = write("a;b;c\n1,5;2,5;x\n3,5;4,5;y\n")
    assert open_table(path).delimiter == ";"


def test_a_given_delimiter_and_header_are_obeyed():
    path = write("1;2,3\n4;5,6\n")
    table = open_table(path, delimiter=",", header=True)
    assert table.names == ("1;2", "3")
    assert rows_of(path, delimiter=";", header=False) == [["1", "2,3"], ["4", "5,6"]]


HEADERS = {
    "names over numbers": ("a,b\n1,2\n3,4\n", True),
    "numbers only": ("1,2\n3,4\n", False),
    "numbers and a class": ("5.1,3.5,setosa\n4.9,3.0,virginica\n", False),
    "a year as a name": ("country,2020\nx,1\ny,2\n", False),
    "names over text": ("name,city\nann,rome\nbob,oslo\n", True),
    "a missing cell in the first row": ("?,3.5,1\n4.9,3.0,2\n", False),
    "a header alone": ("a,b,c\n", True),
}


@pytest.mark.parametrize("case", HEADERS)
def test_header_is_detected(case):
    content, expected = HEADERS[case]
    assert open_table(write(content)).header is expected


def test_a_first_line_that_holds_the_wanted_name_is_a_header():
    path = write("0,1,species\n5,6,a\n7,8,b\n")
    assert not open_table(path).header
    assert open_table(path, expected_names=["species"]).names == ("0", "1", "species")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end_is_read(end):
    path = write(end.join(["a,b", "1,2", "", "3,4", ""]))
    assert rows_of(path) == [["1", "2"], ["3", "4"]]


def test_quotes_spaces_and_a_byte_order_mark_are_read():
    path = write(b'\xef\xbb\xbf"a, b", "say ""c"""\r\n1, "x\ny"\r\n2,z\r\n')
    table = open_table(path)
    assert table.names == ("a, b", 'say "c"')
    assert [line for line, _ in table.records()] == [2, 4]


def test_nameless_columns_are_numbered_and_row_numbers_are_noticed():
    table, columns = columns_of(write(",a\n0,5\n1,7\n2,1\n"))
    assert table.names == ("column 1", "a")
    assert counting_columns(columns) == ["column 1"]


REFUSED = {
    "an empty file": (b"", "is empty"),
    "blank lines": (b"\n\n  \n", "is empty"),
    "a header alone": (b"a,b,c\n", "a header line and no rows"),
    "a long row": (b"a,b\n1,2\n1,2,3\n", "line 3: 3 cells, expected 2"),
    "a short row": (b"a,b\n1,2\n\n1\n", "line 4: 1 cell, expected 2"),
    "two names alike": (b"a,b,a\n1,2,3\n", "more than one column is named a"),
    "Latin-1": ("a,b\n1,2\n3,caf\xe9\n".encode("latin-1"), "line 3: byte 0xe9 at offset 13"),
    "UTF-16": ("a,b\n1,2\n".encode("utf-16"), "UTF-16; save it as UTF-8"),
    "a workbook": (b"PK\x03\x04....", "an Excel workbook or a zip"),
    "gzip": (b"\x1f\x8b\x08\x00", "decompress it first"),
    "a quote never closed": (b'a,b\n1,"2\n3,4\n', "line 2: .*check the quotes"),
    "text after a quote": (b'a,b\n1,"2"x\n', "line 2: .*check the quotes"),
    "an endless cell": (b"a,b\n1," + b"9" * 200_000 + b"\n", "field larger than"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_broken_tables_are_refused_in_one_line(case):
    content, message = REFUSED[case]
    with pytest.raises(FileFormatError, match=message) as caught:
        columns_of(write(content))
    assert "table.csv" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_is_no_regular_file_is_refused(tmp_path):
    with pytest.raises(FileFormatError, match="is a folder"):
        open_table(tmp_path)
    with pytest.raises(FileNotFoundError):
        open_table(tmp_path / "nowhere.csv")


CELLS = {
    "": r"column 'b': the cell is missing \(''\)",
    "NA": "the cell is missing",
    "nan": "the cell is missing",
    "?": "the cell is missing",
    "abc": "'abc' is not a number",
    "inf": "'inf' is not a finite number",
    "1e999": "'1e999' is not a finite number",
    "1_000": "'1_000' is not a number",
    '"2,5"': "write decimals with a point",
    '"1,234,567"': "write thousands without commas",
    '"1,101.5"': "write thousands without commas",
    '"1,101"': r"separates thousands, write 1101; if it is a decimal comma, write 1\.101",
    '" -12,500 "': r"separates thousands, write -12500; if .*, write -12\.500",
    '"0,125"': "write decimals with a point",
    '"1234,567"': "write decimals with a point",
    '"1.234,50"': r"write 1234\.50",
    '"1,2,3"': "'1,2,3' is not a number",
    "1.234.567": r"points separate thousands, write 1234567 \(and all others of the column so\)",
    "1 234 567": "write 1234567, with nothing between thousands",
    '"-1\u202f234,5"': r"write -1234\.5, with nothing between thousands",
    "1'234.5": r"write 1234\.5, with nothing between thousands",
    "\u22122.5": "write -2.5, with the minus sign of the keyboard",
    '"\u22121,101"': r"write -1101; if it is a decimal comma, write -1\.101",
    "192.168.1.1": "'192.168.1.1' is not a number. Use",
    "2024-01-01 12:00": "'2024-01-01 12:00' is not a number. Use",
}


@pytest.mark.parametrize("cell", CELLS)
def test_a_cell_that_is_no_number_is_named(cell):
    table, columns = columns_of(write(f"a,b\n1,2\n3,{cell}\n5,6\n"))
    assert np.isnan(columns.values[1, 1])
    assert np.isnan(columns.values).sum() == 1
    with pytest.raises(FileFormatError, match=CELLS[cell]) as caught:
        check_cells(table, columns, "Use {drop}")
    assert "line 3" in str(caught.value)
    assert "Use --drop b" in str(caught.value)


def test_all_bad_cells_are_counted_by_column():
    table, columns = columns_of(write("a,name,c\n1,ann,3\n,bob,4\n5,eve,6\n"))
    with pytest.raises(FileFormatError, match=r"In all 4 such cells: a \(1\), name \(all\)") as e:
        check_cells(table, columns, "{drop}")
    assert str(e.value).endswith("--drop a,name")


def test_numbers_are_read_exactly():
    numbers = ["0.1", "-1e-300", "1E5", " 7 ", "+.5", "3."]
    _, columns = columns_of(write("x,y\n" + "".join(f"{n},0\n" for n in numbers)))
    assert columns.values[:, 0].tolist() == [float(n) for n in numbers]


def test_thousands_of_columns_are_read():
    n = 5000
    header = ",".join(f"c{i}" for i in range(n))
    rows = [",".join(str(i * j) for i in range(n)) for j in (1, 2, 3)]
    _table, columns = columns_of(write("\n".join([header, *rows])))
    assert columns.values.shape == (3, n)
    assert columns.values[2, 4999] == 3 * 4999


def test_columns_are_found_by_name_or_by_number():
    table = open_table(write("length,width\n1,2\n"))
    assert table.index("width", "--target") == 1
    with pytest.raises(ValueError, match=r"--target is 'widht'.*mean 'width'.*length, width"):
        table.index("widht", "--target")
    bare = open_table(write("1,2\n3,4\n"))
    assert bare.index("2", "--target") == bare.index("02", "--target") == 1
    for bad in ("0", "3", "x", "-1", "1.0", "", 5000 * "1"):
        with pytest.raises(ValueError, match="number, 1 to 2"):
            bare.index(bad, "--target")


@pytest.mark.parametrize("names", [["a"], ["a", "b c"], ['x, "y"', "it's"]])
def test_the_option_to_drop_columns_can_be_pasted_into_a_shell(names):
    _, text = shlex.split(drop_option(names))
    assert columns(text) == names


def test_the_option_to_drop_columns_stays_short():
    assert len(drop_option([f"c{i}" for i in range(1000)])) < 40


def test_one_infinity_among_numbers_is_refused_and_makes_no_classes():
    table, columns = columns_of(write("x,y\n1,inf\n2,1\n3,1\n4,3\n"), target="y")
    with pytest.raises(FileFormatError, match=r"line 2.*'inf' is not a finite number"):
        decide_target(table, columns, "y", None)
