"""Drawings are made of colours that can be told apart, scales, axes, shapes and escaped text."""

from __future__ import annotations

import ast
import re
import sys
from importlib.resources import files
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from page_reading import parse

from fastbp import drawing
from fastbp.drawing import page, shapes
from fastbp.drawing.axes import tick, x_axis, y_axis
from fastbp.drawing.colours import COLOURS, inline_colours, properties
from fastbp.drawing.html_table import table
from fastbp.drawing.markup import Markup, resource, tag, text
from fastbp.drawing.picture import STYLE, Picture
from fastbp.drawing.scales import LogScale, spread


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(first: str, second: str) -> float:
    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_text_stands_out_from_its_ground_and_shapes_do(theme: int) -> None:
    colour = {name: pair[theme] for name, pair in COLOURS.items()}
    for role in ("text", "muted", "link", "wrong"):
        assert contrast(colour[role], colour["ground"]) >= 4.5
        assert contrast(colour[role], colour["raised"]) >= 4.5
    for ground in ("vector", *(name for name in colour if name.startswith("tint"))):
        for role in ("text", "muted") if ground == "vector" else ("text",):
            assert contrast(colour[role], colour[ground]) >= 4.5
    for shape in ("a", "b", "c", "d", "best"):
        assert contrast(colour[shape], colour["ground"]) >= 3


def test_style_sheets_use_colours_that_there_are() -> None:
    own = resource("fastbp.drawing", "page.css")
    for style in (STYLE, own, resource("fastbp.bench.pictures", "ladder.css")):
        used = set(re.findall(r"var\(--(\w+)\)", style))
        assert used
        assert used <= set(COLOURS)
        assert not re.search("#[0-9a-f]{3,6}\\b", style)


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


@given(
    st.lists(st.floats(-50, 500), min_size=1, max_size=40),
    st.floats(0.5, 20),
)
def test_spread_keeps_order_distance_and_bounds(preferred: list[float], gap: float) -> None:
    positions = spread(preferred, gap, 0.0, 400.0)
    gap = min(gap, 400 / max(1, len(preferred) - 1))
    in_order = [position for _, position in sorted(zip(preferred, positions, strict=True))]
    assert in_order == sorted(in_order)
    assert all(b - a > gap - 1e-6 for a, b in pairwise(in_order))
    assert min(positions) >= -1e-6
    assert max(positions) <= 400 + 1e-6


def test_what_has_room_is_not_moved() -> None:
    assert spread([5.0, 100.0, 50.0], 10.0, 0.0, 200.0) == [5.0, 100.0, 50.0]


@given(st.text())
def test_any_text_survives_being_written_and_read(content: str) -> None:
    root = parse(tag("p", text(content), title=content))
    assert root.children[0].attributes["title"] == root.text or "\r" in content


def test_what_xml_forbids_and_what_turns_text_is_replaced() -> None:
    content = "a\x00\x1b\ud800\uffff\u202eb<&\"'"
    for written in (tag("p", text(content)), tag("p", title=content)):
        assert "a\ufffd\ufffd\ufffd\ufffd\ufffdb&lt;&amp;&quot;&#x27;" in written
        ElementTree.fromstring(written)


def test_attributes_are_named_in_python_and_numbers_have_two_decimals_at_most() -> None:
    written = tag("text", text("x"), class_="a", text_anchor="end", x=1.0, y=2.345, rx=None)
    assert written == '<text class="a" text-anchor="end" x="1" y="2.35">x</text>'
    assert tag("div", hidden=True) == '<div hidden=""></div>'
    assert tag("div", hidden=False) == "<div></div>"


# Shapes and axes


def drawn(*parts: Markup) -> ElementTree.Element:
    return ElementTree.fromstring(tag("svg", *parts))


def test_a_whisker_is_closed_at_both_ends() -> None:
    across, low, high = drawn(shapes.whisker(20.0, 30.0, 50.0))
    assert [across.get(key) for key in ("x1", "x2", "y1", "y2")] == ["20.00%", "30.00%", "50", "50"]
    for end, x in ((low, "20.00%"), (high, "30.00%")):
        assert [end.get(key) for key in ("x1", "x2", "y1", "y2")] == [x, x, "46.5", "53.5"]


def test_a_polyline_connects_its_points_in_order() -> None:
    lines = list(drawn(shapes.polyline([(0, 1), (50, 2), (100, 3)], "leader")))
    starts = [(element.get("x1"), element.get("y1")) for element in lines]
    ends = [(element.get("x2"), element.get("y2")) for element in lines]
    assert starts == [("0.00%", "1"), ("50.00%", "2")]
    assert ends == [("50.00%", "2"), ("100.00%", "3")]
    assert {element.get("class") for element in lines} == {"leader"}


def test_a_bar_begins_at_the_edge_and_a_marker_stands_on_its_place() -> None:
    bar, marker = drawn(shapes.bar(25.0, 10.0, 9.0, "best"), shapes.marker(40.0, 60.0, "a doubt"))
    assert (bar.get("x"), bar.get("width"), bar.get("class")) == ("0%", "25.00%", "bar best")
    assert (marker.get("cx"), marker.get("cy")) == ("40.00%", "60")
    assert marker.get("class") == "dot a doubt"


def test_a_tip_belongs_to_its_shapes() -> None:
    (group,) = drawn(shapes.with_tip("<words>", shapes.bar(1.0, 2.0, 3.0, "a")))
    assert [child.tag for child in group] == ["title", "rect"]
    assert group[0].text == "<words>"


@pytest.mark.parametrize(("most", "numbers"), [(7, ["1", "10", "100", "1,000"]), (2, ["1", "100"])])
def test_an_axis_has_a_line_and_a_number_at_each_tick(most: int, numbers: list[str]) -> None:
    scale = LogScale(1.0, 1000.0, 0.0, 100.0)
    horizontal = drawn(x_axis(scale, most, 10.0, 90.0, 105.0))
    vertical = drawn(y_axis(scale, most, 5.0, 95.0))
    for axis, first, last in ((horizontal, "y1", "y2"), (vertical, "x1", "x2")):
        assert [element.text for element in axis.iter("text")] == numbers
        lines = list(axis.iter("line"))
        assert len(lines) == len(numbers)
        assert len({(element.get(first), element.get(last)) for element in lines}) == 1
    for line, label in zip(horizontal.iter("line"), horizontal.iter("text"), strict=True):
        assert line.get("x1") == line.get("x2") == label.get("x")
    for line in vertical.iter("line"):
        assert line.get("y1") == line.get("y2")


def test_the_numbers_of_an_axis_stay_inside_the_picture() -> None:
    scale = LogScale(1.0, 100.0, 0.0, 100.0)
    first, middle, last = drawn(x_axis(scale, 5, 0.0, 1.0, 2.0, lambda value: f"{value:g} s"))[1::2]
    assert [element.text for element in (first, middle, last)] == ["1 s", "10 s", "100 s"]
    anchors = [
        set((element.get("class") or "").split()) & {"middle", "end"} for element in (first, middle)
    ]
    assert anchors == [set(), {"middle"}]
    assert "end" in (last.get("class") or "")


@given(st.integers(-12, 12), st.sampled_from([1, 2, 5]))
def test_the_number_of_a_tick_is_its_value(power: int, digit: int) -> None:
    value = float(f"{digit}e{power}")
    assert float(tick(value).replace(",", "")) == value


# Colours, pictures and pages


def test_a_page_has_all_colours_of_both_themes_and_a_file_has_them_written_out() -> None:
    for name, (light, dark) in COLOURS.items():
        assert f"--{name}: {light};" in properties()
        assert f"--{name}: {dark};" in properties()
        light_part, dark_part = inline_colours(Markup(f"p {{ fill: var(--{name}); }}")).split(
            "@media"
        )
        assert light in light_part
        assert dark in dark_part
    assert "var(" not in inline_colours(STYLE)


def picture(content: str = "x") -> Picture:
    return Picture(
        name="one",
        title=content,
        description=content,
        height=50.0,
        body=shapes.label(10, 20, content),
        how=content,
        notes=[content],
        columns=["name", "value"],
        rows=[[content, "1"]],
    )


@given(st.text())
def test_any_words_leave_a_file_well_formed_and_a_figure_closed(content: str) -> None:
    root = ElementTree.fromstring(picture(content).file())
    assert {node.tag.rpartition("}")[2] for node in root.iter()} <= {
        *("svg", "title", "desc", "style", "rect", "text")
    }
    assert root.get("aria-labelledby") == "one-title"
    assert parse(page.figure(picture(content))).all("svg", role="img")


def test_a_document_allows_its_own_script_and_shows_its_body() -> None:
    script = Markup("let x = 1 < 2;")
    style = Markup("p { color: var(--text); }")
    root = parse(page.document("<t>", tag("p", text("<b>")), style=style, script=script))
    assert root.all("style")[0].text == page.STYLE + style
    assert root.all("title")[0].text == "<t>"
    assert root.all("p")[0].text == "<b>"
    (policy,) = root.all("meta", **{"http-equiv": "Content-Security-Policy"})
    # openssl dgst -sha256 -binary | base64, of that script
    digest = "PDkPTHk/rals6wkB9INpTmZsCrgwzrubCzdpa28TIo8="
    assert f"script-src 'sha256-{digest}'" in policy.attributes["content"]


def test_the_sentence_of_a_short_row_has_the_rest_of_it() -> None:
    root = parse(table(["rung", "a", "b", "c"], [["x", "1", "2", "3"], ["y", "why"]], "t"))
    _, full, short = root.all("tr")
    assert [cell.attributes.get("class") for cell in full.children] == [None, "n", "n", "n"]
    (sentence,) = short.all("td")
    assert sentence.text == "why"
    assert sentence.attributes == {"class": "sentence", "colspan": "3"}


def test_drawings_need_the_standard_library_and_each_other_only() -> None:
    modules = [path for path in files(drawing).iterdir() if path.name.endswith(".py")]
    assert len(modules) > 5
    for module in modules:
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0
                names = [node.module or ""]
            for name in names:
                own = name.startswith("fastbp.drawing")
                assert own or name.partition(".")[0] in sys.stdlib_module_names, module.name
