"""Two runs side by side: ``fastbp bench --compare A.json B.json``."""

from collections.abc import Sequence
from itertools import combinations, pairwise
from typing import Any

from fastbp.bench.number_format import digits, duration
from fastbp.bench.ranking import distinguishable, overlap
from fastbp.bench.reading import Run, sides_of
from fastbp.bench.report import INDENT, heading
from fastbp.bench.schema import Result
from fastbp.text.page import Page
from fastbp.text.printable import printable

Times = dict[str, Result]
# Shown where they differ; flags and packages would fill the page.
MACHINE_FACTS = ("cpu", "cores", "system", "python", "numpy", "compiler", "kernels", "load")
RUN_FACTS = ("created", "fastbp", "commit")


def write_comparison(page: Page, a: Run, b: Run, names: tuple[str, str] = ("A", "B")) -> None:
    """Write what differs between the machines, and a table for each problem that both have.

    ``names`` are the names of the two files.
    """
    page.text(
        f"A is {printable(names[0])}, B is {printable(names[1])}. The time of a sample; ~ where "
        "the two cannot be told apart."
    )
    differences = [
        [name, *(_text(of.facts.get(name)) for of in (a, b))]
        for name in (*MACHINE_FACTS, *RUN_FACTS)
        if a.facts.get(name) != b.facts.get(name)
    ]
    if differences:
        page.gap()
        page.table([["", "A", "B"], *differences], "<<<", INDENT)
    sides = sides_of([a, b])
    matched = {
        key: (in_a, in_b)
        for key, (in_a, in_b) in sides.items()
        if in_a and in_b and in_a[0].formulas == in_b[0].formulas
    }
    for key, (in_a, in_b) in matched.items():
        _write_table(page, heading(*key), in_a, in_b)
    if not matched:
        page.gap()
        page.text("They have no table in common, so there is nothing to compare.")
    for i, name in enumerate("AB"):
        unmatched = [heading(*key) for key in sides if key not in matched and sides[key][i]]
        if unmatched:
            page.gap()
            page.text(f"Only in {name}: {'; '.join(unmatched)}.")


def _text(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _timed(results: Sequence[Result]) -> Times:
    return {result.rung: result for result in results if result.ns is not None}


def _write_table(page: Page, title: str, a: Sequence[Result], b: Sequence[Result]) -> None:
    page.heading(title)
    in_a, in_b = _timed(a), _timed(b)
    common = [name for name in in_a if name in in_b]
    rows = [["", "A", "B", "B is x times as fast"]]
    for name in common:
        result_a, result_b = in_a[name], in_b[name]
        ratio = digits(_ns(result_a) / _ns(result_b))
        overlapping = overlap(result_a.reach, result_b.reach)  # two runs share no rounds
        times = (duration(_ns(of)) for of in (result_a, result_b))
        rows.append([name, *times, f"~ {ratio}" if overlapping else ratio])
    if common:
        page.table(rows, "<>>>", INDENT)
        page.gap()
    scales = {
        name: [str(of[name].scaled_from or "the whole") for of in (in_a, in_b)] for name in common
    }
    scaled = [f"{name} {' and '.join(of)}" for name, of in scales.items() if of[0] != of[1]]
    if scaled:
        page.text(f"Reckoned from other batches in A than in B: {', '.join(scaled)}.")
    if agreement := _agreement(common, in_a, in_b):
        page.text(agreement)
    for letter, own, other in (("A", in_a, in_b), ("B", in_b, in_a)):
        unmatched = [name for name in own if name not in other]
        if unmatched:
            page.text(f"Timed in {letter} only: {', '.join(unmatched)}.")


def _ns(result: Result) -> float:
    assert result.ns is not None  # ensured by `_timed`
    return result.ns


def _agreement(common: Sequence[str], a: Times, b: Times) -> str:
    """Whether the order of the rungs and the ratios of neighbours agree."""
    if len(common) < 2:
        return "" if common else "No rung was timed in both."
    neighbours = list(pairwise(common))
    agree = sum(
        overlap(_ratio(a[upper], a[lower]), _ratio(b[upper], b[lower]))
        for upper, lower in neighbours
    )
    return (
        f"From fastest to slowest the order is {_order(common, a, b)}; {agree} of "
        f"{len(neighbours)} ratios of neighbours agree within their intervals."
    )


def _ratio(upper: Result, lower: Result) -> tuple[float, float]:
    return upper.reach[0] / lower.reach[1], upper.reach[1] / lower.reach[0]


def _order(common: Sequence[str], a: Times, b: Times) -> str:
    """Which rungs changed places, and whether both runs can tell them apart."""
    ties: list[str] = []
    swaps: list[str] = []
    for rung, other_rung in combinations(common, 2):
        faster_in_a, faster_in_b = (_ns(of[rung]) < _ns(of[other_rung]) for of in (a, b))
        if faster_in_a != faster_in_b:
            sure = all(distinguishable(of[rung], of[other_rung]) for of in (a, b))
            (swaps if sure else ties).append(f"{rung} with {other_rung}")
    if swaps:
        return f"not the same: {', '.join(swaps)} changed places, and both runs can tell them apart"
    if ties:
        return f"the same but for ties: {', '.join(ties)}"
    return "the same"
