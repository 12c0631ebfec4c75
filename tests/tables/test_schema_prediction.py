"""Tables read by another table's schema: names, order, spellings, cells that do not fit."""

import numpy as np
import pytest
from new_folder import in_a_new_folder  # noqa: F401 - a fixture for every test
from schemas import column, recognised, target_names
from table_files import write

from fastbp.errors import FileFormatError
from fastbp.tables.as_source import as_source

TABLE = {
    "size": [1.5, 2.0, 3.5, 4.0] * 5,
    "colour": ["red", "green", "blue", ""] * 5,
    "price": ["1,5", "2,25", "3,0", "4,75"] * 5,
    "sold": ["13.02.2024", "01.03.2024", "05.07.2025", "06.07.2025"] * 5,
    "paid": ["yes", "no", "no", "yes"] * 5,
    "same": [1] * 20,
    "y": ["a", "b"] * 10,
}
ROW = {
    "size": [9.0],
    "colour": ["pink"],
    "price": ["7,5"],
    "sold": ["14.02.2024"],
    "paid": ["No"],
}


def read(table, schema=None, **how):
    schema = schema or recognised(TABLE)[0]
    return schema.read(as_source(table), **how)


def test_the_target_and_columns_left_out_may_be_absent():
    typed = read(ROW)
    assert typed.target is None
    assert column(typed, "size") == [9]
    assert column(typed, "colour") == ["pink"]
    assert column(typed, "price") == [7.5]
    assert column(typed, "sold: days") == [1]
    assert column(typed, "paid") == ["no"]
    assert typed.notes == ()


def test_columns_come_in_the_schemas_order_whatever_theirs_is():
    names = [found.name for found in read(ROW).columns]
    turned = read(dict(reversed(ROW.items())))
    assert [found.name for found in turned.columns] == names
    assert column(turned, "size") == [9]


def test_unknown_columns_are_noted_and_missing_ones_named():
    assert read({**ROW, "other": [1]}).notes == ("1 column not used: other",)
    with pytest.raises(ValueError, match=r"lacks 2 columns that the model needs: size, paid"):
        read({name: ROW[name] for name in ("colour", "price", "sold")})


def test_a_table_is_read_as_it_was_in_training():
    schema, typed = recognised(TABLE)
    again = read(TABLE, schema, with_target=True)
    for one, other in zip(typed.columns, again.columns, strict=True):
        np.testing.assert_equal(vars(other), vars(one))
    assert target_names(again) == target_names(typed)


def test_numbers_of_another_spelling_are_read_where_they_are_one_number():
    typed = read({**ROW, "price": [2.5]})
    assert column(typed, "price") == [2.5]
    assert column(read({**ROW, "price": ["2.5"]}), "price") == [2.5]


def test_moments_are_read_where_dates_were_text():
    typed = read({**ROW, "sold": np.array(["2024-02-15"], "datetime64[D]")})
    assert column(typed, "sold: days") == [2]


WRONG = {
    "size": ("large", "'large' is not a number"),
    "price": ("1.234", "'1.234' is not a number written as the others are"),
    "sold": ("02/13/2024", "'02/13/2024' is not a date"),
    "paid": ("perhaps", "'perhaps' is neither yes nor no"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_cell_that_does_not_fit_is_an_error_with_row_and_column(name):
    cell, complaint = WRONG[name]
    table = {key: [cells[0]] * 2 for key, cells in ROW.items()}
    table[name] = [ROW[name][0], cell]
    with pytest.raises(ValueError, match=f"row 1 .*column '{name}'") as caught:
        read(table)
    assert complaint in str(caught.value)
    assert not isinstance(caught.value, FileFormatError)


def test_the_first_cell_that_does_not_fit_is_named(monkeypatch):
    monkeypatch.setattr("fastbp.tables.memory_source._ROWS", 2)
    table = {key: [cells[0]] * 6 for key, cells in ROW.items()}
    table["paid"] = ["yes", "no", "no", "x", "y", "z"]
    with pytest.raises(ValueError, match="row 3 "):
        read(table)
    assert [cell.row for cell in read(table, mark=True).unreadable] == [3, 5]


def test_of_a_file_the_error_has_the_line():
    path = write("x,z,y\n" + "1,2,a\n2,3,b\n" * 10)
    schema, _ = recognised(path)
    with pytest.raises(FileFormatError, match="line 3, column 'x': 'oops'"):
        schema.read(as_source(write("x,z\n1,2\noops,3\n")))


def test_rows_that_do_not_fit_can_be_marked_instead():
    table = {key: [cells[0]] * 4 for key, cells in ROW.items()}
    table["size"] = [1.0, "?", "x", 2.0]
    table["paid"] = ["yes", "no", "maybe", "perhaps"]
    typed = read(table, mark=True)
    assert typed.rows.tolist() == [0, 1]
    assert typed.n_source_rows == 4
    assert column(typed, "paid") == ["yes", "no"]
    assert sorted((cell.row, cell.column) for cell in typed.unreadable) == [
        (2, "paid"),
        (2, "size"),
        (3, "paid"),
    ]


def test_a_table_without_rows_gives_none():
    typed = read({name: [] for name in ROW})
    assert len(typed) == 0
    assert len(typed.columns) == len(recognised(TABLE)[1].columns)
    assert len(read({name: [] for name in TABLE}, with_target=True)) == 0


def test_missing_cells_are_missing_everywhere():
    typed = read({name: [None] for name in ROW})
    assert np.isnan(column(typed, "size")).all()
    assert np.isnan(column(typed, "sold: days")).all()
    assert column(typed, "colour") == [None]
    assert column(typed, "paid") == [None]


def test_targets_are_read_by_the_classes_of_training():
    typed = read(
        {name: [*cells, *cells] for name, cells in {**ROW, "y": ["b"]}.items()}, with_target=True
    )
    assert typed.target.values.tolist() == [1, 1]
    other = {**{name: cells * 3 for name, cells in ROW.items()}, "y": ["b", "new", None]}
    typed = read(other, with_target=True)
    assert typed.target.values.tolist() == [1, -1]
    assert typed.rows.tolist() == [0, 1]


def test_classes_that_a_frame_has_as_floats_are_the_same_in_a_file():
    table = {"x": [1.5, 2.5] * 10, "y": [0.0, 1.0] * 10}
    schema, _ = recognised(table)
    assert schema.target.classes == ("0", "1")
    for text in ("x,y\n1,0\n2,1\n", "x,y\n1,0.0\n2,1.0\n"):
        assert schema.read(as_source(write(text)), with_target=True).target.values.tolist() == [
            0,
            1,
        ]


def test_columns_without_names_go_by_position():
    X = np.column_stack(
        [np.tile([1.5, 2.5], 10), np.tile([3.0, 3.0, 4.0, 5.0], 5), np.tile([0, 1], 10)]
    )
    schema, typed = recognised(X, target="3")
    assert schema.target.name == "column 3"
    assert column(schema.read(as_source(X)), "column 2") == column(typed, "column 2")
    assert column(schema.read(as_source(X[:, :2])), "column 2") == column(typed, "column 2")
    with pytest.raises(ValueError, match=r"has 4 columns; expected 3 .* or 2 without the target"):
        schema.read(as_source(np.hstack([X, X[:, :1]])))
    with pytest.raises(ValueError, match="has no names of columns"):
        read(X[:, :2])


def test_given_markers_hold_at_prediction_too():
    schema, typed = recognised(
        {**TABLE, "size": [1.5, -999, "gone", 4.0] * 5}, missing=["-999", "gone"]
    )
    assert np.isnan(column(typed, "size")[1:3]).all()
    typed = read(
        {name: cells * 2 for name, cells in ROW.items()} | {"size": [-999, "gone"]}, schema
    )
    assert np.isnan(column(typed, "size")).all()


@pytest.mark.parametrize("cells", [["-999", "1.5", "2.5"], ["-999.0", "1.5", "x"], [-999, 1.5, 2]])
def test_a_given_number_is_missing_however_it_is_written(cells):
    table = {"x": cells * 10, "z": [1, 2, 3, 4, 5] * 6, "y": ["a", "b"] * 15}
    schema, typed = recognised(table, missing=["-999", "x"])
    assert np.isnan(column(typed, "x")[0])
    assert np.isnan(column(schema.read(as_source(table)), "x")[0])


def file_of(header, *rows):
    return write("\n".join([header, *rows]) + "\n")


def test_points_in_a_file_are_thousands_where_they_were_in_training():
    rows = ["1.234,5;1;a", "2.000,25;2;b"] * 10
    schema, _ = recognised(file_of("x;z;y", *rows))
    typed = schema.read(as_source(file_of("x;z", "1.234;1", "2.500;2")))
    assert column(typed, "x") == [1234, 2500]


def test_points_in_a_file_are_thousands_where_decimals_are_said_to_have_a_comma():
    path = file_of("x;z;y", *["1.234;1;a", "2.500;2;b"] * 10)
    assert column(recognised(path)[1], "x")[:2] == [1.234, 2.5]
    assert column(recognised(path, decimal=",")[1], "x")[:2] == [1234, 2500]


def test_whole_numbers_may_have_decimal_commas_later_where_it_is_said():
    schema, _ = recognised(file_of("x;z;y", *["1;1;a", "2;2;b"] * 10), decimal=",")
    assert column(schema.read(as_source(file_of("x;z", "1,5;2"))), "x") == [1.5]


def test_words_that_look_like_numbers_are_read_as_they_are_written():
    path = file_of("x,z,y", *["1.0,1,a", "b,2,b", "c,3,b"] * 10)
    schema, _ = recognised(path)
    assert column(schema.read(as_source(file_of("x,z", "1.0,1", "1.00,1"))), "x") == ["1.0", "1.00"]


def test_a_parquet_file_is_read_as_the_frame_that_it_holds():
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    frame = pandas.DataFrame(
        {
            "code": pandas.Categorical(["1", "2", "3", "1"] * 6),
            "when": pandas.date_range("2024-01-01", periods=24, freq="5h", tz="Asia/Tokyo"),
            "much": np.arange(24.0) / 7,
            "y": [0.0, 1.0] * 12,
        }
    )
    frame.to_parquet("t.parquet")
    schema, typed = recognised(frame)
    of_file, typed_of_file = recognised("t.parquet")
    assert of_file.kinds == schema.kinds
    assert of_file.target.classes == schema.target.classes == ("0", "1")
    for table in (
        typed_of_file,
        schema.read(as_source("t.parquet")),
        of_file.read(as_source(frame)),
    ):
        for one, other in zip(typed.columns, table.columns, strict=True):
            np.testing.assert_equal(vars(other), vars(one))
