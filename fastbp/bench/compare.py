"""Two runs side by side: ``fastbp bench --compare A.json B.json``."""

from collections.abc import Sequence
from itertools import combinations, pairwise
from typing import Any

from fastbp.bench.report import figure, heading
from fastbp.bench.results import KEYS, Result, Results, tables
from fastbp.bench.timing import can_be_told_apart
from fastbp.page import Page

Times = dict[str, Result]


def write_comparison(page: Page, a: Results, b: Results) -> None:
    """Write what differs between the machines, and a table for each problem that both have."""
    page.text("A and B, in nanoseconds for a sample; ~ where the two cannot be told apart.")
    differences = [
        [name, _short(a["machine"][name]), _short(b["machine"][name])]
        for name in ("cpu", "cores", "system", "python", "numpy", "compiler", "kernels", "load")
        if a["machine"][name] != b["machine"][name]
    ]
    differences += [
        [name, _short(a[name]), _short(b[name])]
        for name in ("created", "fastbp", "commit")
        if a[name] != b[name]
    ]
    if differences:
        page.gap()
        page.table([["", "A", "B"], *differences], "<<<")
    of_a, of_b = tables(a), tables(b)
    for key in of_a:
        if key in of_b:
            _write_table(page, dict(zip(KEYS, key, strict=True)), of_a[key], of_b[key])
    for name, these, those in (("A", of_a, of_b), ("B", of_b, of_a)):
        alone = [f"{key[0]} batch {key[2]} {key[3]} {key[5]}" for key in these if key not in those]
        if alone:
            page.gap()
            page.text(f"Only in {name}: {'; '.join(alone)}.")


def _short(value: Any, width: int = 32) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= width else text[: width - 3] + "..."


def _timed(results: Sequence[Result]) -> Times:
    return {one["rung"]: one for one in results if one["ns_per_sample"] is not None}


def _write_table(page: Page, key: dict[str, Any], a: Sequence[Result], b: Sequence[Result]) -> None:
    names = ("shape", "batch", "kernel", "dtype", "threads")
    page.heading(heading(*(key[name] for name in names)))
    in_a, in_b = _timed(a), _timed(b)
    both = [name for name in in_a if name in in_b]
    rows = [["", "A", "B", "B is x times as fast"]]
    for name in both:
        one, other = in_a[name], in_b[name]
        same = _overlap(one["interval"], other["interval"])
        ratio = figure(one["ns_per_sample"] / other["ns_per_sample"])
        times = [figure(of["ns_per_sample"]) for of in (one, other)]
        rows.append([name, *times, f"~ {ratio}" if same else ratio])
    page.table(rows, "<>>>")
    page.gap()
    scales = {
        name: [str(of[name]["scaled_from"] or "the whole") for of in (in_a, in_b)] for name in both
    }
    scaled = [f"{name} {' and '.join(of)}" for name, of in scales.items() if of[0] != of[1]]
    if scaled:
        page.text(f"Reckoned from other batches in A than in B: {', '.join(scaled)}.")
    page.text(_agreement(both, in_a, in_b))
    for letter, these, those in (("A", in_a, in_b), ("B", in_b, in_a)):
        alone = [name for name in these if name not in those]
        if alone:
            page.text(f"Timed in {letter} only: {', '.join(alone)}.")


def _overlap(one: Sequence[float] | None, other: Sequence[float] | None) -> bool:
    return bool(one and other and one[0] <= other[1] and other[0] <= one[1])


def _agreement(both: Sequence[str], a: Times, b: Times) -> str:
    """Whether the rungs stand in the same order, and their neighbours at the same distance."""
    agree = count = 0
    for before, name in pairwise(both):
        ratios = []
        for times in (a, b):
            low, high = (
                times[before]["interval"][end] / times[name]["interval"][1 - end] for end in (0, 1)
            )
            ratios.append((low, high))
        count += 1
        agree += _overlap(*ratios)
    return (
        f"From fastest to slowest the order is {_order(both, a, b)}; {agree} of {count} ratios of "
        "neighbours agree within their intervals."
    )


def _order(both: Sequence[str], a: Times, b: Times) -> str:
    """Which rungs have changed places, and whether either run is sure of theirs."""
    ties: list[str] = []
    swaps: list[str] = []
    for one, other in combinations(both, 2):
        faster_in_a, faster_in_b = (
            times[one]["ns_per_sample"] < times[other]["ns_per_sample"] for times in (a, b)
        )
        if faster_in_a != faster_in_b:
            sure = all(
                can_be_told_apart(times[one]["samples"], times[other]["samples"])
                for times in (a, b)
            )
            (swaps if sure else ties).append(f"{one} with {other}")
    if swaps:
        return f"not the same: {', '.join(swaps)} changed places, and both runs can tell them apart"
    if ties:
        return f"the same but for ties: {', '.join(ties)}"
    return "the same"
