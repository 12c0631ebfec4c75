"""Numbers in other spellings: what is written in one is read in the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastbp.tables.kinds.number import Number
from fastbp.tables.kinds.spellings import READINGS, Spelling, numeral, spelling_of

WHOLE = st.integers(-(10**12), 10**12)
DIGITS = st.text("0123456789", min_size=1, max_size=6)
AFFIXES = st.sampled_from(
    [("", ""), ("$", ""), ("€", ""), ("", "kg"), ("", "%"), ("", "m²"), ("CHF", ""), ("", "sq ft")]
)


def written(whole, fraction, reading, affixes, gap):
    """A number in a spelling, with or without a gap before its unit."""
    decimal, thousands = READINGS[reading]
    digits = f"{abs(whole):,}".replace(",", thousands)
    number = f"{digits}{decimal}{fraction}" if fraction else digits
    prefix, suffix = affixes
    return (
        ("-" if whole < 0 else "")
        + prefix
        + gap * bool(prefix)
        + number
        + gap * bool(suffix)
        + suffix
    )


@given(WHOLE, DIGITS | st.just(""), st.integers(0, 7), AFFIXES, st.sampled_from(["", " "]))
def test_what_is_written_is_read(whole, fraction, reading, affixes, gap):
    text = written(whole, fraction, reading, affixes, gap)
    expected = float(f"{whole}.{fraction}" if fraction else whole)
    if whole == 0:
        expected = abs(expected)
    spelling = Spelling(*READINGS[reading], *affixes)
    assert spelling.number(text) == expected
    found = numeral(text)
    assert (found.prefix, found.suffix) == affixes
    assert found.readings >> reading & 1
    # Every reading that is told to be possible reads a number.
    for i in range(len(READINGS)):
        number = spelling_of(found, i).number(text)
        assert (number is not None) == bool(found.readings >> i & 1)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_what_python_writes_is_read_to_the_bit(number):
    assert Number().number(repr(number)) == number


@given(st.text(max_size=20))
def test_any_text_is_a_number_or_none(text):
    found = numeral(text.strip())
    for i in range(len(READINGS)):
        if found is not None and found.readings >> i & 1:
            assert isinstance(spelling_of(found, i).number(text.strip()), float)


@given(st.lists(st.floats(-1e6, 1e6), min_size=64, max_size=80), st.sampled_from(".,"))
def test_many_texts_are_read_as_each_of_them(numbers, decimal):
    texts = [f"{number:.3f}".replace(".", decimal) for number in numbers]
    kind = Number(Spelling(decimal))
    values, bad = kind.parse(texts)
    assert not bad.any()
    assert values.tolist() == [kind.number(text) for text in texts]


NO_NUMBERS = ["", "x", "1,2,3", "1..2", "12:30", "5 10", "10-20", "1_000", "0x10", "inf", "١٢", "²"]


@pytest.mark.parametrize("text", NO_NUMBERS)
def test_other_text_is_no_number(text):
    assert numeral(text) is None


def test_the_sign_may_stand_before_the_currency_and_be_the_typographic_one():
    assert [Spelling(prefix="$").number(t) for t in ("-$5", "$-5", "−$5", "-$ 5")] == [-5] * 4
    assert Spelling().number("−5") == -5
    assert Spelling(",", " ").number("1\u202f234,5") == 1234.5


def test_a_number_has_one_sign_and_its_columns_unit():
    assert Spelling(prefix="$").number("-$-5") is None
    kind = Number(Spelling(suffix="kg"))
    assert [kind.number(text) for text in ("5 kg", "5", "5 g", "$5")] == [5, None, None, None]


def test_many_texts_that_may_be_thousands_fit_no_decimal_comma():
    _, bad = Number(Spelling(",")).parse(["1.234"] * 70)
    assert bad.all()


def test_leading_zeros_and_too_many_digits_are_told():
    codes = ["007", "00", "02139", "12345678901234567890"]
    assert [numeral(text).is_code for text in codes] == [True] * 4
    assert not any(numeral(text).is_code for text in ["0", "0.5", "7", "0 kg", "9007199254740992"])


def test_a_plain_number_is_read_among_decimal_commas_unless_it_may_be_another():
    kind = Number(Spelling(","))
    assert [kind.number(text) for text in ("1,5", "2.5", "3", "1.234")] == [1.5, 2.5, 3, None]
