"""Results that are not as described are refused in one line, and nothing is written."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from ladder_results import small
from page_reading import parse

from fastbp.bench.pictures import page, write_html
from fastbp.bench.reading import read


def changed(change: Any) -> dict[str, Any]:
    results = small()
    change(results)
    return results


def set_field(key: str, value: Any) -> Any:
    return lambda results: results["results"][3].__setitem__(key, value)


BAD = {
    "schema is 2, expected 1": lambda r: r.update(schema=2),
    "schema is True, expected 1": lambda r: r.update(schema=True),
    "the file": None,
    "results is {}, expected a list": lambda r: r.update(results={}),
    "results is None, expected a list": lambda r: r.pop("results"),
    r"results\[3\] is \[\], expected an object": lambda r: r["results"].__setitem__(3, []),
    r"results\[3\] has no 'rung'": lambda r: r["results"][3].pop("rung"),
    r"results\[3\] has no 'proved'": lambda r: r["results"][3].pop("proved"),
    r"results\[3\].rung is ''": set_field("rung", ""),
    r"results\[3\].ns_per_sample is 'fast'": set_field("ns_per_sample", "fast"),
    r"results\[3\].ns_per_sample is nan": set_field("ns_per_sample", float("nan")),
    r"results\[3\].ns_per_sample is 0, expected a finite number above 0": set_field(
        "ns_per_sample", 0
    ),
    r"results\[3\].ns_per_sample is 1000": set_field("ns_per_sample", 10**400),
    r"results\[3\].flops_per_sample is 1e\+300": set_field("flops_per_sample", 1e300),
    r"results\[3\].ns_per_sample is True": set_field("ns_per_sample", True),
    r"results\[3\].ns_per_sample is inf": set_field("ns_per_sample", float("inf")),
    r"results\[3\].interval\[0\] is 0, expected a finite number above 0": set_field(
        "interval", [0, 0]
    ),
    r"results\[3\].samples\[0\] is 'x', expected a number": set_field("samples", ["x"]),
    r"results\[3\].batch is \[1\], expected a whole number from 1": set_field("batch", [1]),
    r"results\[3\].interval is \[2, 1\]": set_field("interval", [2, 1]),
    r"results\[3\].interval is \[1\], expected \[low, high\]": set_field("interval", [1]),
    r"results\[3\].interval\[1\] is None": set_field("interval", [1, None]),
    r"results\[3\].samples is 3": set_field("samples", 3),
    r"results\[3\].samples\[1\] is 0": set_field("samples", [1, 0]),
    r"results\[3\].repeats is 1.5": set_field("repeats", 1.5),
    r"results\[3\].batch is 0": set_field("batch", 0),
    r"results\[3\].batch is 1.5": set_field("batch", 1.5),
    r"results\[3\].threads is '1'": set_field("threads", "1"),
    r"results\[3\].kernel is 'sideways', expected one of": set_field("kernel", "sideways"),
    r"results\[3\].kernel is \[\]": set_field("kernel", []),
    r"results\[3\].shape is '3'": set_field("shape", "3"),
    r"results\[3\].errors is 3": set_field("errors", 3),
    r"results\[3\].errors.ulp is 'x'": set_field("errors", {"ulp": "x"}),
    r"results\[3\].noisy is 1": set_field("noisy", 1),
    r"results\[4\] repeats results\[3\]": lambda r: r["results"].insert(4, r["results"][3]),
    r"machine is \[1\], expected an object": lambda r: r.update(machine=[1]),
    r"machine is \[\]": lambda r: r.update(machine=[]),
    "left_out is": lambda r: r.update(left_out=[1]),
    "interrupted is 'no'": lambda r: r.update(interrupted="no"),
    "roofs is": lambda r: r.update(roofs=[1]),
    "roofs.float32 is": lambda r: r["roofs"].update(float32=3),
    "roofs.float32.1 is": lambda r: r["roofs"]["float32"].update({"1": 3}),
    "roofs.float32.many is": lambda r: r["roofs"]["float32"].update(many={}),
    "roofs.float32.1.flops is -1": lambda r: r["roofs"]["float32"]["1"].update(flops=-1),
}


@pytest.mark.parametrize("complaint", BAD)
def test_a_file_that_is_not_as_described_is_refused_by_its_place(complaint: str) -> None:
    change = BAD[complaint]
    with pytest.raises(ValueError, match=f"^results: {complaint}") as caught:
        read(changed(change) if change else [1])
    assert "\n" not in str(caught.value)
    assert "fastbp bench --json" in str(caught.value) or "remove one" in str(caught.value)


def test_a_refused_file_leaves_the_old_page_alone(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text("old", encoding="utf-8")
    with pytest.raises(ValueError, match="results"):
        write_html({"schema": 1}, path)
    assert path.read_text(encoding="utf-8") == "old"


def test_a_page_that_cannot_be_finished_leaves_the_old_one_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "page.html"
    path.write_text("old", encoding="utf-8")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_html(small(), path)
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_result_with_what_is_needed_alone_is_enough() -> None:
    names = ("rung", "shape", "batch", "dtype", "threads", "kernel", "proved", "ns_per_sample")
    results = [{name: result[name] for name in names} for result in small()["results"]]
    root = parse(page.make([read({"schema": 1, "results": results})]))
    assert len(root.all("figure")) == len(root.all("article"))  # no speed, so no roofline
