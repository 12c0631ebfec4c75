"""Delimited text: what is detected, and what is refused with its line."""

import shlex

import numpy as np
import pytest
from new_folder import in_a_new_folder  # noqa: F401 - a fixture for every test
from table_files import open_table, records, write

from fastbp.cli.arg_types import columns
from fastbp.errors import FileFormatError
from fastbp.tables.schema_options import find_column
from fastbp.tables.shell_options import shell_option


def rows_of(path, **how):
    return [cells for _, cells in records(open_table(path, **how))]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", " "])
def test_delimiter_is_detected(delimiter):
    path = write("a,b,c\n1,2.5,x\n3,4.5,y\n".replace(",", delimiter))
    assert rows_of(path) == [["1", "2.5", "x"], ["3", "4.5", "y"]]


def test_semicolons_win_over_commas_inside_cells():
    path = write("a;b;c\n1,5;2,5;x\n3,5;4,5;y\n")
    assert open_table(path).description().startswith("semicolon-separated")


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
    assert open_table(write(content)).named is expected


def test_a_first_line_that_holds_the_wanted_name_is_a_header():
    path = write("0,1,species\n5,6,a\n7,8,b\n")
    assert not open_table(path).named
    assert open_table(path, expected_names=["species"]).names == ("0", "1", "species")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end_is_read(end):
    path = write(end.join(["a,b", "1,2", "", "3,4", ""]))
    assert rows_of(path) == [["1", "2"], ["3", "4"]]


def test_quotes_spaces_and_a_byte_order_mark_are_read():
    path = write(b'\xef\xbb\xbf"a, b", "say ""c"""\r\n1, "x\ny"\r\n2,z\r\n')
    table = open_table(path)
    assert table.names == ("a, b", 'say "c"')
    assert [line for line, _ in records(table)] == [2, 4]


def test_nameless_columns_are_numbered():
    assert open_table(write(",a\n0,5\n1,7\n2,1\n")).names == ("column 1", "a")


REFUSED = {
    "an empty file": (b"", "is empty"),
    "blank lines": (b"\n\n  \n", "is empty"),
    "a long row": (b"a,b\n1,2\n1,2,3\n", "line 3: 3 cells, expected 2"),
    "a short row": (b"a,b\n1,2\n\n1\n", "line 4: 1 cell, expected 2"),
    "two names alike": (b"a,b,a\n1,2,3\n", "more than one column is named a"),
    "Latin-1": ("a,b\n1,2\n3,caf\xe9\n".encode("latin-1"), "line 3: byte 0xe9 at offset 13"),
    "UTF-16": ("a,b\n1,2\n".encode("utf-16"), "UTF-16; save it as UTF-8"),
    "a quote never closed": (b'a,b\n1,"2\n3,4\n', "line 2: .*check the quotes"),
    "text after a quote": (b'a,b\n1,"2"x\n', "line 2: .*check the quotes"),
    "an endless cell": (b"a,b\n1," + b"9" * 200_000 + b"\n", "field larger than"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_broken_tables_are_refused_in_one_line(case):
    content, message = REFUSED[case]
    with pytest.raises(FileFormatError, match=message) as caught:
        records(open_table(write(content)))
    assert "table.csv" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_is_no_regular_file_is_refused(tmp_path):
    with pytest.raises(FileFormatError, match="is a folder"):
        open_table(tmp_path)
    with pytest.raises(FileNotFoundError):
        open_table(tmp_path / "nowhere.csv")


def test_numbers_are_read_exactly():
    numbers = ["0.1", "-1e-300", "1E5", " 7 ", "+.5", "3."]
    source = open_table(write("x,y\n" + "".join(f"{n},0\n" for n in numbers)))
    (chunk,) = source.chunks()
    assert chunk.columns[0].tolist() == [float(n) for n in numbers]


def test_thousands_of_columns_are_read():
    n = 5000
    header = ",".join(f"c{i}" for i in range(n))
    rows = [",".join(str(i * j) for i in range(n)) for j in (1, 2, 3)]
    chunks = open_table(write("\n".join([header, *rows]))).chunks()
    values = np.concatenate([np.stack(chunk.columns, axis=1) for chunk in chunks])
    assert values.shape == (3, n)
    assert values[2, 4999] == 3 * 4999


def find(source, column):
    return find_column(column, source.names, source.named, source.label, "target (--target)")


def test_columns_are_found_by_name_or_by_number():
    table = open_table(write("length,width\n1,2\n"))
    assert find(table, "width") == "width"
    with pytest.raises(
        ValueError, match=r"target \(--target\) is 'widht'.*mean 'width'.*length, width"
    ):
        find(table, "widht")
    bare = open_table(write("1,2\n3,4\n"))
    assert find(bare, "2") == find(bare, "02") == "column 2"
    for bad in ("0", "3", "x", "-1", "1.0", "", 5000 * "1"):
        with pytest.raises(ValueError, match="number, 1 to 2"):
            find(bare, bad)


@pytest.mark.parametrize("name", ["a", "b c", 'x, "y"', "it's", "-9"])
def test_the_option_to_drop_a_column_can_be_pasted_into_a_shell(name):
    words = shlex.split(shell_option("--drop", name))
    assert columns(words[-1].removeprefix("--drop=")) == [name]


def test_the_option_to_drop_a_column_stays_short():
    assert len(shell_option("--drop", 1000 * "n")) < 40
