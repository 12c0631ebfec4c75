"""Delimited text as people have it: delimiters, headers, row names, what stands around."""

import gzip
import io
import os
import sys

import pytest
from new_folder import in_a_new_folder  # noqa: F401 - a fixture for every test
from opened_sources import columns_of, lines_of, source_of

from fastbp.errors import FileFormatError
from fastbp.tables import delimited_layout, source, text_blocks, unfolding
from fastbp.tables.open_source import ReadOptions, open_source

NUMBERS = {"a": [1, 3], "b": [2, 4]}
CSV = "a,b\n1,2\n3,4\n"

# Text of a table, and its description.
LAYOUTS = {
    "commas": (CSV, "comma-separated, with a header line"),
    "semicolons": ("a;b\n1;2\n3;4\n", "semicolon-separated, with a header line"),
    "tabs": ("a\tb\n1\t2\n3\t4\n", "tab-separated, with a header line"),
    "bars": ("a|b\n1|2\n3|4\n", "vertical bar-separated, with a header line"),
    "aligned": ("  a  b\n  1  2\n  3  4\n", "space-separated, with a header line"),
    "spaces at the ends": ("a  b  \n1  2  \n3  4  \n", "space-separated, with a header line"),
    "tabs and spaces": ("a \tb\n1\t 2\n3   4\n", "space-separated, with a header line"),
    "a mark at the start": ("\ufeff" + CSV, "comma-separated, with a header line"),
    "comments": ("# made on Monday\n# by me\n" + CSV,
                 "comma-separated, with a header line, 2 lines above it left out"),
    "sep": ("sep=;\na;b\n1;2\n3;4\n",
            "semicolon-separated, with a header line, 1 line above it left out"),
    "delimiters at all ends": (
        "a,b,\n1,2,\n3,4,\n", "comma-separated, with a header line, delimiters at the ends of rows"
    ),
    "delimiters at the ends of rows": (
        "a,b\n1,2,\n3,4,\n", "comma-separated, with a header line, delimiters at the ends of rows"
    ),
    "Orange": (
        "a\tb\nc\tcontinuous\n\tclass\n1\t2\n3\t4\n",
        "tab-separated, with three header lines (names, types, roles)",
    ),
    "blank lines": ("a,b\n\n1,2\n   \n3,4\n\n", "comma-separated, with a header line"),
    "quotes": ('"a","b"\n"1","2"\n"3","4"\n', "comma-separated, with a header line"),
}  # fmt: skip


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_layout_is_recognised(layout):
    content, description = LAYOUTS[layout]
    table = source_of(content)
    assert (table.names, table.named, table.label) == (("a", "b"), True, "table.csv")
    assert table.description() == description
    assert columns_of(table) == NUMBERS
    assert columns_of(table) == NUMBERS, "a second time"
    assert columns_of(table, as_text=["b"]) == {"a": [1, 3], "b": ["2", "4"]}
    assert columns_of(table, ["b"]) == {"b": [2, 4]}


@pytest.mark.parametrize(
    "content",
    ['"a" "b"\n"x" 1 2\n"y z" 3 4\n', "a,b\nx,1,2\ny z,3,4\n", "a\tb\nx\t1\t2\ny z\t3\t4\n"],
)
def test_row_names_of_r_become_a_column(content):
    table = source_of(content)
    assert table.names == ("row names", "a", "b")
    assert "with a header line and row names" in table.description()
    assert columns_of(table) == {"row names": ["x", "y z"], **NUMBERS}


def test_row_names_take_no_name_of_another_column():
    assert source_of("row names,b\nx,1,2\ny,3,4\n").names == ("row names 2", "row names", "b")


def test_counted_rows_as_scikit_learn_has_them():
    table = source_of("3,2,setosa,virginica\n1,2,0\n3,4,1\n5,6,1\n")
    assert (table.names, table.named) == (("column 1", "column 2", "column 3"), False)
    assert "a line of counts above it" in table.description()
    assert columns_of(table)["column 3"] == [0, 1, 1]
    assert lines_of(table) == [2, 3, 4]
    with pytest.raises(FileFormatError, match="line 2: 3 cells, expected 4"):
        list(source_of("2,9,setosa,virginica\n1,2,0\n3,4,1\n").chunks())
    as_wide = source_of("2,4,setosa,versicolor,virginica\n1,2,3,4,0\n5,6,7,8,2\n")
    assert columns_of(as_wide)["column 1"] == [1, 5]


def test_a_discrete_column_of_orange_is_declared_to_be_categories():
    table = source_of("a\tb\nd\tcontinuous\nmeta\t\n1\t2\n3\t4\n")
    assert table.declared == {"a": None}
    assert source_of(CSV).declared == {}


@pytest.mark.parametrize(
    "content",
    [
        "c,d\nc,d\nd,c\nx,y\n",  # letters are data
        "a,b\nc,d\n1,2\n",  # no third line
        "time,d\nc,x\n,class\n1,2\n",
    ],
)
def test_three_header_lines_are_not_seen_where_there_are_none(content):
    assert "three" not in source_of(content).description()


def test_a_table_of_letters_has_no_header_if_its_first_line_names_two_columns_alike():
    table = source_of("y,n,y\nn,n,y\n")
    assert (table.named, len(columns_of(table)["column 1"])) == (False, 2)


def test_options_say_what_is_not_detected():
    assert columns_of(source_of("1,2\n3,4\n", header=True)) == {"1": [3], "2": [4]}
    assert columns_of(source_of("a,b\nc,d\n", header=False))["column 2"] == ["b", "d"]
    assert source_of("2019,b\n1,2\n", expected_names=["b"]).names == ("2019", "b")
    assert source_of("a;b,c\n1;2,5\n", delimiter=",").names == ("a;b", "c")
    table = source_of("my table, of today\nby me\n" + CSV, skip=2)
    assert columns_of(table) == NUMBERS
    assert lines_of(table) == [4, 5]
    assert "2 lines above it left out" in table.description()
    spaced = source_of("a b\n1 \t2\n3  4\n", delimiter=" ")
    assert columns_of(spaced) == NUMBERS


@pytest.mark.parametrize(
    ("option", "error"),
    [
        ({"delimiter": ";;"}, ValueError),
        ({"delimiter": "\n"}, ValueError),
        ({"delimiter": 1}, TypeError),
        ({"header": "yes"}, TypeError),
        ({"expected_names": "abc"}, TypeError),
        ({"skip": -1}, ValueError),
        ({"skip": 1.5}, TypeError),
        ({"base": 2}, ValueError),
        ({"sheet": 1.5}, TypeError),
    ],
)
def test_an_option_that_is_wrong_is_named(option, error):
    with pytest.raises(error, match=f"^{next(iter(option))} is "):
        ReadOptions(**option)


def test_cells_are_numbers_or_text_as_written():
    table = source_of("zip,x,note\n02139, 2E1,a \n,,\n501,nan, b\n")
    numbers = columns_of(table)
    assert numbers["zip"] == ["02139", "", "501"]
    assert numbers["x"] == ["2E1", "", "nan"]
    text = columns_of(table, as_text=["zip", "x"])
    assert text["zip"] == ["02139", "", "501"]
    assert text["x"] == ["2E1", "", "nan"]
    assert text["note"] == ["a", "", "b"]


@pytest.mark.parametrize("code", ["02139", "007", "00", str(2**53 + 1)])
@pytest.mark.parametrize("column", ["{}\n501\n", "501\n{}\n", "501,1\n{},0.5\n", '"{}",1\n5,2\n'])
def test_a_column_of_whole_numbers_with_a_code_is_text(code, column):
    lines = column.format(code)
    header = "zip,x\n" if "," in lines else "zip\n"
    assert code in columns_of(source_of(header + lines))["zip"]


def test_dates_and_fractions_are_no_codes():
    table = source_of("sold,x,n\n01/02/2024,0.5,10\n05/06/2024,-0.25,1000\n")
    assert columns_of(table)["x"] == [0.5, -0.25]
    assert columns_of(table)["n"] == [10, 1000]


@pytest.mark.parametrize("block", [*range(1, 45), 1 << 22])
def test_lines_are_right_below_quoted_line_ends(monkeypatch, block):
    monkeypatch.setattr(text_blocks, "_BLOCK", block)
    table = source_of('a,b\n"x\n\ny",1\nz,2\n\n"u\r\nv",3\nw,4\n')
    assert columns_of(table) == {"a": ["x\n\ny", "z", "u\r\nv", "w"], "b": [1, 2, 3, 4]}
    assert lines_of(table) == [2, 5, 7, 9]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a,b\n1,2\n3\n", "line 3: 1 cell, expected 2 as in the first line; correct that line"),
        ("a,b\n1,2\n3,4,5\n", "line 3: 3 cells, expected 2"),
        ("a,b\n" + "1,2\n" * 30 + "3,4,\n", "line 32: 3 cells, expected 2.*end the first line"),
        ('a,b\n1,"2\n3,4\n', r"line 2: unexpected end of data; check the quotes"),
        ("a,b\n1,2\n# the end\n", "line 3: 1 cell.*remove that line"),
        ("a b\n1 2\n3 4\n" * 10 + "new york 2\n", "line 31.*text that holds spaces needs quotes"),
        ("a,a\n1,2\n", "line 1: more than one column is named a"),
        ("", "table.csv is empty; expected a table"),
        (" \n\n", "table.csv is empty; expected a table"),
        ("a,b,\n" + "1,2,\n" * 60 + "1,2,3\n", "line 62: 3 cells, expected 2"),
        (b"a,b\n1,\xff\n", "line 2: byte 0xff at offset 6 is not UTF-8"),
        (b"a,b\n1,\x00\n", "line 2: byte 0x00 at offset 6"),
        (CSV.encode("utf-16"), "is text in UTF-16"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(content, message):
    with pytest.raises(FileFormatError, match=message):
        list(source_of(content).chunks())


def test_more_lines_skipped_than_there_are():
    with pytest.raises(FileFormatError, match="is empty below the 5 lines skipped"):
        source_of(CSV, skip=5)


def test_a_header_alone_is_a_table_without_rows():
    table = source_of("a,b\n")
    assert (table.names, list(table.chunks())) == (("a", "b"), [])


def test_names_and_cells_in_messages_are_printable():
    with pytest.raises(FileFormatError) as caught:
        source_of("a\x1b[2J,a\x1b[2J\n1,2\n")
    assert str(caught.value).isprintable()


def test_gzip_is_unpacked():
    assert columns_of(source_of(gzip.compress(CSV.encode()), "table.csv.gz")) == NUMBERS
    assert columns_of(source_of(gzip.compress(CSV.encode()), "table.csv")) == NUMBERS
    members = gzip.compress(b"a,b\n1,2\n") + gzip.compress(b"3,4\n")
    assert columns_of(source_of(members, "table.gz")) == NUMBERS


def test_a_pipe_is_read_as_often_as_needed(monkeypatch):
    for content in (CSV.encode(), gzip.compress(CSV.encode())):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
        table = open_source("-")
        assert table.label == "standard input"
        assert columns_of(table) == columns_of(table) == NUMBERS


PACKED = gzip.compress(os.urandom(1000).hex().encode() * 100)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (PACKED[:-200], "cut short or altered"),
        (PACKED[:100] + b"?" + PACKED[101:], "cut short or altered"),
        (PACKED + b"and more", "cut short or altered"),
        (b"\x1f\x8b", "cut short or altered"),
        (gzip.compress(PACKED, mtime=0), "a gzip file in a gzip file; unpack it first"),
        (gzip.compress(b"%PDF-1.4", mtime=0), "is a PDF document"),
        (gzip.compress(b"a,b\n1,\0", mtime=0), "byte 0x00"),
        (gzip.compress(b"RDX3\nX\n\0\0\0\3", mtime=0), "R's saved data.*write.csv"),
    ],
)
def test_a_gzip_file_that_is_no_table_is_refused(content, message):
    with pytest.raises(FileFormatError, match=message):
        source_of(content, "table.csv.gz")


def test_a_gzip_file_that_unfolds_too_far_is_refused(monkeypatch):
    monkeypatch.setattr(unfolding, "_HARMLESS", 1 << 18)
    with pytest.raises(FileFormatError, match="unfolds to more than 200 times its own size"):
        source_of(gzip.compress(b"1,2\n" * (1 << 20)), "table.csv.gz")


def test_a_pipe_that_repeats_a_line_without_end_is_refused(monkeypatch):
    class Endless(io.BytesIO):
        def read(self, size=-1):
            return b"y\n" * (size // 2)

    monkeypatch.setattr(source, "_IN_MEMORY", 1 << 18)
    monkeypatch.setattr(sys, "stdin", type("Stdin", (), {"buffer": Endless()}))
    with pytest.raises(
        FileFormatError, match="repeat one line, 'y'; expected a table that has an end"
    ):
        open_source("-")


@pytest.mark.parametrize("content", ["1" * 5000, "a,b\n" + "1" * 5000, "x" * 900 + "\n1\n"])
def test_a_line_without_an_end_is_refused(monkeypatch, content):
    for module in (source, text_blocks):
        monkeypatch.setattr(module, "LONGEST_LINE", 800)
    monkeypatch.setattr(text_blocks, "_BLOCK", 100)
    with pytest.raises(FileFormatError, match=r"line \d: the line has more than 800 characters"):
        list(source_of(content).chunks())


def test_too_many_columns_are_refused(monkeypatch):
    monkeypatch.setattr(delimited_layout, "MOST_COLUMNS", 9)
    assert len(source_of("1" + ",2" * 8 + "\n").names) == 9
    with pytest.raises(FileFormatError, match="line 1: 10 cells, expected at most 9 columns"):
        source_of("1" + ",2" * 9 + "\n")


def test_a_wide_table_is_read():
    row = ",".join(map(str, range(60_001)))
    header = ",".join(f"x{i}" for i in range(60_001))
    table = source_of(f"{header}\n" + f"{row}\n" * 3)
    (chunk,) = table.chunks()
    assert (len(table.names), len(chunk)) == (60_001, 3)
    assert chunk.columns[60_000].tolist() == [60_000] * 3
