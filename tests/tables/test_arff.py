"""ARFF files, dense and sparse, as Weka, KEEL and others write them."""

import math

import pytest
from new_folder import in_a_new_folder  # noqa: F401 - a fixture for every test
from opened_sources import columns_of, lines_of, source_of

from fastbp.errors import FileFormatError
from fastbp.tables import arff, arff_header
from fastbp.tables.schema import Schema

DENSE = """% A comment
@RELATION 'my table'

@attribute age  numeric
@ATTRIBUTE 'eye colour' { brown , 'light blue', "it's" }   % mixed blanks and quotes
@attribute income real [0,10] % a range
@attribute n INTEGER
@attribute note string
@attribute day date "yyyy-MM-dd"
@data
% another comment
30, brown, 1.5,3, 'a, b', "2026-11-29"

?,'light blue',?,2.5,?,?
1e2\t,it's,-.5, 4 , x , 2026-01-02 % the last
"""


def attributes(*types):
    return "".join(f"@attribute a{i} {kind}\n" for i, kind in enumerate(types))


def arff_of(declared, rows, **options):
    return source_of(f"@relation r\n{declared}@data\n{rows}", "t.arff", **options)


def test_a_dense_file_is_read():
    table = source_of(DENSE, "t.arff")
    assert table.names == ("age", "eye colour", "income", "n", "note", "day")
    assert (table.named, table.description()) == (True, "an ARFF file of 6 attributes")
    columns = columns_of(table)
    assert columns["age"][::2] == [30, 100]
    assert math.isnan(columns["age"][1])
    assert columns["eye colour"] == ["brown", "light blue", "it's"]
    assert columns["income"][::2] == [1.5, -0.5]
    assert columns["n"] == [3, 2.5, 4], "a number declared INTEGER keeps its fraction"
    assert columns["note"] == ["a, b", None, "x"]
    assert columns["day"] == ["2026-11-29", None, "2026-01-02"]
    assert lines_of(table) == [12, 14, 15]
    assert columns_of(table, ["age"], ["age"]) == {"age": ["30", None, "1e2"]}


def test_a_nominal_attribute_is_declared_to_be_categories():
    table = arff_of(attributes("numeric", "{1, 2, 3}", "string"), "1, 2, x\n2, 1, y\n3, 3, z\n")
    assert (table.declared, table.typed) == ({"a1": None}, True)
    schema = Schema.recognise(table, target="a0")
    assert type(schema.kinds["a1"]).__name__ == "Words"


@pytest.mark.parametrize("row", ["007, 9007199254740993, 1", "'007', 9007199254740993, 1"])
def test_what_is_declared_as_a_number_is_one(row):
    table = arff_of(attributes("numeric", "integer", "{1, 2}"), row + "\n")
    assert columns_of(table) == {"a0": [7], "a1": [2.0**53], "a2": ["1"]}


@pytest.mark.parametrize("name", ["t.arff", "t.txt", "t"])
def test_the_first_lines_tell_the_format(name):
    assert source_of(DENSE, name).names[0] == "age"


def test_sparse_rows_have_zeros_and_first_words():
    table = arff_of(
        attributes("numeric", "{no, yes}", "real"),
        "{0 5, 1 yes}\n{}\n{ 2 -1.5 , 1 ? }\n{1 'yes', 2 7} % comment\n1, yes, 2\n",
    )
    assert columns_of(table) == {
        "a0": [5, 0, 0, 0, 1],
        "a1": ["yes", "no", None, "yes", "yes"],
        "a2": [0, 0, -1.5, 7, 2],
    }


@pytest.mark.parametrize(
    ("row", "cells"),
    [
        ("a,b", ["a", "b"]),
        ("a\tb", ["a", "b"]),
        ("  a ,\t b  ", ["a", "b"]),
        ("'a' b", ["a", "b"]),
        (r"'it\'s',b", ["it's", "b"]),
        (r'"a \"b\"", "c\td"', ['a "b"', "c\td"]),
        (r"'50\% of \u00e4', 50%", ["50% of ä", "50%"]),
        ("'?', ?", ["?", None]),
        ("'', a", ["", "a"]),
        ("'a % b',c % d", ["a % b", "c"]),
        ("new york, b", ["new york", "b"]),
    ],
)
def test_cells_are_split_and_unquoted(row, cells):
    table = arff_of(attributes("string", "string"), row + "\n")
    assert [column[0] for column in columns_of(table).values()] == cells


def test_keels_dialect_is_read():
    table = source_of(
        "@relation iris\n@attribute width real[4.3,7.9]\n@attribute n integer [0, 10]\n"
        "@attribute class{setosa, virginica}\n@inputs width, n\n@outputs class\n@data\n"
        "5.1, 3, setosa\n4.9, 2, virginica\n",
        "iris.dat",
    )
    assert columns_of(table) == {"width": [5.1, 4.9], "n": [3, 2], "class": ["setosa", "virginica"]}


def test_chunks_follow_each_other(monkeypatch):
    monkeypatch.setattr(arff, "_CHUNK_CELLS", 4)
    table = arff_of(attributes("real", "real"), "1,2\n3,'4'\n5,6\n")
    assert [len(chunk) for chunk in table.chunks()] == [2, 1]
    assert columns_of(table) == {"a0": [1, 3, 5], "a1": [2, 4, 6]}


def test_a_file_without_rows_has_no_chunk():
    assert list(arff_of(attributes("real"), "\n% nothing\n").chunks()) == []


TWO = attributes("numeric", "{yes, no}")


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("1\n", "line 5: 1 cell, expected 2, one of each attribute"),
        ("1,yes,2\n", "line 5: 3 cells, expected 2"),
        ("1,yes,{3}\n", "line 5: 3 cells.*weights of rows.*are not read"),
        ("x,yes\n", "line 5, column 'a0': 'x' is not a number; the attribute is declared"),
        ("1_0,yes\n", "line 5, column 'a0': '1_0' is not a number"),
        (",yes\n", "line 5, column 'a0': '' is not a number; the attribute"),
        ("1,yes\n2,nein\n", "line 6, column 'a1': 'nein' is none of the words.*: yes, no"),
        ("{0 1\n", "line 5: a sparse row ends with }"),
        ("{0 1} 2\n", "line 5: a sparse row ends with }"),
        ("{0 'x}\n", "line 5: a sparse row ends with }"),
        ("{0}\n", "line 5: '0' is no cell of a sparse row; expected INDEX VALUE"),
        ("{-1 2}\n", "line 5: '-1 2' is no cell of a sparse row"),
        ("{2 1}\n", "line 5: index 2, expected at most 1"),
        ("{1000000000000 1}\n", "line 5: index 1,000,000,000,000, expected at most 1"),
        ("{" + "9" * 5000 + " 1}\n", "line 5: '999.*' is no cell of a sparse row"),
        ("{0 1, 0 2}\n", "line 5: index 0 stands twice"),
    ],
)
def test_a_wrong_row_is_said_with_its_line(rows, message):
    with pytest.raises(FileFormatError, match=message):
        list(arff_of(TWO, rows).chunks())


def test_a_sparse_table_that_unfolds_to_too_much_is_refused(monkeypatch):
    monkeypatch.setattr(arff, "MOST_CELLS", 5)
    with pytest.raises(FileFormatError, match="line 7: more than 5 cells with the zeros"):
        list(arff_of(TWO, "{}\n{}\n{}\n").chunks())


def test_a_string_that_a_sparse_row_leaves_out_is_an_error():
    table = arff_of(attributes("string", "numeric"), "{1 2}\n")
    with pytest.raises(FileFormatError, match="column 'a0': a sparse row leaves out a string"):
        list(table.chunks())
    assert columns_of(arff_of(attributes("string", "numeric"), "{0 ?, 1 2}\n"))["a0"] == [None]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("@relation r\n@attribute a numeric\n1\n", "line 3: '1' is no declaration"),
        ("@relation r\n@attribute a numeric\n", "is an ARFF file without @data"),
        ("@relation r\n@data\n", "is an ARFF file without @attribute"),
        ("@relation r\n@attribute a\n@data\n", "line 2: attribute 'a' has no type; expected"),
        ("@relation r\n@attribute\n@data\n", "line 2: @attribute without a name"),
        ("@relation r\n@attribute a complex\n@data\n", "line 2: attribute 'a' has 'complex'"),
        ("@relation r\n@attribute a relational\n@data\n", "write a relational attribute as col"),
        ("@relation r\n@attribute a {x, y\n@data\n", "line 2: the list of attribute 'a' has no }"),
        ("@relation r\n@atribute a real\n@data\n", "line 2: @atribute is no declaration"),
        (
            "@relation r\n" + attributes("real") * 2 + "@data\n",
            "more than one column is named a0",
        ),
    ],
)
def test_a_wrong_declaration_is_said_with_its_line(content, message):
    with pytest.raises(FileFormatError, match=message):
        source_of(content, "t.arff")


def test_too_many_attributes_are_refused(monkeypatch):
    monkeypatch.setattr(arff_header, "MOST_COLUMNS", 10)
    with pytest.raises(FileFormatError, match="line 12: more than 10 attributes"):
        arff_of(attributes(*["real"] * 11), "")
