"""The pictures of the ladder: they say what the JSON says, and nothing in it can do harm."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ladder_results import RUNGS, SHAPES, hostile, sample, small
from page_reading import Element, everything, parse

from fastbp.bench import assembly, compiler_remarks
from fastbp.bench.ladder import COMPILED, Row
from fastbp.bench.number_format import digits, duration, size, span
from fastbp.bench.pictures import page, rung_sources, write_html, write_plots
from fastbp.bench.reading import read
from fastbp.drawing.markup import resource

SCRIPT = resource("fastbp.bench.pictures", "page.js")
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onload='alert(1)",
    "</style></title></svg><script>alert(1)</script>",
    "]]><!--",
    "a\x00b\x1b[31m\ud800c\uffffd\u202ee",
    "&lt;b&gt; &amp;#60;",
    "javascript:alert(1)",
]


@cache
def of_sample() -> str:
    return str(page.make([read(sample())]))


@cache
def tree() -> Element:
    return parse(of_sample())


@cache
def harmless_elements() -> list[str]:
    page_of_x = page.make([read(hostile("x")), read(hostile("x"))])
    return [element.name for element in everything(parse(page_of_x))]


# The page


def test_the_page_asks_nobody_for_anything() -> None:
    for element in everything(tree()):
        assert element.name not in {"link", "img", "iframe", "object", "embed", "image", "use"}
        for name, value in element.attributes.items():
            assert name not in {"src", "srcset", "data", "xlink:href", "action", "style"}
            assert name != "href" or value.startswith("#")
            assert "//" not in value
    assert not re.search(r"https?:|@import|url\(|fetch\(|XMLHttp|WebSocket|import\(", of_sample())
    policy = tree().all("meta", **{"http-equiv": "Content-Security-Policy"})[0]
    digest = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
    assert "default-src 'none'" in policy.attributes["content"]
    assert f"script-src 'sha256-{digest}';" in policy.attributes["content"]


def test_links_labels_and_the_script_find_what_they_name() -> None:
    elements = everything(tree())
    names = [node.attributes["id"] for node in elements if "id" in node.attributes]
    assert len(set(names)) == len(names)
    for element in elements:
        for name in ("href", "aria-labelledby", "aria-describedby"):
            for target in element.attributes.get(name, "").split():
                assert target.lstrip("#") in names
    for target in re.findall(r'getElementById\("(\w+)"\)', SCRIPT):
        assert target in names


def test_every_picture_has_a_name_a_description_and_a_table() -> None:
    figures = tree().all("figure")
    assert len(figures) == 2 * len(
        {(element.task, element.view) for element in read(sample()).results}
    )
    for figure in figures:
        (picture,) = figure.all("svg")
        assert picture.attributes["role"] == "img"
        assert picture.children[0].name == "title"
        assert picture.children[1].name == "desc"
        assert all(element.text for element in picture.children[:2])
        (table,) = figure.all("table")
        assert table.all("caption")[0].text == picture.children[0].text
        assert {element.attributes["scope"] for element in table.all("th")} == {"row", "col"}


def test_the_page_can_be_read_without_its_script() -> None:
    hidden = [element for element in everything(tree()) if "hidden" in element.attributes]
    assert {element.attributes.get("class") for element in hidden} == {"controls"}
    assert len(tree().all("article", class_="card")) == len(SHAPES) * 2 * 2 * 4


def test_headings_go_down_one_level_at_a_time() -> None:
    levels = [
        int(element.name[1])
        for element in everything(tree())
        if re.fullmatch("h[1-6]", element.name)
    ]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_the_table_of_all_results_has_every_number_of_the_file() -> None:
    (table,) = tree().all("table", id="all")
    columns = [result.text for result in table.all("thead")[0].all("th")]
    rows = {}
    for row in table.all("tbody")[0].children:
        cells = dict(zip(columns, (cell.text for cell in row.children), strict=False))
        key = (cells["rung"], cells["shape"], cells["type"], cells["threads"], cells["kernel"])
        rows[key] = cells
    results = sample()["results"]
    assert len(rows) == len(results)
    for result in results:
        cells = rows[
            result["rung"],
            result["shape"],
            result["dtype"],
            str(result["threads"]),
            result["kernel"],
        ]
        assert cells["batch"] == str(result["batch"])
        if not result["proved"]:
            assert cells["rows run"] == f"WRONG: {result['why']}"
            assert "95% interval" not in cells  # the sentence has the rest of the row
            continue
        assert cells["rows run"] == str(result["scaled_from"] or result["batch"])
        assert cells["time a sample"] == duration(result["ns_per_sample"])
        assert cells["95% interval"] == span(*result["interval"])
        for name, value in (
            ("× first", result["ratio_first"]),
            *([("× before", result["ratio_before"])] if result["ratio_before"] else []),
            ("GFLOP/s", result["gflops"]),
            ("of peak", 100 * result["share_of_peak"]),
        ):
            assert float(re.sub("[~,×% ]", "", cells[name])) == pytest.approx(value, rel=0.05), name


def test_what_a_rung_costs_besides_is_that_of_its_first_result() -> None:
    (section,) = tree().all("section", id="results")
    table = section.all("table")[1]
    results = sample()["results"]
    rows = [[cell.text for cell in row.children] for row in table.all("tbody")[0].children]
    assert [row[0] for row in rows] == read(sample()).rungs()
    for rung, *cells in rows:
        first = next(result for result in results if result["rung"] == rung and result["proved"])
        assert cells == [
            digits(first["errors"]["ulp"]),
            digits(first["errors"]["norm"]),
            size(first["bytes_allocated_per_step"]),
            duration(1e9 * first["first_result_seconds"]),
            duration(first["call_overhead_ns"]),
        ]


@given(st.floats(1e-6, 1e12))
def test_three_digits_say_a_number_within_half_a_per_cent(value: float) -> None:
    assert float(digits(value).replace(",", "")) == pytest.approx(value, rel=0.06)
    if value >= 1e-3:
        assert float(digits(value).replace(",", "")) == pytest.approx(value, rel=0.0051)


def test_the_machine_and_what_was_left_out_are_told() -> None:
    facts, flags = tree().all("table", class_="facts")
    rows = {row.children[0].text: row.children[1].text for row in facts.all("tbody")[0].children}
    assert rows["cpu"] == "A processor of 2 cores at 3.7 GHz"
    assert "flags" not in rows
    assert [[cell.text for cell in row.children] for row in flags.all("tbody")[0].children] == [
        ["plain, boundary", "-O3 -ffp-contract=off"],
        ["x86-64-v4", "-O3 -march=v4"],
    ]
    (machine,) = tree().all("section", id="machine")
    assert machine.all("details")[0].all("table", class_="facts") == [flags]  # folded
    assert rows["peak, float64, threads: 2"] == "128 GFLOP/s"
    assert rows["left out: scikit-learn"] == "not installed: pip install scikit-learn"
    assert "WRONG: openmp." in of_sample()


def test_a_rung_with_results_is_not_called_left_out_for_what_it_lacks() -> None:
    results = small()
    results["left_out"]["fused"] = "64-64-10, float32: it runs on one thread only"
    root = parse(page.make([read(results)]))
    (header,) = root.all("header")
    assert header.text.count("Left out: scikit-learn.") == 1
    facts = root.all("table", class_="facts")[0]
    row_names = [row.children[0].text for row in facts.all("tbody")[0].children]
    assert row_names[-2:] == ["left out: scikit-learn", "left out in places: fused"]


@pytest.mark.parametrize("interrupted", [True, False, None])
def test_an_interrupted_run_says_so(interrupted: bool | None) -> None:
    root = parse(page.make([read(small() | {"interrupted": interrupted})]))
    assert (page.INTERRUPTED in root.all("header")[0].text) == bool(interrupted)


def test_two_files_stand_beside_each_other() -> None:
    other = small(1)
    other["machine"]["cpu"] = "Another one"
    other["results"] = [result for result in other["results"] if result["rung"] != "axpy"]
    root = parse(page.make([read(small()), read(other)]))
    assert root.all("h1")[0].text.endswith("3.7 GHz and Another one")
    bars = root.all("article")[0].all("svg")[0].all("rect", class_="bar")
    counts = [
        sum(result.attributes["class"].split()[1] == file for result in bars) for file in "ab"
    ]
    legend, wrong, lacking = 1, 1, 1
    assert counts == [legend + len(RUNGS) - wrong, legend + len(RUNGS) - wrong - lacking]
    assert len(root.all("article")[0].all("figure")) == 3  # a roofline for each machine
    (table,) = root.all("table", id="all")
    assert {row.children[0].text for row in table.all("tbody")[0].children} == {"A", "B"}


@pytest.mark.parametrize("count", [0, 5])
def test_a_number_of_files_that_cannot_be_shown_is_refused(tmp_path: Path, count: int) -> None:
    with pytest.raises(ValueError, match=f"results are {count} files, expected 1 to 4"):
        write_html([small()] * count, tmp_path / "page.html")


def test_an_empty_run_makes_a_page() -> None:
    root = parse(page.make([read({"schema": 1, "results": []})]))
    assert "Nothing was measured." in root.text


# Sources


@pytest.fixture
def with_sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Package data with one source and the reports of the two modules made of it."""
    (tmp_path / "sources").mkdir()
    (tmp_path / "reports").mkdir()
    loop = "for k in range(n):\n    for j in range(m):\n        s += '<&>' # a\n"
    (tmp_path / "sources" / "axpy.pyx").write_text(loop, encoding="utf-8")
    for module, width in (("one", 16), ("two", 64)):
        (tmp_path / "reports" / f"{module}.txt").write_text(
            "# gcc: -O3\n"
            "axpy.pyx:1: missed: not vectorized: multiple nested loops.\n"
            f"axpy.pyx:2: optimized: loop vectorized using {width} byte vectors\n"
            "other.pyx:3: optimized: loop vectorized using 8 byte vectors\n",
            encoding="utf-8",
        )
    rows = (Row("axpy", "", "", "sources/axpy.pyx"), Row("c", "", "", "sources/none.pyx"))
    monkeypatch.setattr(rung_sources, "LADDER", rows)
    for module in (rung_sources, compiler_remarks):
        monkeypatch.setattr(module, "files", lambda _: tmp_path)
    compiler_remarks.reports.cache_clear()
    yield tmp_path
    compiler_remarks.reports.cache_clear()


def test_a_source_is_shown_with_what_the_compiler_made_of_its_loops(with_sources: Path) -> None:
    (section,) = parse(page.make([read(small())])).all("section", id="sources")
    twin, details = section.all("details")
    assert twin.all("summary")[0].text.startswith("fastbp.reference ")
    assert "z_j += w[l][j][k] * a[l - 1][k]" in twin.text or "def forward" in twin.text
    assert details.all("summary")[0].text.startswith("axpy ")
    (code,) = details.all("code")
    assert code.text.splitlines() == [
        "1  for k in range(n):",
        "   ↳ not vectorised: multiple nested loops",
        "2      for j in range(m):",
        "       ↳ vectorised: 16 bytes at a time (one)",
        "       ↳ vectorised: 64 bytes at a time (two)",
        "3          s += '<&>' # a",
    ]
    assert [element.text for element in code.all("span", class_="vector")] == [
        "2      for j in range(m):\n"
    ]
    assert "Without a source here: specification, " in section.text


def test_a_compiled_rung_has_the_machine_code_of_its_loops() -> None:
    (row,) = [row for row in COMPILED if row.name == "axpy"]
    code = assembly.code_of("axpy")
    (section,) = parse(page.make([read(small())])).all("section", id="sources")
    (details,) = [
        element for element in section.all("details") if element.text.startswith(f"{row.name} ")
    ]
    if code.why:
        assert f"No machine code: {code.why}." in details.text
        return
    (inside,) = details.all("details")
    assert inside.all("summary")[0].text == "What the machine runs: forward, backward, accumulate"
    for name, lines in code.loops:
        loop_text = "".join(f"    {line}\n" for line in lines)
        assert f"the innermost loop of {name}\n{loop_text}" in inside.text


def test_a_page_says_why_there_is_no_machine_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assembly.shutil, "which", lambda _: None)
    assembly.code_of.cache_clear()
    try:
        (section,) = parse(page.make([read(small())])).all("section", id="sources")
    finally:
        assembly.code_of.cache_clear()
    assert "No machine code: there is no objdump here to disassemble it with." in section.text
    assert not [element for element in section.all("summary") if "machine runs" in element.text]


def test_the_sources_are_no_burden_to_a_page() -> None:
    (section,) = parse(page.make([read(small())])).all("section", id="sources")
    assert len(section.text.encode()) < 250_000  # what the figures of four shapes take


def test_a_build_without_sources_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, with_sources: Path
) -> None:
    monkeypatch.setattr(rung_sources, "LADDER", ())
    (section,) = parse(page.make([read(small())])).all("section", id="sources")
    assert "No sources of these rungs come with this build." in section.text


# Harm


@pytest.mark.parametrize("hostile_name", HOSTILE)
def test_a_hostile_name_is_shown_and_nothing_else(hostile_name: str, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    write_html([hostile(hostile_name), hostile(hostile_name)], path)
    root = parse(path.read_text(encoding="utf-8"))
    assert [element.name for element in everything(root)] == harmless_elements()
    assert len(root.all("script")) == 1
    assert root.all("script")[0].text == SCRIPT
    for element in everything(root):
        assert not [name for name in element.attributes if name.startswith("on")]
    escaped = (
        hostile_name
        if hostile_name.isprintable()
        else r"a\x00b\x1b[31m\ud800c" "\ufffd" r"d\u202ee"
    )
    assert any(element.text == f"specification{escaped}" for element in root.all("th"))


@pytest.mark.parametrize("hostile_name", HOSTILE)
def test_a_hostile_name_leaves_svg_well_formed(hostile_name: str, tmp_path: Path) -> None:
    for path in write_plots(hostile(hostile_name), tmp_path):
        root = ElementTree.parse(path).getroot()
        assert not [node for node in root.iter() if "script" in node.tag]
        names = {name for node in root.iter() for name in node.attrib}
        assert not [name for name in names if name.startswith("on") or "href" in name]


@pytest.mark.parametrize("key", ["shape", "dtype", "kernel"])
@pytest.mark.parametrize("value", ["../../x", "/etc/x", "a b", "", "x" * 99])
def test_what_names_files_cannot_leave_the_folder(key: str, value: str, tmp_path: Path) -> None:
    results = small()
    results["results"][0][key] = value
    with pytest.raises(ValueError, match=rf"results\[0\]\.{key}"):
        write_plots(results, tmp_path)
    assert not list(tmp_path.iterdir())
