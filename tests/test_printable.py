"""Text of a file is shown without anything that a terminal or an eye would take for more."""

import unicodedata

import pytest

from fastbp.printable import printable

ESCAPED = {
    "a\x1b[2J": r"a\x1b[2J",
    "\x00\x07\x08": r"\x00\x07\x08",
    "a\tb\r\nc": r"a\tb\r\nc",
    "\x7f": r"\x7f",
    "\x9b31m": r"\x9b31m",
    "user\u202etxt.exe": r"user\u202etxt.exe",
    "\u2066a\u2069": r"\u2066a\u2069",
    "zero\u200bwidth\ufeff": r"zero\u200bwidth\ufeff",
    "a\u2028b\u2029": r"a\u2028b\u2029",
    "half \ud83d": r"half \ud83d",
    "\U000e0041": r"\U000e0041",
}


@pytest.mark.parametrize("text", ESCAPED)
def test_what_can_command_a_terminal_is_escaped(text):
    assert printable(text) == ESCAPED[text]


@pytest.mark.parametrize("text", ["", "a b", "naïve 价格 😀", "no-break\xa0space", r"C:\x1b", "é"])
def test_other_text_stays_as_it_is(text):
    assert printable(text) == text


def test_no_control_or_format_character_passes_and_escapes_are_final():
    # Without unassigned and private ones, which are three of four and are shown as they are.
    characters = map(chr, range(0x110000))
    shown = printable("".join(c for c in characters if unicodedata.category(c) not in ("Cn", "Co")))
    assert not {unicodedata.category(c) for c in set(shown)} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert printable(shown) == shown
