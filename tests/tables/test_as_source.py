"""Tables in memory as sources: their names, and what their cells become."""

import datetime
import decimal

import numpy as np
import pytest
from new_folder import in_a_new_folder  # noqa: F401 - a fixture for every test
from table_files import write

from fastbp.tables.as_source import as_source


def cells_of(table, **how):
    source = as_source(table)
    chunks = list(source.chunks(**how))
    names = [n for n in source.names if how.get("columns") is None or n in how["columns"]]
    return {
        name: np.concatenate([chunk.columns[i] for chunk in chunks]) for i, name in enumerate(names)
    }


def as_lists(table, **how):
    """Cells as lists, with None for NaN and NaT."""
    found = {}
    for name, cells in cells_of(table, **how).items():
        values = cells.astype(str).tolist() if cells.dtype.kind == "M" else cells.tolist()
        found[name] = [None if v != v or v == "NaT" else v for v in values]
    return found


def test_a_dict_of_columns_is_a_table():
    table = {"a": [1, 2], "b": ["x ", None], "c": np.array([0.5, np.nan]), "d": [True, False]}
    assert as_lists(table) == {
        "a": [1, 2],
        "b": ["x", None],
        "c": [0.5, None],
        "d": ["True", "False"],
    }


def test_numbers_of_an_array_are_not_copied():
    values = np.arange(10.0)
    assert np.shares_memory(cells_of({"a": values})["a"], values) or np.may_share_memory(
        next(as_source({"a": values}).chunks()).columns[0], values
    )


def test_chosen_columns_come_in_the_tables_order():
    table = {"a": [1], "b": [2], "c": [3]}
    assert list(cells_of(table, columns=["c", "a"])) == ["a", "c"]


@pytest.mark.skipif(not hasattr(np.dtypes, "StringDType"), reason="NumPy 1 has no such strings")
def test_arrays_of_strings_of_both_kinds_are_text():
    fixed = np.array(["a ", "b"])
    variable = np.array(["a ", None], np.dtypes.StringDType(na_object=None))
    assert as_lists({"x": fixed, "z": variable}) == {"x": ["a", "b"], "z": ["a", None]}


def test_a_sparse_matrix_is_a_type_error_that_says_what_to_give():
    sparse = pytest.importorskip("scipy.sparse")
    with pytest.raises(TypeError, match="toarray"):
        as_source((sparse.csr_matrix(np.eye(2)), ["a", "b"]))


def test_numbers_as_text_are_as_short_as_they_can_be():
    table = {"a": [0.0, 1.0, 2.5, np.nan]}
    assert as_lists(table, as_text=["a"]) == {"a": ["0", "1", "2.5", None]}


def test_moments_as_text_have_a_time_only_where_one_has():
    days = np.array(["2024-05-01", "NaT"], "datetime64[s]")
    times = np.array(["2024-05-01T10:00", "2024-05-02"], "datetime64[s]")
    assert as_lists({"a": days, "b": times}, as_text=["a", "b"]) == {
        "a": ["2024-05-01", None],
        "b": ["2024-05-01T10:00:00", "2024-05-02T00:00:00"],
    }


def test_whole_numbers_that_float64_has_not_are_text():
    assert as_lists({"a": np.array([2**53 + 1, 1])})["a"] == [str(2**53 + 1), "1"]
    assert as_lists({"a": [2**70, 1]})["a"] == [str(2**70), "1"]


def test_objects_are_what_all_of_them_are():
    table = {
        "numbers": [1, 2.5, decimal.Decimal("0.5"), None],
        "dates": [datetime.date(2024, 5, 1), None, datetime.date(2024, 5, 2), None],
        "spans": [datetime.timedelta(minutes=1), None, None, None],
        "mixed": [1.0, "x", True, None],
    }
    found = as_lists(table)
    assert found["numbers"] == [1, 2.5, 0.5, None]
    assert [str(d)[:10] if d else d for d in found["dates"]] == [
        "2024-05-01",
        None,
        "2024-05-02",
        None,
    ]
    assert found["spans"] == [60, None, None, None]
    assert found["mixed"] == ["1", "x", "True", None]


def test_a_pair_of_an_array_and_names_is_a_table():
    X = np.array([[1.0, 2.0], [3.0, 4.0]])
    assert as_lists((X, ["a", "b"])) == {"a": [1, 3], "b": [2, 4]}
    source = as_source(X)
    assert source.names == ("column 1", "column 2")
    assert not source.named
    objects = np.array([["x", 1], ["y", 2]], object)
    assert as_lists((objects, ["a", "b"])) == {"a": ["x", "y"], "b": [1, 2]}


def test_a_path_is_read_as_a_file():
    path = write("a,b\n1,x\n02139,y\n")
    for table in (path, str(path)):
        assert as_lists(table) == {"a": ["1", "02139"], "b": ["x", "y"]}
    assert [chunk.lines.tolist() for chunk in as_source(path).chunks()] == [[2, 3]]


def test_expected_names_tell_the_header_of_a_file_and_do_not_matter_in_memory():
    path = write("0,1,species\n5,6,a\n7,8,b\n")
    assert as_source(path, expected_names=["species"]).names == ("0", "1", "species")
    assert as_source({"a": [1]}, expected_names=["b"]).names == ("a",)


def test_a_source_is_itself():
    source = as_source({"a": [1]})
    assert as_source(source) is source


BAD = {
    "two names alike": (np.eye(2), ["a", "a"]),
    "more names than columns": (np.eye(2), ["a", "b", "c"]),
    "lists in cells": {"a": [[1], [2]]},
    "records in cells": {"a": [{"b": 1}]},
    "complex numbers": {"a": np.array([1j])},
    "columns of two lengths": {"a": [1], "b": [1, 2]},
    "no columns": {},
    "one dimension": np.arange(3.0),
    "two dimensions in a column": {"a": np.eye(2)},
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_no_table_is_an_error(case):
    with pytest.raises(ValueError, match=r"expected|differ in length|more than one|not supported"):
        cells_of(BAD[case])


@pytest.mark.parametrize("table", [5, None, [1, 2], {"a": "text"}, {1: [1]}, {"a": 3}])
def test_what_is_of_no_known_type_is_a_type_error(table):
    with pytest.raises(TypeError, match=r"expected|must be text"):
        cells_of(table)


def test_options_of_files_are_refused_for_tables_in_memory():
    with pytest.raises(ValueError, match="delimiter"):
        as_source({"a": [1]}, delimiter=";")


def test_pandas_frames_of_all_types_are_tables():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(
        {
            "int": [1, 2],
            "text": ["a ", None],
            "bool": [True, False],
            "category": pandas.Categorical(["x", None]),
            "Int": pandas.array([1, None], "Int64"),
            "boolean": pandas.array([True, None], "boolean"),
            "date": pandas.to_datetime(["2024-05-01", None]),
            "zone": pandas.to_datetime(["2024-05-01", "2024-12-01"]).tz_localize("Asia/Tokyo"),
            "span": pandas.to_timedelta([1, 2], unit="m"),
            "period": pandas.period_range("2024-01", periods=2, freq="M"),
        }
    )
    found = as_lists(frame)
    assert found["int"] == [1, 2]
    assert found["text"] == ["a", None]
    assert found["bool"] == ["True", "False"]
    assert found["category"] == ["x", None]
    assert found["Int"] == [1, None]
    assert found["boolean"] == ["True", None]
    assert found["date"] == ["2024-05-01T00:00:00.000000", None]
    # The time on the clock there.
    assert found["zone"] == ["2024-05-01T00:00:00.000000", "2024-12-01T00:00:00.000000"]
    assert found["span"] == [60, 120]
    assert found["period"] == ["2024-01-01T00:00:00.000000", "2024-02-01T00:00:00.000000"]
    ordered = pandas.DataFrame({"s": pandas.Categorical(["M"], ["S", "M"], ordered=True)})
    assert as_source(ordered).declared == {"s": ("S", "M")}


def test_polars_frames_of_all_types_are_tables():
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame(
        {
            "int": [1, None],
            "text": ["a ", None],
            "bool": [True, None],
            "category": polars.Series(["x", None], dtype=polars.Categorical),
            "enum": polars.Series(["x", None], dtype=polars.Enum(["x", "y"])),
            "decimal": polars.Series(["1.5", None]).cast(polars.Decimal(10, 2)),
            "date": [datetime.date(2024, 5, 1), None],
            "span": [datetime.timedelta(minutes=1), None],
            "large": [2**60, None],
        }
    )
    expected = {
        "int": [1, None],
        "text": ["a", None],
        "bool": ["True", None],
        "category": ["x", None],
        "enum": ["x", None],
        "decimal": [1.5, None],
        "date": ["2024-05-01T00:00:00.000000", None],
        "span": [60, None],
        "large": [str(2**60), None],
    }
    assert as_lists(frame) == expected
    assert as_lists(frame.lazy()) == expected
    assert as_source(frame).declared == {"category": None, "enum": None}


def test_pyarrow_tables_are_tables():
    pyarrow = pytest.importorskip("pyarrow")
    table = pyarrow.table(
        {
            "int": [1, None],
            "text": ["a ", None],
            "bool": [True, None],
            "dictionary": pyarrow.array(["x", None]).dictionary_encode(),
            "date": [datetime.date(2024, 5, 1), None],
            "large": [2**60, None],
        }
    )
    assert as_lists(table) == {
        "int": [1, None],
        "text": ["a", None],
        "bool": ["True", None],
        "dictionary": ["x", None],
        "date": ["2024-05-01T00:00:00.000000", None],
        "large": [str(2**60), None],
    }
