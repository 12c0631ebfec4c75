"""Bar charts of lines of text."""

from __future__ import annotations

from fastbp.text.bars import Bar, draw_bars


def test_bars_are_as_long_as_their_values_to_an_eighth_of_a_column() -> None:
    bars = [Bar("a", 1.0, "1"), Bar("b", 0.5, "0.5"), Bar("c", 1 / 320, "0"), Bar("d", 0, "0")]
    lines = draw_bars(bars, width=80)
    assert [line.count("█") for line in lines] == [40, 20, 0, 0]
    assert lines[2].endswith("▏")


def test_bars_of_an_ascii_terminal_are_ascii() -> None:
    assert draw_bars([Bar("a", 2, "2"), Bar("b", 1, "1")], width=26, unicode=False) == [
        "a  2  ####################",
        "b  1  ##########",
    ]


def test_no_line_is_wider_than_the_terminal() -> None:
    bars = [Bar("n" * 100, 1.0, "100.0"), Bar("m", 0.1, "10.0")]
    for width in (30, 40, 80, 200):
        assert max(map(len, draw_bars(bars, width=width))) <= width


def test_values_below_zero_have_no_bar_and_names_no_escapes() -> None:
    lines = draw_bars([Bar("a\x1b[2J", -1.0, "-1"), Bar("b", -2.0, "-2")])
    assert not any("█" in line or "\x1b" in line for line in lines)


def test_no_bars_are_no_lines() -> None:
    assert draw_bars([]) == []
