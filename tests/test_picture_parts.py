"""What pictures are made of: colours that can be told apart, numbers, scales, and escaped text."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from page_reading import parse

from fastbp.bench.number_format import digits
from fastbp.bench.pictures.colours import COLOURS
from fastbp.bench.pictures.markup import tag, text
from fastbp.bench.pictures.picture import own_text
from fastbp.bench.pictures.scales import LogScale


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_text_stands_out_from_its_ground_and_shapes_do(theme: int) -> None:
    colour = {name: pair[theme] for name, pair in COLOURS.items()}
    for words in ("text", "muted", "link", "wrong"):
        assert contrast(colour[words], colour["ground"]) >= 4.5
        assert contrast(colour[words], colour["raised"]) >= 4.5
    for ground in ("vector", *(name for name in colour if name.startswith("tint"))):
        for words in ("text", "muted") if ground == "vector" else ("text",):
            assert contrast(colour[words], colour[ground]) >= 4.5
    for shape in ("a", "b", "c", "d", "best"):
        assert contrast(colour[shape], colour["ground"]) >= 3


def test_style_sheets_use_colours_that_there_are() -> None:
    for name in ("page.css", "chart.css"):
        used = set(re.findall(r"var\(--(\w+)\)", own_text(name)))
        assert used <= set(COLOURS)
        assert not re.search("#[0-9a-f]{3,6}\\b", own_text(name))


@given(st.floats(1e-6, 1e12))
def test_three_digits_say_a_number_within_half_a_per_cent(value: float) -> None:
    assert float(digits(value).replace(",", "")) == pytest.approx(value, rel=0.06)
    if value >= 1e-3:
        assert float(digits(value).replace(",", "")) == pytest.approx(value, rel=0.0051)


def test_a_scale_is_logarithmic_and_its_ticks_are_on_it() -> None:
    scale = LogScale(3.0, 5e6, 0.0, 100.0)
    assert scale(30.0) - scale(3.0) == pytest.approx(scale(3e6) - scale(3e5))


@given(st.floats(1e-6, 1e9), st.floats(5.0, 1e12), st.integers(5, 9))
def test_a_scale_has_at_least_two_ticks_and_no_more_than_asked_for(
    low: float, reach: float, most: int
) -> None:
    scale = LogScale(low, low * reach, 0.0, 100.0)
    ticks = scale.ticks(most)
    assert 2 <= len(ticks) <= most
    assert ticks == sorted(ticks)
    assert all(low * (1 - 1e-8) <= value <= scale.high * (1 + 1e-8) for value in ticks)
    assert {f"{value:e}"[0] for value in ticks} <= set("125")


@given(st.text())
def test_any_text_survives_being_written_and_read(words: str) -> None:
    root = parse(tag("p", text(words), title=words))
    assert root.children[0].attributes["title"] == root.text or "\r" in words
