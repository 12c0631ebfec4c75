"""Dates in text: what is read, and which orders of day and month a cell allows."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastbp.tables.kinds.dates import ORDERS, dated, moment

SECOND = datetime.datetime(2024, 2, 1, 14, 30, 5)


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("2024-02-01 14:30:05", None),
        ("2024-02-01T14:30:05Z", None),
        ("2024-02-01T14:30:05+02:00", None),
        ("2024/2/1 14:30:05", None),
        ("1.2.2024 14:30:05", "dmy"),
        ("01/02/2024 2:30:05 PM", "dmy"),
        ("2/1/24, 14:30:05", "mdy"),
        ("24-02-01 14:30:05", "ymd"),
        ("1 Feb 2024 14:30:05", None),
        ("Feb 1, 2024 2:30:05 pm", None),
        ("Thu, 1 February 2024 14:30:05", None),
        ("1-Feb-2024 14:30:05", None),
        ("2024 Feb 1 14:30:05", None),
    ],
)
def test_dates_and_times_are_read(text, order):
    assert moment(text, order) == SECOND


@given(st.datetimes(datetime.datetime(1000, 1, 1)), st.sampled_from(list(ORDERS)))
def test_what_is_written_in_an_order_is_read_in_it(when, order):
    when = when.replace(microsecond=0)
    form = {"dmy": "%d.%m.%Y", "mdy": "%m/%d/%Y", "ymd": "%Y-%m-%d"}[order]
    text = f"{when:{form} %H:%M:%S}"
    assert moment(text, order) == when
    assert dated(text).orders & ORDERS[order]


@pytest.mark.parametrize(
    ("text", "orders"),
    [
        ("13/02/2024", "dmy"),
        ("02/13/2024", "mdy"),
        ("01/02/2024", "dmy mdy"),
        ("01/02/03", "dmy mdy ymd"),
        ("31/01/99", "dmy"),
        ("2024-01-02", "dmy mdy ymd"),
    ],
)
def test_the_orders_that_a_cell_allows_are_told(text, orders):
    found = dated(text)
    assert [order for order, bit in ORDERS.items() if found.orders & bit] == orders.split()


def test_two_digits_of_a_year_are_of_1969_to_2068():
    assert [moment(f"1/1/{year}", "dmy").year for year in ("68", "69", "00")] == [2068, 1969, 2000]


def test_dates_that_say_their_order_are_the_same_in_any():
    assert dated("2024-01-02").is_settled
    assert dated("May 2024").is_settled
    assert dated("5/5/2024").is_settled
    assert not dated("01/02/2024").is_settled


@pytest.mark.parametrize(
    "text", ["", "may", "2024", "2024.05", "31/02/2024", "1/2", "12:3", "Foo 5, 2024", "25:00"]
)
def test_other_text_is_no_date(text):
    assert dated(text) is None


@given(st.text(max_size=20))
def test_any_text_is_a_date_or_none(text):
    found = dated(text)
    for order, bit in ORDERS.items():
        assert (moment(text, order) is not None) == bool(found and found.orders & bit)
