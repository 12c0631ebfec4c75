"""pandas and NumPy read what Python's csv module and float read, to the bit, or decline."""

import importlib.util

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from new_folder import in_a_new_folder  # noqa: F401 - a fixture for every test
from opened_sources import bits, source_of

from fastbp.errors import FileFormatError
from fastbp.tables import block_feed, delimited, fast_blocks, text_blocks

WITH_PANDAS = [
    False,
    pytest.param(
        True,
        marks=pytest.mark.skipif(
            importlib.util.find_spec("pandas") is None, reason="pandas is not installed"
        ),
    ),
]

TABLES = {
    "numbers": "a,b\n1,2.5\n-3,1e-7\n",
    "negative zero": "a,b\n-0,0\n0,-00\n",
    "negative zero beside a date": "a,b\n0,2020-01-05\n1,2020-02-06\n",
    "empty cells": "a,b\n1,\n,2\n",
    "an empty column": "a,b\n1,\n2,\n",
    "nan as text": "a,b\n1,nan\n2,3\n",
    "signed nan": "a,b\n1,+nan\n2,3\n",
    "NA as text": "a,b\n1,NA\n2,3\n",
    "infinite": "a,b\n1,inf\n-Infinity,3\n",
    "overflow": "a,b\n1,1e400\n-1e400,1e-400\n",
    "underscores": "a,b\n1_0,1\n2,3\n",
    "other digits": "a,b\n١,1\n2,3\n",
    "booleans": "a,b\nTrue,1\nFALSE,2\n",
    "booleans and gaps": "a,b\nTrue,1\n,2\n",
    "booleans and numbers": "a,b\nTrue,1\n1,2\n",
    "large integers": "a,b\n9007199254740993,18446744073709551615\n1,340282366920938463463374607\n",
    "the first integer that is no float64": "a,b\n9007199254740993,9007199254740993\n1,0.5\n",
    "the last integer that is": "a,b\n9007199254740992,-9007199254740992\n1,0.5\n",
    "a code": "a,b,c\n007,1,0.5\n8,2,1\n",
    "large and negative integers": "a,b\n18446744073709551615,1\n-1,2\n",
    "space": "a,b\n 1 , x y \n2,\u00a0z\n",
    "a tab beside a number": "a,b\n1\t,2\n\t3,4\n",
    "hexadecimal": "a,b\n0x10,1\n1,1\n",
    "long mantissas": "a,b\n0.1000000000000000055511151231257827,2.4703282292062328e-324\n1,1\n",
    "text": "a,b\nx,y\nz,\n1,2\n",
    "windows line ends": "a,b\r\n1,2\r\n3,4\r\n",
    "old line ends": "a,b\r1,2\r3,4\r",
    "mixed line ends": "a,b\r\n1,2\n3,4\r5,6\n",
    "no last line end": "a,b\n1,2\n3,4",
    "blank lines": "a,b\n1,2\n\n3,4\n  \n5,6\n\n",
    "quoted": 'a,b\n"1","x"\n"2","y, z"\n',
    "quoted line end": 'a,b\n1,"x\ny"\n2,z\n3,w\n',
    "doubled quotes": 'a,b\n1,"x ""y"""\n2,z\n',
    "quote inside": 'a,b\n1,x"y\n2,z"\n',
    "quote and text": 'a,b\n1,"x"y\n2,z\n',
    "open quote": 'a,b\n1,"x\n2,z\n',
    "quoted space": 'a,b\n1, "x"\n2,z\n',
    "too long": "a,b\n1,2\n3,4,5\n",
    "too short": "a,b\n1,2\n3\n",
    "one long, one short": "a,b,c\n1,2,3\n1,2\n1,2,3,4\n",
    "first one long": "a,b\n1,2,3\n3,4\n4,5\n",
    "one column": "a\n1\n2\n",
    "one column of text": "a\nx\ny\n1\n",
    "one column with a gap": 'a\n1\n""\n2\n',
    "spaces": "a   b\n1   2\n 3  4 \n",
    "spaces and quotes": 'a b\n1 "x y"\n2 "z"\n',
    "spaces, too short": "a b c\n1 2 3\n1 2\n",
    "tabs": "a\tb\n1\t2\n3\t\n",
    "tabs and spaces": "a \t b\n1 \t 2\n3\t\t4\n",
    "semicolons and commas": "a;b\n1,5;2\n2,5;3\n",
    "a comment further down": "a,b\n1,2\n#3,4\n5,6\n",
    "umlauts": "a,b\nä,1\nö,2\n",
    "a line separator": "a,b\nx\u2028y,1\nz,2\n",
    "a form feed": "a,b\nx\x0cy,1\n\x0c2,2\n",
    "not UTF-8": b"a,b\n1,2\n\xff,3\n",
    "trailing delimiters": "a,b\n1,2,\n3,4,\n",
    "row names": "a b\nx 1 2\ny 3 4\n",
}


def outcome(content, as_text=()):
    try:
        return bits(source_of(content).chunks(None, as_text))
    except FileFormatError as error:
        return str(error)


def compare(content, with_pandas, as_text=()):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fast_blocks.FastReader, "read", lambda self, text: None)
        patch.setattr(block_feed, "has_pandas", lambda: False)
        expected = outcome(content, as_text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fast_blocks, "has_pandas", lambda: with_pandas)
        patch.setattr(block_feed, "has_pandas", lambda: with_pandas)
        assert outcome(content, as_text) == expected
    return expected


@pytest.mark.parametrize("with_pandas", WITH_PANDAS)
@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("as_text", [(), ("a",), ("a", "b")])
def test_the_fast_readers_give_what_csv_and_float_give(table, with_pandas, as_text):
    compare(TABLES[table], with_pandas, as_text)


@pytest.mark.parametrize("with_pandas", WITH_PANDAS)
def test_plain_tables_are_read_fast(with_pandas, monkeypatch):
    monkeypatch.setattr(fast_blocks, "has_pandas", lambda: with_pandas)
    monkeypatch.setattr(block_feed, "has_pandas", lambda: with_pandas)
    monkeypatch.setattr(delimited, "read_records", lambda *args: pytest.fail("read by csv"))
    contents = [TABLES["numbers"], TABLES["windows line ends"], "a b\n1 2\n3 4\n"]
    contents += [TABLES["quoted"], TABLES["text"], TABLES["empty cells"], TABLES["NA as text"]]
    for content in contents:
        assert list(source_of(content).chunks())


CELLS = st.one_of(
    st.sampled_from(
        ["", "1", "-0", "0", "1.5", "nan", "NA", "inf", "true", "x", '"q"', '"a,b"', '"l\nm"', '"',
         " 2", "3 ", "1_0", "1e5", "2020-01-05", "-", "+", "1e999", "007", "#", "\t", "é", "'"]
    ),
    st.floats().map(repr),
    st.integers().map(str),
    st.text("01.-e,\n\r\" \ta", max_size=4),
)  # fmt: skip


@pytest.mark.parametrize("with_pandas", WITH_PANDAS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.lists(CELLS, min_size=1, max_size=3), min_size=1, max_size=6),
    delimiter=st.sampled_from(",;\t "),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    block=st.sampled_from([4, 16, 1 << 22]),
    as_text=st.sampled_from([(), ("a",)]),
)
def test_random_tables_are_read_alike(with_pandas, rows, delimiter, end, block, as_text):
    content = delimiter.join("abc"[: len(rows[0])]) + end
    content += end.join(delimiter.join(row) for row in rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_blocks, "_BLOCK", block)
        compare(content, with_pandas, as_text)
