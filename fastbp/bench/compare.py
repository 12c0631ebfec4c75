"""Two runs side by side: ``fastbp bench --compare A.json B.json``."""

from collections.abc import Sequence
from itertools import combinations, pairwise
from typing import Any

from fastbp.bench.number_format import digits, duration
from fastbp.bench.ranking import can_be_told_apart, meet
from fastbp.bench.reading import Run
from fastbp.bench.report import INDENT, heading
from fastbp.bench.schema import KEYS, Result
from fastbp.page import Page
from fastbp.printable import printable

Times = dict[str, Result]
# What a difference of two runs may come from; flags and packages would fill the page.
TOLD = ("cpu", "cores", "system", "python", "numpy", "compiler", "kernels", "load")
OF_THE_RUN = ("created", "fastbp", "commit")


def write_comparison(page: Page, a: Run, b: Run, names: tuple[str, str] = ("A", "B")) -> None:
    """Write what differs between the machines, and a table for each problem that both have.

    ``names`` are those of the files.
    """
    page.text(
        f"A is {printable(names[0])}, B is {printable(names[1])}. The time of a sample; ~ where "
        "the two cannot be told apart."
    )
    differences = [
        [name, *(_text(of.facts.get(name)) for of in (a, b))]
        for name in (*TOLD, *OF_THE_RUN)
        if a.facts.get(name) != b.facts.get(name)
    ]
    if differences:
        page.gap()
        page.table([["", "A", "B"], *differences], "<<<", INDENT)
    of_a, of_b = a.tables(), b.tables()
    for key in of_a:
        if key in of_b:
            _write_table(page, _title(key), of_a[key], of_b[key])
    if not of_a.keys() & of_b.keys():
        page.gap()
        page.text("They have no table in common, so there is nothing to compare.")
    for name, these, those in (("A", of_a, of_b), ("B", of_b, of_a)):
        alone = [_title(key) for key in these if key not in those]
        if alone:
            page.gap()
            page.text(f"Only in {name}: {'; '.join(alone)}.")


def _title(key: tuple[Any, ...]) -> str:
    named = dict(zip(KEYS, key, strict=True))
    return heading(*(named[name] for name in ("shape", "batch", "kernel", "dtype", "threads")))


def _text(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _timed(results: Sequence[Result]) -> Times:
    return {one.rung: one for one in results if one.ns is not None}


def _write_table(page: Page, title: str, a: Sequence[Result], b: Sequence[Result]) -> None:
    page.heading(title)
    in_a, in_b = _timed(a), _timed(b)
    both = [name for name in in_a if name in in_b]
    rows = [["", "A", "B", "B is x times as fast"]]
    for name in both:
        one, other = in_a[name], in_b[name]
        ratio = digits(_ns(one) / _ns(other))
        same = meet(one.reach, other.reach)  # two runs have no rounds in common
        times = (duration(_ns(of)) for of in (one, other))
        rows.append([name, *times, f"~ {ratio}" if same else ratio])
    if both:
        page.table(rows, "<>>>", INDENT)
        page.gap()
    scales = {
        name: [str(of[name].scaled_from or "the whole") for of in (in_a, in_b)] for name in both
    }
    scaled = [f"{name} {' and '.join(of)}" for name, of in scales.items() if of[0] != of[1]]
    if scaled:
        page.text(f"Reckoned from other batches in A than in B: {', '.join(scaled)}.")
    if words := _agreement(both, in_a, in_b):
        page.text(words)
    for letter, these, those in (("A", in_a, in_b), ("B", in_b, in_a)):
        alone = [name for name in these if name not in those]
        if alone:
            page.text(f"Timed in {letter} only: {', '.join(alone)}.")


def _ns(one: Result) -> float:
    assert one.ns is not None  # `_timed` has seen to it
    return one.ns


def _agreement(both: Sequence[str], a: Times, b: Times) -> str:
    """Whether the rungs stand in the same order, and their neighbours at the same distance."""
    if len(both) < 2:
        return "" if both else "No rung was timed in both."
    neighbours = list(pairwise(both))
    agree = sum(
        meet(_ratio(a[before], a[name]), _ratio(b[before], b[name])) for before, name in neighbours
    )
    return (
        f"From fastest to slowest the order is {_order(both, a, b)}; {agree} of {len(neighbours)} "
        "ratios of neighbours agree within their intervals."
    )


def _ratio(before: Result, one: Result) -> tuple[float, float]:
    return before.reach[0] / one.reach[1], before.reach[1] / one.reach[0]


def _order(both: Sequence[str], a: Times, b: Times) -> str:
    """Which rungs have changed places, and whether either run is sure of theirs."""
    ties: list[str] = []
    swaps: list[str] = []
    for one, other in combinations(both, 2):
        faster_in_a, faster_in_b = (_ns(of[one]) < _ns(of[other]) for of in (a, b))
        if faster_in_a != faster_in_b:
            sure = all(can_be_told_apart(of[one], of[other]) for of in (a, b))
            (swaps if sure else ties).append(f"{one} with {other}")
    if swaps:
        return f"not the same: {', '.join(swaps)} changed places, and both runs can tell them apart"
    if ties:
        return f"the same but for ties: {', '.join(ties)}"
    return "the same"
