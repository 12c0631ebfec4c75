"""Bars, rooflines and maps: what is drawn where, and what the words beside it say."""

from __future__ import annotations

import math
import re
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from ladder_results import RUNGS, SHAPES, grid, sample, small
from page_reading import parse

from fastbp.bench import report
from fastbp.bench.number_format import duration, faster, times
from fastbp.bench.pictures import bars, crossover, page, roofline, write_plots
from fastbp.bench.reading import read
from fastbp.bench.schema import Limits, Result
from fastbp.drawing.picture import Picture
from fastbp.text.page import Page

SVG = "{http://www.w3.org/2000/svg}"
STEPS = ("float32",), (1,), ("step",)


def one_view(results: dict[str, Any], shape: str = "784-30-10") -> list[Result]:
    """Steps in float32 on one thread."""
    view = ("step", "float32", 1)
    return [
        result for result in read(results).results if result.view == view and result.shape == shape
    ]


def texts(picture: Picture) -> list[str]:
    root = ElementTree.fromstring(picture.file())
    return ["".join(node.itertext()) for node in root.iter(f"{SVG}text")]


def shapes(picture: Picture, name: str, class_: str) -> list[dict[str, str]]:
    root = ElementTree.fromstring(picture.file())
    nodes = root.iter(f"{SVG}{name}")
    return [dict(node.attrib) for node in nodes if class_ in node.get("class", "").split()]


def percent(value: str) -> float:
    assert value.endswith("%")
    return float(value[:-1])


# Bars


def test_bars_end_and_whiskers_reach_where_a_logarithmic_scale_has_them() -> None:
    timed = [result for result in one_view(small()) if result.ns is not None]
    picture = bars.draw([one_view(small())])
    lengths = [percent(result["width"]) for result in shapes(picture, "rect", "bar")]
    whiskers = [
        result for result in shapes(picture, "line", "whisker") if result["y1"] == result["y2"]
    ]
    assert len(timed) == len(lengths) == len(whiskers) == len(RUNGS) - 1
    fast = min(range(len(timed)), key=lambda i: timed[i].ns or 0)
    slow = max(range(len(timed)), key=lambda i: timed[i].ns or 0)
    decades = math.log10((timed[slow].ns or 0) / (timed[fast].ns or 1))
    decade = (lengths[slow] - lengths[fast]) / decades
    for result, length, whisker in zip(timed, lengths, whiskers, strict=True):
        assert result.ns is not None
        assert result.interval is not None
        ends = [percent(whisker[end]) for end in ("x1", "x2")]
        for value, place in zip((result.ns, *result.interval), (length, *ends), strict=True):
            expected = lengths[fast] + decade * math.log10(value / (timed[fast].ns or 1))
            assert place == pytest.approx(expected, abs=0.03)


def test_every_rung_is_named_with_its_time_and_ratios() -> None:
    results = one_view(small())
    labels = texts(bars.draw([results]))
    for result in results:
        assert any(text_label.rstrip("*") == result.rung for text_label in labels)
        if result.ns is not None:
            assert any(text_label.startswith(f"{duration(result.ns)} · ") for text_label in labels)
        if result.ratio_first and result.ns:
            assert any(
                text_label.endswith(f" · {times(result.ratio_first)}") for text_label in labels
            )
            assert any(f" · {bars.ratio_text(result)} · " in text_label for text_label in labels)


def test_ratios_stand_in_the_terminals_order_everywhere() -> None:
    terminal = Page()
    report.write_table(terminal, "", one_view(small()), {})
    head = next(line for line in str(terminal).splitlines() if "× first" in line)
    picture = bars.draw([one_view(small())])
    (everything,) = parse(page.make([read(small())])).all("table", id="all")
    columns = [heading.text for heading in everything.all("thead")[0].all("th")]
    header = next(
        columns_text for columns_text in texts(picture) if columns_text.startswith("time · ")
    )
    for columns_text in (head, header, picture.columns, columns):
        assert 0 < columns_text.index("× before") < columns_text.index("× first")


def test_a_wrong_rung_has_no_bar_and_says_why() -> None:
    picture = bars.draw([one_view(small())])
    assert texts(picture).count("WRONG") == 1
    assert any("openmp: WRONG: dC/dw differs by 0.25" in note for note in picture.notes)
    (row,) = [row for row in picture.rows if row[0] == "openmp"]
    assert row[1:] == ["WRONG: dC/dw differs by 0.25 at 7-5-3: expected below 2e-05"]


def test_a_time_of_a_wrong_rung_is_never_drawn() -> None:
    results = small()
    for result in results["results"]:
        result.update(proved=False)
    for side in page.views([read(results)]).values():
        assert not shapes(bars.draw(side), "rect", "bar")
        assert roofline.draw(side[0], Limits(1e11, 1e10)) is None


def test_scaled_rungs_and_those_that_cannot_be_told_apart_are_marked_and_explained() -> None:
    picture = bars.draw([one_view(small())])
    assert "specification*" in texts(picture)
    assert len(shapes(picture, "rect", "doubt")) == 3
    noisy = [result for result in one_view(small()) if result.noisy]
    assert [result.rung for result in noisy] == ["pointers", "c"]
    assert any(f" · ~{times(noisy[0].ratio_before)} · " in word for word in texts(picture))
    assert [note.partition(":")[0] for note in picture.notes] == [
        "*",
        "× before is to specification for untyped; to pointers for c; to fused for train-step.",
        "~",
        "openmp",
    ]


def test_what_cannot_be_told_from_the_fastest_shares_its_colour() -> None:
    results = small()
    for result in results["results"]:
        if result["rung"] == "fused":
            result["samples"][:5] = [1.0] * 5  # faster in some rounds, slower in the others
    assert len(shapes(bars.draw([one_view(small())]), "rect", "best")) == 1
    assert len(shapes(bars.draw([one_view(results)]), "rect", "best")) == 2


# Roofline


def test_the_ceilings_stand_where_they_were_measured() -> None:
    results, roof = one_view(small()), Limits(129e9, 28.2e9, 30e9)
    picture = roofline.draw(results, roof)
    assert picture is not None
    slope, flat = sorted(
        shapes(picture, "line", "roof"), key=lambda result: result["y1"] == result["y2"]
    )
    assert (slope["x2"], slope["y2"]) == (flat["x1"], flat["y1"])  # they meet at the ridge
    dots = {
        result.rung: float(dot["cy"])
        for result, dot in zip(
            [result for result in results if result.ns],
            shapes(picture, "circle", "dot"),
            strict=True,
        )
    }
    assert min(dots.values()) > float(flat["y1"])  # nothing above the peak
    assert min(dots, key=lambda rung: dots[rung]) == "fit"
    assert {"peak 129 GFLOP/s", "memory 28.2 GB/s"} <= set(texts(picture))


@pytest.mark.parametrize(
    "roof", [None, Limits(), Limits(None, 2e10), Limits(1e11), Limits(1e11, 1e10)]
)
def test_a_roof_that_was_not_measured_is_not_drawn(roof: Limits | None) -> None:
    picture = roofline.draw(one_view(small()), roof)
    assert picture is not None
    measured = [] if roof is None else [speed for speed in (roof.flops, roof.copy) if speed]
    assert len(shapes(picture, "line", "roof")) == len(measured)
    assert len(picture.notes) == (len(measured) < 2)


@pytest.mark.parametrize("shape", ["-".join(map(str, sizes)) for sizes, _ in SHAPES])
def test_words_of_a_roofline_do_not_overlap(shape: str) -> None:
    picture = roofline.draw(one_view(sample(0, SHAPES, *STEPS), shape), Limits(129e9, 28.2e9, 30e9))
    assert picture is not None
    columns: dict[str, list[float]] = {}
    for x, y in re.findall(r'<text x="([\d.]+%)" y="([-\d.]+)"', picture.body):
        columns.setdefault(x, []).append(float(y))
    n_limits = 2
    assert len(columns["60.00%"]) == len(RUNGS) - 1 + n_limits
    for x in ("0.00%", "10.00%", "60.00%"):
        heights = sorted(columns[x])
        assert all(after - before > 12 for before, after in pairwise(heights))


def small_and_slow(ns: list[float]) -> list[Result]:
    """Some rungs of given times on a network so small that all are far below the peak."""
    rows = small()["results"][: len(ns)]
    for row, time in zip(rows, ns, strict=True):
        row.update(ns_per_sample=time, interval=[time, time], flops_per_sample=200.0)
        row.update(gflops=200.0 / time, bytes_per_sample=80.0)
    return list(read({"schema": 1, "results": rows}).results)


@pytest.mark.parametrize("ns", [[65.0, 100.0, 20_000.0], [101.0, 104.0], [210.0, 420.0], [99.0]])
@pytest.mark.parametrize("roof", [None, Limits(1e11, 2e10, 2e10)])
def test_each_line_of_a_scale_has_its_number_and_there_are_two_at_least(
    ns: list[float], roof: Limits | None
) -> None:
    results = small_and_slow(ns)
    picture = roofline.draw(results, roof)
    assert picture is not None
    for drawing, at_left in ((bars.draw([results]), ()), (picture, ("10.00%",))):
        lines = shapes(drawing, "line", "grid")
        across = [line["x1"] for line in lines if line["x1"] == line["x2"]]
        labels = re.findall(
            r'<text x="([\d.]+%)" y="([-\d.]+)" class="small[^>]*>[\d.,]+', drawing.body
        )
        label_positions = [x for x, _ in labels if x not in at_left]
        assert len(across) >= 2
        assert set(across) <= set(label_positions)
        heights = [float(line["y1"]) for line in lines if line["y1"] == line["y2"]]
        levels = [float(y) - 4 for x, y in labels if x in at_left]
        assert heights == pytest.approx(levels, abs=0.02)  # two decimals are written
        assert len(heights) >= 2 * len(at_left)


@pytest.mark.parametrize("ns", [[3.4, 3.41, 3.42, 3.43, 3.44], [7.0] * 4, [300.0, 9.0, 8.0]])
def test_no_line_to_a_name_crosses_the_roof(ns: list[float]) -> None:
    picture = roofline.draw(small_and_slow(ns), Limits(60e9, 30e9, 30e9))
    assert picture is not None
    (slope, flat) = shapes(picture, "line", "roof")
    if slope["y1"] == slope["y2"]:
        slope, flat = flat, slope
    x1, x2, y1, y2 = (float(slope[end].rstrip("%")) for end in ("x1", "x2", "y1", "y2"))

    def roof(x: float) -> float:
        return max(y2, y1 + (y2 - y1) * (x - x1) / (x2 - x1))

    for leader in shapes(picture, "line", "leader"):
        for end in "12":  # what is under the roof is convex: no need to look between the ends
            assert float(leader[f"y{end}"]) >= roof(percent(leader[f"x{end}"])) - 0.02


# Crossovers


def test_the_map_names_the_winner_of_each_square_and_where_threads_pay() -> None:
    results = read(grid()).results
    (picture,) = crossover.maps(results)
    assert len(picture.rows) == 16
    for shape, batch, winner, time, threads, gain in picture.rows:
        candidates = [
            result
            for result in results
            if result.shape == shape and str(result.batch) == batch and result.ns
        ]
        best = min(candidates, key=lambda result: result.ns or 0)
        assert winner.startswith(best.rung)
        assert time == duration(best.ns or 0)
        assert threads == str(best.threads)
        alone = min(result.ns for result in candidates if result.threads == 1 and result.ns)
        shared = min(result.ns for result in candidates if result.threads == 2 and result.ns)
        assert gain == faster(alone / shared)
    assert {row[2].split(",")[0] for row in picture.rows} == {"axpy", "fit", "blas"}
    pays = sum(row[4] == "2" for row in picture.rows)
    assert len(shapes(picture, "rect", "pays")) == pays > 0
    assert texts(picture).count("slower") == sum(row[5].endswith("slower") for row in picture.rows)
    assert not [word for word in texts(picture) if re.match(r"0\.\d+×", word)]


def test_any_networks_make_a_map_in_the_order_of_their_weights() -> None:
    tasks = [(sizes, batch) for sizes, _ in SHAPES for batch in (8, 64)]
    (picture,) = crossover.maps(read(sample(0, tuple(tasks), *STEPS)).results)
    networks = list(dict.fromkeys(row[0] for row in picture.rows))
    assert networks == ["64-64-10", "784-30-10", "784-128-10", "784-512-512-10"]
    assert [row[1] for row in picture.rows] == ["8", "64"] * 4


def test_a_network_with_a_batch_of_its_own_alone_is_not_in_the_map() -> None:
    results = grid()
    results["results"] += small()["results"]
    for picture in crossover.maps(read(results).results):
        assert not {"784-30-10", "64-64-10"} & {row[0] for row in picture.rows}


def test_a_square_without_a_result_is_empty() -> None:
    results = grid()
    results["results"] = [
        result
        for result in results["results"]
        if (result["shape"], result["batch"]) != ("8-8-8", 1)
    ]
    (picture,) = crossover.maps(read(results).results)
    assert len(shapes(picture, "rect", "none")) == 1


@pytest.mark.parametrize("few", [{"widths": (8,)}, {"batches": (1,)}])
def test_no_map_without_a_grid_but_the_command_for_one(few: dict[str, tuple[int, ...]]) -> None:
    assert not crossover.maps(read(grid(**few)).results)
    run = read(small())
    assert not crossover.maps(run.results)
    (section,) = parse(page.make([run])).all("section", id="crossover")
    assert crossover.NONE in section.text
    assert section.all("pre")[0].text == crossover.COMMAND  # where no line is broken


# Files


def test_plots_are_the_pages_pictures_as_files(tmp_path: Path) -> None:
    results = grid()
    results["results"] += small()["results"]
    written = write_plots(results, tmp_path / "deep" / "plots")
    assert sorted(written) == sorted((tmp_path / "deep" / "plots").iterdir())
    on_page = [svg.children[0].text for svg in parse(page.make([read(results)])).all("svg")]
    titles = []
    for path in written:
        root = ElementTree.parse(path).getroot()
        titles.append(root[0].text)
        assert root.tag == f"{SVG}svg"
        assert "var(--" not in path.read_text(encoding="utf-8")  # not every viewer knows it
    assert sorted(titles) == sorted(on_page)
    names = {path.name for path in written}
    assert {
        "bars-784-30-10-batch-10-step-float32-1.svg",
        "roofline-64-64-10-batch-32-forward-float32-1.svg",
        "crossover-step-float32.svg",
    } <= names
