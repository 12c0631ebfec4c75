"""Files of libsvm's format, whose base is asked for and never guessed."""

import pytest
from new_folder import in_a_new_folder  # noqa: F401 - a fixture for every test
from opened_sources import columns_of, lines_of, source_of

from fastbp.errors import FileFormatError
from fastbp.tables import libsvm

ROWS = "# a comment\n1 1:0.5 3:2e1 # the first\n\n-1 qid:7 2:-1\n+1\n"


def test_a_column_is_named_by_its_index_and_what_is_left_out_is_0():
    table = source_of(ROWS, base=1)
    assert (table.names, table.named) == (("y", "1", "2", "3"), True)
    assert table.description() == "a libsvm file of 3 features, counted from 1"
    assert columns_of(table) == {
        "y": [1, -1, 1],
        "1": [0.5, 0, 0],
        "2": [0, -1, 0],
        "3": [20, 0, 0],
    }
    assert columns_of(table, ["y", "3"], ["y", "3"]) == {
        "y": ["1", "-1", "+1"],
        "3": ["2e1", "0", "0"],
    }
    assert lines_of(table) == [2, 4, 5]


def test_the_base_is_asked_for_and_the_remedy_works():
    with pytest.raises(FileFormatError, match=r"give base=1 \(--base 1\).*or base=0 \(--base 0\)"):
        source_of(ROWS)
    assert source_of(ROWS, base=0).names == ("y", "0", "1", "2", "3")


def test_an_index_0_says_the_base():
    assert source_of("1 0:1 2:1\n").names == ("y", "0", "1", "2")
    with pytest.raises(FileFormatError, match=r"has the index 0.*give base=0"):
        source_of("1 0:1 2:1\n", base=1)


def test_the_training_table_says_base_and_columns():
    assert source_of(ROWS, expected_names=["y", *"01234"]).names == ("y", *"01234")
    assert source_of(ROWS, expected_names=["2", "3", "5"]).names == ("y", *"12345")
    with pytest.raises(FileFormatError, match="has the index 0, and the training table has no"):
        source_of("1 0:1\n", expected_names=["1", "2"])
    assert source_of("1 0:1\n", expected_names=["1", "2"], base=0).names == ("y", *"012")


def test_chunks_follow_each_other(monkeypatch):
    monkeypatch.setattr(libsvm, "_CHUNK_CELLS", 8)
    table = source_of(ROWS, base=1)
    assert [len(chunk) for chunk in table.chunks()] == [2, 1]
    assert columns_of(table)["1"] == [0.5, 0, 0]


def test_the_number_of_a_feature_may_begin_with_0():
    assert columns_of(source_of("1 1:007\n", base=1))["1"] == [7]


def test_labels_may_be_text():
    assert columns_of(source_of("cat 1:1\ndog 1:2\n", "t.svm", base=1))["y"] == ["cat", "dog"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("1 1:1\n1 x:2\n", "line 2: 'x:2' is no feature; expected INDEX:NUMBER"),
        ("1 1:1\n1 -1:2\n", "line 2: '-1:2' is no feature"),
        ("1 1:1\n1 ١:2\n", "line 2: '١:2' is no feature"),
        ("1 1:1\n1 1:x\n", "line 2: 'x' is not a finite number"),
        ("1 1:1\n1 1:1_0\n", "line 2: '1_0' is not a finite number"),
        ("1 1:1\n1 1:nan\n", "line 2: 'nan' is not a finite number"),
        ("1 1:1\n1 1:1e999\n", "line 2: '1e999' is not a finite number"),
        ("1 1:1\n1 2:1 2:3\n", "line 2: index 2 stands twice"),
        ("1 1:1\n2:1\n", "line 2: '2:1' stands where the label should be"),
        ("1 1:1\n1,2 2:1\n", "line 2: '1,2' is more than one label"),
        ("1,2 1:1\n", "line 1: '1,2' is more than one label"),
        ("1 1000000000000:1\n", "line 1: index 1,000,000,000,000, expected at most 250,000"),
        ("1 " + "9" * 9999 + ":1\n", "line 1: index 999.*, expected at most 250,000"),
    ],
)
def test_a_wrong_row_is_said_with_its_line(content, message):
    with pytest.raises(FileFormatError, match=message):
        source_of(content, base=1)


@pytest.mark.parametrize(
    ("content", "message"), [("# nothing\n", "is empty"), ("1\n2\n", "has labels and no features")]
)
def test_a_file_without_features_is_refused(content, message):
    with pytest.raises(FileFormatError, match=message):
        source_of(content, "t.svm", base=1)


def test_a_sparse_table_that_unfolds_to_too_much_is_refused(monkeypatch):
    monkeypatch.setattr(libsvm, "MOST_CELLS", 100)
    with pytest.raises(FileFormatError, match="has 3 rows of 40 columns, 120 cells with the zeros"):
        source_of("1 40:1\n1 1:1\n1 1:1\n", base=1)


@pytest.mark.parametrize("content", ["time\n5 10\n12:30 1\n", "a b:1\n1 2\n", "1,a:1\n2,b:2\n"])
def test_text_with_colons_is_no_libsvm_file(content):
    assert "libsvm" not in source_of(content).description()
