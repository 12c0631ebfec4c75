"""The tables of the page: all results, what rungs cost, and the machine's facts."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from fastbp.bench.field_checks import KERNELS
from fastbp.bench.number_format import digits, duration, or_dash, percent, span, times
from fastbp.bench.pictures.bars import ratio_text, why_untimed
from fastbp.bench.reading import Run
from fastbp.bench.schema import Result
from fastbp.drawing.html_table import table
from fastbp.drawing.markup import Markup, join, tag, text

# Heading, whether it is a number, and how a result says it: of all results, and of timed ones.
_TASK: tuple[tuple[str, bool, Callable[[Result], str]], ...] = (
    ("rung", False, lambda result: result.rung),
    ("shape", False, lambda result: result.shape),
    ("batch", True, lambda result: f"{result.batch:,}"),
    ("type", False, lambda result: result.dtype),
    ("threads", True, lambda result: str(result.threads)),
    ("kernel", False, lambda result: result.kernel),
)
_TIMES: tuple[tuple[str, bool, Callable[[Result], str]], ...] = (
    ("rows run", True, lambda result: f"{result.scaled_from or result.batch:,}"),
    ("time a sample", True, lambda result: or_dash(result.ns, duration)),
    ("95% interval", True, lambda result: span(*result.interval) if result.interval else "–"),
    ("× before", True, ratio_text),
    ("× first", True, lambda result: times(result.ratio_first)),
    ("GFLOP/s", True, lambda result: or_dash(result.gflops)),
    ("of peak", True, lambda result: percent(result.share_of_peak)),
)
_COSTS: dict[str, Callable[[Result], float | None]] = {
    "error, ulp": lambda result: (result.errors or {}).get("ulp"),
    "error, relative norm": lambda result: (result.errors or {}).get("norm"),
    "bytes allocated a step": lambda result: result.bytes_allocated_per_step,
    "first result, s": lambda result: result.first_result_seconds,
    "a call, µs": lambda result: (
        None if result.call_overhead_ns is None else result.call_overhead_ns / 1e3
    ),
}


def all_results(runs: Sequence[Run], letters: str) -> Markup:
    """Make the table of everything, for sorting and searching."""
    file = ["file"] * (len(runs) > 1)
    rows = [
        [*[letter] * len(file), *_cells(result)]
        for letter, run in zip(letters, runs, strict=False)
        for result in sorted(run.results, key=_order)
    ]
    return table(
        [*file, *(name for name, _, _ in (*_TASK, *_TIMES))],
        rows,
        "All results",
        numbers=[*[False] * len(file), *(number for _, number, _ in (*_TASK, *_TIMES))],
        id="all",
    )


def _order(result: Result) -> tuple[int, str, int]:
    return KERNELS.index(result.kernel), result.dtype, result.threads


def _cells(result: Result) -> list[str]:
    task = [cell(result) for _, _, cell in _TASK]
    if result.ns is None:
        return [*task, why_untimed(result)]
    return [*task, *(cell(result) for _, _, cell in _TIMES)]


def costs(runs: Sequence[Run], letters: str) -> Markup:
    """Make the table of what a rung costs besides its time: in the first result that it has."""
    file = ["file"] * (len(runs) > 1)
    rows = []
    for letter, run in zip(letters, runs, strict=False):
        timed = [result for result in run.results if result.ns is not None]
        firsts = {result.rung: result for result in reversed(timed)}
        rows += [
            [
                *[letter] * len(file),
                rung,
                *(or_dash(cost(firsts[rung])) for cost in _COSTS.values()),
            ]
            for rung in run.rungs()
            if rung in firsts
        ]
    return table([*file, "rung", *_COSTS], rows, "What each rung costs besides")


def facts(run: Run, name: str) -> Markup:
    """List what is known of a machine and of the run on it."""
    pairs = [
        (key.replace("_", " "), _fact(value)) for key, value in run.facts.items() if key != "flags"
    ]
    for (dtype, threads), roof in sorted(run.limits.items()):
        view = f"{dtype}, threads: {threads}"
        if roof.flops:
            pairs.append((f"peak, {view}", f"{digits(roof.flops / 1e9)} GFLOP/s"))
        for operation, speed in (("copied", roof.copy), ("summed", roof.sum)):
            if speed:
                pairs.append((f"memory {operation}, {view}", f"{digits(speed / 1e9)} GB/s"))
    nowhere = run.nowhere()
    for rung, why in run.left_out.items():
        pairs.append((f"left out{'' if rung in nowhere else ' in places'}: {rung}", why))
    fact_table = table(["", "value"], pairs, name, numbers=[False, False], class_="facts")
    return join([fact_table, *_flags(run.facts.get("flags"), name)])


def _flags(flags: Any, name: str) -> Iterator[Markup]:
    """List the compiler's flags, folded; modules that have the same ones share a row."""
    modules: dict[str, list[str]] = defaultdict(list)
    for module, flag_text in flags.items() if isinstance(flags, Mapping) else ():
        modules[_fact(flag_text)].append(str(module))
    if modules:
        rows = [[", ".join(names), flag_text] for flag_text, names in modules.items()]
        listed = table(["modules", "flags"], rows, f"Flags, {name}", class_="facts")
        yield tag("details", tag("summary", text("The compiler's flags")), listed)


def _fact(value: Any) -> str:
    """Write a value of the file in a line."""
    if isinstance(value, Mapping):
        return "; ".join(f"{key}: {_fact(item)}" for key, item in value.items()) or "–"
    if isinstance(value, list | tuple):
        return " ".join(map(_fact, value)) or "–"
    return "–" if value is None else str(value)
