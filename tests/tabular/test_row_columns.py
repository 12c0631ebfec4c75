"""Columns that tell groups and times of rows."""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np
import pytest

from fastbp.tables.as_source import as_source
from fastbp.tables.schema_options import SchemaOptions
from fastbp.tabular.evaluation.row_columns import group_codes, time_values


def times(cells: Any, **options: Any) -> list[float]:
    source = as_source({"day": cells, "x": range(len(cells))})
    return time_values(source, "day", SchemaOptions(**options)).tolist()


def test_groups_are_told_by_the_text_of_their_cells() -> None:
    cells = ["02139", "2139", "b", "02139", "", None, "NA"]
    codes = group_codes(as_source({"zip": cells, "x": range(7)}), "zip")
    assert codes[0] == codes[3]
    assert len(set(codes[:3])) == 3
    assert codes[4:].tolist() == [-1, -1, -1]


def test_numbers_can_be_groups() -> None:
    codes = group_codes(as_source({"g": np.array([1.0, 2.0, 1.0, np.nan]), "x": range(4)}), "g")
    assert codes.tolist() == [0, 1, 0, -1]


def test_times_are_numbers_moments_or_dates() -> None:
    assert times([3, 1, 2]) == [3, 1, 2]
    assert times(["2024-05-03", "2024-05-01"]) == [2 * 86400, 0]
    moments = [datetime.datetime(2024, 5, 1, 12), datetime.datetime(2024, 5, 1)]
    assert times(moments) == [12 * 3600, 0]
    assert times(["13.02.2024", "01.03.2024"]) == [0, 17 * 86400]  # the 13th tells the order
    assert times(["1 May 2024 10:30", "1 May 2024"]) == [10.5 * 3600, 0]


def test_missing_times_are_nan() -> None:
    found = times(["2024-05-03", "", None, "NA", "2024-05-01"])
    assert np.isnan(found).tolist() == [False, True, True, True, False]


@pytest.mark.parametrize("cells", [["2020", "unknown", "2019"], [2020.0, -1.0, 2019.0]])
def test_what_the_user_calls_missing_is_no_time(cells: list[Any]) -> None:
    assert np.isnan(times(cells, missing=["unknown", "-1"])).tolist() == [False, True, False]


def test_what_the_user_calls_missing_is_no_group() -> None:
    source = as_source({"g": ["a", "unknown", "b"], "x": range(3)})
    assert group_codes(source, "g", SchemaOptions(missing=["unknown"])).tolist() == [0, -1, 1]


def test_numbers_of_times_may_have_a_decimal_comma() -> None:
    assert times(["2000,25", "1999,5"]) == [2000.25, 1999.5]  # the cells tell
    cells = ["1,250", "2,000"]
    with pytest.raises(ValueError, match=r"'1,250' is 1250 if its comma separates thousands"):
        times(cells)
    assert times(cells, decimal=",") == [1.25, 2.0]
    assert times(cells, decimal=".") == [1250, 2000]
    assert times(["1.250,5", "1.251"], decimal=",") == [1250.5, 1251]


def test_dates_that_allow_two_orders_are_not_guessed_and_the_remedy_works() -> None:
    cells = ["01.02.2024", "03.05.2024"]
    with pytest.raises(ValueError, match=r"'01\.02\.2024' can be read as day.*dates='dmy'.*month"):
        times(cells)
    assert times(cells, dates="dmy") == [0, 92 * 86400]
    assert times(cells, dates="mdy") == [0, 63 * 86400]


def test_dates_that_are_the_same_in_both_orders_need_no_telling() -> None:
    assert times(["02.02.2024", "01.01.2024"]) == [32 * 86400, 0]


def test_a_cell_that_is_no_time_is_told_with_its_row() -> None:
    with pytest.raises(ValueError, match=r"row 1 \(from 0\), column 'day': 'soon' is no number"):
        times(["2024-05-03", "soon", "2024-05-01"])


def test_a_column_that_is_not_there_is_told() -> None:
    with pytest.raises(ValueError, match=r"column to split by is 'when'.*Its columns are day, x"):
        time_values(as_source({"day": [1], "x": [2]}), "when")


def test_an_order_decides_only_where_the_cells_do_not() -> None:
    cells = ["13/02/2024", "14/02/2024"]
    assert times(cells, dates="mdy") == times(cells) == [0, 86400]
