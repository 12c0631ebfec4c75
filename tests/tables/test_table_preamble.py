"""Lines above a table: the one with Excel's ``sep=``, comments, and headers that look like one."""

import pytest
from new_folder import in_a_new_folder  # noqa: F401 - a fixture for every test
from table_files import open_table, records, write

from fastbp.errors import FileFormatError

NUMBERS = "1,2,3\n4,5,6\n"
# what it is: (text, names, first line of a row, number of rows)
TABLES = {
    "sep=": ("sep=;\na;b\n1,5;2\n", ("a", "b"), 3, 1),
    "sep= in capitals, after a mark": ("\ufeffSEP=,\r\na,b\r\n1,2\r\n", ("a", "b"), 3, 1),
    "sep= in quotes": ('"sep=,"\na,b\n1,2\n', ("a", "b"), 3, 1),
    "sep= and a tab": ("sep=\t\na\tb\n1\t2\n", ("a", "b"), 3, 1),
    "sep= in every cell": ("sep=,,,\na,b,c\n" + NUMBERS, ("a", "b", "c"), 3, 2),
    "sep= with a delimiter of no table": ("sep=~\na~b\n1~2\n", ("a", "b"), 3, 1),
    "sep= before comments": ("sep=;\n# c\na;b\n1;2\n", ("a", "b"), 4, 1),
    "sep= after comments": ("# c\nsep=;\na;b\n1;2\n", ("a", "b"), 4, 1),
    "comments": ("# made by me\n#\n\n# on Monday\na,b,c\n" + NUMBERS, ("a", "b", "c"), 6, 2),
    "a comment with a lone quote": ('# 5" wide\na,b,c\n' + NUMBERS, ("a", "b", "c"), 3, 2),
    "a comment as wide as the table": ("# x, y, z\na,b,c\n" + NUMBERS, ("a", "b", "c"), 3, 2),
    "a header": ("#id,x,y\n" + NUMBERS, ("#id", "x", "y"), 2, 2),
    "a header of one sign": ("#,x,y\n" + NUMBERS, ("#", "x", "y"), 2, 2),
    "a header below comments": ("# made, by me\n#id,x,y\n" + NUMBERS, ("#id", "x", "y"), 3, 2),
    "a header above words": ("#id,name\n1,ann\n2,bob\n", ("#id", "name"), 2, 2),
    "a header with semicolons": ("# a; b\n#id;x\n1,5;2\n", ("#id", "x"), 3, 1),
    "rows": ("#ff0000,1\n#00ff00,2\nblue,3\n", ("column 1", "column 2"), 1, 3),
    "rows alone": ("#ff0000,1\n#00ff00,2\n", ("column 1", "column 2"), 1, 2),
    "a comment above numbers": (
        "# made by me\n" + NUMBERS,
        ("column 1", "column 2", "column 3"),
        2,
        2,
    ),
    "a comment above one column": ("# x\n1\n2\n", ("column 1",), 2, 2),
    "a comment further down": ("a,b\n# x,1\n2,3\n", ("a", "b"), 2, 2),
}


@pytest.mark.parametrize("case", TABLES)
def test_what_stands_above_a_table_is_no_part_of_it(case):
    text, names, line, n_rows = TABLES[case]
    table = open_table(write(text))
    rows = records(table)
    assert (table.names, rows[0][0], len(rows)) == (names, line, n_rows)


def test_a_name_that_is_asked_for_makes_a_header():
    path = write("# lat, 5\n#id,x\n1,2\n")
    assert open_table(path, expected_names=["x"]).names == ("#id", "x")
    path = write("#id\n1\n2\n")
    assert open_table(path, expected_names=["#id"]).names == ("#id",)
    path = write("# ann, bob\nname,city\nann,rome\n")
    assert open_table(path, expected_names=["city"]).names == ("name", "city")


def test_a_given_delimiter_outweighs_the_line_that_says_another():
    table = open_table(write("sep=;\na,b\n1,2\n"), delimiter=",")
    assert table.names == ("a", "b")


def test_what_is_left_out_is_said_and_lines_are_counted_from_the_files_first():
    path = write("sep=,\n# c\na,b\n1,2\n3,x\n5\n")
    assert open_table(path).description() == (
        "comma-separated, with a header line, 2 lines above it left out"
    )
    with pytest.raises(FileFormatError, match="line 6: 1 cell, expected 2"):
        records(open_table(path))


def test_a_long_line_that_only_begins_like_sep_is_looked_at_once():
    # Tried in all ways in which tabs can be told from spaces, it would take hours.
    path = write("sep=" + 1_000_000 * "\t" + "x\na,b\n")
    with pytest.raises(FileFormatError, match=r"line 1: field larger than field limit"):
        open_table(path, delimiter=",")


@pytest.mark.parametrize("text", ["sep=;\n", "sep=;\n\n"])
def test_a_line_sep_alone_is_an_empty_table(text):
    with pytest.raises(FileFormatError, match="is empty"):
        open_table(write(text))
